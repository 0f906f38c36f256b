"""The numbers of an assay: level of U, value effect V = (arm - twin) / 2 per renderer, and P - U."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from rearing.arms.curriculum import FLIPPED, arm
from rearing.records.plan import UNTRAINED
from rearing.verdict.crossed import Contrast, crossed

if TYPE_CHECKING:
    import polars as pl

    from rearing.study.assay import AssayFile
    from rearing.study.schema import RecipeTable

ALPHA = 0.10
MAX_DELTA, MIN_DELTA = 0.05, 0.02
U_RANGE = (0.5, 0.85)
MAIN = ("main",)
MEASURES = {"judgement": ("main", "twin"), "main": MAIN}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recipe as searched.

    Attributes:
        name: The recipe in words.
        rule: How open answers are compared, chosen on U alone.
        forms: Smallest value effect over renderers on `main`, by form.
        strength: Mean of `forms`.
        readings: The same by reading, all its sites together.
        grid: A row for every form (and the episode, and the readings) and measure.
        picked: Forms chosen for the format-neutral gate.
        reading: The one chosen for the representational gate.
    """

    recipe: int
    name: str
    rule: str
    forms: dict[str, float]
    strength: float
    readings: dict[str, float]
    grid: tuple[dict[str, Any], ...]
    picked: tuple[str, ...] = ()
    reading: str = ""

    def standing_on(self, picked: tuple[str, ...], reading: str) -> "Candidate":
        """The same with its forms and its reading chosen."""
        return replace(self, picked=picked, reading=reading)


@dataclass(frozen=True, slots=True)
class GateAssay:
    """One gate as confirmed, for one measure. `carries` marks the row that the gate stands on.

    Attributes:
        select: Which rows of the tables these are: family or reading.
    """

    gate: str
    select: str
    source: str
    measure: str
    untrained: float
    principled: float
    p_minus_u: float
    p_minus_u_low: float
    value: dict[str, float]
    value_low: dict[str, float]
    delta: float
    state: str
    note: str
    carries: bool = False

    @property
    def shown(self) -> float:
        """The smaller of P - U and of the smallest value effect over renderers; a PASS asks two margins of both."""
        return min(*self.value.values(), self.p_minus_u)

    def as_dict(self) -> dict[str, Any]:
        """For the assay record."""
        return {name: getattr(self, name) for name in self.__slots__}


def measure(file: "AssayFile", recipe: int, responses: "pl.DataFrame", readings: "pl.DataFrame") -> Candidate:
    """Everything that one recipe did in the search half; readings with their nulls."""
    import polars as pl

    name = recipe_name(file.recipes[recipe])
    rule = best_rule(responses, file.rules)
    scored = with_rule(responses, rule)
    grid = []
    forms: dict[str, float] = {}
    sources = [("shift", form) for form in file.forms] + [("agentic", "episode"), ("normal", "plain")]
    for measure_name, situations in MEASURES.items():
        for family, form in sources:
            if family == "normal" and measure_name != "main":
                continue
            row = _row(file, _pick(scored, "family", family, form), situations, "score")
            grid.append(row | {"recipe": name, "rule": rule, "form": f"{family}/{form}", "measure": measure_name})
            if family == "shift" and measure_name == "main":
                forms[form] = min(row["value"].values())
        for reading, site in readings.select("reading", "site").unique().sort("reading", "site").rows():
            here = _of_reading(readings, reading).filter(pl.col("site") == site)
            row = _row(file, here, situations, "value")
            grid.append(row | {"recipe": name, "rule": "", "form": f"{reading}/{site}", "measure": measure_name})
    read: dict[str, float] = {
        r: min(_row(file, _of_reading(readings, r), MAIN, "value")["value"].values()) for r in file.readings
    }
    return Candidate(recipe, name, rule, forms, float(np.mean(list(forms.values()))), read, tuple(grid))


def recipe_name(recipe: "RecipeTable") -> str:
    """A recipe in words."""
    return f"lr {recipe.lr:g}, {recipe.documents_per_step} documents a step"


