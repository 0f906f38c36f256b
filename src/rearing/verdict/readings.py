"""Every reading as a contrast: the structured arm against every comparator, by the estimator of the gates.

Source: internalization.md section 2: "every reading is one row per (arm, seed, scenario) and goes through the same
crossed estimator". Gate 3 and the clauses of "internalized" stand on what the plan names; whatever else is here is
exploratory, and no verdict looks at it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rearing.records.plan import Gate, Measure, Plan
from rearing.records.reading import NULL, OF_TEXT, ORDERLESS, plain_name
from rearing.records.verdict import Effect, SeedSpread
from rearing.verdict.effects import common_seeds, effect
from rearing.verdict.endpoints import measured
from rearing.verdict.gates import principled
from rearing.verdict.scores import Scores, Tables, significant

if TYPE_CHECKING:
    import polars as pl

# A reading, its null, its order-free twin, and that one's null.
VARIANTS = ("", NULL, ORDERLESS, ORDERLESS + NULL)


def reading_effects(plan: Plan, tables: Tables) -> tuple[Effect, ...]:
    """Every reading, its null and its order-free twin: each structured arm minus each comparator.

    The family is the name of the row, and behind it `/drift` or `/above-null` where it is no level
    (`records.plan.Gate.endpoint`). As reared, an arm without all its rows leaves a reading out; after the attack of the
    plan the seeds are those that were attacked. Where no gate stands on a reading, `delta` is that of no margin.
    """
    import polars as pl

    found = []
    rows = {str(name): frame for (name,), frame in tables.readings.group_by("reading")}
    for gate in _measures(plan, tables.readings):
        own = [rows[name] for name in (gate.select, gate.select + NULL) if name in rows]
        scores = measured(plan, gate, Tables(tables.responses.clear(), pl.concat(own)))
        for arm in plan.role("structured"):
            for other in plan.role("comparator"):
                pair = (arm.name, other.name)
                if scores.has(*pair) and (seeds := common_seeds(plan, scores, pair)):
                    found.append(effect(plan, scores, *pair, seeds=seeds))
    return tuple(found)


def _measures(plan: Plan, readings: "pl.DataFrame") -> Iterator[Gate]:
    """What is contrasted of every reading: what the plan stands on as it does, the rest as reared.

    Both situations; `main` alone of a reading that has no other, or that depends on the text alone, which the twin
    mirrors.
    """
    import polars as pl

    sides = dict(readings.group_by("reading").agg(pl.col("situation").n_unique()).iter_rows())
    asked = (*plan.gates, *plan.clauses, *([plan.hangs_on] if plan.hangs_on else []))
    again = set(readings.filter((pl.col("attack") == plan.attack) & (pl.col("dose") > 0))["reading"].to_list())
    for name in sorted({plain_name(row) for row in sides}):
        usual: Measure = "main" if name in OF_TEXT or sides.get(name, 1) < 2 else "judgement"
        named = [g for g in asked if (g.table, g.select) == ("readings", name)]
        plain = Gate(id=name, table="readings", select=name, measure=usual)
        level = next((g for g in named if g.endpoint == "level"), plain)
        wanted = [level, *named, *([replace(level, endpoint="drift")] if name in again else [])]
        for endpoint, measure in dict.fromkeys((g.endpoint, g.measure) for g in wanted):
            gate = next(g for g in wanted if (g.endpoint, g.measure) == (endpoint, measure))
            suffix = "" if endpoint == "level" else f"/{endpoint}"
            for row in (name + variant for variant in VARIANTS):
                if row in sides and not (endpoint == "above-null" and row.endswith(NULL)):
                    yield replace(gate, id=row + suffix, select=row)


def seed_spreads(plan: Plan, clauses: Sequence[Scores]) -> tuple[SeedSpread, ...]:
    """How far the principle-rich arm varies over its seeds on what every clause stands on, where it has two at least.

    It is the first comparator of the failure condition, P or PD. This is the unit that internalization.md section 4
    asks for the least effect; it is known after the data, so a plan has the effect in points and this stands beside it.
    """
    carrying = [arm.name for arm in plan.role("comparator") if arm.label in principled(plan)]
    made = []
    for scores in clauses:
        if not carrying or not scores.has(carrying[0]):
            continue
        seeds = common_seeds(plan, scores, carrying[:1])
        values_SN = scores.arms[carrying[0]].rows(seeds)
        counted = scores.arms[carrying[0]].counts(seeds)
        counted_SN = np.ones_like(values_SN) if counted is None else counted
        there = counted_SN.any(axis=1)
        means_S = np.average(values_SN[there], axis=1, weights=counted_SN[there])
        if len(means_S) > 1:
            sd = significant(float(means_S.std(ddof=1)))
            made.append(SeedSpread(clause=scores.gate.id, arm=carrying[0], sd=sd, seeds=len(means_S)))
    return tuple(made)
