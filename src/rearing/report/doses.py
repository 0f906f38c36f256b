"""Comparators at other doses: how far more of the same text carries, under normal conditions and in the gates."""

from dataclasses import dataclass

from rearing.records.plan import Gate, Plan, PlannedArm
from rearing.records.verdict import ArmScore, Verdict
from rearing.report.measures import band, reared_scores


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One arm at its dose; `scores` are mean and band, in the order of the columns."""

    label: str
    name: str
    dose: str
    seeds: int
    scores: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Doses:
    """All arms that were trained at several doses, under the structured ones; empty where there is no other dose."""

    columns: tuple[str, ...] = ()
    lines: tuple[DoseLine, ...] = ()


def doses(plan: Plan, verdict: Verdict) -> Doses:
    """The scores as reared of every structured arm, and by dose of every comparator that was trained at others."""
    recipes = dict.fromkeys((arm.renderer, arm.order) for arm in plan.role("dosed"))
    if not recipes:
        return Doses()
    alike = [arm for arm in plan.arms if arm.role in ("comparator", "dosed")]
    arms = list(plan.role("structured"))
    for recipe in recipes:
        arms += sorted((a for a in alike if (a.renderer, a.order) == recipe), key=lambda arm: arm.dose)
    gates = (plan.normal, *plan.gates)
    reared = reared_scores(verdict)
    return Doses(tuple(gate.id.replace("-", " ") for gate in gates), tuple(_line(a, gates, reared) for a in arms))


def _line(arm: PlannedArm, gates: tuple[Gate, ...], reared: dict[tuple[str, str, str], ArmScore]) -> DoseLine:
    own = [reared.get((arm.name, gate.select, gate.measure)) for gate in gates]
    seeds = max((len(s.by_seed) for s in own if s), default=0)
    return DoseLine(arm.label, arm.name, f"{arm.dose:g}", seeds, tuple(map(band, own)))
