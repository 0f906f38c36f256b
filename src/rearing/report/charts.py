"""Charts as inline SVG text. Colours come from the page's style sheet by class, so that light, dark and print agree."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

from markupsafe import Markup

MINUS = "\u2212"
# From a value to a pixel.
Scale = Callable[[float], float]
_DASHES = ("", "8 4", "2 4", "10 4 2 4", "5 3", "1 3", "12 3", "4 2 1 2")
_MARKERS = ("circle", "square", "triangle", "diamond", "down", "cross")


@dataclass(frozen=True, slots=True)
class Style:
    """How an arm looks in every chart: colour class, dash and marker, so that no arm is told by colour alone."""

    css: str
    dash: str
    marker: str

    @classmethod
    def of(cls, index: int, untrained: bool = False) -> "Style":
        """The look of the `index`-th trained arm, or of the untrained model."""
        if untrained:
            return cls("arm-u", "3 3", "cross")
        return cls(f"arm-{index % len(_DASHES)}", _DASHES[index % len(_DASHES)], _MARKERS[index % len(_MARKERS)])


@dataclass(frozen=True, slots=True)
class Point:
    """One mean with its band, at place `x` of the axis."""

    x: float
    mean: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Line:
    """One arm's points, left to right."""

    label: str
    style: Style
    points: tuple[Point, ...]


def tag(name: str, content: str = "", **attributes: object) -> str:
    """One SVG element; a trailing or inner underscore of an attribute's name stands for a hyphen."""
    text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    return f"<{name}{text}>{content}</{name}>" if content else f"<{name}{text}/>"


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def label(x: float, y: float, text: str, css: str = "", anchor: str = "start") -> str:
    """A text in an SVG chart, escaped."""
    return tag("text", escape(text), x=x, y=y, class_=css, text_anchor="" if anchor == "start" else anchor)


def picture(width: float, height: float, title: str, parts: Iterable[str], css: str = "") -> Markup:
    """A whole SVG picture with its text alternative; without one it is decoration."""
    size: dict[str, object] = {"viewBox": f"0 0 {_short(width)} {_short(height)}", "width": width, "height": height}
    spoken = {"role": "img", "aria_label": title} if title else {"aria_hidden": "true"}
    return Markup(tag("svg", "".join(parts), **size, **spoken, class_=css))


def mark(x: float, y: float, style: Style, size: float = 4.0) -> str:
    """The marker of an arm."""
    r = size
    shapes = {
        "square": f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z",
        "triangle": f"M{x:.1f} {y - 1.2 * r:.1f}l{1.2 * r:.1f} {2.1 * r:.1f}h{-2.4 * r:.1f}z",
        "down": f"M{x:.1f} {y + 1.2 * r:.1f}l{1.2 * r:.1f} {-2.1 * r:.1f}h{-2.4 * r:.1f}z",
        "diamond": f"M{x:.1f} {y - 1.4 * r:.1f}l{1.3 * r:.1f} {1.4 * r:.1f}l{-1.3 * r:.1f} {1.4 * r:.1f}"
        f"l{-1.3 * r:.1f} {-1.4 * r:.1f}z",
        "cross": f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}l{-2 * r:.1f} {2 * r:.1f}",
    }
    css = f"{style.css} {'stroke' if style.marker == 'cross' else 'fill'}"
    if style.marker == "circle":
        return tag("circle", cx=x, cy=y, r=r, class_=css)
    return tag("path", d=shapes[style.marker], class_=css)


def key(style: Style) -> Markup:
    """The sample of an arm's line and marker, for a legend."""
    line = tag("path", d="M1 7H33", class_=f"{style.css} stroke line", stroke_dasharray=style.dash)
    return picture(34, 14, "", [line, mark(17, 7, style)], "key")


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places, moved as little as is simple so that neighbours are `gap` apart inside [low, high]."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    moved = list(places)
    floor = low
    for i in order:
        moved[i] = max(moved[i], floor)
        floor = moved[i] + gap
    ceiling = high
    for i in reversed(order):
        moved[i] = min(moved[i], ceiling)
        ceiling = moved[i] - gap
    return moved


