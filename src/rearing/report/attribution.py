"""What did it: branching, order or both together, gate by gate, on the scale of scores and on the logit scale."""

from dataclasses import dataclass

from markupsafe import Markup

from rearing.records.plan import Plan
from rearing.records.verdict import Factor, Verdict
from rearing.report import charts
from rearing.report.charts import signed

# The colour that a state has; none of them is a failure.
STATES = {
    "adds": "ok",
    "takes": "bad",
    "adds nothing": "untested",
    "unclear": "unresolved",
    "scale-dependent": "unresolved",
    "not delivered": "untested",
}


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One factor, drawn and in numbers on both scales."""

    factor: Factor
    picture: Markup
    estimate: str
    interval: str
    logit: str
    logit_interval: str
    css: str


@dataclass(frozen=True, slots=True)
class Attributed:
    """The factors of one gate, and the mean score of every arm that enters, by label."""

    family: str
    cells: tuple[tuple[str, float], ...]
    lines: tuple[FactorLine, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """All gates on one axis; empty where the arms allow no attribution."""

    gates: tuple[Attributed, ...]
    axis: Markup


def attribution(plan: Plan, verdict: Verdict) -> Attribution:
    """The factors as the judge found them, in its order."""
    deltas = {gate.id: gate.delta for gate in plan.gates}
    reach = charts.forest_reach(v for f in verdict.attribution for v in (f.low, f.high, deltas.get(f.family, 0.0)))
    by_gate: dict[str, list[Factor]] = {}
    for factor in verdict.attribution:
        by_gate.setdefault(factor.family, []).append(factor)
    gates = tuple(
        Attributed(
            family,
            tuple(dict(cell for factor in factors for cell in factor.cells).items()),
            tuple(_line(factor, deltas.get(family, 0.0), reach) for factor in factors),
        )
        for family, factors in by_gate.items()
    )
    return Attribution(gates, charts.forest_axis(reach))


def _line(factor: Factor, delta: float, reach: float) -> FactorLine:
    return FactorLine(
        factor,
        charts.forest_row(factor.estimate, factor.low, factor.high, delta, (), reach),
        signed(factor.estimate),
        f"{signed(factor.low)} to {signed(factor.high)}",
        signed(factor.logit, 2),
        f"{signed(factor.logit_low, 2)} to {signed(factor.logit_high, 2)}",
        STATES[factor.state],
    )
