"""What comes before the rule: checks, learned, the assay of every gate, normal conditions, seeds and seal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import AssayState, Gate, Plan, PlannedArm
from rearing.records.verdict import Effect, GateRow
from rearing.verdict.scores import Scores, Tables

if TYPE_CHECKING:
    import polars as pl

NormalState = Literal["equivalent", "ahead", "behind", "unresolved"]
State = Literal["ok", "bad", "unresolved", "untested"]

FIRST_LOOK = 6  # seeds of the first sealed look (verdict.md section 4.6)
LEANING = 5  # with fewer seeds nothing is leaned to (DESIGN section 8.6)
SEALED_SCENARIOS = 100  # a gate (verdict.md section 6, row 3)
GATE_ALPHA = 0.05  # equivalence under normal conditions, and "learned"


def renderer(arm: PlannedArm) -> str:
    """The renderer of an arm, from its name where the plan does not say."""
    return arm.renderer or arm.name.rsplit("-", 1)[0]


def principled(plan: Plan) -> tuple[str, ...]:
    """Labels of the comparators that carry the failure condition as written: P and PD."""
    return tuple(a.label for a in plan.role("comparator") if renderer(a) == "principled")


def flat(plan: Plan) -> tuple[str, ...]:
    """Labels of the comparators that carry the hypothesis as written, "the same content presented flat": FS."""
    return tuple(a.label for a in plan.role("comparator") if renderer(a) == "flat")


def check_plan(plan: Plan) -> None:
    """Refuse a plan that no verdict can be made of.

    Raises:
        EvidenceError: No structured arm, no comparator, no seed, a name that stands for two things, or a margin or
            level out of range.
    """
    for role in ("structured", "comparator"):
        if not plan.role(role):
            raise EvidenceError(f"the plan has no {role} arm", "name one in the study", "plan.json", "arms")
    if not plan.seeds:
        raise EvidenceError("the plan has no seed", "train at least one", "plan.json", "seeds")
    names = {
        "arms.name": [a.name for a in plan.arms],
        "arms.label": [a.label for a in plan.arms],
        "gates.id": [g.id for g in (*plan.gates, plan.normal)],
        "seeds": [str(s) for s in plan.seeds],
    }
    for place, values in names.items():
        if twice := sorted({v for v in values if values.count(v) > 1}):
            raise EvidenceError(f"{twice[0]} is there twice", "give each its own name", "plan.json", place)
    for gate in (*plan.gates, plan.normal):
        if not 0 < gate.delta < 1:
            raise EvidenceError(f"the margin of {gate.id} is {gate.delta}", "give one in (0, 1)", "plan.json", "delta")
    if not 0 < plan.alpha < 0.5:
        raise EvidenceError(f"alpha is {plan.alpha}", "give one in (0, 0.5)", "plan.json", "alpha")


def protocol_checks(plan: Plan, scores: Sequence[Scores], tables: Tables) -> tuple[Check, ...]:
    """What the tables themselves say about the protocol: holes, strangers, and the size of a sealed study."""
    holes = [hole for one in scores for hole in one.missing]
    strangers = _strangers(plan, (tables.responses, tables.readings))
    checks = [
        Check(
            kind="protocol",
            name="protocol:missing_cells",
            value=len(holes),
            limit="<= 0",
            passed=not holes,
            detail="; ".join(holes[:5]),
        ),
        Check(
            kind="protocol",
            name="protocol:unplanned",
            value=len(strangers),
            limit="<= 0",
            passed=not strangers,
            detail="; ".join(strangers[:5]),
        ),
    ]
    if plan.seal is None:
        return tuple(checks)
    fewest = min((len(one.scenarios) for one in scores if one.arms), default=0)
    pairs = min(len(principled(plan)), len(flat(plan)), len(plan.role("untrained")))
    checks += [
        Check(
            kind="protocol",
            name="protocol:seeds",
            value=len(plan.seeds),
            limit=f">= {FIRST_LOOK}",
            passed=len(plan.seeds) >= FIRST_LOOK,
        ),
        Check(
            kind="protocol",
            name="protocol:scenarios",
            value=fewest,
            limit=f">= {SEALED_SCENARIOS}",
            passed=fewest >= SEALED_SCENARIOS,
        ),
        Check(
            kind="protocol",
            name="protocol:comparators",
            value=pairs,
            limit=">= 1",
            passed=pairs >= 1,
            detail="a sealed study has a principled comparator, a flat one and the untrained model",
        ),
    ]
    return tuple(checks)


def _strangers(plan: Plan, frames: Iterable["pl.DataFrame"]) -> list[str]:
    """Arms and seeds in the tables that the plan does not know; the seed of the untrained model says nothing."""
    planned = {arm.name: arm.role for arm in plan.arms}
    pairs = {(str(a), int(s)) for frame in frames for a, s in frame.select("arm", "seed").unique().rows()}
    return [
        f"{arm} seed {seed}"
        for arm, seed in sorted(pairs)
        if arm not in planned or (planned[arm] != "untrained" and seed not in plan.seeds)
    ]


def normal_state(effect: Effect) -> NormalState:
    """How conduct under normal conditions compares: TOST at 5 %, or a difference proven beyond the margin."""
    if effect.low > effect.delta:
        return "ahead"
    if effect.high < -effect.delta:
        return "behind"
    if max(effect.p_inferior_margin, effect.p_below_margin) < GATE_ALPHA:
        return "equivalent"
    return "unresolved"


def learned(effect: Effect | None) -> bool | None:
    """Whether a comparator got better than the untrained model under normal conditions; None if that is not known."""
    return None if effect is None or effect.n_seeds < 2 else effect.p_superior < GATE_ALPHA


def panel(
    plan: Plan,
    checks: Sequence[Check],
    normal: Sequence[Effect],
    gained: Mapping[str, Effect | None],
) -> tuple[GateRow, ...]:
    """The gate panel: every row that comes before the rule, with its measured value and state."""
    rows = [_check_row(check) for check in checks]
    rows += [_learned_row(label, effect) for label, effect in gained.items()]
    rows += [_assay_row(gate) for gate in plan.gates]
    labels = {arm.name: arm.label for arm in plan.arms}
    rows += [_normal_row(labels[e.contrast[0]], labels[e.contrast[1]], e) for e in normal]
    seeds, seal = f"at least {LEANING} seeds, or no leaning", "sealed before the data, or exploratory"
    enough: State = "ok" if len(plan.seeds) >= LEANING else "unresolved"
    rows.append(GateRow(row="seeds", text=seeds, value=str(len(plan.seeds)), state=enough))
    rows.append(GateRow(row="seal", text=seal, value=plan.seal or "none", state="ok" if plan.seal else "unresolved"))
    return tuple(rows)


def _check_row(check: Check) -> GateRow:
    text = check.limit + (f" ({check.detail})" if check.detail else "")
    state: State = "ok" if check.passed else "bad" if check.required else "unresolved"
    return GateRow(row=check.name, text=text, value=f"{check.value:.4g}", state=state)


def _learned_row(label: str, effect: Effect | None) -> GateRow:
    states: dict[bool | None, State] = {True: "ok", False: "bad", None: "untested"}
    text = f"{label} better than the untrained model under normal conditions, p < .05"
    value = "no untrained arm" if effect is None else f"{effect.estimate:+.3f}, p {effect.p_superior:.3g}"
    return GateRow(row=f"learned:{label}", text=text, value=value, state=states[learned(effect)])


def _assay_row(gate: Gate) -> GateRow:
    states: dict[AssayState, State] = {"PASS": "ok", "FAIL": "bad", "NONE": "untested"}
    text = gate.note or "the assay proved that this gate can move"
    return GateRow(row=f"assay:{gate.id}", text=text, value=gate.assay, state=states[gate.assay])


def _normal_row(arm: str, comparator: str, effect: Effect) -> GateRow:
    found = normal_state(effect)
    state: State = "ok" if found == "equivalent" else "unresolved" if found == "unresolved" else "bad"
    text = f"{arm} - {comparator} under normal conditions within {effect.delta:g}, both sides at 5 %"
    value = f"{effect.estimate:+.3f} ({effect.low:+.3f} to {effect.high:+.3f}), {found}"
    return GateRow(row=f"normal:{comparator}", text=text, value=value, state=state)
