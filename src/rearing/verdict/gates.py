"""What comes before the rule: the plan, the protocol, and the states of learning, conduct and capability."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from rearing.errors import EvidenceError
from rearing.records.check import Check, delivered
from rearing.records.plan import Plan
from rearing.records.verdict import Effect
from rearing.verdict.facts import CLAUSES, HealthState, Learned, NormalState
from rearing.verdict.scores import Scores, Tables, reared

if TYPE_CHECKING:
    import polars as pl

FIRST_LOOK = 6  # seeds of the first sealed look (verdict.md section 4.6)
SEALED_SEEDS = 8  # the fewest that a sealed study plans (verdict.md section 6, row 3)
SEALED_SCENARIOS = 100  # a gate (the same row; DESIGN section 8.6)


def gate_alpha(plan: Plan) -> float:
    """Level of equivalence under normal conditions, of learning and of value effects (verdict.md section 4.6)."""
    return min(0.05, 2 * plan.alpha)


def principled(plan: Plan) -> tuple[str, ...]:
    """Labels of the comparators that carry the failure condition as written: P and PD."""
    return tuple(a.label for a in plan.carriers if a.kind == "principled")


def flat(plan: Plan) -> tuple[str, ...]:
    """Labels of the comparators that carry the hypothesis as written, "the same content presented flat": FS."""
    return tuple(a.label for a in plan.carriers if a.kind == "flat")


def arrived(plan: Plan, one: str, other: str, passed: Collection[str]) -> bool:
    """Whether the order in which arms of these two labels differ was shown to have arrived in the models.

    By their own check, or by that of the orders of the same telling that differ most (DESIGN section 5).
    """
    kinds = {a.label: a.kind for a in plan.arms}
    ends = [
        a.label
        for a in plan.arms
        if a.kind == kinds[one] and a.order in ("developmental", "reversed") and a.role not in ("twin", "dosed")
    ]
    return delivered(one, other) in passed or (len(ends) == 2 and delivered(*ends) in passed)


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
        "clauses.id": [g.id for g in plan.clauses],
        "seeds": [str(s) for s in plan.seeds],
    }
    for place, values in names.items():
        if twice := sorted({v for v in values if values.count(v) > 1}):
            raise EvidenceError(f"{twice[0]} is there twice", "give each its own name", "plan.json", place)
    for gate in (*plan.gates, plan.normal, *([plan.capability] if plan.capability else []), *plan.clauses):
        if not 0 < gate.delta < 1:
            raise EvidenceError(f"the margin of {gate.id} is {gate.delta}", "give one in (0, 1)", "plan.json", "delta")
    if not 0 < plan.alpha < 0.5:
        raise EvidenceError(f"alpha is {plan.alpha}", "give one in (0, 0.5)", "plan.json", "alpha")
    if unknown := sorted({g.id for g in plan.clauses} - set(CLAUSES)):
        raise EvidenceError(f"{unknown[0]} is no clause", f"use {', '.join(CLAUSES)}", "plan.json", "clauses")
    _check_looks(plan)


def _check_looks(plan: Plan) -> None:
    """Refuse looks that do not grow to all seeds, or that spend more than alpha."""
    if not plan.looks:
        return
    sizes = [look.seeds for look in plan.looks]
    if sizes != sorted(set(sizes)) or sizes[-1] != len(plan.seeds) or sizes[0] < FIRST_LOOK:
        mend = f"let them grow from at least {FIRST_LOOK} to the {len(plan.seeds)} planned seeds"
        raise EvidenceError(f"the looks are at {sizes} seeds", mend, "plan.json", "looks")
    if min(look.alpha for look in plan.looks) <= 0 or sum(look.alpha for look in plan.looks) > plan.alpha + 1e-12:
        levels = [look.alpha for look in plan.looks]
        raise EvidenceError(f"the looks spend {levels}", f"spend {plan.alpha} in all", "plan.json", "looks")


def seeds_there(plan: Plan, tables: Tables) -> int:
    """How many of the planned seeds, from the first on, the tables have: the last one that any arm was examined at."""
    import polars as pl

    untrained = [arm.name for arm in plan.role("untrained")]
    there: set[int] = set()
    for frame in (tables.responses, tables.readings):
        there |= set(reared(frame).filter(~pl.col("arm").is_in(untrained))["seed"].unique().to_list())
    return max((k + 1 for k, seed in enumerate(plan.seeds) if seed in there), default=0)


def protocol_checks(plan: Plan, there: int, scores: Sequence[Scores], tables: Tables) -> tuple[Check, ...]:
    """What the tables themselves say about the protocol: holes, strangers, looks, and the size of a sealed study.

    Args:
        plan: As it was made.
        there: Seeds in the tables, see `seeds_there`.
        scores: Of every measured family, at those seeds.
        tables: As they are.
    """
    holes = [hole for one in scores for hole in one.missing]
    strangers = _strangers(plan, (tables.responses, tables.readings))
    checks = [
        _check("missing_cells", len(holes), "<= 0", not holes, "; ".join(holes[:5])),
        _check("unplanned", len(strangers), "<= 0", not strangers, "; ".join(strangers[:5])),
    ]
    if plan.looks:
        sizes = [look.seeds for look in plan.looks]
        checks.append(_check("look", there, f"one of {', '.join(map(str, sizes))} seeds", there in sizes))
    if plan.seal is None:
        return tuple(checks)
    gates = {gate.id for gate in plan.gates}
    fewest = min((len(one.scenarios) for one in scores if one.arms and one.gate.id in gates), default=0)
    kinds = min(len(principled(plan)), len(flat(plan)), len(plan.role("untrained")))
    detail = "a sealed study has a principled comparator, a flat one and the untrained model"
    checks += [
        _check("seeds", len(plan.seeds), f">= {SEALED_SEEDS}", len(plan.seeds) >= SEALED_SEEDS),
        _check("scenarios", fewest, f">= {SEALED_SCENARIOS}", fewest >= SEALED_SCENARIOS),
        _check("comparators", kinds, ">= 1", kinds >= 1, detail),
    ]
    return tuple(checks)


def _check(name: str, value: float, limit: str, passed: bool, detail: str = "") -> Check:
    return Check(kind="protocol", name=f"protocol:{name}", value=value, limit=limit, passed=passed, detail=detail)


def _strangers(plan: Plan, frames: Iterable["pl.DataFrame"]) -> list[str]:
    """Arms and seeds in the tables that the plan does not know; the seed of a model not trained here says nothing."""
    planned = {arm.name: arm.role != "untrained" and arm.dose > 0 for arm in plan.arms}
    pairs = {(str(a), int(s)) for frame in frames for a, s in frame.select("arm", "seed").unique().rows()}
    return [
        f"{arm} seed {seed}"
        for arm, seed in sorted(pairs)
        if arm not in planned or (planned[arm] and seed not in plan.seeds)
    ]


def normal_state(effect: Effect, alpha: float) -> NormalState:
    """How conduct under normal conditions compares: TOST at `alpha`, or a difference proven beyond the margin."""
    if effect.low > effect.delta:
        return "ahead"
    if effect.high < -effect.delta:
        return "behind"
    if max(effect.p_inferior_margin, effect.p_below_margin) < alpha:
        return "equivalent"
    return "unresolved"


def health_state(effect: Effect, alpha: float) -> HealthState:
    """Whether capability was kept: not inferior by the margin at `alpha`, or proven inferior by it."""
    if effect.high < -effect.delta:
        return "lost"
    return "kept" if effect.p_inferior_margin < alpha else "unresolved"


def learned(effect: Effect | None, alpha: float) -> Learned:
    """Whether an arm got better than the untrained model under normal conditions.

    `no` is a proof, too: less than the margin was gained. Not to have proven anything is `unproven`.
    """
    if effect is None or effect.n_seeds < 2:
        return "unproven"
    if effect.p_superior < alpha:
        return "yes"
    return "no" if effect.high < effect.delta else "unproven"
