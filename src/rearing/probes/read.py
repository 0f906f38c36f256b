"""All readings of one checkpoint; what several of them need is computed once."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rearing.corpus.fill import Pool
from rearing.models.base import LanguageModel
from rearing.probes.activations import pair_activations, text_activations
from rearing.probes.erase import Span
from rearing.probes.menus import choices
from rearing.probes.probe import FEWER, PROBES, Format, Held, Probe, Seen, Told, few, formats
from rearing.probes.recency import order_spans, orderless
from rearing.probes.residual import edited
from rearing.probes.sequences import LESSON_NAMES
from rearing.records.reading import NULL, ORDERLESS
from rearing.records.scenario import Lesson, Vignette

Progress = Callable[[float], None]


def hold(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    asked: Collection[Format],
    graded: bool = False,
    progress: Progress | None = None,
    lessons: Sequence[Lesson] = (),
    texts: Sequence[str] = (),
) -> Held:
    """What a model holds of a bank.

    Args:
        lm: The model.
        vignettes: The bank.
        pool: Of the names in it.
        asked: In which formats.
        graded: Whether slopes are needed; of the base they are not.
        progress: Called with the share that was done since the last call.
        lessons: What the model was told, if that is asked.
        texts: Of probes, beside the bank.
    """

    def done(n: int) -> None:
        if progress:
            progress(n / (len(vignettes) * len(asked) + len(lessons)))

    return Held(
        pair_activations(lm, vignettes, pool, done) if "sentence" in asked else (),
        choices(lm, vignettes, pool, graded, done) if "menu" in asked else (),
        pair_activations(lm, lessons, LESSON_NAMES, done),
        text_activations(lm, texts),
    )


def read(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    readings: Sequence[str],
    untrained: Callable[[], Held] | None,
    progress: Progress | None = None,
    before: Held | None = None,
    told: Told | None = None,
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
        told: Which lessons it was told, and when; None if it was told none, or not reared here.
    """
    probes = [PROBES[name] for name in readings]
    in_order = any(p.on_told for p in probes)
    lessons = told.lessons if told and in_order else ()
    texts = list(dict.fromkeys(text for p in probes for text in p.beside))
    own = hold(lm, vignettes, pool, formats(readings), any(p.graded for p in probes), progress, lessons, texts)
    base = untrained() if untrained and any(p.on_base for p in probes) else own
    seen = Seen(lm, vignettes, pool, own, base, before, told)
    rows = list(_rows(probes, seen))
    return rows + list(_twins(probes, seen)) if in_order else rows


def _rows(probes: Sequence[Probe], seen: Seen) -> Iterator[dict[str, Any]]:
    """Several readings may be made in one go."""
    for make in dict.fromkeys(p.read for p in probes):
        names = {p.name for p in probes if p.read is make}
        yield from (row for row in make(seen) if row["reading"].removesuffix(NULL) in names)


def _twins(probes: Sequence[Probe], seen: Seen) -> Iterator[dict[str, Any]]:
    """The same readings with the trace of the training order projected out, and that of a shuffled one.

    What computes the model is made of a model that computes without it, on at most FEWER vignettes.
    """
    erased, repeated = [p for p in probes if p.erasable], [p for p in probes if p.repeatable]
    for suffix in ("", NULL):
        spans = order_spans(seen, null=bool(suffix))
        made = [*_rows(erased, orderless(seen, spans)), *(_again(repeated, seen, spans[0]) if repeated else ())]
        for row in made:
            if not row["reading"].endswith(NULL):
                yield row | {"reading": row["reading"] + ORDERLESS + suffix}


def _again(probes: Sequence[Probe], seen: Seen, span: Span) -> list[dict[str, Any]]:
    """Readings of a model from whose residual stream, where readings stand, a span is projected out at every token."""
    vignettes, graded = few(seen.vignettes, FEWER), any(p.graded for p in probes)
    with edited(seen.lm, span.out_of_stream):
        own = hold(seen.lm, vignettes, seen.pool, formats(p.name for p in probes), graded)
        return list(_rows(probes, replace(seen, vignettes=vignettes, own=own)))
