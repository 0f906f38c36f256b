"""A lead that is gone when the trace of the training order is projected out is no lead in values."""

from collections.abc import Iterator
from dataclasses import replace

from rearing.records.plan import Gate, Plan
from rearing.records.reading import NULL, ORDERLESS, STABLE
from rearing.records.verdict import Effect
from rearing.verdict.effects import common_seeds, effect
from rearing.verdict.panel import interval
from rearing.verdict.scores import Tables, gate_scores


def order_notes(plan: Plan, tables: Tables) -> Iterator[str]:
    """A sentence for every lead of a structured arm on a reading that its order-free twin does not confirm.

    Source: internalization.md section 2 ("recency"): it is reported as order trace, not as values. A lead is an effect
    whose lower bound is above 0. It is order trace if it is gone in the twin and stays in the twin's null, which has
    another direction projected out (`probes.recency`). Before an attack `stable` says what `decode` says.
    """
    gates = {gate.select: gate for gate in plan.gates if gate.table == "readings"}
    there = set(tables.readings["reading"].unique().to_list())
    for name in sorted(r for r in there if r + ORDERLESS in there and r not in STABLE):
        gate = gates.get(name, Gate(id=name, table="readings", select=name, measure="judgement"))
        for structured in plan.role("structured"):
            for comparator in plan.role("comparator"):
                leads = [
                    _lead(plan, replace(gate, select=name + suffix), tables, structured.name, comparator.name)
                    for suffix in ("", ORDERLESS, ORDERLESS + NULL)
                ]
                own, twin, null = leads
                if own and twin and null and twin.low <= 0 < min(own.low, null.low):
                    yield (
                        f"{name}: {structured.label} is ahead of {comparator.label} by {interval(own)}, with the trace "
                        f"of the training order projected out by {interval(twin)}; with another direction "
                        f"{interval(null)}: order trace, not values"
                    )


def _lead(plan: Plan, gate: Gate, tables: Tables, arm: str, comparator: str) -> Effect | None:
    scores = gate_scores(plan, gate, tables)
    if not scores.has(arm, comparator):
        return None
    seeds = common_seeds(plan, scores, (arm, comparator))
    return effect(plan, scores, arm, comparator, seeds=seeds) if seeds else None