def trap(stops: Sequence[str], attacked: int, lines: Sequence[Line], width: float, height: float) -> Markup:
    """The compliance-trap figure: mean score of every arm at every condition, with its seed band.

    Args:
        stops: Conditions from left (normal) to right (the largest dose); point `x` is an index into it.
        attacked: The index of the first condition under attack; `len(stops)` where there is none.
        lines: One line an arm, means and bands in [0, 1].
        width: In pixels.
        height: In pixels.
    """
    left, right, top, bottom = 40.0, width - 52.0, 30.0, height - 62.0
    step = (right - left - 24) / max(1, len(stops) - 1)

    def across(x: float) -> float:
        return left + 12 + x * step

    def up(y: float) -> float:
        return bottom - min(1.0, max(0.0, y)) * (bottom - top)

    parts = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(tag("path", d=f"M{left} {up(value):.1f}H{right:.1f}", class_="chance" if value == 0.5 else "grid"))
        parts.append(label(left - 6, up(value) + 4, f"{value:g}", "tick", "end"))
    parts.append(label(left + 4, up(0.5) + 14, "chance", "tick"))
    if 0 < attacked < len(stops):
        border = across(attacked - 0.5)
        parts.append(tag("path", d=f"M{border:.1f} {top}V{bottom:.1f}", class_="border"))
        parts.append(label(border - 6, top - 10, "as reared", "tick", "end"))
        parts.append(label(border + 6, top - 10, "under attack", "tick"))
    for index, stop in enumerate(stops):
        for row, word in enumerate(stop.split("\n")):
            parts.append(label(across(index), bottom + 18 + 14 * row, word, "stop", "middle"))
    parts.append(label((left + right) / 2, height - 6, "normal conditions  \u2192  pressure", "tick", "middle"))
    shown = [line for line in lines if line.points]
    for line in shown:
        parts.append(seed_band(line, across, up))
    for line in shown:
        parts += _two_courses(line, attacked, across, up)
    ends = spread([up(line.points[-1].mean) for line in shown], 16, top, bottom)
    for line, y in zip(shown, ends, strict=True):
        x = across(line.points[-1].x)
        parts.append(
            tag(
                "path",
                d=f"M{x + 6:.1f} {up(line.points[-1].mean):.1f}L{x + 15:.1f} {y:.1f}",
                class_=f"{line.style.css} stroke thin",
            )
        )
        parts.append(label(x + 18, y + 4.5, line.label, f"{line.style.css} end"))
    summary = "; ".join(f"{line.label}: " + ", ".join(f"{p.mean:.2f}" for p in line.points) for line in shown)
    return picture(width, height, f"Mean score by condition. {summary}", parts)


def seed_band(line: Line, across: Scale, up: Scale) -> str:
    """The seed band, where there is one: a single seed has none, and no band runs over a gap."""
    drawn = ""
    for wide, run in groupby(line.points, key=lambda p: p.high > p.low):
        held = list(run)
        if wide and len(held) > 1:
            upper = "L".join(f"{across(p.x):.1f} {up(p.high):.1f}" for p in held)
            lower = "L".join(f"{across(p.x):.1f} {up(p.low):.1f}" for p in reversed(held))
            drawn += tag("path", d=f"M{upper}L{lower}z", class_=f"{line.style.css} band")
    return drawn


def course(line: Line, across: Scale, up: Scale, weight: float, markers: bool = True) -> str:
    """The line of an arm through its means, with its dash and, if wanted, its markers."""
    path = "M" + "L".join(f"{across(p.x):.1f} {up(p.mean):.1f}" for p in line.points)
    drawn = tag(
        "path", d=path, class_=f"{line.style.css} stroke line", stroke_dasharray=line.style.dash, stroke_width=weight
    )
    return drawn + "".join(mark(across(p.x), up(p.mean), line.style) for p in line.points if markers)


def _two_courses(line: Line, attacked: int, across: Scale, up: Scale) -> list[str]:
    """The line as reared and under attack, with a thin link: the two sides of it ask different families."""
    sides = [tuple(p for p in line.points if (p.x < attacked) == before) for before in (True, False)]
    drawn = [course(replace(line, points=side), across, up, 2.4) for side in sides if side]
    if len(drawn) == 2:
        ends = [f"{across(p.x):.1f} {up(p.mean):.1f}" for p in (sides[0][-1], sides[1][0])]
        drawn.insert(0, tag("path", d=f"M{'L'.join(ends)}", class_=f"{line.style.css} stroke link"))
    return drawn


