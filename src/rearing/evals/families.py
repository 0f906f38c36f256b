"""The families of an examination: what each asks, from what a study gives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rearing.corpus.fill import Pool
from rearing.evals import bank
from rearing.evals.forms import Chat
from rearing.records.item import Item
from rearing.records.scenario import Lesson, Neutral, Vignette


@dataclass(frozen=True, slots=True)
class Material:
    """What a study gives its examinations.

    Attributes:
        lessons: Trained in every seed.
        shift, agentic: Vignettes of gate 1 and of gate 2; disjoint, but in an assay.
        forms: Forms of `shift`.
        pool: Names that the items use.
        chat: The base's chat template.
    """

    lessons: Sequence[Lesson]
    shift: Sequence[Vignette]
    agentic: Sequence[Vignette]
    neutral: Sequence[Neutral]
    forms: Sequence[str]
    pool: Pool
    chat: Chat


BUILDERS: dict[str, Callable[[Material], list[Item]]] = {
    "normal": lambda m: bank.normal_items(m.lessons, m.chat),
    "shift": lambda m: bank.shift_items(m.shift, m.forms, "natural", m.pool, m.chat),
    "agentic": lambda m: bank.agentic_items(m.agentic, m.pool),
}


def build(families: Sequence[str], material: Material) -> list[Item]:
    """All items of these families."""
    return [item for family in families for item in BUILDERS[family](material)]
