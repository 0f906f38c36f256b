"""All readings of one checkpoint; what several of them need is computed once.

sentence format ─▶ decode, coupling, fixed
menu format ─▶ choice-coupling, dose, lens, interchange (which computes the menus again for every exchange)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rearing.corpus.fill import Pool
from rearing.models.base import LanguageModel
from rearing.probes import decode, dose, fixed, interchange, lens
from rearing.probes.activations import PairActivations, pair_activations
from rearing.probes.menus import Choice, choices
from rearing.probes.sequences import BASE_READINGS, MENU_READINGS, SENTENCE_READINGS
from rearing.records.reading import NULL, ReadingName
from rearing.records.scenario import Vignette

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Held:
    """What a model holds of a bank, in the formats that were asked for."""

    pairs: Sequence[PairActivations]
    choices: Sequence[Choice]


def hold(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    readings: Sequence[ReadingName],
    graded: bool = False,
    progress: Progress | None = None,
) -> Held:
    """Everything that these readings need of a model.

    Args:
        lm: The model.
        vignettes: The bank.
        pool: Of the names in it.
        readings: Which.
        graded: Whether slopes are needed; of the base they are not.
        progress: Called with the share that was done since the last call.
    """
    told, listed = (bool(set(readings) & set(some)) for some in (SENTENCE_READINGS, MENU_READINGS))

    def done(n: int) -> None:
        if progress:
            progress(n / (len(vignettes) * (told + listed)))

    return Held(
        pair_activations(lm, vignettes, pool, done) if told else (),
        choices(lm, vignettes, pool, graded, done) if listed else (),
    )


def read(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    readings: Sequence[ReadingName],
    untrained: Callable[[], Held] | None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Rows of `records.tables.READINGS` without arm, seed, attack and dose, and those of the nulls.

    Args:
        lm: The checkpoint.
        vignettes: The bank.
        pool: Of the names in it.
        readings: Which.
        untrained: What the base holds of the same bank, called if a reading stands on it; None for the base itself.
        progress: Called with the share that was done since the last call.
    """
    own = hold(lm, vignettes, pool, readings, "dose" in readings, progress)
    base = untrained() if untrained and set(readings) & set(BASE_READINGS) else own
    rows = [*_made(lm, vignettes, pool, readings, own, base)]
    return [row for row in rows if row["reading"].removesuffix(NULL) in readings]


def _made(
    lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, readings: Sequence[ReadingName], own: Held, base: Held
) -> Iterator[dict[str, Any]]:
    if "decode" in readings or "coupling" in readings:
        yield from decode.read(own.pairs)
    if "fixed" in readings:
        yield from fixed.read(own.pairs, base.pairs)
    if "choice-coupling" in readings or "dose" in readings:
        yield from dose.read(own.choices, base.choices)
    if "lens" in readings:
        yield from lens.read(own.choices)
    if "interchange" in readings:
        yield from interchange.read(lm, vignettes, pool, own.choices)
