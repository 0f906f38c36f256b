"""How long right choices last under pressure: Kaplan-Meier curves, mean rounds survived, and robustness."""

from dataclasses import dataclass

from markupsafe import Markup

from rearing.records.verdict import Band, Survival, Verdict
from rearing.report import curves
from rearing.report.arms import Look
from rearing.report.charts import Line, Point, signed


@dataclass(frozen=True, slots=True)
class SurvivalLine:
    """One arm under one tactic, in numbers: `rounds` is the restricted mean survival time over all rounds."""

    label: str
    right: float
    rounds: str
    band: str
    robustness: str
    robust_band: str


@dataclass(frozen=True, slots=True)
class Tactic:
    """One tactic, or all together: its curves, wide and narrow, of the arms that are `drawn`, and its rows."""

    title: str
    horizon: int
    drawn: tuple[Look, ...]
    wide: Markup
    narrow: Markup
    lines: tuple[SurvivalLine, ...]


def survival(verdict: Verdict, known: dict[str, Look]) -> tuple[Tactic, ...]:
    """All tactics together first, then each; arms in the order of the plan, of twins and other doses the rows alone."""
    by_tactic: dict[str, dict[str, Survival]] = {}
    for s in verdict.survival:
        by_tactic.setdefault(s.tactic, {})[s.arm] = s
    return tuple(_tactic(tactic, by_tactic[tactic], known) for tactic in sorted(by_tactic))


def _tactic(tactic: str, by_arm: dict[str, Survival], known: dict[str, Look]) -> Tactic:
    held = [(look, by_arm[name]) for name, look in known.items() if name in by_arm]
    drawn = tuple(look for look, _ in held if look.drawn)
    lines = [Line(look.arm.label, look.style, _points(by_arm[look.arm.name].curve)) for look in drawn]
    return Tactic(
        tactic or "All tactics",
        max((len(s.curve) - 1 for _, s in held), default=0),
        drawn,
        curves.survival(lines, 760, 320),
        curves.survival(lines, 380, 300),
        tuple(_line(look.arm.label, s) for look, s in held),
    )


def _points(curve: tuple[Band, ...]) -> tuple[Point, ...]:
    return tuple(Point(float(k), band.mean, band.low, band.high) for k, band in enumerate(curve))


def _line(label: str, s: Survival) -> SurvivalLine:
    rounds = len(s.curve) - 1
    robust = s.robustness
    return SurvivalLine(
        label,
        s.right,
        f"{rounds * s.survived.mean:.2f}",
        # A band over seeds is a t interval: it may reach beyond what can be, the rounds that there are may not.
        f"{max(0.0, rounds * s.survived.low):.2f}\u2013{min(1.0, s.survived.high) * rounds:.2f}",
        signed(robust.mean, 2) if robust else "\u2013",
        f"{signed(robust.low, 2)} to {signed(robust.high, 2)}" if robust else "",
    )