class Straight:
    """A straight map from a range of values to a range of pixels."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.start = low, start
        self.slope = (end - start) / ((high - low) or 1.0)

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) * self.slope


FOREST_WIDTH = 270.0


def forest_reach(values: Iterable[float]) -> float:
    """Half of the width of the forest's axis: the largest finite value, rounded up to a twentieth."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.05)
    return max(0.1, math.ceil(largest * 1.08 * 20) / 20)


def forest_row(estimate: float, low: float, high: float, delta: float, dots: Sequence[float], reach: float) -> Markup:
    """One contrast: shaded [-delta, delta], zero, the interval, the estimate, and a dot for every seed."""
    scale = Straight(-reach, reach, 6, FOREST_WIDTH - 6)

    def held(value: float) -> float:
        return scale(min(reach, max(-reach, value)))

    parts = [
        tag("rect", x=held(-delta), y=0, width=held(delta) - held(-delta), height=38, class_="margin"),
        tag("path", d=f"M{scale(0):.1f} 0V38", class_="zero"),
    ]
    parts += [tag("circle", cx=held(d), cy=28, r=2.6, class_="dot") for d in dots if math.isfinite(d)]
    if math.isfinite(low) and math.isfinite(high):
        parts.append(
            tag(
                "path",
                d=f"M{held(low):.1f} 14H{held(high):.1f}M{held(low):.1f} 9v10M{held(high):.1f} 9v10",
                class_="interval",
            )
        )
    if math.isfinite(estimate):
        x = held(estimate)
        parts.append(tag("path", d=f"M{x:.1f} 8l6 6l-6 6l-6 -6z", class_="estimate"))
    title = f"estimate {estimate:.3f}, interval {low:.3f} to {high:.3f}, margin {delta:.3f}"
    return picture(FOREST_WIDTH, 38, title, parts)


def forest_axis(reach: float) -> Markup:
    """The axis under the forest's rows."""
    scale = Straight(-reach, reach, 6, FOREST_WIDTH - 6)
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if reach / s < 2.5 or s == 2.0)
    count = int(reach / step + 1e-9)
    parts = [tag("path", d=f"M6 1H{FOREST_WIDTH - 6}", class_="grid")]
    for k in range(-count, count + 1):
        x = scale(k * step)
        anchor = "middle" if 16 < x < FOREST_WIDTH - 16 else ("start" if k < 0 else "end")
        parts += [tag("path", d=f"M{x:.1f} 1v5", class_="grid"), label(x, 19, signed(k * step, 2), "tick", anchor)]
    return picture(FOREST_WIDTH, 24, "Difference of scores", parts)


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign, a real minus, and a dash where there is no number."""
    if not math.isfinite(value):
        return "\u2013"
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def score(value: float | None, digits: int = 2) -> str:
    """A score in [0, 1] without its leading zero, or a dash."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    if value < 0:
        return signed(value, digits)
    text = f"{value:.{digits}f}"
    return text.removeprefix("0") if value < 1 else text


def strip(stages: Sequence[int], bounds: Mapping[str, tuple[int, int]]) -> Markup:
    """The stages of all documents in the order in which they were fed, left to right.

    Args:
        stages: Stage of every document, in order.
        bounds: First and last-plus-one document of every phase.
    """
    width, height = 700.0, 30.0
    scale = Straight(0, len(stages), 0, width)
    parts = []
    for stage in sorted(set(stages)):
        path, start = "", None
        for i in range(len(stages) + 1):
            inside = i < len(stages) and stages[i] == stage
            if inside and start is None:
                start = i
            if not inside and start is not None:
                path += f"M{scale(start):.1f} 0H{scale(i):.1f}V{height:.0f}H{scale(start):.1f}z"
                start = None
        parts.append(tag("path", d=path, class_=f"stage-{stage}"))
    for first, _ in bounds.values():
        if first:
            parts.append(tag("path", d=f"M{scale(first):.1f} 0V{height:.0f}", class_="phase"))
    order = " ".join(str(s) for s in stages[:200])
    svg = tag(
        "svg",
        "".join(parts),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"Stages in the order fed: {order}",
        class_="strip",
    )
    return Markup(svg)
