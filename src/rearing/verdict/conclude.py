"""From matrices to the row of the table that holds: everything of a verdict that decides.

It sees no table of rows, so that `calibrate` can plant matrices by the thousand and send them through the same code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rearing.records.check import Check
from rearing.records.plan import SHARES, Plan, PlannedArm
from rearing.records.verdict import Effect, Word
from rearing.verdict.crossed import Contrast, Estimator, crossed
from rearing.verdict.effects import (
    VALUE,
    Closeness,
    against_untrained,
    closeness,
    common_seeds,
    contrast,
    counted_in_all,
    effect,
    effects,
    value_effects,
)
from rearing.verdict.facts import AGENTIC, CLAUSES, FORMAT_NEUTRAL, GATES, ClauseState, Facts, Matched
from rearing.verdict.gates import flat, gate_alpha, health_state, learned, normal_state, principled
from rearing.verdict.rule import Row, decide
from rearing.verdict.scores import Scores


@dataclass(frozen=True, slots=True)
class Exam:
    """The matrices of a study: what every arm scored on every scenario of every family that the rule looks at."""

    normal: Scores
    gates: tuple[Scores, ...]
    capability: Scores | None = None
    clauses: tuple[Scores, ...] = ()
    hangs_on: Scores | None = None

    @property
    def all(self) -> tuple[Scores, ...]:
        """Those that a study cannot do without."""
        return (self.normal, *self.gates, *([self.capability] if self.capability else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Every effect that the rule looks at.

    Attributes:
        gained: Label of a comparator to what it gained over the untrained model under normal conditions.
        alive: Gate id and label of an anchor to what it gained over the untrained model there.
    """

    effects: tuple[Effect, ...]
    values: tuple[Effect, ...]
    normal: tuple[Effect, ...]
    capability: tuple[Effect, ...]
    clauses: tuple[Effect, ...]
    gained: Mapping[str, Effect | None]
    alive: Mapping[tuple[str, str], Effect]
    closeness: Closeness | None

    @property
    def all(self) -> tuple[Effect, ...]:
        """Its contrasts in the order in which they are printed."""
        return self.effects + self.values + self.normal + self.capability + self.clauses


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict with what it was made from. `plan` is the plan at the look that decided: its seeds, its alpha."""

    plan: Plan
    facts: Facts
    row: Row
    reasons: tuple[str, ...]
    measured: Measured

    @property
    def word(self) -> Word:
        """The verdict in a word."""
        return self.row.word


def conclude(plan: Plan, checks: Sequence[Check], exam: Exam, estimator: Estimator = crossed) -> Finding:
    """The verdict at one look."""
    measured = _measure(plan, exam, estimator)
    facts = _facts(plan, checks, exam, measured, estimator)
    row, reasons = decide(facts)
    return Finding(plan=plan, facts=facts, row=row, reasons=reasons, measured=measured)


def _measure(plan: Plan, exam: Exam, estimator: Estimator) -> Measured:
    """Every contrast of the study."""
    by_id = {one.gate.id: one for one in exam.gates}
    two = [by_id[g] for g in (FORMAT_NEUTRAL, AGENTIC) if g in by_id]
    return Measured(
        effects=tuple(e for one in exam.gates for e in effects(plan, one, estimator)),
        values=tuple(e for one in exam.gates for e in value_effects(plan, one, estimator)),
        normal=effects(plan, exam.normal, estimator),
        capability=effects(plan, exam.capability, estimator) if exam.capability else (),
        clauses=tuple(e for one in exam.clauses for e in _clause_effects(plan, one, estimator)),
        gained={c.label: against_untrained(plan, exam.normal, c.name, estimator) for c in plan.role("comparator")},
        alive=_alive(plan, exam, estimator),
        closeness=closeness(plan, *two) if len(two) == 2 else None,
    )


def _facts(plan: Plan, checks: Sequence[Check], exam: Exam, measured: Measured, estimator: Estimator) -> Facts:
    """What the rule looks at: only gates with assay PASS, and of several structured arms the first."""
    arm, alpha = plan.role("structured")[0], gate_alpha(plan)
    passed = {g.id for g in plan.gates if g.assay == "PASS"}
    label = {c.name: c.label for c in plan.role("comparator")}

    def own(found: Sequence[Effect]) -> dict[str, Effect]:
        """The effects of the structured arm by comparator."""
        return {label[e.contrast[1]]: e for e in found if e.contrast[0] == arm.name}

    return Facts(
        arm=arm.label,
        failed=tuple(c.name for c in checks if c.required and not c.passed),
        sealed=plan.seal is not None,
        seeds=len(plan.seeds),
        alpha=plan.alpha,
        untested=tuple(g for g in GATES if g not in passed),
        principled=principled(plan),
        flat=flat(plan),
        effects={c: _by_gate(measured.effects, (arm.name, name), passed) for name, c in label.items()},
        normal={c: normal_state(e, alpha) for c, e in own(measured.normal).items()},
        capability={c: health_state(e, alpha) for c, e in own(measured.capability).items()},
        learned={c: learned(e, alpha) for c, e in measured.gained.items()},
        alive=frozenset(gate for (gate, _), e in measured.alive.items() if e.low > e.delta),
        exposed=frozenset(
            (label[e.contrast[1]], gate)
            for e in measured.values
            if e.contrast[0] == arm.name and (gate := e.family.removesuffix(VALUE)) in passed and e.p_superior >= alpha
        ),
        matched={
            c: m
            for c, e in own(measured.normal).items()
            if (m := _matched(plan, exam, e, passed, estimator)) is not None
        },
        merged=measured.closeness is not None and measured.closeness.alike,
        clauses=_clause_states(plan, measured.clauses),
        idle=_idle(plan, exam),
    )


def at_looks(plan: Plan, there: int) -> tuple[Plan, ...]:
    """The plan as it stands at every look that these seeds allow; the plan itself if it has none."""
    reached = [look for look in plan.looks if look.seeds <= there]
    if not reached:
        return (replace(plan, seeds=plan.seeds[: max(1, there)], looks=()) if plan.looks else plan,)
    return tuple(replace(plan, seeds=plan.seeds[: k.seeds], alpha=k.alpha, looks=()) for k in reached)


def look_by_look(plans: Sequence[Plan], checks: Sequence[Check], exam: Exam) -> Finding:
    """The first look that supports or demotes stands, whatever came later; otherwise the last."""
    for plan in plans:
        finding = conclude(plan, checks, exam)
        if finding.word in ("SUPPORTED", "DEMOTED"):
            return finding
    return finding


def _by_gate(found: Sequence[Effect], pair: tuple[str, str], passed: set[str]) -> dict[str, Effect]:
    return {e.family: e for e in found if e.contrast == pair and e.family in passed}


def _alive(plan: Plan, exam: Exam, estimator: Estimator) -> dict[tuple[str, str], Effect]:
    """What the comparators of the failure condition gained over the untrained model on every gate.

    Bounds are at `gate_alpha`. A margin must be smaller than what the control does (ICH E10): a gate is alive if that
    is proven to exceed it.
    """
    plan = replace(plan, alpha=gate_alpha(plan))
    carriers = principled(plan) or flat(plan)
    anchors = [c for c in plan.role("comparator") if c.label in carriers]
    gains = {
        (one.gate.id, c.label): against_untrained(plan, one, c.name, estimator) for one in exam.gates for c in anchors
    }
    return {key: gain for key, gain in gains.items() if gain is not None}


def _matched(plan: Plan, exam: Exam, lead: Effect, passed: set[str], estimator: Estimator) -> Matched | None:
    """The comparator of `lead` at the dose that comes nearest to the structured arm under normal conditions.

    Every other scenario of `normal` chooses the dose, the rest report (DESIGN section 8.4). None if the structured arm
    is not ahead, or no other dose was trained and examined on `normal` and every gate with assay PASS: a gate left out
    could hide where the structured arm is worse.
    """
    if normal_state(lead, gate_alpha(plan)) != "ahead":
        return None
    structured, name = lead.contrast
    comparator = next(arm for arm in plan.arms if arm.name == name)
    tested = [one for one in exam.gates if one.gate.id in passed]
    doses = [
        arm
        for arm in plan.role("dosed")
        if _same_recipe(arm, comparator)
        and all(one.has(arm.name) and common_seeds(plan, one, (structured, arm.name)) for one in (exam.normal, *tested))
    ]
    if not doses:
        return None
    N = len(exam.normal.scenarios)
    choose, report = exam.normal.part(range(0, N, 2)), exam.normal.part(range(1, N, 2))

    def gap(arm: PlannedArm) -> float:
        pair = (structured, arm.name)
        return abs(contrast(plan, choose, pair, (1.0, -1.0), common_seeds(plan, choose, pair)).estimate)

    best = min((comparator, *doses), key=lambda arm: (gap(arm), arm.dose))

    def against(scores: Scores) -> Effect:
        return effect(
            plan, scores, structured, best.name, estimator, common_seeds(plan, scores, (structured, best.name))
        )

    return Matched(
        dose=best.dose,
        normal=normal_state(against(report), gate_alpha(plan)),
        effects={one.gate.id: against(one) for one in tested},
    )


def hanging(plan: Plan, exam: Exam) -> Contrast | None:
    """How far choices of the structured arm hang on what gate 3 decodes; None if nothing says it."""
    if plan.hangs_on is None or exam.hangs_on is None or not exam.hangs_on.has(arm := plan.role("structured")[0].name):
        return None
    seeds = common_seeds(plan, exam.hangs_on, (arm,))
    return contrast(plan, exam.hangs_on, (arm,), (1.0,), seeds) if seeds else None


def _idle(plan: Plan, exam: Exam) -> bool:
    """Whether gate 3 decodes what choices are not proven to hang on, at the level of a gate that counts."""
    found = hanging(plan, exam)
    return plan.hangs_on is not None and (found is None or found.p_above(0.0) > plan.alpha / 2)


def _same_recipe(one: PlannedArm, other: PlannedArm) -> bool:
    return (one.kind, one.order) == (other.kind, other.order)


def _clause_effects(plan: Plan, scores: Scores, estimator: Estimator) -> tuple[Effect, ...]:
    """The structured arm against P and FS on one clause, over the seeds that were measured.

    What is no share, say a drift, has no logit: it keeps the usual estimator.
    """
    arm, found = plan.role("structured")[0], []
    if scores.gate.endpoint not in SHARES:
        estimator = crossed
    for c in plan.role("comparator"):
        if c.label in principled(plan) + flat(plan) and scores.has(arm.name, c.name):
            seeds = common_seeds(plan, scores, (arm.name, c.name))
            counted = counted_in_all(scores, (arm.name, c.name), seeds)
            if seeds and (counted is None or counted.any()):
                found.append(effect(plan, scores, arm.name, c.name, estimator, seeds))
    return tuple(found)


def _clause_states(plan: Plan, found: Sequence[Effect]) -> dict[str, ClauseState]:
    """Which clauses of "internalized" are shown: largest p over comparators, Holm over the six, and the least effect.

    Holm (1979): the k-th smallest of m p values may be at most alpha / (m - k + 1), and all before it hold. What is not
    shown is so named only where its least effect is excluded against a comparator: the upper bound lies below it.
    """
    if not plan.clauses:
        return {}
    calibrated = {g.id for g in plan.clauses if g.assay == "PASS"}
    wanted = len(principled(plan) + flat(plan))
    p, reaches, excluded = {}, {}, {}
    for clause in CLAUSES:
        own = [e for e in found if e.family == clause]
        if clause in calibrated and own and len(own) == wanted:
            p[clause] = max(e.p_superior for e in own)
            reaches[clause] = all(e.estimate >= e.delta for e in own)
            excluded[clause] = any(e.high < e.delta for e in own)
    states: dict[str, ClauseState] = {
        c: "untested" if c not in p else "not shown" if excluded[c] else "unresolved" for c in CLAUSES
    }
    for k, clause in enumerate(sorted(p, key=lambda c: p[c])):
        if p[clause] > plan.alpha / (len(CLAUSES) - k):
            break
        if reaches[clause]:
            states[clause] = "shown"
    return states
