"""What a renderer is: a function from the parts of a lesson to documents, and what matching may vary in it.

A *shape* is what all arms share for a lesson and seed: layout, which option is told first, how a fork is told, the
phrasing of the sentences that every arm has (menu, choice, verdict line). A *cut* is what matching chooses inside one
renderer: the wording of each evaluative sentence, which reasons are told, the phrasing of its own scaffold, and fillers
before the setting.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from rearing.arms.phrases import SLOTS
from rearing.errors import nearest
from rearing.records.document import Layout, Sentence
from rearing.records.scenario import Lesson, Neutral

if TYPE_CHECKING:
    from rearing.arms.renderers.parts import Parts

Paragraphs = tuple[tuple[Sentence, ...], ...]
Lever = tuple[dict[str, str], ...]
"""Alternatives of which a cut takes one; each says which atoms are told and in which wording ("w", "mf", "w mf")."""
Telling = Literal["roads", "aside", "eyes"]
LEAST_PHRASINGS = 8
"""The least number of phrasings of a slot: none may be above 15 %."""
TELLINGS: tuple[Telling, ...] = get_args(Telling)
"""The macro-layouts of a fork: road by road; the second road named first and put off; both from the side of somebody
affected."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What every arm shares for one lesson and seed.

    Attributes:
        first: Id of the option that is told first.
        phrases: Phrasing of every shared slot.
    """

    layout: Layout
    first: str
    telling: Telling
    phrases: dict[str, str]


@dataclass(frozen=True, slots=True)
class Cut:
    """What matching chooses for one renderer.

    Attributes:
        words: For every evaluative atom that is told, its wording by atom key: "w", "mf", or "w mf" (reasons).
        phrases: Phrasing of every slot that is not shared.
        fillers: Sentences in front of the setting.
    """

    words: dict[str, str]
    phrases: dict[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One lesson of one seed, filled, with its shape; `names` are those of its people."""

    lesson: Lesson | Neutral
    shape: Shape
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Renderer:
    """How one arm writes, and what matching may vary in it.

    Attributes:
        label: Short name; an arm is labelled by it and the first letter of its order.
        write: Makes the documents of a lesson, one in most arms.
        levers: For a lesson, independent choices of told atoms and wordings.
        slots: Phrase slots of its own; matching picks their phrasings.
        phrases: Phrasings of those slots that are not in `arms.phrases`, eight at least of each.
        matched: Whether its documents must have exactly the tokens of all other matched renderers. The others come as
            near as their levers allow, and the audit reports them without a gate.
        stakes: False for the placebo, which tells neutral graphs in the place of lessons, in its shortest cuts.
    """

    name: str
    label: str
    write: Callable[["Parts"], tuple[Paragraphs, ...]]
    levers: Callable[[Lesson | Neutral], tuple[Lever, ...]]
    slots: tuple[str, ...]
    matched: bool = True
    stakes: bool = True
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse slots without phrasings.

        Raises:
            ValueError: A slot has none, too few, or is one of ours.
        """
        for slot in self.slots:
            if (slot in SLOTS) == (slot in self.phrases):
                wrong = (
                    "is one of ours, so it has phrasings"
                    if slot in SLOTS
                    else f"has no phrasings{nearest(slot, SLOTS)}"
                )
                raise ValueError(f"slot {slot!r} of renderer {self.name!r} {wrong}")
            if len(set(self.bank(slot))) < LEAST_PHRASINGS:
                raise ValueError(f"slot {slot!r} of renderer {self.name!r} needs {LEAST_PHRASINGS} phrasings")

    def bank(self, slot: str) -> tuple[str, ...]:
        """The phrasings of one of its slots."""
        return self.phrases.get(slot) or SLOTS[slot]
