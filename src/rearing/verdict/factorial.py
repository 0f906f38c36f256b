"""What did it, the branching, the order or both together: factorial attribution on two scales.

Source: verdict.md section 4.7. With the four cells FS, FD, BS, BD:

    branching B = ((BD + BS) - (FD + FS)) / 2     order O = ((BD + FD) - (BS + FS)) / 2
    interaction X = (BD - BS) - (FD - FS)         joint BD - FS = B + O

A study without FD has the simple effects BD - BS (order within branching) and BS - FS (branching at shuffled order),
which add up to the joint effect, too. Beside the square stand those of other orders: what leads branching-blocked by
nothing is blocking, and no development. Of an order that was not delivered nothing is said (DESIGN section 5).
Attribution is secondary: it is printed beside every verdict and changes none.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import logit

from rearing.records.plan import Plan, PlannedArm
from rearing.records.verdict import Factor, FactorState
from rearing.verdict.crossed import Array, Contrast, SeedModel, crossed
from rearing.verdict.effects import contrast
from rearing.verdict.gates import arrived
from rearing.verdict.scores import Scores, significant

# Weights over the cells BD, BS, FD, FS.
FACTORIAL = {
    "branching": (0.5, 0.5, -0.5, -0.5),
    "order": (0.5, -0.5, 0.5, -0.5),
    "interaction": (1.0, -1.0, -1.0, 1.0),
    "joint": (1.0, 0.0, 0.0, -1.0),
}
MAIN = ("branching", "order")
OF_ORDER = ("order", "interaction")
CELLS = ("developmental", "shuffled")


def attribution(plan: Plan, gates: Sequence[Scores], passed: Collection[str]) -> tuple[Factor, ...]:
    """Every factor on every gate that is measured, and simple effects of what the full square does not hold.

    Args:
        plan: With the arms.
        gates: Their scores, gate by gate.
        passed: Names of the checks that passed; nothing is said of an order that did not arrive.
    """
    found: list[Factor] = []
    for scores in gates:
        cells = _cells(plan, scores)
        square = [] if None in cells else [name for name in cells if name is not None]
        found += _square(plan, scores, square) if square else []
        found += _simple(plan, scores, square)
    found = [
        f if all(arrived(plan, *pair, passed) for pair in _of_order(plan, f)) else replace(f, state="not delivered")
        for f in found
    ]
    crossing = {f.family for f in found if f.name == "interaction" and f.state != "not delivered" and _crosses(f)}
    # A gain in one cell fires all three (verdict.md section 4.7): the cells are read, not the main effects.
    return tuple(replace(f, state="unclear") if f.name in MAIN and f.family in crossing else f for f in found)


def _crosses(interaction: Factor) -> bool:
    return bool(_side(interaction.low, interaction.high) or _side(interaction.logit_low, interaction.logit_high))


def _of_order(plan: Plan, factor: Factor) -> list[tuple[str, str]]:
    """The labels whose orders a factor compares; none where it compares tellings, or both at once."""
    labels = [label for label, _ in factor.cells]
    if factor.name in OF_ORDER:
        return [(labels[0], labels[1]), (labels[2], labels[3])]
    told = {a.kind for a in plan.arms if a.label in labels}
    return [(labels[0], labels[1])] if len(labels) == 2 and len(told) == 1 else []


def _cells(plan: Plan, scores: Scores) -> tuple[str | None, ...]:
    """Names of the arms BD, BS, FD, FS, None where there is none with all seeds."""
    there = {
        (a.kind, a.order): a.name for a in plan.arms if a.role not in ("twin", "dosed") and _whole(plan, scores, a.name)
    }
    base = plan.role("structured")[0]
    return tuple(there.get((r, order)) for r in (base.kind, "flat") for order in CELLS)


def _whole(plan: Plan, scores: Scores, name: str) -> bool:
    return scores.has(name) and set(plan.seeds) <= set(scores.arms[name].seeds)


def _square(plan: Plan, scores: Scores, names: Sequence[str]) -> list[Factor]:
    return [
        _factor(plan, scores, name, names, weights, plan.alpha / 2 if name in MAIN else plan.alpha)
        for name, weights in FACTORIAL.items()
    ]


def _simple(plan: Plan, scores: Scores, square: Sequence[str]) -> list[Factor]:
    """The structured arm against its own renderer in other orders, and that in shuffled order against flat.

    What the arms of the square say is left out.
    """
    base = plan.role("structured")[0]
    if not _whole(plan, scores, base.name):
        return []
    there = [a for a in plan.role("other") + plan.role("comparator") if _whole(plan, scores, a.name)]
    there = [a for a in there if a.name not in square]
    others = [a for a in there if a.kind == base.kind]
    flat = [a for a in there if a.kind == "flat" and a.order == "shuffled"]
    pairs = [(base, o) for o in others] + [(o, f) for o in others for f in flat if o.order == f.order]
    return [_factor(plan, scores, _pair(a, b), (a.name, b.name), (1.0, -1.0), plan.alpha / 2) for a, b in pairs]


def _pair(one: PlannedArm, other: PlannedArm) -> str:
    return f"{one.label} - {other.label}"


def _factor(
    plan: Plan, scores: Scores, name: str, names: Sequence[str], weights: Sequence[float], alpha: float
) -> Factor:
    found = contrast(plan, scores, names, weights, plan.seeds)
    odds = contrast(plan, scores, names, weights, plan.seeds, on_logits)
    low, high = found.bounds(alpha)
    logit_low, logit_high = odds.bounds(alpha)
    r = significant
    label = {arm.name: arm.label for arm in plan.arms}
    return Factor(
        name=name,
        family=scores.gate.id,
        cells=tuple((label[n], r(float(scores.arms[n].rows(plan.seeds).mean()))) for n in names),
        estimate=r(found.estimate),
        low=r(low),
        high=r(high),
        logit=r(odds.estimate),
        logit_low=r(logit_low),
        logit_high=r(logit_high),
        state=_state(name, found.estimate, (low, high), (logit_low, logit_high), scores.gate.delta),
    )


def _state(
    name: str, estimate: float, bounds: tuple[float, float], logit_bounds: tuple[float, float], delta: float
) -> FactorState:
    """In words; an interaction must be of one sign and significance on both scales (removable ones are not)."""
    low, high = bounds
    if name == "interaction" and _side(low, high) != _side(*logit_bounds):
        return "scale-dependent"
    if low > 0 and estimate >= delta / 2:
        return "adds"
    if high < 0 and estimate <= -delta / 2:
        return "takes"
    return "adds nothing" if -delta < low and high < delta else "unclear"


def _side(low: float, high: float) -> int:
    return int(low > 0) - int(high < 0)


def on_logits(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """The contrast of the logits of the arms' means, by the delta method: Y / (m (1 - m)) in the place of Y.

    m is kept half a cell away from 0 and 1.
    """
    half = 0.5 / max(a.size for a in arms)
    means = [float(np.clip(a.mean(), half, 1 - half)) for a in arms]
    found = crossed([a / (m * (1 - m)) for a, m in zip(arms, means, strict=True)], weights, seed_model)
    estimate = float(sum(w * float(logit(m)) for w, m in zip(weights, means, strict=True)))
    moved = estimate - found.estimate
    return replace(found, estimate=estimate, by_seed=tuple(x + moved for x in found.by_seed))