def best_rule(responses: "pl.DataFrame", rules: tuple[str, ...]) -> str:
    """The rule under which the untrained base is most often right in `main` over the open forms."""
    import polars as pl

    untrained = responses.filter(
        (pl.col("arm") == UNTRAINED)
        & (pl.col("kind") == "open")
        & (pl.col("situation") == "main")
        & (pl.col("family") == "shift")
    )
    return max(rules, key=lambda rule: float((untrained[f"margin_{rule}"] > 0).cast(pl.Float64).mean() or 0.0))  # type: ignore[arg-type]


def with_rule(responses: "pl.DataFrame", rule: str) -> "pl.DataFrame":
    """Scores of open items under another rule."""
    import polars as pl

    open_score = 0.5 + 0.5 * pl.col(f"margin_{rule}").sign()
    return responses.with_columns(score=pl.when(pl.col("kind") == "open").then(open_score).otherwise(pl.col("score")))


def gate_rows(
    file: "AssayFile",
    chosen: Candidate,
    responses: "pl.DataFrame",
    readings: "pl.DataFrame",
    searched: Sequence[GateAssay] = (),
) -> list[GateAssay]:
    """Every gate on both measures; it stands on judgement if that passes, else on main.

    The representational gate stands on the reading chosen in the search; the other candidates are reported.

    Args:
        file: What was listed.
        chosen: What the search chose.
        responses, readings: Of one half of the dev scenarios.
        searched: The same rows of the search half; what had no value effect above 0 in every renderer there fails.
    """
    import polars as pl

    weak = {(row.select, row.measure) for row in searched if min(row.value.values()) <= 0}
    scored = with_rule(responses, chosen.rule)
    shift = scored.filter((pl.col("family") == "shift") & pl.col("form").is_in(list(chosen.picked)))
    episodes = _pick(scored, "family", "agentic", "episode")
    made = [
        *_both(file, "format-neutral", "shift", "shift: " + ", ".join(chosen.picked), shift, "score", weak),
        *_both(file, "agentic", "agentic", "episodes", episodes, "score", weak),
    ]
    for reading in sorted(file.readings, key=lambda r: r != chosen.reading):
        frame = _of_reading(readings, reading)
        source = f"{reading}: {', '.join(sorted(frame['site'].unique().to_list()))}"
        rows = _both(file, "representational", reading, source, frame, "value", weak)
        made += [replace(row, carries=row.carries and reading == chosen.reading) for row in rows]
    return made


def hopeless(chosen: Candidate, searched: Sequence[GateAssay]) -> bool:
    """Whether the search showed less than one smallest margin in every gate; two are asked for, so none will pass."""
    standing = ("shift", "agentic", chosen.reading)
    return max(row.shown for row in searched if row.select in standing) < MIN_DELTA


def unconfirmed(row: GateAssay) -> GateAssay:
    """The row of the search, of a gate that was not confirmed: FAIL, in a few words."""
    least = min(row.value.values())
    note = f"not confirmed: in the search P - U is {row.p_minus_u:+.3f} and the smallest V {least:+.3f}"
    return replace(row, state="FAIL", note=f"{note}, {MIN_DELTA} of both is asked")


def _both(
    file: "AssayFile",
    gate: str,
    select: str,
    source: str,
    frame: "pl.DataFrame",
    column: str,
    weak: Collection[tuple[str, str]],
) -> list[GateAssay]:
    judgement, main = (
        _gate(file, gate, select, source, name, frame, situations, column) for name, situations in MEASURES.items()
    )
    note = "no value effect above 0 in every renderer in the search"
    judgement, main = (
        replace(r, state="FAIL", note=f"{note}; {r.note}") if (select, r.measure) in weak else r
        for r in (judgement, main)
    )
    stands = judgement if judgement.state == "PASS" else main
    return [replace(row, carries=row is stands) for row in (judgement, main)]


