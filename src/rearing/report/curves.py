"""Charts of something against a straight axis: loss, survival, doses of an attack, power; and strips over margins."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markupsafe import Markup

from rearing.report.charts import (
    Line,
    Point,
    Scale,
    Straight,
    Style,
    course,
    label,
    mark,
    picture,
    seed_band,
    spread,
    tag,
)

SHARES = tuple((share, f"{share:g}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
SUPPORTED, DEMOTED = Style("said-supported", "", "circle"), Style("said-demoted", "8 4", "square")
STRIP_WIDTH, STRIP_HEIGHT = 330.0, 26.0
# The margins that a strip covers (verdict.md section 7.4).
LEAST, MOST = 0.01, 0.15

Ticks = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class _Axes:
    """Two straight axes, and what is drawn of them."""

    across: Scale
    up: Scale
    right: float
    top: float
    bottom: float
    parts: tuple[str, ...]


def _axes(across: Ticks, up: Ticks, name: str, width: float, height: float, last: float | None = None) -> _Axes:
    """Axes from the first to the last tick, or across to `last`; values above or below are held at the edge."""
    left, right, top, bottom = 40.0, width - 52.0, 12.0, height - 38.0
    x = Straight(across[0][0], across[-1][0] if last is None else last, left, right)
    y = Straight(up[0][0], up[-1][0], bottom, top)
    parts = []
    for value, words in up:
        parts.append(tag("path", d=f"M{left} {y(value):.1f}H{right:.1f}", class_="grid"))
        parts.append(label(left - 6, y(value) + 4, words, "tick", "end"))
    parts += [label(x(value), bottom + 16, words, "tick", "middle") for value, words in across]
    parts.append(label((left + right) / 2, height - 5, name, "tick", "middle"))
    return _Axes(x, lambda value: min(bottom, max(top, y(value))), right, top, bottom, tuple(parts))


def _names(lines: Sequence[Line], axes: _Axes) -> list[str]:
    """The name of every line at the right edge, moved apart."""
    ends = spread([axes.up(line.points[-1].mean) for line in lines], 16, axes.top, axes.bottom)
    return [
        label(axes.right + 6, y + 4.5, line.label, f"{line.style.css} end") for line, y in zip(lines, ends, strict=True)
    ]


def _told(lines: Iterable[Line]) -> str:
    """The numbers of a chart in words."""
    return "; ".join(f"{line.label}: " + ", ".join(f"{p.mean:.2f}" for p in line.points) for line in lines)


def _round_ticks(values: Sequence[float], steps: Sequence[float]) -> Ticks:
    """Ticks around all values, about four of them, at the smallest of these steps that is wide enough."""
    step = next(s for s in steps if (max(values) - min(values)) / s <= 4 or s == steps[-1])
    low, high = math.floor(min(values) / step), math.floor(max(values) / step) + 1
    return [(step * k, f"{step * k:.2f}".rstrip("0").rstrip(".")) for k in range(low, high + 1)]


def loss(lines: Sequence[Line], width: float, height: float) -> Markup:
    """Training loss by step, one line an arm; nats per token."""
    shown = [line for line in lines if line.points]
    values = [p.mean for line in shown for p in line.points if math.isfinite(p.mean)]
    if not values:
        return Markup("")
    last = max(p.x for line in shown for p in line.points) or 1.0
    steps = [(last * share, f"{round(last * share)}") for share in (0, 0.5, 1)]
    axes = _axes(steps, _round_ticks(values, (0.1, 0.25, 0.5, 1.0, 2.5, 5.0)), "step", width, height)
    drawn = [course(line, axes.across, axes.up, 1.8, markers=False) for line in shown]
    title = "Training loss by step, " + ", ".join(line.label for line in shown)
    return picture(width, height, title, [*axes.parts, *drawn, *_names(shown, axes)])


def survival(lines: Sequence[Line], width: float, height: float) -> Markup:
    """Kaplan-Meier curves: the share still right after every round, as steps with their seed bands.

    Args:
        lines: One line an arm; point `x` is a number of rounds from 0 on, means and bands are shares.
        width: In pixels.
        height: In pixels.
    """
    shown = [line for line in lines if line.points]
    if not shown:
        return Markup("")
    last = max(line.points[-1].x for line in shown)
    rounds = [(float(k), f"{k}") for k in range(round(last) + 1)]
    axes = _axes(rounds, SHARES, "rounds of pressure", width, height, last + 0.5)
    stepped = [replace(line, points=_steps(line.points)) for line in shown]
    drawn = [seed_band(line, axes.across, axes.up) for line in stepped]
    drawn += [course(line, axes.across, axes.up, 2.4, markers=False) for line in stepped]
    drawn += [mark(axes.across(p.x), axes.up(p.mean), line.style) for line in shown for p in line.points]
    title = f"Share still right after each round. {_told(shown)}"
    return picture(width, height, title, [*axes.parts, *drawn, *_names(shown, axes)])


def _steps(points: Sequence[Point]) -> tuple[Point, ...]:
    """Every value held until the next place, the last for half a round: what falls at a round falls there."""
    held = [replace(a, x=b.x) for a, b in pairwise(points)] + [replace(points[-1], x=points[-1].x + 0.5)]
    return tuple(p for pair in zip(points, held, strict=True) for p in pair)


def dose(lines: Sequence[Line], width: float, height: float) -> Markup:
    """Mean score against the dose of an attack, one line an arm with its seed band.

    Args:
        lines: Point `x` is a dose from 0 on, drawn on a scale of log(1 + dose).
        width: In pixels.
        height: In pixels.
    """
    shown = [line for line in lines if line.points]
    if not shown:
        return Markup("")
    doses = sorted({p.x for line in shown for p in line.points})
    values = [v for line in shown for p in line.points for v in (p.low, p.mean, p.high) if math.isfinite(v)]
    low, high = max(0.0, min(values)), min(1.0, max(values))
    axes = _axes(
        [(math.log2(1 + d), f"{d:g}") for d in doses],
        _round_ticks((low, min(high, 1 - 1e-9)), (0.05, 0.1, 0.25)),
        "dose: optimizer steps of the attack",
        width,
        height,
    )

    def across(x: float) -> float:
        return axes.across(math.log2(1 + x))

    drawn = [seed_band(line, across, axes.up) for line in shown]
    drawn += [course(line, across, axes.up, 2.4) for line in shown]
    return picture(width, height, f"Mean score by dose. {_told(shown)}", [*axes.parts, *drawn, *_names(shown, axes)])


def power(demoted: Sequence[Point], supported: Sequence[Point], width: float, height: float) -> Markup:
    """Probability of either verdict against the true lead of the structured arm, in margins; a line at .80."""
    lines = [Line("DEMOTED", DEMOTED, tuple(demoted)), Line("SUPPORTED", SUPPORTED, tuple(supported))]
    gains = [p.x for p in demoted]
    whole = range(math.ceil(gains[0]), math.floor(gains[-1]) + 1)
    axes = _axes(
        [(float(k), f"{k}".replace("-", "\u2212")) for k in whole],
        SHARES,
        "true lead in every gate, in margins",
        width,
        height,
    )
    level = axes.up(0.8)
    drawn = [tag("path", d=f"M40 {level:.1f}H{axes.right:.1f}", class_="border"), label(44, level - 5, ".80", "tick")]
    drawn += [course(line, axes.across, axes.up, 2.4) for line in lines]
    return picture(width, height, f"Probability of a verdict by true lead. {_told(lines)}", [*axes.parts, *drawn])


@dataclass(frozen=True, slots=True)
class Segment:
    """What holds at the margins from `low` to `high`."""

    low: float
    high: float
    words: str
    css: str


def margin_strip(segments: Sequence[Segment], deltas: Sequence[float]) -> Markup:
    """What would hold at every margin from `LEAST` to `MOST`; strokes at every margin of the plan."""
    x = Straight(LEAST, MOST, 6, STRIP_WIDTH - 6)
    parts = []
    for one in segments:
        low, high = max(LEAST, one.low), min(MOST, one.high)
        if high <= low:
            continue
        wide = x(high) - x(low)
        parts.append(tag("rect", x=x(low), y=3, width=wide, height=STRIP_HEIGHT - 6, class_=f"seg {one.css}"))
        if wide > 7.2 * len(one.words):
            parts.append(label(x(low) + wide / 2, 17, one.words, "said", "middle"))
    at = [x(delta) for delta in deltas if LEAST <= delta <= MOST]
    parts += [tag("path", d=f"M{place:.1f} 0v7M{place:.1f} {STRIP_HEIGHT:.0f}v-7", class_="phase") for place in at]
    told = ", ".join(f"{one.words} from {one.low:.3g} to {one.high:.3g}" for one in segments)
    planned = ", ".join(f"{delta:g}" for delta in deltas)
    return picture(STRIP_WIDTH, STRIP_HEIGHT, f"By margin: {told}; the plan has {planned}", parts)


def margin_axis() -> Markup:
    """The axis under strips."""
    x = Straight(LEAST, MOST, 6, STRIP_WIDTH - 6)
    parts = [tag("path", d=f"M6 1H{STRIP_WIDTH - 6}", class_="grid")]
    for margin, anchor in ((0.01, "start"), (0.05, "middle"), (0.1, "middle"), (0.15, "end")):
        parts.append(tag("path", d=f"M{x(margin):.1f} 1v5", class_="grid"))
        parts.append(label(x(margin), 19, f"{margin:g}".removeprefix("0"), "tick", anchor))
    return picture(STRIP_WIDTH, 24, "Margin", parts)
