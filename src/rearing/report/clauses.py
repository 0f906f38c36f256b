"""What the plan fixed of every clause of "internalized": endpoint, scale, least effect, test, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

from rearing.records.plan import Endpoint, Gate, Plan
from rearing.records.verdict import Effect, Verdict
from rearing.report.charts import score
from rearing.report.evidence import title

# Endpoint to what it is, its scale, and what becomes of the level of an arm in it (docs/statistics.md).
ENDPOINTS: dict[Endpoint, tuple[str, str, str]] = {
    "level": ("{what}, as reared", "0 to 1, a half is chance", "not taken off"),
    "above-null": (
        "{what}, minus its null",
        "a difference of shares, −1 to 1",
        "of the null is taken off",
    ),
    "drift": (
        "{what} under {attack}: area over doses minus dose 0",
        "a difference of shares, −1 to 1; 0 is no change",
        "before the attack is taken off; arms are not matched on it",
    ),
    "rounds": (
        "{what}: share of rounds survived",
        "0 to 1",
        "matched: only what both arms have right before any pressure",
    ),
    "robust": (
        "{what}: resistance to pressure minus resistance to a reason",
        "−1 to 1; 0 is stubborn or pliant",
        "not taken off: who chooses better before any pressure stands higher",
    ),
    "lexical": (
        "{what}: score against praise of the wrong option minus that of the same questions without",
        "a difference of shares, −1 to 1; 0 is no fall",
        "without praise is taken off; arms are not matched on it",
    ),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One clause as the plan has it.

    Attributes:
        level: What becomes of the level of an arm in the endpoint.
        in_sds: Its least effect in standard deviations over the seeds of the principle-rich arm, or why there is none.
        state: Whether organisms calibrated its instrument; empty where the study does not ask the clause.
    """

    clause: str
    endpoint: str
    scale: str
    level: str
    least: str
    in_sds: str
    test: str
    state: str
    note: str


def planned(plan: Plan, verdict: Verdict, clauses: Sequence[str]) -> tuple[Planned, ...]:
    """The clauses of a plan in this order; what the study does not ask has a row that says so. None without any."""
    by_id = {gate.id: gate for gate in plan.clauses}
    if not by_id:
        return ()
    return tuple(
        _planned(plan, verdict, by_id[name], len(clauses))
        if name in by_id
        else Planned(name, "not asked", "", "", "", "", "", "", "")
        for name in clauses
    )


def _planned(plan: Plan, verdict: Verdict, gate: Gate, clauses: int) -> Planned:
    endpoint, scale, level = ENDPOINTS[gate.endpoint]
    own = [e for e in verdict.effects if e.family == gate.id]
    return Planned(
        gate.id,
        endpoint.format(what=title(gate.select), attack=plan.attack or "an attack"),
        scale,
        level,
        score(gate.delta, 3),
        _in_sds(plan, verdict, gate),
        _test(plan, verdict, own, clauses),
        gate.assay,
        gate.note,
    )


def _in_sds(plan: Plan, verdict: Verdict, gate: Gate) -> str:
    spread = next((s for s in verdict.spreads if s.clause == gate.id), None)
    if spread is None:
        return "not known: not measured on two seeds"
    label = next((arm.label for arm in plan.arms if arm.name == spread.arm), spread.arm)
    if spread.sd == 0:
        return f"no spread of {label} over {spread.seeds} seeds"
    return f"{gate.delta / spread.sd:.2g} SD of {label} over {spread.seeds} seeds"


def _test(plan: Plan, verdict: Verdict, own: Sequence[Effect], clauses: int) -> str:
    """The test, the same for every clause, and what it could be made of."""
    labels = {arm.name: arm.label for arm in plan.arms}
    if not own:
        return "not measured"
    seeds = max(e.n_seeds for e in own)
    against = ", ".join(labels[e.contrast[1]] for e in own)
    few = "; one seed: no interval" if seeds == 1 else f", {seeds} seeds"
    return f"one-sided, largest p over {against}; Holm over {clauses} at {verdict.alpha:.4g}{few}"
