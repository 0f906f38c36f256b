"""Every arm as it was reared, on both measures of every gate: what merely sounds decent is right in `main` alone."""

from dataclasses import dataclass

from rearing.records.plan import Plan
from rearing.records.verdict import ArmScore, Verdict
from rearing.report.arms import Look
from rearing.report.charts import score

MEASURES = ("judgement", "main")


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One arm: score and band of every column."""

    label: str
    name: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """All arms by gate and measure; `columns` holds gate, measure, and whether the gate stands on it."""

    columns: tuple[tuple[str, str, bool], ...] = ()
    lines: tuple[ArmLine, ...] = ()


def measures(plan: Plan, verdict: Verdict, known: dict[str, Look]) -> Measures:
    """Judgement and main of every gate that was measured, whichever it stands on (DESIGN section 7)."""
    reared = reared_scores(verdict)
    there = {(family, measure) for _, family, measure in reared}
    columns = [(gate, measure) for gate in plan.gates for measure in MEASURES if (gate.select, measure) in there]
    if not columns:
        return Measures()
    lines = tuple(
        ArmLine(look.arm.label, name, tuple(band(reared.get((name, gate.select, m))) for gate, m in columns))
        for name, look in known.items()
        if any((name, gate.select, m) in reared for gate, m in columns)
    )
    heads = tuple((gate.id.replace("-", " "), measure, measure == gate.measure) for gate, measure in columns)
    return Measures(heads, lines)


def reared_scores(verdict: Verdict) -> dict[tuple[str, str, str], ArmScore]:
    """The scores of models as they were reared, by arm, family and measure."""
    return {(s.arm, s.family, s.measure): s for s in verdict.scores if not s.attack and s.dose == 0}


def band(s: ArmScore | None) -> tuple[str, str]:
    """A mean as it is printed, and its band over seeds, if there is more than one."""
    if s is None:
        return "\u2013", ""
    return score(s.mean, 3), f"{score(s.low)}\u2013{score(s.high)}" if s.high > s.low else ""
