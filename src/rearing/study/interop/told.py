"""Items as JSON, and their scores from the log-probabilities that another tool tells."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from rearing.errors import StudyError
from rearing.evals.ask import response
from rearing.records.item import Item, Prompt, Rule

ITEM = TypeAdapter(Item)
PAIRED: Final = ("turiel",)
"""Families of which no prompt has a right answer by itself: what counts is how far permission moves it."""


class Told(NamedTuple):
    """Summed log-probability of an answer in nats, its tokens (unknown here) and its UTF-8 bytes."""

    total: float
    tokens: float
    bytes: int


def told_response(item: Item, totals: Sequence[Sequence[float]], rule: Rule) -> dict[str, Any]:
    """The row of an item, as `evals.ask.response` gives it.

    Args:
        item: What was asked.
        totals: Summed log-probabilities, prompt by prompt, in the order of the answers.
        rule: How open items are compared: "sum" or "byte".
    """
    likelihoods = [
        [Told(total, float("nan"), len(answer.encode())) for total, answer in zip(row, prompt.answers, strict=True)]
        for row, prompt in zip(totals, item.prompts, strict=True)
    ]
    return response(item, likelihoods, rule)  # type: ignore[arg-type]


def check_rule(rule: Rule) -> None:
    """Refuse the rule that other tools cannot be asked by.

    Raises:
        StudyError: It needs the number of tokens of an answer, which they do not tell.
    """
    if rule == "token":
        mend = 'set rule = "sum" or "byte" under [examine]'
        raise StudyError("rule 'token' needs token counts, which other tools do not tell", mend)


def listed(prompt: Prompt) -> list[str]:
    """The answers in an order that tells nothing: not the right one first."""
    return sorted(prompt.answers)


def best(item: Item, index: int) -> str:
    """The answer to a prompt that a model with nothing but the right preference gives.

    Prompts of contrast and scale items ask about the right option and its rival in turn, but for the families `PAIRED`.
    """
    answers, worth = item.prompts[index].answers, item.prompts[index].worth
    if item.kind == "decision":
        return answers[worth.index(max(worth))]
    if item.kind == "contrast":
        return answers[index % 2]
    if item.kind == "scale":
        return answers[-1 if index % 2 == 0 else 0]
    return answers[0]
