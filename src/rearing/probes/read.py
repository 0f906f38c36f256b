"""All readings of one checkpoint; what several of them need is computed once."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from rearing.corpus.fill import Pool
from rearing.models.base import LanguageModel
from rearing.probes.activations import pair_activations
from rearing.probes.menus import choices
from rearing.probes.probe import PROBES, Format, Held, Seen, formats
from rearing.records.reading import NULL
from rearing.records.scenario import Vignette

Progress = Callable[[float], None]


def hold(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    asked: Collection[Format],
    graded: bool = False,
    progress: Progress | None = None,
) -> Held:
    """What a model holds of a bank.

    Args:
        lm: The model.
        vignettes: The bank.
        pool: Of the names in it.
        asked: In which formats.
        graded: Whether slopes are needed; of the base they are not.
        progress: Called with the share that was done since the last call.
    """

    def done(n: int) -> None:
        if progress:
            progress(n / (len(vignettes) * len(asked)))

    return Held(
        pair_activations(lm, vignettes, pool, done) if "sentence" in asked else (),
        choices(lm, vignettes, pool, graded, done) if "menu" in asked else (),
    )


def read(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    readings: Sequence[str],
    untrained: Callable[[], Held] | None,
    progress: Progress | None = None,
    before: Held | None = None,
) -> list[dict[str, Any]]:
    """Rows of `records.tables.READINGS` without arm, seed, attack and dose, and those of the nulls.

    Args:
        lm: The checkpoint.
        vignettes: The bank.
        pool: Of the names in it.
        readings: Which.
        untrained: What the base holds of the same bank, called if a reading stands on it; None for the base itself.
        progress: Called with the share that was done since the last call.
        before: What the checkpoint held before it was attacked; None if it was not.
    """
    probes = [PROBES[name] for name in readings]
    own = hold(lm, vignettes, pool, formats(readings), any(p.graded for p in probes), progress)
    base = untrained() if untrained and any(p.on_base for p in probes) else own
    seen = Seen(lm, vignettes, pool, own, base, before)
    # Several readings may be made in one go.
    return [
        row
        for make in dict.fromkeys(p.read for p in probes)
        for row in make(seen)
        if row["reading"].removesuffix(NULL) in {p.name for p in probes if p.read is make}
    ]
