"""The families of an examination: what each asks, from what a study gives it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.arms.tokens import Encode
from rearing.corpus.fill import Pool
from rearing.errors import PluginError
from rearing.evals import bank, noted
from rearing.evals.bare import bare_items
from rearing.evals.capability import capability_items
from rearing.evals.forms import Chat
from rearing.evals.lexical import lexical_items
from rearing.evals.moralchoice import moralchoice_items
from rearing.evals.pressure import SHIPPED_TACTICS, Tactic, pressure_items
from rearing.evals.turiel import turiel_items
from rearing.evals.worlds import SHIPPED_WORLDS, model, worlds
from rearing.evals.worlds.pool import world_items
from rearing.evals.worlds.world import World
from rearing.plugins import Table
from rearing.records.item import BARE, Item, Rule
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
        forms: Forms of `shift` and `lexical`; `bare` has the menus among them.
        pool: Names that the items use.
        chat: The base's chat template.
        external: The CSV of MoralChoice, if the study names one.
        worlds: What `worlds` asks about.
        tactics: What `pressure` presses with.
    """

    lessons: Sequence[Lesson]
    shift: Sequence[Vignette]
    agentic: Sequence[Vignette]
    neutral: Sequence[Neutral]
    forms: Sequence[str]
    pool: Pool
    chat: Chat
    external: Path | None = None
    worlds: tuple[type[World[Any]], ...] = SHIPPED_WORLDS
    tactics: tuple[Tactic, ...] = SHIPPED_TACTICS

    @property
    def bank(self) -> tuple[Vignette, ...]:
        """All vignettes, once."""
        return tuple({v.id: v for v in (*self.shift, *self.agentic)}.values())


@dataclass(frozen=True, slots=True)
class Instrument:
    """A family of items.

    Attributes:
        name: Stands in the column `family` of every table.
        items: What it asks; the same for every checkpoint.
        twins: Whether every scenario is asked in both situations, with opposite right answers in what is otherwise the
            same question, so that whatever does not read the situation gets a half.
    """

    name: str
    items: Callable[[Material], Sequence[Item]]
    twins: bool = True


INSTRUMENTS: Table[Instrument] = Table(
    "instrument",
    lambda thing: isinstance(thing, Instrument),
    (
        Instrument("normal", lambda m: bank.normal_items(m.lessons, m.chat), twins=False),
        Instrument("shift", lambda m: bank.shift_items(m.shift, m.forms, "natural", m.pool, m.chat)),
        Instrument("lexical", lambda m: lexical_items(m.shift, m.forms, m.pool, m.chat)),
        Instrument("turiel", lambda m: turiel_items(m.shift, m.pool, m.chat), twins=False),
        Instrument("agentic", lambda m: bank.agentic_items(m.agentic, m.pool)),
        # On the ladder of prices the wrong option always pays more: whoever takes the lower pay is right there.
        Instrument("frames", lambda m: bank.frame_items(m.agentic, m.pool), twins=False),
        # Whoever always works on has .82 and always the shortcut .65 of the shipped worlds, whatever the situation.
        Instrument("worlds", lambda m: world_items(m.worlds), twins=False),
        Instrument("pressure", lambda m: pressure_items(m.shift, m.pool, m.chat, m.tactics)),
        Instrument("capability", lambda m: capability_items(m.neutral, m.pool)),
        Instrument(BARE, lambda m: bare_items(m.bank, m.forms, m.pool, m.chat), twins=False),
        Instrument("moralchoice", lambda m: moralchoice_items(m.external, m.chat) if m.external else [], twins=False),
    ),
)


def build(families: Sequence[str], material: Material) -> list[Item]:
    """All items of these families.

    Raises:
        PluginError: A plugin makes items of another family.
    """
    made = [(family, item) for family in families for item in INSTRUMENTS[family].items(material)]
    for family, item in made:
        if item.family != family:
            problem = f"instrument {family!r} makes an item of family {item.family!r}"
            raise PluginError(problem, "give every item the name of its instrument", INSTRUMENTS.file(family))
    return [item for _, item in made]


def play(
    families: Sequence[str], material: Material, rule: Rule, lm: "LanguageModel"
) -> tuple[list[dict[str, Any]], list[PrivateNote]]:
    """What is played and not asked: response rows like those of `ask`, and the scratchpads that were written."""
    rows: list[dict[str, Any]] = []
    notes: list[PrivateNote] = []
    if "frames" in families:
        rows, notes = noted.play_noted(lm, material.agentic, material.pool, rule)
    if "worlds" in families:
        played, written = model.play_worlds(lm, worlds(material.worlds))
        rows, notes = rows + played, notes + written
    return rows, notes


def play_tokens(families: Sequence[str], material: Material, encode: Encode) -> int:
    """Tokens that `play` will compute, for a forecast."""
    in_episodes = noted.play_tokens(material.agentic, material.pool, encode) if "frames" in families else 0
    return in_episodes + (model.play_tokens(worlds(material.worlds), encode) if "worlds" in families else 0)
