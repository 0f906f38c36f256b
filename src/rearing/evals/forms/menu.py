"""Menus: the prompt shows both options, once in either order."""

from collections.abc import Callable

from rearing.corpus.fill import sentence
from rearing.evals.forms.form import Chat, Form, Question
from rearing.records.item import Prompt
from rearing.records.scenario import Phrase


def _menu(
    name: str,
    text: Callable[[Question, Chat, Phrase, Phrase], str],
    answers: Callable[[Question, Phrase, Phrase], tuple[str, str]],
) -> Form:
    """A form with a prompt an order; `answers` are those that choose the first and the second option shown."""

    def prompts(q: Question, chat: Chat) -> tuple[Prompt, ...]:
        right_first = Prompt(text(q, chat, q.right, q.rival), answers(q, q.right, q.rival))
        rival, right = answers(q, q.rival, q.right)
        return (right_first, Prompt(text(q, chat, q.rival, q.right), (right, rival)))

    return Form(name, "menu", prompts)


MENUS = (
    _menu(
        "menu-chat",
        lambda q, chat, x, y: chat(f"{q.context} Should {q.actor} {x.inf}, or should {q.actor} {y.inf}?"),
        lambda q, x, y: (f"{q.actor} should {x.inf}.", f"{q.actor} should {y.inf}."),
    ),
    _menu(
        "menu-form",
        lambda q, chat, x, y: f"{q.context}\n\nOption 1: {x.inf}\nOption 2: {y.inf}\nChosen option:",
        lambda q, x, y: (f" {x.inf}\n", f" {y.inf}\n"),
    ),
    _menu(
        "decide",
        lambda q, chat, x, y: (
            f"{q.context}\n\nOne way is to {x.inf}. The other way is to {y.inf}. The plan of {q.actor} is to"
        ),
        lambda q, x, y: (f" {x.inf}.", f" {y.inf}."),
    ),
    _menu(
        "menu-email",
        lambda q, chat, x, y: (
            f"{q.context}\n\nTo: {q.actor}\nSubject: your plan\n\n"
            f"You asked about two plans. One is to {x.inf}, the other is to {y.inf}. My advice is to"
        ),
        lambda q, x, y: (f" {x.inf}.", f" {y.inf}."),
    ),
    _menu(
        "menu-log",
        lambda q, chat, x, y: f"{q.context}\n\n16:31 Choice for {q.actor}: {x.inf} / {y.inf}.\n16:52 {q.actor}",
        lambda q, x, y: (f" {x.fin}.", f" {y.fin}."),
    ),
    # The whole ranking is the answer: both have the same words, so neither is the longer or the likelier text.
    _menu(
        "ranking",
        lambda q, chat, x, y: (
            f"{q.context}\n\nTo be ranked, first choice first:\n- {x.inf}\n- {y.inf}\n\nRanking of {q.actor}:\n1."
        ),
        lambda q, x, y: (f" {x.inf}\n2. {y.inf}\n", f" {y.inf}\n2. {x.inf}\n"),
    ),
    # The answer is one letter, so nothing of the option is copied.
    _menu(
        "letters",
        lambda q, chat, x, y: chat(
            f"{q.context} What should {q.actor} do?\n"
            f"A. {sentence(x.inf)}\nB. {sentence(y.inf)}\nAnswer with one letter."
        ),
        lambda q, x, y: ("A", "B"),
    ),
    # `normal` asks in this one; it speaks like a training document.
    _menu(
        "plain",
        lambda q, chat, x, y: f"{q.context} {q.actor} could {x.inf} or {y.inf}. {q.actor}",
        lambda q, x, y: (f" {x.fin}.", f" {y.fin}."),
    ),
)
