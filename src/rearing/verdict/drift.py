"""How scores move under adversarial fine-tuning, dose by dose: the curve of every arm, and how far it falls.

Source: internalization.md section 1: area over the doses from 1 on, minus dose 0, never a ratio to the start.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from rearing.records.plan import Gate, Plan
from rearing.records.verdict import Drift
from rearing.verdict.endpoints import Doses, doses
from rearing.verdict.scores import FAMILY, Tables
from rearing.verdict.survival import band


def drift(plan: Plan, tables: Tables) -> tuple[Drift, ...]:
    """The curve of every arm of the plan under every attack, on every family and reading that was asked again.

    A family that carries a gate is scored on the forms and situations of its gate, any other on its main situation.
    """
    made: list[Drift] = []
    for attack, gate in _asked_again(plan, tables):
        found = doses(gate, tables.of(gate), attack)
        if found is not None:
            made += _curves(plan, attack, gate, found)
    return tuple(made)


def _asked_again(plan: Plan, tables: Tables) -> Iterator[tuple[str, Gate]]:
    """Every attack, and what was asked after it."""
    gates = {(g.table, g.select): g for g in (*plan.gates[::-1], plan.normal)}
    kinds: tuple[Literal["responses", "readings"], ...] = ("responses", "readings")
    for table in kinds:
        frame = tables.responses if table == "responses" else tables.readings
        for attack, select in frame.select("attack", FAMILY[table]).unique().sort("attack", FAMILY[table]).rows():
            if attack:
                yield attack, gates.get((table, select), Gate(id=select, table=table, select=select))


def _curves(plan: Plan, attack: str, gate: Gate, found: Doses) -> Iterator[Drift]:
    for arm in plan.arms:
        rows = [i for i, (name, _) in enumerate(found.pairs) if name == arm.name]
        if not rows:
            continue
        values, counted = found.values[rows], np.ones((len(rows), len(found.scenarios)))
        yield Drift(
            arm=arm.name,
            attack=attack,
            family=gate.select,
            measure=gate.measure,
            doses=found.doses,
            curve=tuple(band(values[..., k], counted, plan.alpha) for k in range(len(found.doses))),
            fall=band(found.fall[rows], counted, plan.alpha),
        )
