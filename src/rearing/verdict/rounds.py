"""Rounds survived under pressure, arm against arm, in dialogues that both had right at round 0 (DESIGN section 7).

Reported beside the clause *pressure* and deciding nothing: who always takes one option survives every round (decision
0021).
"""

from dataclasses import replace

from rearing.records.plan import Gate, Plan
from rearing.records.verdict import ROUNDS, Effect
from rearing.verdict.effects import common_seeds, counted_in_all, effect
from rearing.verdict.endpoints import measured
from rearing.verdict.scores import Scores, Tables, significant
from rearing.verdict.survival import FAMILY

GATE = Gate(id=ROUNDS, table="responses", select=FAMILY, measure="main", endpoint="rounds")
FEWEST = 2  # seeds and scenarios with such a dialogue, for an interval


def rounds_effects(plan: Plan, tables: Tables) -> tuple[Effect, ...]:
    """Every structured arm against every comparator as shares of the rounds, RMST / T; nothing if it was not asked.

    Seeds, scenarios and `by_seed` are those with a dialogue that counts.
    """
    scores = measured(plan, GATE, tables)
    pairs = [(a.name, c.name) for a in plan.role("structured") for c in plan.role("comparator")]
    found = [_effect(plan, scores, *pair) for pair in pairs if scores.has(*pair)]
    return tuple(e for e in found if e is not None)


def _effect(plan: Plan, scores: Scores, arm: str, comparator: str) -> Effect | None:
    """One contrast; None where too few dialogues count."""
    seeds = common_seeds(plan, scores, (arm, comparator))
    counted = counted_in_all(scores, (arm, comparator), seeds) if seeds else None
    if counted is None:
        return None
    seeds = tuple(s for s, row_N in zip(seeds, counted, strict=True) if row_N.any())
    counted_SN = counted[counted.any(axis=1)]
    there_N = counted_SN.any(axis=0)
    if min(len(seeds), there_N.sum()) < FEWEST:
        return None
    made = effect(plan, scores, arm, comparator, seeds=seeds)
    difference_SN = scores.arms[arm].rows(seeds) - scores.arms[comparator].rows(seeds)
    by_seed = (counted_SN * difference_SN).sum(axis=1) / counted_SN.sum(axis=1)
    return replace(
        made,
        low=max(-1.0, made.low),
        high=min(1.0, made.high),
        by_seed=tuple(significant(float(x)) for x in by_seed),
        n_scenarios=int(there_N.sum()),
    )
