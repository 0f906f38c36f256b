"""How scores move under adversarial fine-tuning, dose by dose: the curve of every arm, how far it falls and comes back.

Source: internalization.md section 1: area over the doses from 1 on, and that minus dose 0, never a ratio to the start;
the dose at which a score is half-way down to U; the score against nats learned of the attack's texts, for an arm whose
training makes them hard to read would otherwise pass for robust; recovery; lead and lag of readings and choices.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import logit

from rearing.records.plan import Gate, Plan
from rearing.records.reading import NULL
from rearing.records.verdict import Band, Drift, First, Lead
from rearing.verdict.crossed import Array
from rearing.verdict.endpoints import Doses, area, at_learned, doses, fall, half_band, half_dose, learned, undone
from rearing.verdict.scores import FAMILY, Tables, significant
from rearing.verdict.survival import band

if TYPE_CHECKING:
    import polars as pl

# Half-way doses closer than this, in doublings, are together: there is no rung between them, nor any below the first.
TOGETHER = 0.5


def drift(plan: Plan, tables: Tables) -> tuple[Drift, ...]:
    """The curve of every arm of the plan under every attack, on every family and reading that was asked again.

    A family that carries a gate is scored on the forms and situations of its gate, any other on its main situation.
    """
    made: list[Drift] = []
    for attack, gate in _asked_again(plan, tables):
        found = doses(gate, tables.of(gate), attack)
        if found is not None:
            made += _curves(plan, attack, gate, found, tables)
    return tuple(made)


def leads(plan: Plan, drifts: Sequence[Drift]) -> tuple[Lead, ...]:
    """Every reading of every arm against every family of choices, where both have something to lose."""
    lost = [d for d in drifts if d.floor is not None and d.curve[0].mean > d.floor and not d.family.endswith(NULL)]
    readings = [d for d in lost if d.is_reading]
    return tuple(
        _lead(held, chosen, plan.alpha)
        for held in readings
        for chosen in lost
        if not chosen.is_reading and (chosen.arm, chosen.attack) == (held.arm, held.attack)
    )


def _lead(held: Drift, chosen: Drift, alpha: float) -> Lead:
    """The order of the mean curves, and that of every seed at which both begin above U."""
    ways, rung = [_half_doses(held), _half_doses(chosen)], held.doses[1]
    seeds = tuple(seed for seed in held.seeds if all(seed in way for way in ways))
    pairs = [(ways[0][seed], ways[1][seed]) for seed in seeds]
    apart = [[_doublings(h, c, rung)] for h, c in pairs if h is not None and c is not None]
    whole = len(apart) == len(seeds) > 1
    return Lead(
        arm=held.arm,
        attack=held.attack,
        reading=held.family,
        family=chosen.family,
        held=held.half_dose,
        chosen=chosen.half_dose,
        first=_first(held.half_dose, chosen.half_dose, rung),
        seeds=seeds,
        by_seed=tuple(_first(*pair, rung) for pair in pairs),
        doublings=band(np.array(apart), np.ones((len(apart), 1)), alpha) if whole else None,
    )


def _half_doses(one: Drift) -> dict[int, float | None]:
    """The half-way dose of every seed that has something to lose."""
    floor = one.floor or 0.0
    curves = zip(one.seeds, one.by_seed, strict=True)
    return {seed: half_dose(one.doses, curve, floor) for seed, curve in curves if curve[0] > floor}


def _first(held: float | None, chosen: float | None, rung: int) -> First:
    if held is None or chosen is None:
        return "reading" if held is not None else "choices" if chosen is not None else "neither"
    doublings = _doublings(held, chosen, rung)
    return "together" if abs(doublings) < TOGETHER else "reading" if doublings < 0 else "choices"


def _doublings(held: float, chosen: float, rung: int) -> float:
    """How many doublings of the dose the reading comes after the choices; nothing was seen before the first rung."""
    return float(np.log2(max(held, rung) / max(chosen, rung)))


def _asked_again(plan: Plan, tables: Tables) -> Iterator[tuple[str, Gate]]:
    """Every attack, and what was asked after it."""
    gates = {(g.table, g.select): g for g in (*plan.gates[::-1], plan.normal)}
    kinds: tuple[Literal["responses", "readings"], ...] = ("responses", "readings")
    for table in kinds:
        frame = tables.responses if table == "responses" else tables.readings
        for attack, select in frame.select("attack", FAMILY[table]).unique().sort("attack", FAMILY[table]).rows():
            if attack:
                yield attack, gates.get((table, select), Gate(id=select, table=table, select=select))


def _curves(plan: Plan, attack: str, gate: Gate, found: Doses, tables: Tables) -> Iterator[Drift]:
    nll = _losses(tables.losses, attack, found)
    gained = None if nll is None else learned(nll)
    nats = 0.0 if gained is None else float(gained.max(axis=1).min())
    back = undone(gate, tables.recovery, attack, found) if gate.table == "responses" else None
    rows = {arm.name: [i for i, (name, _) in enumerate(found.pairs) if name == arm.name] for arm in plan.arms}
    base = [found.values[rows[arm.name]] for arm in plan.role("untrained") if rows[arm.name]]
    floor = significant(float(base[0][..., 0].mean())) if base else None
    for arm, at in rows.items():
        if not at:
            continue
        own = found.values[at]
        counted, logits = np.ones(own.shape[:2]), _logits(own)
        curve, by_seed = _bands(own, plan), own.mean(axis=1)
        half = None if floor is None else half_dose(found.doses, [b.mean for b in curve], floor)
        regained = back[1][at] - own[..., -1:] if back is not None else None
        yield Drift(
            arm=arm,
            attack=attack,
            family=gate.select,
            is_reading=gate.table == "readings",
            measure=gate.measure,
            doses=found.doses,
            curve=curve,
            area=band(area(found.doses[1:], own[..., 1:]), counted, plan.alpha),
            fall=band(fall(found.doses, own), counted, plan.alpha),
            logit=band(fall(found.doses, logits), counted[:, :1], plan.alpha),
            half_dose=None if half is None else significant(half),
            half_band=None if floor is None else half_band(found.doses, by_seed, floor, plan.alpha),
            seeds=tuple(found.pairs[i][1] for i in at),
            by_seed=tuple(tuple(map(significant, row)) for row in by_seed.tolist()),
            floor=floor,
            nll=_bands(nll[at][:, None], plan) if nll is not None else (),
            at_nats=band(at_learned(gained[at], own, nats), counted, plan.alpha)
            if gained is not None and nats > 0
            else None,
            nats=significant(nats),
            steps=back[0] if back is not None else (),
            regained=_bands(regained, plan) if regained is not None else (),
            half_back=_half_back(back[0], own, regained) if back is not None and regained is not None else None,
        )


def _bands(values_PNK: Array, plan: Plan) -> tuple[Band, ...]:
    counted = np.ones(values_PNK.shape[:2])
    return tuple(band(values_PNK[..., k], counted, plan.alpha) for k in range(values_PNK.shape[-1]))


def _losses(frame: "pl.DataFrame | None", attack: str, found: Doses) -> Array | None:
    """Nats per token of an attack's texts, shape (P, T + 1); None if a model or a dose has none."""
    import polars as pl

    if frame is None:
        return None
    means = frame.filter(pl.col("attack") == attack).group_by("arm", "seed", "dose")
    nll = means.agg((pl.col("nll") * pl.col("tokens")).sum() / pl.col("tokens").sum())
    there = {(arm, seed, dose): value for arm, seed, dose, value in nll.iter_rows()}
    if any((*pair, dose) not in there for pair in found.pairs for dose in found.doses):
        return None
    return np.array([[there[*pair, dose] for dose in found.doses] for pair in found.pairs])


def _half_back(steps: Sequence[int], own_PND: Array, regained_PNS: Array) -> float | None:
    """Half-way back is half-way down of a curve that is turned upside down."""
    lost = float(own_PND[..., 0].mean() - own_PND[..., -1].mean())
    curve = [0.0, *(-regained_PNS.mean(axis=(0, 1)))]
    half = half_dose((0, *steps), curve, -lost)
    return None if half is None else significant(half)


def _logits(values_PND: Array) -> Array:
    """The logit of the mean over scenarios, kept half a scenario away from 0 and 1; shape (P, 1, D)."""
    half = 0.5 / values_PND.shape[1]
    return np.asarray(logit(values_PND.mean(axis=1, keepdims=True).clip(half, 1 - half)), dtype=np.float64)
