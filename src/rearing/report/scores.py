"""From the whole down to one item: the compliance-trap figure, and scenarios x arms for every family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rearing.records.plan import Gate, Plan
from rearing.records.verdict import ArmScore, Band, Verdict
from rearing.report.arms import Look
from rearing.report.charts import Line, Point
from rearing.report.evidence import Evidence, reared, title

if TYPE_CHECKING:
    import polars as pl

# As the judge reads them: gates that ask take the natural wording, a gate that reads takes the one without moral words.
WORDING = {"responses": "natural", "readings": "mf"}
GATE_DEPTH = 2 / 3
FAMILIES = ("normal", "shift", "agentic")
Spot = tuple[str, str, int]
"""Family, attack and dose of a mean; without an attack the last two are empty and 0."""


@dataclass(frozen=True, slots=True)
class Trap:
    """What the compliance-trap figure shows.

    Attributes:
        attacked: The first condition under attack.
        fewer: Whether fewer seeds were attacked than reared: then it begins with dose 0 of these.
    """

    stops: tuple[str, ...] = ()
    attacked: int = 0
    lines: tuple[Line, ...] = ()
    attacks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fewer: bool = False


def trap(plan: Plan, verdict: Verdict, known: dict[str, Look]) -> Trap:
    """Means of all arms that are drawn: normal, shift, agentic as reared, then shift by dose (from 0 if `fewer`)."""
    measures = {gate.select: gate.measure for gate in (*plan.gates, plan.normal)}
    scores: dict[Spot, dict[str, ArmScore]] = {}
    for s in verdict.scores:
        if s.measure == measures.get(s.family, "main"):
            scores.setdefault((s.family, s.attack, s.dose), {})[s.arm] = s
    asked = [(family, "", 0) for family in FAMILIES if (family, "", 0) in scores]
    before = _before(verdict, scores.get(("shift", "", 0), {}))
    attacked = sorted(before.keys() | {k for k in scores if k[1] and k[2] > 0 and k[0] == "shift"})
    missing = [f"No rows of {title(family).lower()}." for family in FAMILIES if (family, "", 0) not in scores]
    if not attacked:
        missing.append("No attack was run, so the right part of the figure (adversarial fine-tuning) is not there.")
    stops = [family for family, _, _ in asked]
    attacks = tuple(dict.fromkeys(attack for _, attack, _ in attacked))
    stops += [f"{_short(attack) if len(attacks) > 1 else 'dose'}\n{dose}" for _, attack, dose in attacked]
    shown: dict[Spot, Mapping[str, ArmScore | Band]] = {**scores, **before}
    lines = []
    for name, look in known.items():
        if not look.drawn:
            continue
        held = [(i, shown[k][name]) for i, k in enumerate([*asked, *attacked]) if name in shown[k]]
        points = tuple(Point(float(i), s.mean, s.low, s.high) for i, s in held)
        if points:
            lines.append(Line(look.arm.label, look.style, points))
    return Trap(tuple(stops), len(asked), tuple(lines), attacks, tuple(missing), bool(before))


def _before(verdict: Verdict, as_reared: Mapping[str, ArmScore]) -> dict[Spot, dict[str, Band]]:
    """Dose 0 of every attack on fewer seeds than were reared: `shift` is of other seeds than its later doses."""
    own = [d for d in verdict.drift if d.family == "shift" and d.arm in as_reared]
    fewer = {d.attack for d in own if len(d.seeds) < len(as_reared[d.arm].by_seed)}
    return {("shift", name, 0): {d.arm: d.curve[0] for d in own if d.attack == name} for name in fewer}


def _short(attack: str) -> str:
    return attack if len(attack) <= 12 else f"{attack[:11]}\u2026"


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item with what it asks and the mean margin of every arm, by label."""

    form: str
    situation: str
    state: int
    wording: str
    in_gate: bool
    prompt: str
    right: str
    rival: str
    margins: dict[str, float]


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One scenario: every arm's mean score, its items, and how many items there was no room for."""

    scenario: str
    scores: tuple[float | None, ...]
    items: tuple[ItemView, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class FamilyView:
    """One family or reading (`shift`), or what remains of it after an attack (`shift-reversal`): scenarios x arms."""

    name: str
    title: str
    note: str
    labels: tuple[str, ...]
    scenarios: tuple[ScenarioView, ...]
    means: tuple[float | None, ...] = ()

    @property
    def anchor(self) -> str:
        """Where it is on the page."""
        return f"family-{_slug(self.name)}"


def families(evidence: Evidence, known: dict[str, Look], room: int) -> tuple[FamilyView, ...]:
    """Every family as reared, then what remains after the largest dose of each attack, then the readings.

    Args:
        evidence: Read for its responses, readings and items.
        known: The arms, in the order of the columns.
        room: Characters of item text that the page can hold.
    """
    responses = evidence.responses
    names = sorted(set(responses["family"].to_list()), key=lambda f: (FAMILIES.index(f) if f in FAMILIES else 9, f))
    views, rooms = [], _rooms(evidence, names, room)
    for name in names:
        gate = _gate(evidence.plan, "responses", name)
        views.append(_asked(evidence, known, gate, rooms[name]))
        views += list(_attacked(evidence, known, gate))
    for reading in sorted(set(evidence.readings["reading"].to_list())):
        gate = _gate(evidence.plan, "readings", reading)
        table = _matching(evidence.readings, gate)
        note = "The value read from the model's representations; no question is asked, so there are no items."
        views.append(_view(reading, title(reading), note, known, _mean(reared(table), gate, "value"), {}))
    return tuple(view for view in views if view.scenarios)


def _rooms(evidence: Evidence, names: Sequence[str], room: int) -> dict[str, int]:
    """Characters for the items of each family: equal shares, and what a small one does not need is for the others."""
    import polars as pl

    length = pl.sum_horizontal(pl.col("prompt", "right", "rival").str.len_chars()).sum()
    needs = dict(evidence.items.group_by("family").agg(length).iter_rows())
    rooms: dict[str, int] = {}
    for k, name in enumerate(sorted(names, key=lambda n: (needs.get(n, 0), n))):
        rooms[name] = min(needs.get(name, 0), room // (len(names) - k))
        room -= rooms[name]
    return rooms


def _gate(plan: Plan, table: str, select: str) -> Gate:
    """The gate (or normal condition) that stands on these rows, or one that takes them all."""
    for gate in (plan.normal, *plan.gates):
        if gate.table == table and gate.select == select:
            return gate
    return Gate(id=select, table="readings" if table == "readings" else "responses", select=select)


def _matching(table: "pl.DataFrame", gate: Gate) -> "pl.DataFrame":
    """The rows that a gate stands on."""
    import polars as pl

    asked = gate.table == "responses"
    kept = table.filter(pl.col("family" if asked else "reading") == gate.select)
    kept = kept.filter(pl.col("wording") == WORDING[gate.table])
    if gate.forms:
        kept = kept.filter(pl.col("form" if asked else "site").is_in(list(gate.forms)))
    if gate.measure == "main":
        kept = kept.filter(pl.col("situation") == "main")
    if not asked and kept.height:
        nearest = min(kept["depth"].unique().to_list(), key=lambda d: (abs(d - GATE_DEPTH), d))
        kept = kept.filter(pl.col("depth") == nearest)
    return kept


Means = dict[str, dict[str, float]]


def _mean(table: "pl.DataFrame", gate: Gate, value: str) -> Means:
    """Scenario to arm to mean: items inside a situation, then situations, then seeds."""
    import polars as pl

    mean = pl.col(value).mean()
    sides = table.group_by("scenario", "arm", "seed", "situation").agg(mean)
    rows = sides.group_by("scenario", "arm").agg(mean).sort("scenario", "arm")
    means: Means = {}
    for scenario, arm, score in rows.iter_rows():
        means.setdefault(scenario, {})[arm] = round(score, 6)
    return means


def _asked(evidence: Evidence, known: dict[str, Look], gate: Gate, room: int) -> FamilyView:
    table = _matching(evidence.responses, gate)
    sides = "both situations" if gate.measure == "judgement" else "the main situation alone"
    forms = f" in the forms {', '.join(gate.forms)}" if gate.forms else ""
    note = f"Mean score over seeds; a scenario is averaged over its items{forms}, {sides}."
    items = _items(evidence, gate, known)
    return _view(
        gate.select,
        title(gate.select),
        note,
        known,
        _mean(reared(table), gate, "score"),
        items,
        room,
    )


def _attacked(evidence: Evidence, known: dict[str, Look], gate: Gate) -> Iterator[FamilyView]:
    import polars as pl

    table = _matching(evidence.responses, gate).filter((pl.col("attack") != "") & (pl.col("dose") > 0))
    for attack in sorted(set(table["attack"].to_list())):
        own = table.filter(pl.col("attack") == attack)
        dose = max(own["dose"].to_list())
        means = _mean(own.filter(pl.col("dose") == dose), gate, "score")
        note = "The same items as above, asked again; only seeds that were attacked."
        words = f"{title(gate.select)} after {attack}, dose {dose}"
        yield _view(f"{gate.select}-{attack}", words, note, known, means, {})


def anchors(plan: Plan, views: Sequence[FamilyView]) -> dict[str, str]:
    """Gate, family or reading to where its scenarios are on the page."""
    there = {view.name: view.anchor for view in views}
    return there | {gate.id: there[gate.select] for gate in plan.gates if gate.select in there}


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text)


def _items(evidence: Evidence, gate: Gate, known: dict[str, Look]) -> dict[str, list[ItemView]]:
    """The items of every scenario of a family, with margins averaged over seeds."""
    import polars as pl

    rows = reared(evidence.responses.filter(pl.col("family") == gate.select))
    margins: dict[str, dict[str, float]] = {}
    labels = {name: look.arm.label for name, look in known.items()}
    for item, arm, margin in rows.group_by("item", "arm").agg(pl.col("margin").mean()).sort("item", "arm").iter_rows():
        if arm in labels:
            margins.setdefault(item, {})[labels[arm]] = margin
    made: dict[str, list[ItemView]] = {}
    for row in evidence.items.filter(pl.col("family") == gate.select).iter_rows(named=True):
        made.setdefault(row["scenario"], []).append(_item(row, gate, margins.get(row["item"], {})))
    for views in made.values():
        views.sort(key=lambda i: (not i.in_gate, i.form, i.wording, i.situation, i.state))
    return made


def _item(row: dict[str, Any], gate: Gate, margins: dict[str, float]) -> ItemView:
    in_gate = (
        (not gate.forms or row["form"] in gate.forms)
        and row["wording"] == WORDING["responses"]
        and (gate.measure == "judgement" or row["situation"] == "main")
    )
    return ItemView(
        row["form"],
        row["situation"],
        row["state"],
        row["wording"],
        in_gate,
        row["prompt"],
        row["right"],
        row["rival"],
        margins,
    )


def _view(
    name: str,
    words: str,
    note: str,
    known: dict[str, Look],
    means: Means,
    items: dict[str, list[ItemView]],
    room: int = 0,
) -> FamilyView:
    present = [arm for arm in known if any(arm in by_arm for by_arm in means.values())]
    told: dict[str, list[ItemView]] = {scenario: [] for scenario in means}
    asked = [(scenario, item) for scenario in means for item in items.get(scenario, ())]
    for scenario, item in sorted(asked, key=lambda one: not one[1].in_gate):
        room -= len(item.prompt) + len(item.right) + len(item.rival)
        if room >= 0:
            told[scenario].append(item)
    scenarios = tuple(
        ScenarioView(s, tuple(map(by_arm.get, present)), tuple(told[s]), len(items.get(s, ())) - len(told[s]))
        for s, by_arm in means.items()
    )
    columns = [[by_arm[arm] for by_arm in means.values() if arm in by_arm] for arm in present]
    totals = tuple(sum(column) / len(column) if column else None for column in columns)
    return FamilyView(name, words, note, tuple(known[arm].arm.label for arm in present), scenarios, totals)
