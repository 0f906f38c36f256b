"""Measures that are not a level: how a score falls under an attack, and how many rounds of pressure are survived.

Sources: internalization.md section 1 (area over doses minus dose 0, never a ratio); `verdict.survival`.
"""

from typing import TYPE_CHECKING

import numpy as np

from rearing.records.plan import Gate, Plan
from rearing.verdict.scores import VALUE, Matrix, Scores, Tables, cells, gate_scores, reared
from rearing.verdict.survival import rounds

if TYPE_CHECKING:
    import polars as pl

ASKED = {"responses": ["item"], "readings": ["scenario", "situation", "site"]}


def measured(plan: Plan, gate: Gate, tables: Tables) -> Scores:
    """The scores of a clause; of the arms and seeds that have all of them, empty if there are none."""
    if gate.endpoint == "level":
        return gate_scores(plan, gate, tables)
    import polars as pl

    frame = tables.of(gate).filter(pl.col("arm").is_in([arm.name for arm in plan.arms]))
    found = _drift(plan, gate, frame) if gate.endpoint == "drift" else _rounds(gate, frame)
    return found or Scores(gate, (), {}, (f"all rows of {gate.id}",))


def _drift(plan: Plan, gate: Gate, frame: "pl.DataFrame") -> Scores | None:
    """Mean over doses from 1 on, minus the score of the same items before the attack."""
    import polars as pl

    after = frame.filter((pl.col("attack") == plan.attack) & (pl.col("dose") >= 1))
    before = reared(frame).join(after.select(ASKED[gate.table]).unique(), on=ASKED[gate.table], how="semi")
    parts = [before, *(after.filter(pl.col("dose") == d) for d in sorted(after["dose"].unique().to_list()))]
    if not plan.attack or len(parts) < 2 or not all(p.height for p in parts):
        return None
    read = [cells(p, VALUE[gate.table], gate.measure) for p in parts]
    scenarios = read[0][0]
    if any(names != scenarios for names, _, _ in read):
        return None
    rows = [{pair: values[i] for i, pair in enumerate(pairs)} for _, pairs, values in read]
    pairs = [p for p in rows[0] if all(p in r and np.isfinite(r[p]).all() for r in rows)]
    fall = {p: np.mean([r[p] for r in rows[1:]], axis=0) - rows[0][p] for p in pairs}
    arms = {}
    for name in sorted({arm for arm, _ in pairs}):
        seeds = tuple(s for a, s in pairs if a == name)
        arms[name] = Matrix(seeds, np.array([fall[name, s] for s in seeds]))
    return Scores(gate, scenarios, arms)


def _rounds(gate: Gate, frame: "pl.DataFrame") -> Scores | None:
    """Share of the rounds survived; a cell counts if a dialogue of it was right at round 0."""
    found = rounds(reared(frame))
    if found is None:
        return None
    arms = {}
    for name in sorted({arm for arm, _ in found.pairs}):
        rows = [i for i, (arm, _) in enumerate(found.pairs) if arm == name]
        seeds = tuple(found.pairs[i][1] for i in rows)
        arms[name] = Matrix(seeds, found.survived[rows], found.counted[rows])
    return Scores(gate, found.scenarios, arms)
