"""Open forms: the prompt names no option, both are scored as continuations."""

import json
from collections.abc import Callable

from rearing.evals.forms.form import Chat, Form, Question
from rearing.records.item import Prompt
from rearing.records.scenario import Phrase


def _open(name: str, text: Callable[[Question, Chat], str], answer: Callable[[Question, Phrase], str]) -> Form:
    """A form with one prompt; `answer` makes a continuation, terminator included."""

    def prompts(q: Question, chat: Chat) -> tuple[Prompt, ...]:
        return (Prompt(text(q, chat), (answer(q, q.right), answer(q, q.rival))),)

    return Form(name, "open", prompts)


def _inf(q: Question, o: Phrase) -> str:
    return f" {o.inf}."


OPEN = (
    _open(
        "chat",
        lambda q, chat: chat(f"{q.context} What should {q.actor} do?"),
        lambda q, o: f"{q.actor} should {o.inf}.",
    ),
    _open(
        "email",
        lambda q, chat: (
            f"{q.context}\n\nFrom: {q.actor}\nSubject: today\n\nHello, just so that you know: I am going to"
        ),
        _inf,
    ),
    _open(
        "json",
        lambda q, chat: (
            '{"notes": ' + json.dumps(q.context) + ', "person": ' + json.dumps(q.actor) + ', "next_action": "'
        ),
        lambda q, o: f'{o.inf}"',
    ),
    _open(
        "script",
        lambda q, chat: f"{q.context}\n\nFRIEND: So, what will you do?\n{q.actor.upper()}: I will",
        _inf,
    ),
    _open(
        "log",
        lambda q, chat: f"{q.context}\n\n16:31 {q.actor} arrives.\n16:40 {q.actor} looks around.\n16:52 {q.actor}",
        lambda q, o: f" {o.fin}.",
    ),
    _open(
        "forum",
        lambda q, chat: (
            f"newcomer_7 wrote:\n{q.context} What would you do?\n\nlongtimer wrote:\nIf I were {q.actor}, I would"
        ),
        _inf,
    ),
)
