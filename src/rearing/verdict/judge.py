"""From a plan, checks and tables to the verdict: a pure function."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.verdict import LEANS, Alternative, GateRow, Sealing, Verdict
from rearing.verdict.conclude import Exam, Finding, at_looks, hanging, look_by_look
from rearing.verdict.damage import damage
from rearing.verdict.drift import drift, leads
from rearing.verdict.endpoints import measured
from rearing.verdict.evidence import changes, read_evidence, read_plan
from rearing.verdict.factorial import attribution
from rearing.verdict.facts import AGENTIC, FORMAT_NEUTRAL, LEANING
from rearing.verdict.gates import arrived, check_plan, protocol_checks, seeds_there
from rearing.verdict.misled import misled_effects
from rearing.verdict.order import order_notes
from rearing.verdict.panel import interval, panel
from rearing.verdict.readings import reading_effects, seed_spreads
from rearing.verdict.rounds import rounds_effects
from rearing.verdict.rule import decide, sentence
from rearing.verdict.scores import Tables, arm_scores, check_tables, gate_scores
from rearing.verdict.sensitivity import crossings, other_margins, other_verdicts
from rearing.verdict.survival import survival

if TYPE_CHECKING:
    import polars as pl


def judge(
    plan: Plan,
    checks: Sequence[Check],
    responses: "pl.DataFrame",
    readings: "pl.DataFrame",
    *,
    losses: "pl.DataFrame | None" = None,
    recovery: "pl.DataFrame | None" = None,
    sealing: Sealing | None = None,
    alternatives: bool = True,
) -> Verdict:
    """The verdict of a study; the same tables in any row order give an equal one.

    Args:
        plan: What was fixed before the data.
        checks: What audits and instruments found.
        responses: Rows of `records.tables.RESPONSES`.
        readings: Rows of `records.tables.READINGS`; may be empty.
        losses, recovery: Rows of `records.tables.LOSSES` and `RECOVERY`, if there were attacks, and they were undone.
        sealing: What seal and ledger say of a sealed study.
        alternatives: Whether to say what other estimators and parts of the data would have given.

    Raises:
        EvidenceError: A table cannot be read as such, or no verdict can be made of the plan.
    """
    check_plan(plan)
    tables = check_tables(responses, readings, losses, recovery)
    there = seeds_there(plan, tables) if plan.looks else len(plan.seeds)
    looks = at_looks(plan, there)
    exam = read_exam(looks[-1], tables)
    drifts = drift(plan, tables)
    found = sorted(checks, key=lambda c: (c.kind, c.name)) + list(protocol_checks(plan, there, exam.all, tables))
    finding = look_by_look(looks, found, exam)
    measured, scope = finding.measured, plan.scope
    others = other_verdicts(finding, found, exam, tables) if alternatives else ()
    return Verdict(
        word=finding.word,
        reasons=finding.reasons,
        line=_line(finding.word, scope, finding.reasons, sealing),
        sentence=sentence(finding.row, finding.facts),
        scope=scope,
        effects=measured.all + misled_effects(finding.plan, tables) + rounds_effects(finding.plan, tables),
        panel=panel(finding, found),
        scores=arm_scores(plan, tables),
        notes=_notes(finding, found) + _hanging_note(finding, exam) + tuple(order_notes(plan, tables)),
        flags=_flags(finding, exam, tables, others) if alternatives else (),
        attribution=attribution(finding.plan, exam.gates, {c.name for c in found if c.passed}),
        sensitivity=others,
        survival=survival(plan, tables.responses),
        damage=damage(plan, tables.responses),
        drift=drifts,
        leads=leads(plan, drifts),
        readings=reading_effects(finding.plan, tables),
        spreads=seed_spreads(finding.plan, exam.clauses),
        margins=other_margins(finding, found, exam) if alternatives else (),
        seeds=len(finding.plan.seeds),
        alpha=finding.plan.alpha,
        sealing=sealing,
    )


def judge_evidence(folder: Path) -> Verdict:
    """The verdict of an evidence folder; writes nothing. Files that were changed make it INVALID, by their names.

    Raises:
        EvidenceError: There is no evidence, or what it holds cannot be judged.
    """
    if changed := changes(folder):
        return _changed(folder, changed)
    found = read_evidence(folder)
    return judge(
        found.plan,
        found.checks,
        found.responses,
        found.readings,
        losses=found.losses,
        recovery=found.recovery,
        sealing=found.sealing,
    )


def _line(word: str, scope: str, reasons: Sequence[str], sealing: Sealing | None = None) -> str:
    attempt = f", attempt {sealing.attempts} on this claim" if sealing else ""
    return f"verdict: {word} for {scope} ({', '.join(reasons)}){attempt}"


def _changed(folder: Path, changed: Sequence[EvidenceError]) -> Verdict:
    """INVALID, by the names of the files; no number is made from what was changed."""
    found = {_entry(e): e.problem for e in changed}
    try:
        scope = read_plan(folder).scope
    except EvidenceError:
        scope = "a plan that cannot be read"
    return Verdict(
        word="INVALID",
        reasons=tuple(found),
        line=_line("INVALID", scope, tuple(found)),
        sentence="Files are not as they were when their hashes were written, so no number is made from them.",
        scope=scope,
        effects=(),
        panel=tuple(GateRow(row=name, text=text, value="changed", state="bad") for name, text in found.items()),
        scores=(),
    )


def _entry(changed: EvidenceError) -> str:
    """The file that was changed, of the ledger with the number of the entry."""
    entry = f":{changed.where}" if isinstance(changed.where, int) else ""
    return f"changed:{Path(changed.file or '').name}{entry}"


def read_exam(plan: Plan, tables: Tables) -> Exam:
    """Every family that the rule looks at, as matrices."""
    return Exam(
        normal=gate_scores(plan, plan.normal, tables),
        gates=tuple(gate_scores(plan, gate, tables) for gate in plan.gates),
        capability=gate_scores(plan, plan.capability, tables) if plan.capability else None,
        clauses=tuple(measured(plan, clause, tables) for clause in plan.clauses),
        hangs_on=measured(plan, plan.hangs_on, tables) if plan.hangs_on else None,
    )


def _flags(finding: Finding, exam: Exam, tables: Tables, others: Sequence[Alternative]) -> tuple[str, ...]:
    """What would change the verdict, then where an effect hangs on one seed, form or author."""
    changed = [f"{o.method}: it would be {o.word} ({', '.join(o.reasons)})" for o in others if o.changes]
    hanging = [flag for one in exam.gates if one.arms for flag in crossings(finding.plan, one, tables)]
    return (*changed, *hanging)


def _notes(finding: Finding, checks: Sequence[Check]) -> tuple[str, ...]:
    """What stands beside the verdict, in sentences."""
    plan, facts = finding.plan, finding.facts
    notes = [
        f"{c.name} failed and is not required: {c.value:.4g}, limit {c.limit}"
        for c in checks
        if not c.passed and not c.required
    ]
    passed, arm = {c.name for c in checks if c.passed}, plan.role("structured")[0]
    notes += [
        f"{arm.label} and {c.label} differ in order alone, which was not shown to have arrived: their contrast says "
        "nothing of order"
        for c in plan.role("comparator")
        if c.kind == arm.kind and not arrived(plan, arm.label, c.label, passed)
    ]
    if len(plan.seeds) < 2:
        notes.append("one seed: the spread over seeds is unknown, so an interval is the whole range")
    for c, gained in finding.measured.gained.items():
        if gained is not None and facts.learned[c] != "yes":
            notes.append(
                f"{c} is not proven better than the untrained model under normal conditions "
                f"({gained.estimate:+.3f}, p {gained.p_superior:.2g})"
            )
    notes += [f"{g.id} is at assay {g.assay} and counts for neither side" for g in plan.gates if g.assay != "PASS"]
    if facts.untested:
        notes += _beside(finding)
    close = finding.measured.closeness
    if close is not None and facts.merged:
        notes.append(
            f"{FORMAT_NEUTRAL} and {AGENTIC} go together over runs (r = {close.observed:.2f} where noise allows "
            f"{close.ceiling:.2f}) and count as one of three"
        )
    if not plan.role("twin"):
        notes.append("no flipped twin was trained: that exposure and not values did it is not excluded")
    if not facts.sealed and facts.seeds >= LEANING and not facts.failed and not facts.dead:
        row, reasons = decide(replace(facts, sealed=True))
        notes.append(f"{LEANS}{row.word} ({', '.join(reasons)})")
    complete = not facts.failed and not facts.untested
    others = [c for c in facts.effects if c not in facts.principled + facts.flat]
    notes += [
        f"{facts.arm} adds less than the margin over {c} in all three gates; {c} does not carry a demotion"
        for c in others
        if complete and facts.as_good(c)
    ]
    return tuple(notes)


def _hanging_note(finding: Finding, exam: Exam) -> tuple[str, ...]:
    """What gate 3 decodes, and whether choices hang on it, at the level of a gate that counts."""
    plan, found = finding.plan, hanging(finding.plan, exam)
    if plan.hangs_on is None:
        return ()
    what = f"{plan.hangs_on.select} in {finding.facts.arm}, on which gate 3 hangs"
    if found is None:
        return (f"{what}: not measured, so that gate 3 supports nothing",)
    low, high = found.bounds(plan.alpha / 2)
    follows = "not proven above 0: gate 3 supports nothing" if finding.facts.idle else "above 0, so that gate 3 counts"
    shown = f"{found.estimate:+.3f} above its null ({low:+.3f} to {high:+.3f} at half of alpha)"
    return (f"{what}: {shown}, {follows}",)


def _beside(finding: Finding) -> list[str]:
    """The result on the gates that were tested, beside a verdict that cannot use it."""
    notes = []
    for comparator, by_gate in finding.facts.effects.items():
        parts = [f"{gate} {interval(e)}" for gate, e in by_gate.items()]
        if parts:
            notes.append(f"tested gates, {finding.facts.arm} - {comparator}: {', '.join(parts)}")
    return notes
