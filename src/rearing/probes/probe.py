"""Probes by name: what each reads of a model, and what it needs for that. No torch, so that a study can name them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from rearing.corpus.fill import Pool
from rearing.plugins import Table
from rearing.probes.words import TEXTS
from rearing.records.reading import NULL, ORDERLESS
from rearing.records.scenario import Lesson, Vignette

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.probes.activations import PairActivations
    from rearing.probes.menus import Choice
    from rearing.probes.rows import Floats

Format = Literal["sentence", "menu"]
FEW, FEWER = 60, 20
"""Vignettes for what costs most, three times those of internalization.md section 2; and for its order-free twins."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a model holds of a bank, in the formats that were asked for; both situations of every scenario.

    Attributes:
        lessons: The same of the lessons of `Told`, in their order, in the sentence format, if a probe stands on them.
        texts: Of every text that a probe has `beside` the bank, the activations at the sites of that format, (S, D).
    """

    pairs: "Sequence[PairActivations]"
    choices: "Sequence[Choice]"
    lessons: "Sequence[PairActivations]" = ()
    texts: "Mapping[str, Floats]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a model was trained on.

    Attributes:
        when: Of every lesson, when it was told, mean over tellings: 0 first, 1 last.
    """

    lessons: Sequence[Lesson]
    when: Sequence[float]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a probe is given.

    Attributes:
        lm: The checkpoint; a probe leaves it as it is.
        pool: Of the names in the vignettes.
        own: What the checkpoint holds.
        base: What the untrained base holds, if the probe stands on it; else the same as `own`.
        before: What the checkpoint held before it was attacked, if the probe stands on it; None if it was not attacked,
            so that dose 0 of a curve stands on `own`.
        told: Which lessons the checkpoint was told, and when; None of one that was told none, or not reared here.
    """

    lm: "LanguageModel"
    vignettes: Sequence[Vignette]
    pool: Pool
    own: Held
    base: Held
    before: Held | None = None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One reading.

    Attributes:
        name: Stands in the column `reading`; its null has the name with "-null" behind it.
        read: Its rows (`probes.rows.row`) and those of its null: one for every scenario, situation and site.
        format: What it reads of `Seen.own`: `pairs` of the sentence format, or `choices` of the menu format.
        other: Another format that it reads as well.
        on_base: Whether it stands on what the untrained base holds as well.
        on_before: Whether it stands, after an attack, on what the checkpoint held before.
        on_told: Whether it stands on the lessons that the checkpoint was told. Rows of such a probe may be of lessons.
        of_vectors: Whether it reads vectors, so that it says a half where right and rival are held alike.
        graded: Whether it needs the slopes of choices, which cost a pass back.
        passes: How often it computes the bank again by itself, for the forecast.
        passes_back: How often it does so with gradients.
        few: Whether it is made on at most FEW vignettes of the bank: its passes cost more than all other readings.
        beside: Texts that are computed for it beside the bank, once; they end in the carrier (`probes.rows.CARRIER`).
    """

    name: str
    read: Callable[[Seen], Iterable[dict[str, Any]]]
    format: Format = "sentence"
    other: Format | None = None
    on_base: bool = False
    on_before: bool = False
    on_told: bool = False
    of_vectors: bool = True
    graded: bool = False
    passes: int = 0
    passes_back: int = 0
    few: bool = False
    beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse the name of a null or of an order-free twin."""
        for suffix, what in ((NULL, "a null"), (ORDERLESS, "an order-free twin")):
            if self.name.endswith(suffix):
                raise ValueError(f"{self.name!r} is the name of {what}")
        if self.graded and "menu" not in self.formats:
            raise ValueError(f"{self.name!r} is graded and reads no menu, of which alone there are slopes")

    @property
    def formats(self) -> set[Format]:
        """The formats that it reads."""
        return {self.format} | ({self.other} if self.other else set())

    @property
    def computes(self) -> bool:
        """Whether it computes the model by itself."""
        return bool(self.passes or self.passes_back)

    @property
    def erasable(self) -> bool:
        """Whether it stands on vectors in `Seen` alone, so that it can be made again with a direction projected out."""
        return self.of_vectors and not (self.computes or self.on_told)

    @property
    def repeatable(self) -> bool:
        """Whether it can be made again of a model that computes without a direction: it looks at no other state."""
        return self.of_vectors and self.computes and not (self.on_told or self.on_base or self.on_before)


def _pairs(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import decode

    return decode.read(seen.own.pairs)


def _transfer(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import decode

    return decode.transfer(seen.own.pairs, seen.own.choices)


def _mdl(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import mdl

    return mdl.read(seen.own.pairs)


def _fixed(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import fixed

    return fixed.read(seen.own.pairs, seen.base.pairs)


def _along(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import dose

    return dose.read(seen.own.choices, seen.base.choices)


def _lens(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import lens

    return lens.read(seen.own.choices)


def _interchange(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import interchange

    return interchange.read(seen.lm, seen.vignettes, seen.pool)


def _rank(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import rank

    return rank.read(seen.own.pairs, {v.id: v.foundations[0] if v.foundations else "" for v in seen.vignettes})


def _spread(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import spread

    vignettes = few(seen.vignettes)
    return spread.read(seen.lm, vignettes, seen.pool, of_these(seen.own.choices, vignettes))


def _knockout(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import spread

    vignettes = few(seen.vignettes)
    return spread.knock_out(seen.lm, vignettes, seen.pool, of_these(seen.own.choices, vignettes))


def _necessity(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import necessity

    vignettes = few(seen.vignettes)
    return necessity.read(seen.lm, vignettes, seen.pool, of_these(seen.own.choices, vignettes))


def _stable(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import stable

    return stable.read(seen.own.pairs, (seen.before or seen.own).pairs)


def _wordless(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import wordless

    return wordless.read(seen.own)


def _surface(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import controls

    return controls.surface(seen.own.pairs, controls.texts(seen.vignettes, seen.pool))


def _control(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import controls

    return controls.control(seen.own.pairs, controls.texts(seen.vignettes, seen.pool))


def _recency(seen: Seen) -> Iterable[dict[str, Any]]:
    from rearing.probes import recency

    return recency.read(seen)


def few(vignettes: Sequence[Vignette], most: int = FEW) -> list[Vignette]:
    """At most so many of a bank, at equal distances."""
    number = min(len(vignettes), most)
    return [vignettes[i * len(vignettes) // number] for i in range(number)]


def of_these(choices: "Sequence[Choice]", vignettes: Sequence[Vignette]) -> "list[Choice]":
    """The choices in these vignettes."""
    names = {v.id for v in vignettes}
    return [c for c in choices if c.scenario in names]


PROBES = Table(
    "probe",
    lambda thing: isinstance(thing, Probe),
    (
        Probe("decode", _pairs),
        Probe("coupling", _pairs),
        Probe("fixed", _fixed, on_base=True),
        Probe("choice-coupling", _along, "menu", on_base=True),
        Probe("dose", _along, "menu", on_base=True, graded=True),
        # The menus, and their upper fifth with the token of the twin and with one of another scenario.
        Probe("interchange", _interchange, "menu", passes=3),
        Probe("lens", _lens, "menu", of_vectors=False),
        Probe("rank", _rank),
        Probe("rank-random", _rank),
        Probe("spread", _spread, "menu", passes_back=1, few=True),
        # Three shares of the components out, in two orders.
        Probe("knockout", _knockout, "menu", passes=6, passes_back=1, few=True),
        # What is held in every block, then without the moral direction and without five random ones.
        Probe("necessity", _necessity, "menu", passes=7, few=True),
        Probe("stable", _stable, on_before=True),
        Probe("stable-cosine", _stable, on_before=True),
        Probe("wordless", _wordless, beside=TEXTS),
        Probe("surface", _surface, of_vectors=False),
        Probe("control", _control),
        Probe("decode-transfer", _transfer, other="menu"),
        Probe("mdl", _mdl),
        Probe("recency", _recency, on_base=True, on_told=True),
        Probe("recency-cosine", _recency, on_base=True, on_told=True),
    ),
)


def formats(readings: Iterable[str]) -> set[Format]:
    """The formats in which these readings are made."""
    return {made for name in readings for made in PROBES[name].formats}
