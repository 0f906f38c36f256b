"""How scores move under adversarial fine-tuning, dose by dose: the curve of every arm, and how far it falls.

Source: internalization.md section 1: area over the doses from 1 on, and that minus dose 0, never a ratio to the start;
the dose at which a score is half-way down to U.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from scipy.special import logit

from rearing.records.plan import Gate, Plan
from rearing.records.verdict import Drift
from rearing.verdict.crossed import Array
from rearing.verdict.endpoints import Doses, area, doses, fall, half_dose
from rearing.verdict.scores import FAMILY, Tables, significant
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
    values = {arm.name: found.values[[name == arm.name for name, _ in found.pairs]] for arm in plan.arms}
    base = [values[arm.name] for arm in plan.role("untrained") if len(values[arm.name])]
    floors = [significant(float(own[..., 0].mean())) for own in base]
    for arm, own in values.items():
        if not len(own):
            continue
        counted, logits = np.ones(own.shape[:2]), _logits(own)
        curve = tuple(band(own[..., k], counted, plan.alpha) for k in range(len(found.doses)))
        half = half_dose(found.doses, [b.mean for b in curve], floors[0]) if floors else None
        yield Drift(
            arm=arm,
            attack=attack,
            family=gate.select,
            measure=gate.measure,
            doses=found.doses,
            curve=curve,
            area=band(area(found.doses[1:], own[..., 1:]), counted, plan.alpha),
            fall=band(fall(found.doses, own), counted, plan.alpha),
            logit=band(fall(found.doses, logits), counted[:, :1], plan.alpha),
            half_dose=None if half is None else significant(half),
        )


def _logits(values_PND: Array) -> Array:
    """The logit of the mean over scenarios, kept half a scenario away from 0 and 1; shape (P, 1, D)."""
    half = 0.5 / values_PND.shape[1]
    return np.asarray(logit(values_PND.mean(axis=1, keepdims=True).clip(half, 1 - half)), dtype=np.float64)
