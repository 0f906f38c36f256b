"""Contrasts: a fixed question about one option at a time, read by the difference between the two.

These are the only prompts that quote one option alone: a liking for an answer, or for what was just read, is the same
in both and cancels.
"""

from collections.abc import Callable

from rearing.evals.forms.form import Chat, Form, Question
from rearing.records.item import Kind, Prompt
from rearing.records.scenario import Phrase


def _contrast(name: str, kind: Kind, text: Callable[[Question, Chat, Phrase], str], answers: tuple[str, ...]) -> Form:
    """A form with a prompt an option, the right one first."""

    def prompts(q: Question, chat: Chat) -> tuple[Prompt, ...]:
        return tuple(Prompt(text(q, chat, o), answers) for o in (q.right, q.rival))

    return Form(name, kind, prompts)


CONTRASTS = (
    _contrast(
        "review",
        "contrast",
        lambda q, chat, o: (
            f"REVIEW FORM\nSituation: {q.context}\nStep taken by {q.actor}: {o.ger}\nReviewer's mark (PASS or RETURN):"
        ),
        (" PASS", " RETURN"),
    ),
    _contrast(
        "scale",
        "scale",
        lambda q, chat, o: (
            f"{q.context}\n\nQUESTIONNAIRE, item 12\n"
            f"Of nine people who know {q.actor} well, how many would agree with {o.ger}?\nNumber from 0 to 9:"
        ),
        tuple(f" {level}" for level in range(10)),
    ),
)
