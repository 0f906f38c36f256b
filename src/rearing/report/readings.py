"""Every reading as a contrast: the structured arm against each comparator, beside it its null and order-free twin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rearing.records.plan import Gate, Plan
from rearing.records.reading import NULL, ORDERLESS, plain_name
from rearing.records.verdict import Effect, Verdict
from rearing.report.charts import signed
from rearing.report.effects import contrast
from rearing.report.evidence import title

EXPLORATORY = "exploratory"
ONE_SEED = "one seed: no interval"
ROW_WORDS = {
    "": "the reading",
    NULL: "its null",
    ORDERLESS: "without the trace of the order",
    ORDERLESS + NULL: "without another direction",
}
# The null that internalization.md section 2 names for it compares directions, and tables have values alone.
UNTESTED = {
    "stable-cosine": "UNTESTED against the cosine between seeds of one arm: directions are not in the tables "
    "(docs/interpretability.md computes it from checkpoints)"
}


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading, or its null or twin, as reared or as it changed.

    Attributes:
        stands: For which gate or clause, else `EXPLORATORY`.
        cells: Estimate and interval by contrast, in the order of the columns; None where it was not computed.
    """

    name: str
    stands: str
    size: str
    cells: tuple[tuple[str, str] | None, ...]


@dataclass(frozen=True, slots=True)
class ReadingGroup:
    """The rows of one reading."""

    name: str
    title: str
    note: str
    rows: tuple[ReadingRow, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings.

    Attributes:
        columns: Contrasts, `BD − P`.
        left_out: Titles of what has no contrast.
        exploratory: How many rows are.
    """

    columns: tuple[str, ...] = ()
    groups: tuple[ReadingGroup, ...] = ()
    left_out: tuple[str, ...] = ()
    exploratory: int = 0


def readings(plan: Plan, verdict: Verdict, names: Iterable[str]) -> Readings:
    """What the judge found of every reading, those first on which a gate or a clause stands.

    Args:
        plan: Says on which of them a gate or a clause stands.
        verdict: Its `readings`.
        names: Of all readings in the tables, with those of nulls and twins.
    """
    columns = tuple(dict.fromkeys(contrast(plan, e) for e in verdict.readings))
    groups: dict[str, dict[tuple[str, str], list[Effect]]] = {}
    for e in verdict.readings:
        name = plain_name(e.family.split("/")[0])
        groups.setdefault(name, {}).setdefault((e.family, e.measure), []).append(e)
    made = [
        ReadingGroup(
            name,
            title(name),
            UNTESTED.get(name, ""),
            tuple(_row(plan, name, own, columns) for own in by.values()),
        )
        for name, by in groups.items()
    ]
    made.sort(key=lambda group: all(row.stands == EXPLORATORY for row in group.rows))
    there = {e.family.split("/")[0] for e in verdict.readings}
    left_out = tuple(title(name) for name in sorted(set(names)) if name not in there)
    exploratory = sum(row.stands == EXPLORATORY for group in made for row in group.rows)
    return Readings(columns, tuple(made), left_out, exploratory)


def _row(plan: Plan, name: str, own: Sequence[Effect], columns: Sequence[str]) -> ReadingRow:
    row, _, endpoint = own[0].family.partition("/")
    sides = "main situation" if own[0].measure == "main" else "both situations"
    how = {"": "as reared", "drift": f"change under {plan.attack}", "above-null": "minus its null"}[endpoint]
    cells = {contrast(plan, e): (signed(e.estimate), _interval(e)) for e in own}
    seeds = sorted({e.n_seeds for e in own})
    counted = f"{'–'.join(map(str, seeds))} seed{'s' if seeds != [1] else ''}, {own[0].n_scenarios} scenarios"
    return ReadingRow(
        f"{ROW_WORDS[row.removeprefix(name)]}, {how}",
        _stands(plan, row, endpoint or "level", own[0].measure),
        f"{sides}, {counted}",
        tuple(cells.get(column) for column in columns),
    )


def _stands(plan: Plan, row: str, endpoint: str, measure: str) -> str:
    """What in the plan stands on this row."""

    def here(gate: Gate) -> bool:
        return (gate.table, gate.select, gate.endpoint, gate.measure) == ("readings", row, endpoint, measure)

    said = [f"stands for gate {g.id}, assay {g.assay}" for g in plan.gates if here(g)]
    said += [f"stands for clause {c.id}" for c in plan.clauses if here(c)]
    if plan.hangs_on and here(plan.hangs_on):
        said.append(f"what gate 3 decodes must hang on it: above 0 in {plan.role('structured')[0].label}")
    return "; ".join(said) or EXPLORATORY


def _interval(e: Effect) -> str:
    """The bounds; the spread over seeds is unknown where there is one."""
    return f"{signed(e.low)} to {signed(e.high)}" if e.n_seeds > 1 else ONE_SEED
