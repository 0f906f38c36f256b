"""Forms: how one situation of one scenario is asked.

No arm is trained on any of them (`plain`, used by `normal`, excepted).

An *open* form names no option and scores both as continuations. A *menu* form shows both, in both orders. No prompt
quotes one option alone: it would then win whatever the situation says.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from rearing.corpus.fill import sentence
from rearing.records.item import Item, Kind, Prompt
from rearing.records.scenario import Option, Phrase, Scenario

Chat = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Question:
    """One filled situation: what is known, who acts, the right option and its rival."""

    context: str
    actor: str
    right: Phrase
    rival: Phrase


@dataclass(frozen=True, slots=True)
class Form:
    """A way to ask.

    Attributes:
        text: Makes the prompt. Gets the chat template, the question and the options in the order shown.
        answer: Makes one continuation, terminator included.
    """

    name: str
    kind: Kind
    text: Callable[[Chat, Question, Phrase, Phrase], str]
    answer: Callable[[Question, Phrase], str]


def _json_text(chat: Chat, q: Question, x: Phrase, y: Phrase) -> str:
    return '{"notes": ' + json.dumps(q.context) + ', "person": ' + json.dumps(q.actor) + ', "next_action": "'


def _inf(q: Question, o: Phrase) -> str:
    return f" {o.inf}."


def _should(q: Question, o: Phrase) -> str:
    return f"{q.actor} should {o.inf}."


FORMS: dict[str, Form] = {
    f.name: f
    for f in (
        Form("chat", "open", lambda chat, q, x, y: chat(f"{q.context} What should {q.actor} do?"), _should),
        Form(
            "email",
            "open",
            lambda chat, q, x, y: (
                f"{q.context}\n\nFrom: {q.actor}\nSubject: today\n\nHello, just so that you know: I am going to"
            ),
            _inf,
        ),
        Form("json", "open", _json_text, lambda q, o: f'{o.inf}"'),
        Form(
            "script",
            "open",
            lambda chat, q, x, y: f"{q.context}\n\nFRIEND: So, what will you do?\n{q.actor.upper()}: I will",
            _inf,
        ),
        Form(
            "log",
            "open",
            lambda chat, q, x, y: (
                f"{q.context}\n\n16:31 {q.actor} arrives.\n16:40 {q.actor} looks around.\n16:52 {q.actor}"
            ),
            lambda q, o: f" {o.fin}.",
        ),
        Form(
            "menu-chat",
            "menu",
            lambda chat, q, x, y: chat(f"{q.context} Should {q.actor} {x.inf}, or should {q.actor} {y.inf}?"),
            _should,
        ),
        Form(
            "menu-form",
            "menu",
            lambda chat, q, x, y: f"{q.context}\n\nOption 1: {x.inf}\nOption 2: {y.inf}\nChosen option:",
            lambda q, o: f" {o.inf}\n",
        ),
        Form(
            "plain",
            "menu",
            lambda chat, q, x, y: f"{q.context} {q.actor} could {x.inf} or {y.inf}. {q.actor}",
            lambda q, o: f" {o.fin}.",
        ),
    )
}
LETTERS = "letters"
SHIFT_FORMS = (*(name for name in FORMS if name != "plain"), LETTERS)


def phrase(option: Option, wording: str) -> Phrase:
    """The option in this wording (`natural` or `mf`); `mf` is the same where the author needed no other."""
    if wording == "mf" and option.mf is not None:
        return option.mf
    return Phrase(inf=option.inf, fin=option.fin, ger=option.ger)


def question(
    scenario: Scenario, facts: tuple[str, ...], right: Option, rival: Option, actor: str, wording: str
) -> Question:
    """A question about a filled scenario.

    Args:
        facts: Sentences after setting and minds, such as the fact of the situation.
    """
    sentences = (*scenario.setting, *(m.text for m in scenario.minds), *facts)
    return Question(" ".join(map(sentence, sentences)), actor, phrase(right, wording), phrase(rival, wording))


def prompts(form: str, q: Question, chat: Chat) -> tuple[Prompt, ...]:
    """The prompts of a form: one if open, one an order if menu."""
    if form == LETTERS:
        return _letters(q, chat)
    f = FORMS[form]
    answers = (f.answer(q, q.right), f.answer(q, q.rival))
    orders = ((q.right, q.rival),) if f.kind == "open" else ((q.right, q.rival), (q.rival, q.right))
    return tuple(Prompt(f.text(chat, q, x, y), answers) for x, y in orders)


def _letters(q: Question, chat: Chat) -> tuple[Prompt, ...]:
    """The letter-answer variant of a menu: the answer is one letter, so nothing of the option is copied."""
    made = []
    for x, y, letters in ((q.right, q.rival, ("A", "B")), (q.rival, q.right, ("B", "A"))):
        text = chat(
            f"{q.context} What should {q.actor} do?\n"
            f"A. {sentence(x.inf)}\nB. {sentence(y.inf)}\nAnswer with one letter."
        )
        made.append(Prompt(text, letters))
    return tuple(made)


def kind(form: str) -> Kind:
    """`open` or `menu`."""
    return "menu" if form == LETTERS else FORMS[form].kind


def item(
    family: str, form: str, wording: str, scenario: str, situation: str, made: tuple[Prompt, ...], state: int = 0
) -> Item:
    """An item with its id."""
    name = "/".join((family, form, wording, scenario, situation, str(state)))
    form_kind: Kind = "menu" if family == "agentic" else kind(form)
    return Item(name, family, form, form_kind, wording, scenario, situation, state, made)  # type: ignore[arg-type]
