"""The numbers of an assay: level of U, value effect V = (arm - twin) / 2 per renderer, and P - U."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from rearing.arms.curriculum import FLIPPED, arm
from rearing.evals.forms import kind
from rearing.records.plan import UNTRAINED
from rearing.verdict.crossed import Contrast, crossed
from rearing.verdict.scores import cells

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
        recipe: Its place in the list.
        name: The recipe in words.
        rule: How open answers are compared, chosen on U alone.
        forms: Smallest value effect over renderers on `main`, by form.
        strength: Mean of `forms`.
        readings: The same by reading, all its sites together.
        grid: A row for every form (and the episode, and the readings) and measure; of an open form, for every rule.
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
    """One gate on one measure, in the search or as confirmed. `carries` marks the row that the gate stands on.

    Attributes:
        select: Which rows of the tables these are: family or reading.
        delta: The margin; the largest one where P - U allows none.
        needed: Scenarios with which a difference of one margin is found with power .80; see `scenarios_needed`.
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
    needed: int
    state: str
    note: str
    carries: bool = False

    @property
    def least_value(self) -> float:
        """The smallest value effect over renderers, without the dust of sums that cancel."""
        return round(min(self.value.values()), 9)

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
            where = {"recipe": name, "form": f"{family}/{form}", "measure": measure_name}
            row = _row(file, _pick(scored, "family", family, form), situations, "score")
            grid.append(row | where | {"rule": rule})
            for other in file.rules if family == "shift" and kind(form) == "open" else ():
                if other != rule:
                    asked = _pick(with_rule(responses, other), "family", family, form)
                    grid.append(_row(file, asked, situations, "score") | where | {"rule": other})
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
    """A recipe in words, and as much of it as is not usual."""
    usual = type(recipe)()
    said = [f"lr {recipe.lr:g}", f"{recipe.documents_per_step} documents a step"]
    if recipe.warmup_steps != usual.warmup_steps:
        said.append(f"{recipe.warmup_steps} steps of warm-up")
    if recipe.dtype != usual.dtype:
        said.append(recipe.dtype)
    return ", ".join(said)


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
        searched: The same rows of the search half; a gate without a value effect above 0 in every renderer on `main`
            there fails on both measures.
    """
    import polars as pl

    weak = {row.select for row in searched if row.measure == "main" and row.least_value <= 0}
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
    """Whether no gate showed one smallest margin of P - U and of V in every renderer on `main` in the search.

    Two of both are asked for, so none is likely to pass.
    """
    rows = [row for row in searched if row.measure == "main" and row.select in _standing(chosen)]
    return max(min(row.p_minus_u, row.least_value) for row in rows) < MIN_DELTA


def unconfirmed(chosen: Candidate, row: GateAssay) -> GateAssay:
    """The row of the search, where nothing was confirmed: FAIL, in a few words."""
    seen = f"in the search P - U is {row.p_minus_u:+.3f} and the smallest V {row.least_value:+.3f}"
    wanted = f"{MIN_DELTA} of both on main is asked for to be confirmed"
    if row.select not in _standing(chosen):
        wanted = "and this reading was not chosen"
    return replace(row, state="FAIL", note=f"not confirmed: {seen}, {wanted}")


def pending(row: GateAssay) -> GateAssay:
    """The row of a search that will be confirmed: nothing stands on it."""
    return replace(row, state="NONE", note="to be confirmed")


def _standing(chosen: Candidate) -> tuple[str, ...]:
    """What the gates stand on."""
    return ("shift", "agentic", chosen.reading)


def _both(
    file: "AssayFile",
    gate: str,
    select: str,
    source: str,
    frame: "pl.DataFrame",
    column: str,
    weak: Collection[str],
) -> list[GateAssay]:
    judgement, main = (
        _gate(file, gate, select, source, name, frame, situations, column) for name, situations in MEASURES.items()
    )
    note = "no value effect above 0 in every renderer in the search"
    judgement, main = (
        replace(r, state="FAIL", note=f"{note}; {r.note}") if select in weak else r for r in (judgement, main)
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
    margin = delta if delta >= MIN_DELTA else MAX_DELTA
    other = next((r for r in file.renderers if r != file.control), f"{file.control}-{FLIPPED}")
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
        margin,
        scenarios_needed((tables[other] - tables[file.control]).mean(axis=0), margin),
        "FAIL" if failed else "PASS",
        "; ".join(failed) or "all bounds hold on fresh seeds and scenarios",
    )


def scenarios_needed(difference_N: Any, margin: float) -> int:
    """Scenarios with which a true difference of one margin is found with power .80 at one-sided 2.5 %.

    ((z(.975) + z(.80)) SD / margin)^2, with the spread over scenarios of a difference of two arms (N,): how it spreads,
    not where it lies. Seeds add to it, so this is the least that is needed, however many seeds there are.
    """
    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
    return int(np.ceil((z * float(np.std(difference_N, ddof=1)) / margin) ** 2))


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
    """Scores of one arm, shape (seeds, scenarios): items of a scenario are averaged first, situation by situation."""
    import polars as pl

    rows = frame.filter((pl.col("arm") == arm) & pl.col("situation").is_in(list(situations)))
    return cells(rows, column)[2]
