"""The families of an examination: what each asks, from what a study gives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.corpus.fill import Pool
from rearing.evals import bank
from rearing.evals.capability import capability_items
from rearing.evals.forms import Chat
from rearing.evals.lexical import lexical_items
from rearing.evals.moralchoice import moralchoice_items
from rearing.evals.pressure import pressure_items
from rearing.evals.turiel import turiel_items
from rearing.evals.worlds import model, worlds
from rearing.evals.worlds.pool import world_items
from rearing.models.trees import Encode
from rearing.records.item import Item
from rearing.records.private import PrivateNote
from rearing.records.scenario import Lesson, Neutral, Vignette

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel


@dataclass(frozen=True, slots=True)
class Material:
    """What a study gives its examinations.

    Attributes:
        lessons: Trained in every seed.
        shift, agentic: Vignettes of gate 1 and of gate 2; disjoint, but in an assay.
        forms: Forms of `shift`.
        pool: Names that the items use.
        chat: The base's chat template.
        external: The CSV of MoralChoice, if the study names one.
    """

    lessons: Sequence[Lesson]
    shift: Sequence[Vignette]
    agentic: Sequence[Vignette]
    neutral: Sequence[Neutral]
    forms: Sequence[str]
    pool: Pool
    chat: Chat
    external: Path | None = None


BUILDERS: dict[str, Callable[[Material], list[Item]]] = {
    "normal": lambda m: bank.normal_items(m.lessons, m.chat),
    "shift": lambda m: bank.shift_items(m.shift, m.forms, "natural", m.pool, m.chat),
    "lexical": lambda m: lexical_items(m.shift, m.forms, m.pool, m.chat),
    "turiel": lambda m: turiel_items(m.shift, m.pool, m.chat),
    "agentic": lambda m: bank.agentic_items(m.agentic, m.pool),
    "frames": lambda m: bank.frame_items(m.agentic, m.pool),
    "worlds": lambda m: list(world_items()),
    "pressure": lambda m: pressure_items(m.shift, m.pool, m.chat),
    "capability": lambda m: capability_items(m.neutral, m.pool),
    "moralchoice": lambda m: moralchoice_items(m.external, m.chat) if m.external else [],
}


def build(families: Sequence[str], material: Material) -> list[Item]:
    """All items of these families."""
    return [item for family in families for item in BUILDERS[family](material)]


def play(families: Sequence[str], lm: "LanguageModel") -> tuple[list[dict[str, Any]], list[PrivateNote]]:
    """What is played and not asked: response rows like those of `ask`, and the scratchpads that were written."""
    return model.play_worlds(lm, worlds()) if "worlds" in families else ([], [])


def play_tokens(families: Sequence[str], encode: Encode) -> int:
    """Tokens that `play` will compute, for a forecast."""
    return model.play_tokens(worlds(), encode) if "worlds" in families else 0
