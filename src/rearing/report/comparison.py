"""Two studies side by side: what both say, what differs in their plans, and the contrasts that both have."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from rearing.records.plan import Plan
from rearing.records.verdict import MISLED, ROUNDS, Effect, GateRow, Verdict
from rearing.report import charts
from rearing.report.charts import signed
from rearing.report.effects import contrast, in_words

BELOW = " \u203a "
# Of these lists of the plan the entries have names.
NAMED = {"arms": "name", "gates": "id", "clauses": "id"}


@dataclass(frozen=True, slots=True)
class Study:
    """One of the two: its plan, and what the judge said."""

    plan: Plan
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Side:
    """One contrast of one study, drawn and in numbers."""

    picture: Markup
    estimate: str
    interval: str
    measure: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The same contrast in both studies; None where a study does not have it."""

    contrast: str
    sides: tuple[Side | None, Side | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything of the page.

    Attributes:
        plans: Key path, and its value in each plan, wherever they differ.
        same: How many keys are the same in both.
        families: Family to the contrasts on it.
        panel: Rows of the gate panel that stand otherwise: name, and the row of each study.
    """

    studies: tuple[Study, Study]
    plans: tuple[tuple[str, str, str], ...]
    same: int
    families: tuple[tuple[str, tuple[Pair, ...]], ...]
    panel: tuple[tuple[str, tuple[GateRow | None, GateRow | None]], ...]
    axis: Markup


def comparison(one: Study, other: Study) -> Comparison:
    """What differs between two studies, and what both measured."""
    differ, same = _plans(one.plan, other.plan)
    every = [e for study in (one, other) for e in study.verdict.effects if not e.family.endswith((MISLED, ROUNDS))]
    reach = charts.forest_reach(v for e in every for v in (e.low, e.high, e.delta))
    return Comparison(
        (one, other),
        differ,
        same,
        tuple(_families(one, other, reach)),
        tuple(_panel(one.verdict, other.verdict)),
        charts.forest_axis(reach),
    )


def _plans(one: Plan, other: Plan) -> tuple[tuple[tuple[str, str, str], ...], int]:
    """Keys with other values, and how many have the same; an arm or a gate that one plan lacks is one row."""
    left, right = dict(_leaves(one)), dict(_leaves(other))
    rows: dict[str, tuple[list[str], list[str]]] = {}
    same = 0
    for path in dict.fromkeys([*left, *right]):
        if left.get(path) == right.get(path):
            same += 1
        elif path in left and path in right:
            rows[path] = [left[path]], [right[path]]
        else:
            entry, _, key = path.rpartition(BELOW)
            both = rows.setdefault(entry or path, ([], []))
            for told, plan in zip(both, (left, right), strict=True):
                told += [f"{key} {plan[path]}" if entry else plan[path]] if path in plan else []
    differ = tuple((path, ", ".join(a) or "\u2013", ", ".join(b) or "\u2013") for path, (a, b) in rows.items())
    return differ, same


def _leaves(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every key of a plan with its path; who wrote the scenarios is counted."""
    whole = asdict(plan)
    authors = list(whole.pop("authors").values())
    yield from _below("", whole)
    yield "authors", f"{len(authors)} scenarios by {len(set(authors))} authors"


def _below(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, (list, tuple)) and path in NAMED:
        value = {entry[NAMED[path]]: entry for entry in value}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _below(f"{path}{BELOW}{key}" if path else str(key), inner)
    elif isinstance(value, (list, tuple)):
        yield path, ", ".join(map(str, value)) or "none"
    elif value is not None:
        yield path, str(value) or "none"


def _families(one: Study, other: Study, reach: float) -> Iterator[tuple[str, tuple[Pair, ...]]]:
    """The contrasts of either study by family in words, those that both have first."""
    known = [{(e.family, e.contrast): e for e in study.verdict.effects} for study in (one, other)]
    keys = list(dict.fromkeys([*known[0], *known[1]]))
    for family in dict.fromkeys(family for family, _ in keys):
        pairs = []
        for key in sorted((k for k in keys if k[0] == family), key=lambda k: not all(k in own for own in known)):
            name = next(contrast(s.plan, own[key]) for s, own in zip((one, other), known, strict=True) if key in own)
            pairs.append(Pair(name, (_side(known[0].get(key), reach), _side(known[1].get(key), reach))))
        yield in_words(family), tuple(pairs)


def _side(e: Effect | None, reach: float) -> Side | None:
    if e is None:
        return None
    return Side(
        charts.forest_row(e.estimate, e.low, e.high, e.delta, e.by_seed, reach),
        signed(e.estimate),
        f"{signed(e.low)} to {signed(e.high)}",
        e.measure,
    )


def _panel(one: Verdict, other: Verdict) -> Iterator[tuple[str, tuple[GateRow | None, GateRow | None]]]:
    rows = [{row.row: row for row in verdict.panel} for verdict in (one, other)]
    for name in dict.fromkeys([*rows[0], *rows[1]]):
        both = rows[0].get(name), rows[1].get(name)
        if len({row.state if row else "" for row in both}) > 1:
            yield name, both
