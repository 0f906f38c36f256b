"""From a plan, checks and tables to the verdict: a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.verdict import Effect, Verdict
from rearing.verdict.effects import VALUE, against_untrained, correlation, crossings, effects, value_effects
from rearing.verdict.evidence import load_evidence
from rearing.verdict.gates import (
    LEANING,
    check_plan,
    flat,
    learned,
    normal_state,
    panel,
    principled,
    protocol_checks,
)
from rearing.verdict.rule import AGENTIC, FORMAT_NEUTRAL, GATES, Facts, decide
from rearing.verdict.scores import Scores, arm_scores, check_tables, gate_scores

if TYPE_CHECKING:
    import polars as pl

# Two gates that go together this closely over (arm, seed) are one gate (DESIGN section 8.3).
MERGE_ABOVE = 0.8


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was estimated from the tables."""

    gates: tuple[Scores, ...]
    effects: tuple[Effect, ...]
    values: tuple[Effect, ...]
    normal: tuple[Effect, ...]
    gained: dict[str, Effect | None]
    correlation: float | None


def judge(plan: Plan, checks: Sequence[Check], responses: "pl.DataFrame", readings: "pl.DataFrame") -> Verdict:
    """The verdict of a study.

    The same tables in any row order give an equal verdict.

    Args:
        plan: What was fixed before the data.
        checks: What audits and instruments found.
        responses: Rows of `records.tables.RESPONSES`.
        readings: Rows of `records.tables.READINGS`; may be empty.

    Raises:
        EvidenceError: A table cannot be read as such, or no verdict can be made of the plan.
    """
    check_plan(plan)
    tables = check_tables(responses, readings)
    normal = gate_scores(plan, plan.normal, tables)
    gates = tuple(gate_scores(plan, gate, tables) for gate in plan.gates)
    measured = _measure(plan, normal, gates)
    found = sorted(checks, key=lambda c: (c.kind, c.name)) + list(protocol_checks(plan, (normal, *gates), tables))
    facts = _facts(plan, found, measured)
    row, reasons, sentence = decide(facts)
    return Verdict(
        word=row.word,
        reasons=reasons,
        line=f"verdict: {row.word} for {plan.scope} ({', '.join(reasons)})",
        sentence=sentence,
        scope=plan.scope,
        effects=measured.effects + measured.values + measured.normal,
        panel=panel(plan, found, measured.normal, measured.gained),
        scores=arm_scores(plan, tables),
        notes=_notes(plan, found, measured, facts),
        flags=tuple(flag for one in gates if one.arms for flag in crossings(plan, one, tables)),
    )


def judge_evidence(folder: Path) -> Verdict:
    """The verdict of an evidence folder; writes nothing.

    Raises:
        EvidenceError: A file is missing or changed, or what it holds cannot be judged.
    """
    evidence = load_evidence(folder)
    return judge(evidence.plan, evidence.checks, evidence.responses, evidence.readings)


def _measure(plan: Plan, normal: Scores, gates: tuple[Scores, ...]) -> _Measured:
    """Every contrast of the study."""
    by_id = {one.gate.id: one for one in gates}
    alike = None
    if FORMAT_NEUTRAL in by_id and AGENTIC in by_id:
        alike = correlation(plan, by_id[FORMAT_NEUTRAL], by_id[AGENTIC])
    return _Measured(
        gates=gates,
        effects=tuple(e for one in gates for e in effects(plan, one)),
        values=tuple(e for one in gates for e in value_effects(plan, one)),
        normal=effects(plan, normal),
        gained={c.label: against_untrained(plan, normal, c.name) for c in plan.role("comparator")},
        correlation=alike,
    )


def _facts(plan: Plan, checks: Sequence[Check], measured: _Measured) -> Facts:
    """What the rule looks at; only gates with assay PASS, and of several structured arms the first."""
    arm = plan.role("structured")[0]
    passed = {g.id for g in plan.gates if g.assay == "PASS"}
    label = {c.name: c.label for c in plan.role("comparator")}
    by_gate: dict[str, dict[str, Effect]] = {c: {} for c in label.values()}
    for e in measured.effects:
        if e.contrast[0] == arm.name and e.family in passed:
            by_gate[label[e.contrast[1]]][e.family] = e
    carriers = principled(plan) + flat(plan)
    return Facts(
        arm=arm.label,
        failed=tuple(c.name for c in checks if c.required and not c.passed),
        not_learned=tuple(c for c in carriers if learned(measured.gained[c]) is False),
        sealed=plan.seal is not None,
        seeds=len(plan.seeds),
        alpha=plan.alpha,
        untested=tuple(g for g in GATES if g not in passed),
        principled=principled(plan),
        flat=flat(plan),
        effects=by_gate,
        normal={label[e.contrast[1]]: normal_state(e) for e in measured.normal if e.contrast[0] == arm.name},
        opposed=frozenset(
            (label[e.contrast[1]], gate)
            for e in measured.values
            if e.contrast[0] == arm.name and (gate := e.family.removesuffix(VALUE)) in passed and e.estimate < 0
        ),
        merged=measured.correlation is not None and measured.correlation > MERGE_ABOVE,
    )


def _notes(plan: Plan, checks: Sequence[Check], measured: _Measured, facts: Facts) -> tuple[str, ...]:
    """What stands beside the verdict, in sentences."""
    notes = [
        f"{c.name} failed and is not required: {c.value:.4g}, limit {c.limit}"
        for c in checks
        if not c.passed and not c.required
    ]
    if len(plan.seeds) < 2:
        notes.append("one seed: the spread over seeds is unknown, so an interval is the whole range")
    for c in facts.not_learned:
        gained = measured.gained[c]
        if gained is not None:
            notes.append(
                f"{c} is not proven better than the untrained model under normal conditions "
                f"({gained.estimate:+.3f}, p {gained.p_superior:.2g})"
            )
    notes += [f"{g.id} is at assay {g.assay} and counts for neither side" for g in plan.gates if g.assay != "PASS"]
    if facts.untested:
        notes += _beside(facts)
    if facts.merged:
        notes.append(
            f"format-neutral and agentic go together over arms and seeds (r = {measured.correlation:.2f}) "
            "and count as one of three"
        )
    if not facts.sealed and facts.seeds >= LEANING and not facts.failed and not facts.not_learned:
        row, reasons, _ = decide(replace(facts, sealed=True))
        notes.append(f"leaning, had it been sealed: {row.word} ({', '.join(reasons)})")
    complete = not facts.failed and not facts.untested
    others = [c for c in facts.effects if c not in facts.principled + facts.flat]
    notes += [
        f"{facts.arm} adds less than the margin over {c} in all three gates; {c} does not carry a demotion"
        for c in others
        if complete and facts.as_good(c)
    ]
    return tuple(notes)


def _beside(facts: Facts) -> list[str]:
    """The result on the gates that were tested, beside a verdict that cannot use it."""
    notes = []
    for comparator, by_gate in facts.effects.items():
        parts = [f"{gate} {e.estimate:+.3f} ({e.low:+.3f} to {e.high:+.3f})" for gate, e in by_gate.items()]
        if parts:
            notes.append(f"tested gates, {facts.arm} - {comparator}: {', '.join(parts)}")
    return notes
