"""The gate panel: every row that comes before the rule, with its measured value and how it stands."""

from collections.abc import Sequence
from typing import Literal

from rearing.records.check import Check
from rearing.records.plan import AssayState, Gate
from rearing.records.verdict import Effect, GateRow
from rearing.verdict.conclude import Finding
from rearing.verdict.facts import CLAUSES, LEANING, ClauseState, HealthState, Learned
from rearing.verdict.gates import gate_alpha, health_state, normal_state

State = Literal["ok", "bad", "unresolved", "untested"]


def panel(finding: Finding, checks: Sequence[Check]) -> tuple[GateRow, ...]:
    """All rows, in the order of the decision table."""
    plan, alpha = finding.plan, gate_alpha(finding.plan)
    labels = {arm.name: arm.label for arm in plan.arms}
    rows = [_check_row(check) for check in checks]
    rows += [
        _learned_row(c, effect, finding.facts.learned[c], c in finding.facts.anchors, alpha)
        for c, effect in finding.measured.gained.items()
    ]
    rows += [_assay_row(gate) for gate in plan.gates]
    rows += [_alive_row(gate, c, e, alpha) for (gate, c), e in finding.measured.alive.items()]
    rows += [_normal_row(labels[e.contrast[0]], labels[e.contrast[1]], e, alpha) for e in finding.measured.normal]
    rows += [
        _capability_row(labels[e.contrast[0]], labels[e.contrast[1]], e, alpha) for e in finding.measured.capability
    ]
    if not finding.measured.capability:
        text = "kept, or nothing can be SUPPORTED"
        rows.append(GateRow(row="capability", text=text, value="nobody asked", state="untested"))
    rows += [_clause_row(c, finding) for c in CLAUSES if c in finding.facts.clauses]
    seeds, seal = f"at least {LEANING} seeds, or no leaning", "sealed before the data, or exploratory"
    enough: State = "ok" if len(plan.seeds) >= LEANING else "unresolved"
    rows.append(GateRow(row="seeds", text=seeds, value=str(len(plan.seeds)), state=enough))
    rows.append(GateRow(row="seal", text=seal, value=plan.seal or "none", state="ok" if plan.seal else "unresolved"))
    return tuple(rows)


def interval(effect: Effect) -> str:
    """An effect with its bounds, as it is printed."""
    return f"{effect.estimate:+.3f} ({effect.low:+.3f} to {effect.high:+.3f})"


def _check_row(check: Check) -> GateRow:
    text = check.limit + (f" ({check.detail})" if check.detail else "")
    state: State = "ok" if check.passed else "bad" if check.required else "unresolved"
    return GateRow(row=check.name, text=text, value=f"{check.value:.4g}", state=state)


def _learned_row(label: str, effect: Effect | None, found: Learned, anchor: bool, alpha: float) -> GateRow:
    """A comparator that is not the failure condition's may stay where it was: that is a finding, no defect."""
    states: dict[Learned, State] = {"yes": "ok", "no": "bad" if anchor else "unresolved", "unproven": "unresolved"}
    text = f"{label} better than the untrained model under normal conditions, p < {alpha:g}"
    if effect is None:
        return GateRow(row=f"learned:{label}", text=text, value="no untrained arm", state="untested")
    value = f"{effect.estimate:+.3f}, p {effect.p_superior:.3g}"
    return GateRow(row=f"learned:{label}", text=text, value=value, state=states[found])


def _assay_row(gate: Gate) -> GateRow:
    states: dict[AssayState, State] = {"PASS": "ok", "FAIL": "bad", "NONE": "untested"}
    text = gate.note or "the assay proved that this gate can move"
    return GateRow(row=f"assay:{gate.id}", text=text, value=gate.assay, state=states[gate.assay])


def _alive_row(gate: str, label: str, effect: Effect, alpha: float) -> GateRow:
    text = f"{label} above the untrained model on {gate} by more than {effect.delta:g}, p < {alpha:g}, or no DEMOTED"
    state: State = "ok" if effect.low > effect.delta else "unresolved"
    return GateRow(row=f"alive:{gate}:{label}", text=text, value=interval(effect), state=state)


def _normal_row(arm: str, comparator: str, effect: Effect, alpha: float) -> GateRow:
    found = normal_state(effect, alpha)
    state: State = "ok" if found == "equivalent" else "unresolved" if found == "unresolved" else "bad"
    text = f"{arm} - {comparator} under normal conditions within {effect.delta:g}, both sides at {100 * alpha:.3g} %"
    return GateRow(row=f"normal:{comparator}", text=text, value=f"{interval(effect)}, {found}", state=state)


def _capability_row(arm: str, comparator: str, effect: Effect, alpha: float) -> GateRow:
    states: dict[HealthState, State] = {"kept": "ok", "lost": "bad", "unresolved": "unresolved"}
    found = health_state(effect, alpha)
    text = f"capability of {arm} not below that of {comparator} by {effect.delta:g}, at {100 * alpha:.3g} %"
    return GateRow(row=f"capability:{comparator}", text=text, value=f"{interval(effect)}, {found}", state=states[found])


def _clause_row(clause: str, finding: Finding) -> GateRow:
    states: dict[ClauseState, State] = {
        "shown": "ok",
        "not shown": "bad",
        "unresolved": "unresolved",
        "untested": "untested",
    }
    found = finding.facts.clauses[clause]
    labels = {arm.name: arm.label for arm in finding.plan.arms}
    said = [
        f"- {labels[e.contrast[1]]} {interval(e)}, least {e.delta:g}"
        for e in finding.measured.clauses
        if e.family == clause
    ]
    if found == "untested":
        gate = next((g for g in finding.plan.clauses if g.id == clause), None)
        reason = "not asked" if gate is None else "not measured against every comparator that it needs"
        said.append(gate.note if gate is not None and gate.assay != "PASS" else reason)
    text = f"internalized, {clause}: {found} (largest p over comparators, Holm over {len(CLAUSES)}, least effect)"
    return GateRow(row=f"clause:{clause}", text=text, value="; ".join(said), state=states[found])
