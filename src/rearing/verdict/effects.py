"""All contrasts of a study: the structured arm against every comparator, on every gate and under normal conditions."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rearing.records.plan import Gate, Plan, PlannedArm
from rearing.records.verdict import Effect
from rearing.verdict.crossed import Contrast, crossed
from rearing.verdict.scores import Matrix, Scores, Tables, gate_scores, significant

# Power .80 at a one-sided 2.5 %: the normal quantiles .975 and .80 add up to this.
POWER_QUANTILES = 1.96 + 0.84

# What the family of a contrast of value effects ends with.
VALUE = "/value"


def contrast(
    plan: Plan, scores: Scores, names: Sequence[str], weights: Sequence[float], seeds: Sequence[int]
) -> Contrast:
    """The weighted difference of some arms over these seeds; the untrained arm has no seeds and stands as it is."""
    untrained = {arm.name for arm in plan.role("untrained")}
    tables = [
        scores.arms[n].values.mean(axis=0, keepdims=True) if n in untrained else scores.arms[n].rows(seeds)
        for n in names
    ]
    return crossed(tables, weights, plan.seed_model)


def common_seeds(plan: Plan, scores: Scores, names: Sequence[str]) -> tuple[int, ...]:
    """The seeds of the plan that all these arms have; twins may have fewer than their arms."""
    return tuple(s for s in plan.seeds if all(s in scores.arms[n].seeds for n in names))


def as_effect(gate: Gate, found: Contrast, pair: tuple[str, str], alpha: float) -> Effect:
    """A contrast as it is printed and judged: rounded, with its bounds and the p of every question asked of it."""
    low, high = found.bounds(alpha)
    r = significant
    return Effect(
        family=gate.id,
        measure=gate.measure,
        contrast=pair,
        estimate=r(found.estimate),
        se=r(found.se),
        df=r(found.df),
        low=r(low),
        high=r(high),
        delta=gate.delta,
        p_superior=r(found.p_above(0.0)),
        p_inferior_margin=r(found.p_above(-gate.delta)),
        p_below_margin=r(found.p_below(gate.delta)),
        n_seeds=found.n_seeds,
        n_scenarios=found.n_scenarios,
        share_seed=r(found.share_seed),
        share_item=r(found.share_item),
        share_residual=r(found.share_residual),
        by_seed=tuple(r(x) for x in found.by_seed),
    )


def effect(plan: Plan, scores: Scores, arm: str, comparator: str, seeds: Sequence[int] | None = None) -> Effect:
    """One arm minus one comparator on one gate."""
    used = plan.seeds if seeds is None else seeds
    found = contrast(plan, scores, (arm, comparator), (1.0, -1.0), used)
    return as_effect(scores.gate, found, (arm, comparator), plan.alpha)


def effects(plan: Plan, scores: Scores) -> tuple[Effect, ...]:
    """Every structured arm against every comparator."""
    pairs = [(a.name, c.name) for a in plan.role("structured") for c in plan.role("comparator")]
    return tuple(effect(plan, scores, a, c) for a, c in pairs if scores.has(a, c))


def twin_of(plan: Plan, arm: PlannedArm) -> str | None:
    """The flipped twin of an arm, if it was planned."""
    name = f"{arm.name}-flipped"
    return name if any(twin.name == name for twin in plan.role("twin")) else None


def value_effects(plan: Plan, scores: Scores) -> tuple[Effect, ...]:
    """The difference of value effects, V = (arm - its flipped twin) / 2, of a structured arm and a comparator.

    Exposure and fluency cancel in V (DESIGN section 5). Only seeds that both arms and both twins have. The family is
    the gate id and "/value".
    """
    found = []
    named = replace(scores.gate, id=f"{scores.gate.id}{VALUE}")
    for arm in plan.role("structured"):
        for other in plan.role("comparator"):
            mine, theirs = twin_of(plan, arm), twin_of(plan, other)
            if mine is None or theirs is None or not scores.has(arm.name, mine, other.name, theirs):
                continue
            names = (arm.name, mine, other.name, theirs)
            seeds = common_seeds(plan, scores, names)
            if seeds:
                one = contrast(plan, scores, names, (0.5, -0.5, -0.5, 0.5), seeds)
                found.append(as_effect(named, one, (arm.name, other.name), plan.alpha))
    return tuple(found)


def against_untrained(plan: Plan, scores: Scores, arm: str) -> Effect | None:
    """An arm minus the untrained model on one gate, or None if there is no untrained model."""
    untrained = plan.role("untrained")
    if not untrained or not scores.has(arm, untrained[0].name):
        return None
    return effect(plan, scores, arm, untrained[0].name)


def correlation(plan: Plan, one: Scores, two: Scores) -> float | None:
    """Pearson correlation of two gates over (arm, seed), reared arms of the plan; None if it cannot be computed."""
    names = [a.name for a in plan.role("structured") + plan.role("comparator")]
    if not (one.has(*names) and two.has(*names)):
        return None

    def means(matrix: Matrix) -> list[float]:
        return [float(x) for x in matrix.rows(plan.seeds).mean(axis=1)]

    x = np.array([m for n in names for m in means(one.arms[n])])
    y = np.array([m for n in names for m in means(two.arms[n])])
    if len(x) < 3 or x.std() < 1e-12 or y.std() < 1e-12:
        return None
    return significant(float(np.corrcoef(x, y)[0, 1]))


def crossings(plan: Plan, scores: Scores, tables: Tables) -> tuple[str, ...]:
    """Sentences about gate effects whose sign or significance hangs on one seed or on one form."""
    found = []
    labels = {arm.name: arm.label for arm in plan.arms}
    pairs = [(a.name, c.name) for a in plan.role("structured") for c in plan.role("comparator")]
    pairs = [pair for pair in pairs if scores.has(*pair)]
    whole = {pair: effect(plan, scores, *pair) for pair in pairs}

    def compare(pair: tuple[str, str], part: Effect, left_out: str) -> None:
        changed = _crossed(whole[pair], part)
        if changed:
            arm, comparator = (labels[n] for n in pair)
            found.append(f"{scores.gate.id}, {arm} - {comparator}: without {left_out} {changed}")

    if len(plan.seeds) > 2:
        for seed in plan.seeds:
            rest = [s for s in plan.seeds if s != seed]
            for pair in pairs:
                compare(pair, effect(plan, scores, *pair, seeds=rest), f"seed {seed}")
    if scores.gate.table == "responses" and len(scores.forms) > 1:
        for form in scores.forms:
            part = gate_scores(plan, scores.gate, tables, without_form=form)
            for pair in pairs:
                if part.has(*pair):
                    compare(pair, effect(plan, part, *pair), f"form {form}")
    return tuple(found)


def _crossed(whole: Effect, part: Effect) -> str:
    """What changed, in words, or "" if neither sign nor significance did."""

    def side(e: Effect) -> int:
        return int(e.low > 0) - int(e.high < 0)

    if whole.estimate * part.estimate < 0:
        return f"the sign turns ({whole.estimate:+.3f} to {part.estimate:+.3f})"
    if side(whole) != side(part):
        verb = "is no longer significant" if side(part) == 0 else "becomes significant"
        return f"the difference {verb} ({part.estimate:+.3f}, {part.low:+.3f} to {part.high:+.3f})"
    return ""


def seeds_needed(found: Sequence[Effect]) -> int | None:
    """Seeds with which the widest of these effects would be shown to be below its margin, power .80, if it is 0.

    From the realised variance parts: what comes from seeds shrinks with their number, the rest does not.
    None: no number of seeds would do, only more scenarios.
    """
    widest = max(found, key=lambda e: e.se / e.delta)
    target = (widest.delta / POWER_QUANTILES) ** 2
    from_items = widest.share_item * widest.se**2
    if from_items >= target:
        return None
    from_seeds = (widest.se**2 - from_items) * widest.n_seeds
    return max(widest.n_seeds + 1, math.ceil(from_seeds / (target - from_items)))
