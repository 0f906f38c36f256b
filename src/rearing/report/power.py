"""What the study could have found: power of the whole rule, smallest effects, and the same data at other margins."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup
from scipy.special import stdtrit

from rearing.records.plan import Plan, demotion_level
from rearing.records.verdict import AtMargin, Effect, Power, PowerPoint, Verdict
from rearing.report import curves
from rearing.report.charts import Point, key, score
from rearing.report.curves import LEAST, MOST, Segment
from rearing.report.effects import bounds, contrast, is_main

WANTED = 0.8
CSS = {"SUPPORTED": "ok", "DEMOTED": "less", "INCONCLUSIVE": "open", "INVALID": "bad"}


@dataclass(frozen=True, slots=True)
class StripLine:
    """One contrast: the smallest effect that would have been found, and what it would say at every margin."""

    gate: str
    contrast: str
    found: str
    margin: str
    missed: bool
    strip: Markup


@dataclass(frozen=True, slots=True)
class Curve:
    """The power curve, wide and narrow, and what it says in words."""

    wide: Markup
    narrow: Markup
    keys: tuple[tuple[Markup, str], ...]
    words: tuple[str, ...]
    points: tuple[PowerPoint, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything of the section; `whole` is the strip of the verdict itself, "" where none was made."""

    curve: Curve | None
    lacking: str
    replicates: int
    lines: tuple[StripLine, ...]
    whole: Markup
    axis: Markup


def outlook(plan: Plan, verdict: Verdict, power: Power | None) -> Outlook:
    """The section, from what the judge found and what simulated studies said, if they were asked."""
    power = power or Power(lacking="nobody asked for it")
    main = [e for gate in plan.gates for e in verdict.effects if e.family == gate.id and is_main(plan, e)]
    known = [e for e in main if all(map(math.isfinite, (e.low, e.high, e.estimate)))]
    deltas = sorted({gate.delta for gate in plan.gates})
    whole = curves.margin_strip(_whole(verdict.margins), deltas) if verdict.margins else Markup("")
    return Outlook(
        _curve(power.points) if power.points else None,
        power.lacking,
        power.replicates,
        tuple(_line(plan, verdict, e) for e in known),
        whole,
        curves.margin_axis(),
    )


def _curve(points: Sequence[PowerPoint]) -> Curve:
    demoted = [Point(p.gain, p.demoted) for p in points]
    supported = [Point(p.gain, p.supported) for p in points]
    return Curve(
        curves.power(demoted, supported, 760, 320),
        curves.power(demoted, supported, 380, 300),
        ((key(curves.SUPPORTED), "SUPPORTED"), (key(curves.DEMOTED), "DEMOTED")),
        tuple(_words(points)),
        tuple(points),
    )


def _words(points: Sequence[PowerPoint]) -> Iterator[str]:
    """The smallest lead that is found with power .80, and how surely no lead is demoted."""
    able = [p for p in points if all(q.supported >= WANTED for q in points if q.gain >= p.gain)]
    if able:
        yield (
            f"SUPPORTED has power {score(WANTED)} from a true lead of {able[0].gain:g} margins on: "
            "a smaller one could have been missed."
        )
    else:
        most = max(points, key=lambda p: p.supported)
        yield (
            f"No lead up to {points[-1].gain:g} margins is SUPPORTED with power {score(WANTED)} "
            f"(the most is {score(most.supported)}): this study could have missed all of them."
        )
    for p in points:
        if p.gain == 0:
            yield f"Where structure truly adds nothing, DEMOTED has probability {score(p.demoted)}."


def smallest(e: Effect, alpha: float) -> float:
    """The smallest true difference that this contrast shows to be above 0 with power .80.

    (t(1 - alpha) + t(.80)) SE with the contrast's own degrees of freedom: the minimum detectable effect of Bloom
    (1995, doi 10.1177/0193841X9501900504). Infinite where the spread is not known.
    """
    if e.n_seeds < 2 or not (e.df > 0 and math.isfinite(e.se)):
        return math.inf
    return float(stdtrit(e.df, 1 - alpha) + stdtrit(e.df, WANTED)) * e.se


def _line(plan: Plan, verdict: Verdict, e: Effect) -> StripLine:
    least = smallest(e, verdict.alpha / 2)  # at which a gate counts
    _, high = bounds(e, verdict.alpha, demotion_level(verdict.alpha, len(plan.carriers)))
    return StripLine(
        e.family,
        contrast(plan, e),
        score(least, 3) if math.isfinite(least) else "not known",
        score(e.delta, 3),
        least > e.delta,
        curves.margin_strip(tuple(_segments(e, high, verdict.alpha)), (e.delta,)),
    )


def _segments(e: Effect, high: float, alpha: float) -> Iterator[Segment]:
    """Better by the margin, open, or less than the margin: what the rule asks of a gate, at every margin."""
    better = e.estimate if e.p_superior <= alpha / 2 else LEAST
    if better > LEAST:
        yield Segment(LEAST, min(better, MOST), "better by it", "ok")
    start, end = max(LEAST, better), min(MOST, max(high, LEAST))
    if end > start:
        yield Segment(start, end, "open", "open")
    if high < MOST:
        yield Segment(max(LEAST, high, better), MOST, "adds less", "less")


def _whole(margins: Sequence[AtMargin]) -> tuple[Segment, ...]:
    """Runs of margins with the same word, each margin half a step to both sides."""
    made = []
    for word, run in groupby(margins, key=lambda m: m.word):
        held = list(run)
        made.append(Segment(held[0].delta - 0.005, held[-1].delta + 0.005, word, CSS[word]))
    return tuple(made)
