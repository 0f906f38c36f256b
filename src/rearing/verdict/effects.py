"""All contrasts of a study: the structured arm against every comparator, on every gate and under normal conditions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rearing.records.plan import Gate, Plan, PlannedArm
from rearing.records.verdict import Effect
from rearing.verdict.crossed import Array, Contrast, Estimator, among, crossed
from rearing.verdict.scores import Scores, significant

# Power .80 at a one-sided 2.5 %: the normal quantiles .975 and .80 add up to this.
POWER_QUANTILES = 1.96 + 0.84

# What the family of a contrast of value effects ends with.
VALUE = "/value"

# Two gates whose runs go together this closely are one gate (DESIGN section 8.3) ...
ALIKE = 0.8
# ... if they are proven closer than any two families are taken to be (verdict.md section 2).
EXPECTED = 0.5
PROVEN = 1.96  # normal quantile of a one-sided 2.5 %


def contrast(
    plan: Plan,
    scores: Scores,
    names: Sequence[str],
    weights: Sequence[float],
    seeds: Sequence[int],
    estimator: Estimator = crossed,
) -> Contrast:
    """The weighted difference of some arms over these seeds; the untrained arm has no seeds and stands as it is."""
    untrained = {arm.name for arm in plan.role("untrained")}
    tables = [
        scores.arms[n].values.mean(axis=0, keepdims=True) if n in untrained else scores.arms[n].rows(seeds)
        for n in names
    ]
    counted = counted_in_all(scores, names, seeds)
    return estimator(tables if counted is None else among(tables, counted), weights, plan.seed_model)


def counted_in_all(scores: Scores, names: Sequence[str], seeds: Sequence[int]) -> Array | None:
    """Which cells count in all these arms; None if every cell does."""
    counted = [c for n in names if (c := scores.arms[n].counts(seeds)) is not None]
    return np.asarray(np.prod(counted, axis=0), dtype=np.float64) if counted else None


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


def effect(
    plan: Plan,
    scores: Scores,
    arm: str,
    comparator: str,
    estimator: Estimator = crossed,
    seeds: Sequence[int] | None = None,
) -> Effect:
    """One arm minus one comparator on one gate."""
    used = plan.seeds if seeds is None else seeds
    found = contrast(plan, scores, (arm, comparator), (1.0, -1.0), used, estimator)
    return as_effect(scores.gate, found, (arm, comparator), plan.alpha)


def effects(plan: Plan, scores: Scores, estimator: Estimator = crossed) -> tuple[Effect, ...]:
    """Every structured arm against every comparator."""
    pairs = [(a.name, c.name) for a in plan.role("structured") for c in plan.role("comparator")]
    return tuple(effect(plan, scores, a, c, estimator) for a, c in pairs if scores.has(a, c))


def twin_of(plan: Plan, arm: PlannedArm) -> str | None:
    """The flipped twin of an arm, if it was planned."""
    name = f"{arm.name}-flipped"
    return name if any(twin.name == name for twin in plan.role("twin")) else None


def value_effects(plan: Plan, scores: Scores, estimator: Estimator = crossed) -> tuple[Effect, ...]:
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
                one = contrast(plan, scores, names, (0.5, -0.5, -0.5, 0.5), seeds, estimator)
                found.append(as_effect(named, one, (arm.name, other.name), plan.alpha))
    return tuple(found)


def against_untrained(plan: Plan, scores: Scores, arm: str, estimator: Estimator = crossed) -> Effect | None:
    """An arm minus the untrained model on one gate, or None if there is no untrained model."""
    untrained = plan.role("untrained")
    if not untrained or not scores.has(arm, untrained[0].name):
        return None
    return effect(plan, scores, arm, untrained[0].name, estimator)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How closely two gates go together over runs, beyond what arms and seeds explain.

    Attributes:
        observed: Pearson correlation of what is left of a run's mean without its arm's and its seed's mean.
        ceiling: The most it could be, because means of few items are noisy: sqrt(reliability x reliability).
        df: (arms - 1) (seeds - 1).
    """

    observed: float
    ceiling: float
    df: int

    @property
    def alike(self) -> bool:
        """Whether the two gates are one: above .8 freed of noise, and proven above .5 (decision 0012)."""
        if self.df < 4:
            return False
        gap = np.arctanh(min(self.observed, 0.999)) - np.arctanh(EXPECTED * self.ceiling)
        return self.observed > ALIKE * self.ceiling and bool(gap * math.sqrt(self.df - 2) > PROVEN)


def closeness(plan: Plan, one: Scores, two: Scores) -> Closeness | None:
    """How closely two gates go together over (arm, seed); None if it cannot be computed.

    What arms truly differ in is no evidence that gates are one, and what all arms of a seed share cancels in every
    contrast: runs are centred by arm and by seed. The noise of a run's mean is its residual mean square over N. An arm
    without all seeds on both gates is left out.
    """
    names = [a.name for a in plan.arms if a.role in ("structured", "comparator", "other")]
    names = [n for n in names if all(s.has(n) and set(plan.seeds) <= set(s.arms[n].seeds) for s in (one, two))]
    if len(names) < 2 or len(plan.seeds) < 2:
        return None
    df = (len(names) - 1) * (len(plan.seeds) - 1)
    x, y = (_centred(np.array([s.arms[n].rows(plan.seeds).mean(axis=1) for n in names])) for s in (one, two))
    spread = float((x**2).sum()) / df, float((y**2).sum()) / df
    if min(spread) < 1e-12:
        return None
    reliable = [
        max(0.0, 1 - float(np.mean([_noise(s.arms[n].rows(plan.seeds)) for n in names])) / v)
        for s, v in zip((one, two), spread, strict=True)
    ]
    observed = float((x * y).sum()) / df / math.sqrt(spread[0] * spread[1])
    return Closeness(significant(observed), significant(math.sqrt(reliable[0] * reliable[1])), df)


def _centred(table: Array) -> Array:
    """A two-way table without its row and column means."""
    centred: Array = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    return centred


def _noise(table: Array) -> float:
    """Variance of a row's mean that comes from the cells alone: residual mean square over the number of columns."""
    S, N = table.shape
    residual = float(np.square(_centred(table)).sum())
    return residual / ((int(S) - 1) * max(1, int(N) - 1)) / int(N)


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
