"""Examination items: a prompt and what may follow it."""

from dataclasses import dataclass
from typing import Literal

Family = str
"""The name of an instrument (`evals.families`), shipped or a plugin."""
BARE: Family = "bare"
"""The options without the situation, which the untrained base is asked in every study."""
Kind = Literal["open", "menu", "contrast", "scale", "decision", "text"]
Rule = Literal["sum", "byte", "token"]
RULES: tuple[Rule, ...] = ("sum", "byte", "token")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One rendering of an item: a menu has one for each order of its options.

    Attributes:
        text: Everything before the answer, the chat template included.
        answers: The legal continuations. Of an open item or a menu, 0 is the right one, 1 its rival, the rest are other
            legal commands; of a decision, 0 is the best and 1 the worst.
        worth: Of a decision, the value of every answer in [0, 1].
    """

    text: str
    answers: tuple[str, ...]
    worth: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One question about one scenario in one situation.

    Attributes:
        id: Unique in the study, of `item_id`.
        kind: How its prompts are read:
            `open` names no option, both are scored as continuations;
            `menu` shows all of them, one prompt an order;
            `contrast` asks a fixed question in pairs of prompts, answers are (yes, no): right is more yes to the first
            of a pair than to the second. They ask about the right option and its rival (of `turiel`, see there);
            `scale` asks about the right option and its rival in turn, answers are levels from lowest to highest;
            `decision` has answers of known worth, one prompt an order of the commands;
            `text` has as answers a passage and its sentences in another order.
        state: Which decision point of an episode or which turn of a dialogue it is; 0 elsewhere.
    """

    id: str
    family: Family
    form: str
    kind: Kind
    wording: str
    scenario: str
    situation: str
    state: int
    prompts: tuple[Prompt, ...]


def item_id(family: Family, form: str, wording: str, scenario: str, situation: str, state: int = 0) -> str:
    """What tells an item from every other of a study."""
    return f"{family}/{form}/{wording}/{scenario}/{situation}/{state}"
