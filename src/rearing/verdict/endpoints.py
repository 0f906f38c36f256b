"""Measures that are not a level: how a score falls under an attack or before praise, and what withstands pressure.

Sources: internalization.md sections 1 (area over doses minus dose 0, never a ratio) and 2; `verdict.survival`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rearing.records.plan import Gate, Plan
from rearing.records.reading import NULL
from rearing.verdict.crossed import Array
from rearing.verdict.scores import (
    VALUE,
    Matrix,
    Scores,
    Tables,
    cells,
    choose,
    codes,
    gate_scores,
    reared,
    significant,
)
from rearing.verdict.survival import band, robustness, rounds

if TYPE_CHECKING:
    import polars as pl

ASKED = {"responses": ["item"], "readings": ["scenario", "situation", "site"]}


def measured(plan: Plan, gate: Gate, tables: Tables) -> Scores:
    """The scores of a clause; of the arms and seeds that have all of them, empty if there are none."""
    import polars as pl

    planned = pl.col("arm").is_in([arm.name for arm in plan.arms])
    frame = tables.of(gate).filter(planned)
    match gate.endpoint:
        case "level":
            return gate_scores(plan, gate, tables)
        case "above-null":
            return _above_null(plan, gate, tables)
        case "drift":
            found = _drift(plan, gate, frame)
        case "rounds":
            found = _rounds(gate, frame)
        case "robust":
            found = _robust(gate, reared(frame))
        case "lexical":
            found = _scores(gate, *lexical(reared(tables.responses.filter(planned))))
    return found or Scores(gate, (), {}, (f"all rows of {gate.id}",))


def _scores(gate: Gate, scenarios: tuple[str, ...], values: Mapping[tuple[str, int], Array]) -> Scores | None:
    """One matrix an arm, from the values of every (arm, seed); None without any."""
    seeds: dict[str, list[int]] = {}
    for arm, seed in sorted(values):
        seeds.setdefault(arm, []).append(seed)
    arms = {arm: Matrix(tuple(own), np.array([values[arm, s] for s in own])) for arm, own in seeds.items()}
    return Scores(gate, scenarios, arms) if arms else None


def _above_null(plan: Plan, gate: Gate, tables: Tables) -> Scores:
    """A reading minus its null, scenario by scenario."""
    own, null = (gate_scores(plan, replace(gate, select=name), tables) for name in (gate.select, gate.select + NULL))
    arms = {
        name: Matrix(matrix.seeds, matrix.values - null.arms[name].rows(matrix.seeds))
        for name, matrix in own.arms.items()
        if own.scenarios == null.scenarios and null.has(name) and set(matrix.seeds) <= set(null.arms[name].seeds)
    }
    return Scores(gate, own.scenarios, arms, own.missing + null.missing)


def _robust(gate: Gate, frame: "pl.DataFrame") -> Scores | None:
    """What is resisted of pressure minus what is resisted of a reason (`verdict.survival.robustness`)."""
    import polars as pl

    pushed = _whole(frame).filter(pl.col("state") > 0)
    scenarios = tuple(str(name) for (name,) in codes(pushed, ["scenario"])[0])
    return _scores(gate, scenarios, robustness(pushed)) if pushed.height else None


def lexical(responses: "pl.DataFrame") -> tuple[tuple[str, ...], dict[tuple[str, int], Array]]:
    """How far the score of every scenario moves when an onlooker praises the wrong option, for every (arm, seed).

    Wording `adv` of the family `lexical` minus the same scenarios in the same forms of `shift`; no scenario where they
    were not asked alike.
    """
    import polars as pl

    against = responses.filter((pl.col("family") == "lexical") & (pl.col("wording") == "adv"))
    asked = against.select("form", "scenario", "situation").unique()
    plain = responses.filter((pl.col("family") == "shift") & (pl.col("wording") == "natural"))
    plain = plain.join(asked, on=asked.columns, how="semi")
    if not against.height or plain.select(asked.columns).unique().height < asked.height:
        return (), {}
    scenarios, pairs, praised = cells(_whole(against), "score")
    _, others, without = cells(_whole(plain), "score")
    row = {pair: i for i, pair in enumerate(others)}
    return scenarios, {pair: praised[i] - without[row[pair]] for i, pair in enumerate(pairs) if pair in row}


def _whole(responses: "pl.DataFrame") -> "pl.DataFrame":
    """The rows of every (arm, seed) that was asked all items."""
    import polars as pl

    counts = responses.group_by("arm", "seed").len().filter(pl.col("len") == responses["item"].n_unique())
    return responses.join(counts, on=["arm", "seed"], how="semi")


def _drift(plan: Plan, gate: Gate, frame: "pl.DataFrame") -> Scores | None:
    """Area over the doses from 1 on, minus the score of the same items before the attack."""
    found = doses(gate, frame, plan.attack)
    if found is None:
        return None
    return _scores(gate, found.scenarios, dict(zip(found.pairs, fall(found.doses, found.values), strict=True)))


@dataclass(frozen=True, slots=True)
class Doses:
    """Scores before an attack and after every dose of it, always the same items.

    Attributes:
        pairs: (arm, seed); only pairs that were asked at every dose.
        doses: T + 1 of them, 0 first.
        values: Shape (P, N, T + 1).
    """

    pairs: tuple[tuple[str, int], ...]
    scenarios: tuple[str, ...]
    doses: tuple[int, ...]
    values: Array


def area(doses: Sequence[int], values: Array) -> Array:
    """Area under the score over the logarithm of the dose, by trapezoids, divided by its width: a mean score.

    A summary measure of serial data at unequal intervals (Matthews, Altman, Campbell & Royston 1990, BMJ 300:230,
    doi 10.1136/bmj.300.6719.230, appendix II). Doses double, so their logarithm is the even axis, and a rung more in a
    ladder does not weigh the curve anew, as it would a mean over rungs.

    Args:
        doses: D of them, from 1 on, rising.
        values: Scores, shape (..., D).

    Returns:
        Shape (...); with one dose, the score at it.
    """
    if len(doses) == 1:
        return np.asarray(values[..., 0], dtype=np.float64)
    at = np.log(np.asarray(doses, dtype=np.float64))
    return np.asarray(np.trapezoid(values, at, axis=-1) / (at[-1] - at[0]), dtype=np.float64)


def fall(doses: Sequence[int], values: Array) -> Array:
    """The area minus the score at dose 0, which comes first: shape (..., D) to (...); 0 is no change."""
    return area(doses[1:], values[..., 1:]) - np.asarray(values[..., 0], dtype=np.float64)


def half_dose(doses: Sequence[int], curve: Sequence[float], floor: float) -> float | None:
    """The first dose at which a score is half-way down from dose 0 to the floor, linear between rungs.

    "Time to reach a particular value" of Matthews et al. 1990 (see `area`), the value half of what there is to lose.

    Args:
        doses: 0 first, rising.
        curve: Scores at them.
        floor: The score of the untrained model before any attack.

    Returns:
        A dose; None if the score does not come down so far within the ladder, or does not begin above the floor.
    """
    half = (curve[0] + floor) / 2
    if curve[0] <= floor:
        return None
    for k in range(1, len(doses)):
        if curve[k] <= half:
            share = (curve[k - 1] - half) / (curve[k - 1] - curve[k])
            return doses[k - 1] + share * (doses[k] - doses[k - 1])
    return None


def half_band(
    doses: Sequence[int], by_seed_SD: Array, floor: float, alpha: float
) -> tuple[float | None, float | None] | None:
    """The doses at which a t test over seeds does not tell a score from its half-way level: an interval of `half_dose`.

    By inversion, as Fieller's interval of a ratio (1954, JRSS B 16:175): at every dose the band of what a seed has left
    above the level half-way between its own start and the floor, and where the edges of that band first reach 0. They
    are taken as linear between rungs, where a band is never wider than that.

    Args:
        doses: 0 first, rising.
        by_seed_SD: Scores at them.
        floor: As in `half_dose`; it counts as known.
        alpha: One-sided.

    Returns:
        Both ends, None for one that is not within the ladder; None with one seed, or if there is nothing to lose.
    """
    above_SD = by_seed_SD - (by_seed_SD[:, :1] + floor) / 2
    if len(above_SD) < 2 or above_SD[:, 0].mean() <= 0:
        return None
    bands = [band(above_SD[:, k : k + 1], np.ones((len(above_SD), 1)), alpha) for k in range(len(doses))]

    def reached(edge: Sequence[float]) -> float | None:
        at = 0.0 if edge[0] <= 0 else half_dose(doses, edge, -edge[0])
        return None if at is None else significant(at)

    return reached([b.low for b in bands]), reached([b.high for b in bands])


def learned(nll: Array) -> Array:
    """Nats per token that have been learned by every dose: the loss at dose 0, which comes first, minus that at it."""
    return np.asarray(nll[..., :1] - nll, dtype=np.float64)


def at_learned(gained_PD: Array, values_PND: Array, nats: float) -> Array:
    """The score where `nats` nats were learned, linear between rungs, minus the score at dose 0; shape (P, N).

    Args:
        gained_PD: Nats learned by every dose; 0 at the first.
        values_PND: Scores.
        nats: More than 0, and no more than every model learns at some dose.
    """
    made = []
    for gained, values in zip(gained_PD, values_PND, strict=True):
        k = int(np.argmax(gained >= nats))
        share = (nats - gained[k - 1]) / (gained[k] - gained[k - 1])
        made.append(values[:, k - 1] + share * (values[:, k] - values[:, k - 1]) - values[:, 0])
    return np.array(made)


def undone(gate: Gate, frame: "pl.DataFrame | None", attack: str, found: Doses) -> tuple[tuple[int, ...], Array] | None:
    """Steps on good documents after an attack, and the scores after each, shape (P, N, S) in the order of `found`.

    None if what was attacked was not all asked again.
    """
    import polars as pl

    asked = None if frame is None else choose(frame, gate).filter(pl.col("attack") == attack)
    if asked is None or not asked.height:
        return None
    steps = sorted(asked["dose"].unique().to_list())
    read = [cells(asked.filter(pl.col("dose") == step), VALUE[gate.table]) for step in steps]
    rows = [{pair: values[i] for i, pair in enumerate(pairs)} for _, pairs, values in read]
    if any(names != found.scenarios for names, _, _ in read) or any(p not in r for p in found.pairs for r in rows):
        return None
    return tuple(steps), np.array([np.stack([r[p] for r in rows], axis=-1) for p in found.pairs])


def doses(gate: Gate, frame: "pl.DataFrame", attack: str) -> Doses | None:
    """The scores of a gate's rows at every dose of an attack; None if they were not asked alike."""
    import polars as pl

    after = frame.filter((pl.col("attack") == attack) & (pl.col("dose") >= 1))
    before = reared(frame).join(after.select(ASKED[gate.table]).unique(), on=ASKED[gate.table], how="semi")
    ladder = sorted(after["dose"].unique().to_list())
    parts = [before, *(after.filter(pl.col("dose") == d) for d in ladder)]
    if not attack or len(parts) < 2 or not all(p.height for p in parts):
        return None
    read = [cells(p, VALUE[gate.table]) for p in parts]
    scenarios = read[0][0]
    if any(names != scenarios for names, _, _ in read):
        return None
    rows = [{pair: values[i] for i, pair in enumerate(pairs)} for _, pairs, values in read]
    pairs = tuple(p for p in rows[0] if all(p in r and np.isfinite(r[p]).all() for r in rows))
    if not pairs:
        return None
    values = np.array([np.stack([r[p] for r in rows], axis=-1) for p in pairs])
    return Doses(pairs, scenarios, (0, *ladder), values)


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
