"""A lead that is gone when the trace of the training order is projected out is no lead in values."""

from collections.abc import Iterator
from dataclasses import replace

from rearing.records.plan import Gate, Plan
from rearing.records.reading import NULL, OF_TEXT, ORDER, ORDERLESS, STABLE, plain_name
from rearing.records.verdict import Effect
from rearing.verdict.effects import common_seeds, effect
from rearing.verdict.endpoints import measured
from rearing.verdict.panel import interval
from rearing.verdict.scores import Tables

# Nulls under names of their own: a lead on them is none in values, whatever it is a trace of.
NULLS = ("rank-random", "control")


def order_notes(plan: Plan, tables: Tables) -> Iterator[str]:
    """A sentence for every lead of a structured arm on a reading that may be a trace of the training order.

    Source: internalization.md section 2 ("recency"): it is reported as order trace, not as values. A lead is an effect
    whose lower bound is above 0. It is order trace if it is gone in the twin and stays in the twin's null, which has
    another direction projected out (`probes.recency`); a reading without a twin is said to be untested. Before an
    attack `stable` says what `decode` says, so of it the clause alone is looked at. Nothing is said where no reading
    has a twin.
    """
    gates = {gate.select: gate for gate in plan.gates if gate.table == "readings"}
    there = set(tables.readings["reading"].unique().to_list())
    if not any(name.endswith(ORDERLESS) for name in there):
        return
    names = sorted({plain_name(name) for name in there} - {*STABLE, *ORDER, *OF_TEXT, *NULLS})
    asked = [gates.get(name, Gate(id=name, table="readings", select=name, measure="judgement")) for name in names]
    for gate in (*asked, *(clause for clause in plan.clauses if clause.select in STABLE)):
        name = gate.select
        change = f", change under {plan.attack}" if gate.endpoint == "drift" else ""
        for structured in plan.role("structured"):
            for comparator in plan.role("comparator"):
                own, twin, null = (
                    _lead(plan, replace(gate, select=name + suffix), tables, structured.name, comparator.name)
                    for suffix in ("", ORDERLESS, ORDERLESS + NULL)
                )
                if own is None or own.low <= 0:
                    continue
                lead = f"{name}{change}: {structured.label} is ahead of {comparator.label} by {interval(own)}"
                if twin is None or null is None:
                    yield f"{lead}; not computed without the trace of the training order: untested against it"
                elif twin.low <= 0 < null.low:
                    yield (
                        f"{lead}, with the trace of the training order projected out by {interval(twin)}; "
                        f"with another direction {interval(null)}: order trace, not values"
                    )


def _lead(plan: Plan, gate: Gate, tables: Tables, arm: str, comparator: str) -> Effect | None:
    scores = measured(plan, gate, tables)
    if not scores.has(arm, comparator):
        return None
    seeds = common_seeds(plan, scores, (arm, comparator))
    return effect(plan, scores, arm, comparator, seeds=seeds) if seeds else None
