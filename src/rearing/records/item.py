"""Examination items: a prompt and what may follow it."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["normal", "shift", "agentic"]
Kind = Literal["open", "menu"]
Rule = Literal["sum", "byte", "token"]
RULES: tuple[Rule, ...] = ("sum", "byte", "token")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One rendering of an item: a menu has one for each order of its options.

    Attributes:
        text: Everything before the answer, the chat template included.
        answers: The legal continuations; 0 is the right one, 1 its rival, the rest are other legal commands.
    """

    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One question about one scenario in one situation.

    Attributes:
        id: Unique in the study: family/form/wording/scenario/situation/state.
        kind: `open` names no option in the prompt; `menu` shows all, in several orders.
        state: Which decision point of an episode it is; 0 elsewhere.
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
