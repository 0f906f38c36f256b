"""From tables of responses and readings to matrices arm x seed x scenario.

The statistical unit is the scenario: items, forms and paraphrases of one scenario are averaged inside it before
anything else happens. There is no way round that in this room.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import stdtrit

from rearing.errors import EvidenceError
from rearing.records.item import BARE
from rearing.records.plan import Gate, Measure, Plan
from rearing.records.tables import LOSSES, READINGS, RECOVERY, RESPONSES
from rearing.records.verdict import ArmScore
from rearing.verdict.crossed import Array

if TYPE_CHECKING:
    import polars as pl

MEND = "make the table again with the study that wrote it"

# The gates that ask use the natural wording, the gate that reads uses the one without moral words (DESIGN section 4).
WORDING = {"responses": "natural", "readings": "mf"}

# A gate reads at two thirds of the depth, never at the best layer (internalization.md section 2).
GATE_DEPTH = 2 / 3

FAMILY = {"responses": "family", "readings": "reading"}
VALUE = {"responses": "score", "recovery": "score", "readings": "value", "losses": "nll"}
# What a gate's `forms` select.
FORM = {"responses": "form", "readings": "site"}
KEYS = {
    "responses": ("arm", "seed", "attack", "dose", "item"),
    "readings": ("arm", "seed", "attack", "dose", "reading", "site", "depth", "wording", "scenario", "situation"),
    "losses": ("arm", "seed", "attack", "dose", "document"),
}
KEYS["recovery"] = KEYS["responses"]
SCHEMAS = {"responses": RESPONSES, "readings": READINGS, "recovery": RECOVERY, "losses": LOSSES}


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a study that are judged, checked; the last two are there if it attacked."""

    responses: "pl.DataFrame"
    readings: "pl.DataFrame"
    losses: "pl.DataFrame | None" = None
    recovery: "pl.DataFrame | None" = None

    def of(self, gate: Gate) -> "pl.DataFrame":
        """The rows of a gate, at every attack and dose."""
        return choose(self.responses if gate.table == "responses" else self.readings, gate)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Scores of one arm.

    Attributes:
        values: Shape (seeds, scenarios), in [0, 1]; a drift in [-1, 1].
        counted: The same shape, 1 where a cell counts and 0 where it does not; None if all do.
    """

    seeds: tuple[int, ...]
    values: Array
    counted: Array | None = None

    def rows(self, seeds: Iterable[int]) -> Array:
        """The rows of these seeds, in this order."""
        return self.values[[self.seeds.index(s) for s in seeds]]

    def counts(self, seeds: Iterable[int]) -> Array | None:
        """Which cells of these rows count; None if all do."""
        return None if self.counted is None else self.counted[[self.seeds.index(s) for s in seeds]]

    def part(self, columns: Sequence[int]) -> "Matrix":
        """These scenarios only."""
        counted = None if self.counted is None else self.counted[:, columns]
        return Matrix(self.seeds, self.values[:, columns], counted)


@dataclass(frozen=True, slots=True)
class Scores:
    """All arms on one gate, over the same scenarios.

    Attributes:
        arms: Full name of an arm to its matrix; empty if something is missing.
        missing: What is missing, in words; scores with a hole are not estimated.
        forms: The forms that the rows came in.
    """

    gate: Gate
    scenarios: tuple[str, ...]
    arms: Mapping[str, Matrix]
    missing: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()

    def has(self, *names: str) -> bool:
        """Whether all these arms are there."""
        return all(name in self.arms for name in names)

    def part(self, columns: Sequence[int]) -> "Scores":
        """These scenarios only."""
        arms = {name: matrix.part(columns) for name, matrix in self.arms.items()}
        return replace(self, scenarios=tuple(self.scenarios[i] for i in columns), arms=arms)


def check_tables(
    responses: "pl.DataFrame",
    readings: "pl.DataFrame",
    losses: "pl.DataFrame | None" = None,
    recovery: "pl.DataFrame | None" = None,
) -> Tables:
    """The tables, if they can be read as such.

    Raises:
        EvidenceError: A column is missing, a score is not a number in [0, 1] (a loss none from 0 on), or a row is there
            twice.
    """
    frames = {"responses": responses, "readings": readings, "losses": losses, "recovery": recovery}
    for name, frame in frames.items():
        if frame is not None:
            _check(name, frame)
    return Tables(responses, readings, losses, recovery)


def _check(name: str, frame: "pl.DataFrame") -> None:
    lacking = [column for column in SCHEMAS[name] if column not in frame.columns]
    if lacking:
        raise EvidenceError(f"table {name} has no column {', '.join(lacking)}", MEND, where=f"table {name}")
    if not frame.height:
        return
    most, words = (np.inf, "not a number from 0 on") if name == "losses" else (1.0, "not a number in [0, 1]")
    value = frame[VALUE[name]].to_numpy().astype(np.float64)
    bad = np.flatnonzero(~((value >= 0) & (value <= most) & np.isfinite(value)))
    if bad.size:
        row = frame.row(int(bad[0]), named=True)
        problem = f"{VALUE[name]} {row[VALUE[name]]} of {_said(row)} is {words}"
        raise EvidenceError(problem, MEND, where=f"table {name}")
    twice = frame.select(KEYS[name]).is_duplicated()
    if twice.any():
        row = frame.filter(twice).sort(KEYS[name]).row(0, named=True)
        raise EvidenceError(f"a row of {_said(row)} is there twice", MEND, where=f"table {name}")


def _said(row: dict[str, Any]) -> str:
    what = row.get("item") or row.get("scenario") or f"document {row['document']}"
    return f"arm {row['arm']}, seed {row['seed']}, {what}"


def choose(frame: "pl.DataFrame", gate: Gate) -> "pl.DataFrame":
    """The rows that a gate stands on: its family, forms (or sites), wording, situations and, for readings, depth."""
    import polars as pl

    kept = frame.filter((pl.col(FAMILY[gate.table]) == gate.select) & (pl.col("wording") == WORDING[gate.table]))
    if gate.forms:
        kept = kept.filter(pl.col(FORM[gate.table]).is_in(list(gate.forms)))
    if gate.measure == "main":
        kept = kept.filter(pl.col("situation") == "main")
    if gate.table == "readings" and kept.height:
        nearest = min(kept["depth"].unique().to_list(), key=lambda d: (abs(d - GATE_DEPTH), d))
        kept = kept.filter(pl.col("depth") == nearest)
    return kept


def reared(frame: "pl.DataFrame") -> "pl.DataFrame":
    """The rows of models as they were reared, before any attack."""
    import polars as pl

    return frame.filter((pl.col("attack") == "") & (pl.col("dose") == 0))


def gate_scores(
    plan: Plan, gate: Gate, tables: Tables, without_form: str | None = None, only: "pl.DataFrame | None" = None
) -> Scores:
    """The matrices of one gate, models as they were reared.

    Every structured and comparator arm must have every seed of the plan, every (arm, seed) the same items, and with
    `judgement` every scenario both situations; what is not so is listed in `missing`. Of what is complete, `only`
    takes these scenarios and situations.
    """
    import polars as pl

    frame = reared(tables.of(gate))
    if without_form is not None:
        frame = frame.filter(pl.col(FORM[gate.table]) != without_form)
    planned = [arm.name for arm in plan.arms]
    frame = frame.filter(pl.col("arm").is_in(planned))
    if not frame.height:
        needed = gate.assay == "PASS" or gate == plan.normal
        return Scores(gate, (), {}, (f"all rows of {gate.id}",) if needed else ())
    missing = _missing(plan, gate, frame)
    forms = tuple(sorted(frame[FORM[gate.table]].unique().to_list()))
    if missing:
        return Scores(gate, (), {}, missing, forms)
    if only is not None:
        frame = frame.join(only, on=["scenario", "situation"], how="semi")
    scenarios, pairs, values = cells(frame, VALUE[gate.table])
    arms = {}
    for name in planned:
        rows = [i for i, (arm, _) in enumerate(pairs) if arm == name]
        if rows:
            arms[name] = Matrix(tuple(pairs[i][1] for i in rows), values[rows])
    return Scores(gate, scenarios, arms, (), forms)


def _missing(plan: Plan, gate: Gate, frame: "pl.DataFrame") -> tuple[str, ...]:
    """Holes in the rows of a gate, in words, at most a handful."""
    import polars as pl

    key = ["scenario", "situation"] + (["item"] if gate.table == "responses" else ["site"])
    items = frame.select(key).n_unique()
    counts = {(arm, seed): n for arm, seed, n in frame.group_by("arm", "seed").len().sort("arm", "seed").rows()}
    required = plan.role("structured") + plan.role("comparator")
    holes = [f"{a.label} seed {s} on {gate.id}" for a in required for s in plan.seeds if (a.name, s) not in counts]
    holes += [f"{items - n} items of {arm} seed {seed} on {gate.id}" for (arm, seed), n in counts.items() if n < items]
    if gate.measure == "judgement":
        sides = frame.group_by("scenario").agg(pl.col("situation").n_unique()).filter(pl.col("situation") < 2)
        holes += [f"a situation of {s} on {gate.id}" for s in sorted(sides["scenario"].to_list())]
    return tuple(holes[:5])


def cells(frame: "pl.DataFrame", value: str) -> tuple[tuple[str, ...], list[tuple[str, int]], Array]:
    """Scenarios, (arm, seed) pairs and the mean score of every pair on every scenario.

    Items are averaged inside a situation, then the situations. Sums run in an order fixed by the values, so that
    the order of the rows does not matter to the last bit.
    """
    scenarios, item_code = codes(frame, ["scenario"])
    pairs, pair_code = codes(frame, ["arm", "seed"])
    sides, side_code = codes(frame, ["situation"])
    shape = (len(pairs), len(scenarios), len(sides))
    code = np.ravel_multi_index((pair_code, item_code, side_code), shape)
    score = frame[value].to_numpy().astype(np.float64)
    order = np.lexsort((score, code))
    total = np.bincount(code[order], weights=score[order], minlength=int(np.prod(shape))).reshape(shape)
    count = np.bincount(code, minlength=int(np.prod(shape))).reshape(shape)
    there = count > 0
    mean = np.divide(total, count, out=np.zeros(shape), where=there)
    by_pair = np.divide(mean.sum(axis=2), there.sum(axis=2), out=np.full(shape[:2], np.nan), where=there.any(axis=2))
    return tuple(str(s[0]) for s in scenarios), [(str(a), int(s)) for a, s in pairs], by_pair


def codes(frame: "pl.DataFrame", columns: list[str]) -> tuple[list[tuple[Any, ...]], Any]:
    """The sorted distinct values of some columns, and which of them each row has."""
    import polars as pl

    values = frame.select(columns).unique().sort(columns).with_row_index("code")
    joined = frame.select(columns).join(values, on=columns, how="left", maintain_order="left")
    return values.drop("code").rows(), joined["code"].cast(pl.Int64).to_numpy()


def arm_scores(plan: Plan, tables: Tables) -> tuple[ArmScore, ...]:
    """The mean of every arm on every family and reading, before and after every attack dose.

    The band is a t interval over seeds at the plan's alpha; with one seed, low = high = mean. A family that carries a
    gate is scored on the forms of its gate.
    """
    rows: list[ArmScore] = []
    for gate in _families(plan, tables):
        frame = tables.of(gate)
        for arm in plan.arms:
            rows += _arm_rows(plan, gate, arm.name, frame)
    return tuple(rows)


def _families(plan: Plan, tables: Tables) -> list[Gate]:
    """One selection for every family and reading in the tables, and measure."""
    gates = {(g.table, g.select): g for g in (*plan.gates[::-1], plan.normal)}
    present: list[tuple[Literal["responses", "readings"], str]] = []
    present += [("responses", f) for f in sorted(tables.responses["family"].unique().to_list()) if f != BARE]
    present += [("readings", r) for r in sorted(tables.readings["reading"].unique().to_list())]
    measures: Sequence[Measure] = ("main", "judgement")
    return [
        Gate(
            id=select,
            table=table,
            select=select,
            measure=measure,
            forms=gates[table, select].forms if (table, select) in gates else (),
        )
        for table, select in present
        for measure in measures
    ]


def _arm_rows(plan: Plan, gate: Gate, arm: str, frame: "pl.DataFrame") -> list[ArmScore]:
    import polars as pl

    own = frame.filter(pl.col("arm") == arm)
    rows = []
    for attack, dose in own.select("attack", "dose").unique().sort("attack", "dose").rows():
        part = own.filter((pl.col("attack") == attack) & (pl.col("dose") == dose))
        if gate.measure == "judgement" and part["situation"].n_unique() < 2:
            continue
        _, _, values = cells(part, VALUE[gate.table])
        seeds = [significant(float(x)) for x in np.nanmean(values, axis=1)]
        mean, low, high = _band(seeds, plan.alpha)
        rows.append(
            ArmScore(
                arm=arm,
                family=gate.select,
                attack=attack,
                dose=dose,
                measure=gate.measure,
                mean=mean,
                low=low,
                high=high,
                by_seed=tuple(seeds),
            )
        )
    return rows


def _band(seeds: Sequence[float], alpha: float) -> tuple[float, float, float]:
    mean = float(np.mean(seeds))
    half = 0.0
    if len(seeds) > 1:
        half = float(stdtrit(len(seeds) - 1, 1 - alpha)) * float(np.std(seeds, ddof=1)) / len(seeds) ** 0.5
    return significant(mean), significant(mean - half), significant(mean + half)


def significant(x: float) -> float:
    """`x` with 9 significant digits, so that the last bits of a sum never show."""
    return float(f"{x:.9g}") + 0.0