def _gate(
    file: "AssayFile",
    gate: str,
    select: str,
    source: str,
    measure_name: str,
    frame: "pl.DataFrame",
    situations: tuple[str, ...],
    column: str,
) -> GateAssay:
    tables = {arm: _matrix(frame, arm, situations, column) for arm in _arms(file)}
    u, spread = float(tables[UNTRAINED].mean()), float(tables[UNTRAINED].std(ddof=1, axis=1).mean())
    reach = NormalDist().inv_cdf(1 - ALPHA / 2) * spread / tables[UNTRAINED].shape[1] ** 0.5
    gain = crossed([tables[file.control], tables[UNTRAINED]], [1.0, -1.0])
    values = {r: _value(tables, r) for r in file.renderers}
    lows = {r: v.bounds(ALPHA)[0] for r, v in values.items()}
    delta = max(0.0, min(MAX_DELTA, gain.estimate / 2))
    failed = _failures((u - reach, u, u + reach), gain, {r: v.estimate for r, v in values.items()}, lows, delta)
    return GateAssay(
        gate,
        select,
        source,
        measure_name,
        u,
        float(tables[file.control].mean()),
        gain.estimate,
        gain.bounds(ALPHA)[0],
        {r: v.estimate for r, v in values.items()},
        lows,
        delta if delta >= MIN_DELTA else MAX_DELTA,
        "FAIL" if failed else "PASS",
        "; ".join(failed) or "all bounds hold on fresh seeds and scenarios",
    )


def _failures(
    u: tuple[float, float, float], gain: Contrast, values: dict[str, float], lows: dict[str, float], delta: float
) -> list[str]:
    """What is missing for PASS, in words; `u` with its bounds over scenarios, for a reading of U at chance is at .5."""
    failed = []
    if u[2] < U_RANGE[0] or u[0] > U_RANGE[1]:
        failed.append(f"U is {u[1]:.2f} ({u[0]:.2f} to {u[2]:.2f}), outside {U_RANGE[0]} to {U_RANGE[1]}")
    if gain.bounds(ALPHA)[0] <= 0:
        failed.append(
            f"P - U is {gain.estimate:+.3f}, its lower 90 % bound {gain.bounds(ALPHA)[0]:+.3f} is not above 0"
        )
    if delta < MIN_DELTA:
        failed.append(f"the margin that P - U allows is {delta:.3f}, below {MIN_DELTA}")
    for renderer, value in values.items():
        short = arm(renderer).renderer.name
        if lows[renderer] <= 0:
            failed.append(f"V of {short} is {value:+.3f}, its lower 90 % bound {lows[renderer]:+.3f} is not above 0")
        elif value < 2 * delta:
            failed.append(f"V of {short} is {value:+.3f}, below two margins")
    return failed


def _value(tables: dict[str, Any], renderer: str) -> Contrast:
    return crossed([tables[renderer], tables[f"{renderer}-{FLIPPED}"]], [0.5, -0.5])


def _arms(file: "AssayFile") -> list[str]:
    return [UNTRAINED, *(name for r in file.renderers for name in (r, f"{r}-{FLIPPED}"))]


def _row(file: "AssayFile", frame: "pl.DataFrame", situations: tuple[str, ...], column: str) -> dict[str, Any]:
    means = {arm: float(_matrix(frame, arm, situations, column).mean()) for arm in _arms(file)}
    return {
        "untrained": means[UNTRAINED],
        "principled": means[file.control],
        "p_minus_u": means[file.control] - means[UNTRAINED],
        "value": {r: (means[r] - means[f"{r}-{FLIPPED}"]) / 2 for r in file.renderers},
    }


def _pick(frame: "pl.DataFrame", column: str, family: str, form: str) -> "pl.DataFrame":
    import polars as pl

    return frame.filter((pl.col(column) == family) & (pl.col("form") == form))


def _of_reading(frame: "pl.DataFrame", reading: str) -> "pl.DataFrame":
    import polars as pl

    return frame.filter(pl.col("reading") == reading)


def _matrix(frame: "pl.DataFrame", arm: str, situations: tuple[str, ...], column: str) -> Any:
    """Scores of one arm, shape (seeds, scenarios): items of a scenario are averaged first."""
    import polars as pl

    rows = frame.filter((pl.col("arm") == arm) & pl.col("situation").is_in(list(situations)))
    cells = rows.group_by("seed", "scenario").agg(pl.col(column).mean()).sort("seed", "scenario")
    n = cells["scenario"].n_unique()
    return cells[column].to_numpy().reshape(-1, n)
