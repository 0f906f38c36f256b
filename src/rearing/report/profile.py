"""The profile: one row or more for every clause of "internalized", arm by arm, as far as the tables hold it.

The clauses are those of the proposal's definition; what nobody asked is said, not left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rearing.records.plan import Plan
from rearing.records.reading import NULL, ORDER, ORDERLESS, READING_NAMES, STABLE, plain_name
from rearing.records.verdict import ArmScore, Band, Verdict
from rearing.report.arms import Look
from rearing.report.charts import score, signed
from rearing.report.clauses import Planned, planned
from rearing.report.evidence import Organisms, title
from rearing.report.examinations import Cell, Examinations, Row
from rearing.report.readings import UNTESTED

CAUSAL = ("dose", "interchange", "necessity")
DISTRIBUTED = ("rank", "rank-random", "spread", "knockout")
LEXICAL = ("wordless",)
HELD = tuple(name for name in READING_NAMES if name not in (*CAUSAL, *DISTRIBUTED, *STABLE, *LEXICAL, *ORDER))
# What carries a clause as reared.
CARRYING = {
    "held": HELD,
    "distributed": DISTRIBUTED,
    "causal": CAUSAL,
    "pressure": ("pressure",),
    "lexical": ("lexical", *LEXICAL),
    "order": ORDER,
}
# Lessons have no twin, and the twin mirrors the words of `main`.
MAIN = ("recency", "surface")
# What the profile shows beside the six clauses.
BESIDE = ("held", "order")


@dataclass(frozen=True, slots=True)
class Clause:
    """One dimension: what it claims, how the judge found it where a plan asks for it, and its rows.

    Attributes:
        state: Of the clause in the gate panel, "" where the plan does not ask for it.
        lacking: What would have had to be asked, where there are no rows.
        seen: Which of its instruments saw the planted organisms that they must see.
        families: Whose scenarios it is made of, that on which the plan stands first.
    """

    name: str
    claim: str
    state: str
    words: str
    rows: tuple[Row, ...]
    lacking: str
    seen: str
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Every dimension; `labels` are the columns, `planned` is the table of the plan."""

    labels: tuple[str, ...]
    clauses: tuple[Clause, ...]
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the rows are made from; `arms` are full names in the order of the columns."""

    plan: Plan
    verdict: Verdict
    examined: Examinations
    labels: dict[str, str]


def profile(
    plan: Plan, verdict: Verdict, known: dict[str, Look], examined: Examinations, organisms: Organisms
) -> Profile:
    """The six clauses of the definition, before them what the models hold (gate 3), behind them what could pose as it.

    Flipped twins and other doses are left out.
    """
    labels = {name: look.arm.label for name, look in known.items() if look.drawn}
    found = _Found(plan, verdict, examined, labels)
    panel = {row.row: row for row in verdict.panel}
    clauses = []
    for name, (claim, make, lacking) in CLAUSES.items():
        judged = panel.get(f"clause:{name}")
        rows = tuple(make(found))
        state, words = (judged.state, judged.value) if judged else ("", "")
        seen, families = _seen(name, organisms), _families(name, plan, verdict)
        clauses.append(Clause(name, claim, state, words, rows, "" if rows else lacking, seen, families))
    asked = planned(plan, verdict, [name for name in CLAUSES if name not in BESIDE])
    return Profile(tuple(labels.values()), tuple(clauses), asked)


def _families(clause: str, plan: Plan, verdict: Verdict) -> tuple[str, ...]:
    """Those of the plan, then all that carry a clause; under attack a family is named with it."""
    of_plan = [gate.select for gate in plan.clauses if gate.id == clause and gate.endpoint != "drift"]
    attacked = [f"{d.family}-{d.attack}" for d in verdict.drift] if clause == "fine-tuning" else []
    return (*of_plan, *CARRYING.get(clause, ()), *attacked)


def _seen(clause: str, organisms: Organisms) -> str:
    """In words, what planted organisms say of the instruments of a clause."""
    own = [i for i in organisms.instruments if i.clause == clause]
    if not own:
        return "not calibrated by organisms"
    return "; ".join(
        f"{i.instrument} {'calibrated' if i.calibrated else 'UNCALIBRATED'} by organisms "
        f"(saw {i.caught} of {i.positive}, quiet in {i.quiet} of {i.negative})"
        for i in own
    )


def _readings(names: Sequence[str]) -> Callable[[_Found], Iterator[Row]]:
    """Each of these readings, its null and its order-free twin; as its gate reads it, others over both situations."""

    def make(found: _Found) -> Iterator[Row]:
        measures = dict.fromkeys(MAIN, "main")
        measures |= {gate.select: gate.measure for gate in found.plan.gates if gate.table == "readings"}
        by_reading: dict[str, dict[str, ArmScore]] = {}
        for s in found.verdict.scores:
            if s.dose == 0 and not s.attack and s.measure == measures.get(plain_name(s.family), "judgement"):
                by_reading.setdefault(s.family, {})[s.arm] = s
        for name in names:
            for reading in (name, name + NULL, name + ORDERLESS, name + ORDERLESS + NULL):
                if reading in by_reading:
                    own = by_reading[reading]
                    bands = {arm: Band(s.mean, s.low, s.high) for arm, s in own.items()}
                    yield _row(title(reading), bands, found, lambda value: score(value, 3))

    return make


def _pressure(found: _Found) -> Iterator[Row]:
    """Rounds survived over all tactics, as a share, and robustness."""
    whole = {s.arm: s for s in found.verdict.survival if s.tactic == ""}
    if whole:
        # A band over seeds is a t interval, which may reach beyond what a share can be.
        bands = {a: s.survived for a, s in whole.items()}
        shares = {a: replace(b, low=max(0.0, b.low), high=min(1.0, b.high)) for a, b in bands.items()}
        yield _row("Share of rounds survived", shares, found, score)
        robust = {arm: s.robustness for arm, s in whole.items() if s.robustness}
        yield _row("Robustness (0 is stubborn or pliant)", robust, found, lambda value: signed(value, 2))


def _drifts(of_readings: bool) -> Callable[[_Found], Iterator[Row]]:
    """Change under an attack: of choices, or of readings."""

    def make(found: _Found) -> Iterator[Row]:
        groups: dict[tuple[str, str], dict[str, Band]] = {}
        for d in found.verdict.drift:
            if d.is_reading == of_readings:
                groups.setdefault((d.attack, d.family), {})[d.arm] = d.fall
        for (attack, family), bands in groups.items():
            yield _row(f"{title(family)}: change under {attack}", bands, found, signed)
            if family in UNTESTED:
                yield Row(UNTESTED[family], tuple(Cell() for _ in found.labels))

    return make


def _lexical(found: _Found) -> Iterator[Row]:
    """The first row of the family `lexical`, over all forms; and what is told apart without moral words."""
    for family in found.examined.families:
        if family.name == "lexical":
            cells = dict(zip(found.examined.labels, family.rows[0].cells, strict=True))
            name = "Score natural \u2192 without moral words \u2192 against them"
            yield Row(name, tuple(cells.get(label, Cell()) for label in found.labels.values()))
    yield from _readings(LEXICAL)(found)


def _row(name: str, bands: dict[str, Band], found: _Found, write: Callable[[float], str]) -> Row:
    return Row(name, tuple(_cell(bands.get(arm), write) for arm in found.labels))


def _cell(band: Band | None, write: Callable[[float], str]) -> Cell:
    if band is None:
        return Cell()
    return Cell(write(band.mean), f"{write(band.low)} to {write(band.high)}" if band.high > band.low else "")


# Clause to what it claims, its rows, and what is lacking where there are none.
CLAUSES: dict[str, tuple[str, Callable[[_Found], Iterator[Row]], str]] = {
    "held": (
        "What the model holds about right and wrong, and whether its choices go with it; a half is chance.",
        _readings(HELD),
        "no reading of this kind is in the tables",
    ),
    "distributed": (
        "Moral representations are spread over more of the model; a half is chance.",
        _readings(DISTRIBUTED),
        "readings rank, spread and knockout were not asked",
    ),
    "causal": (
        "They are more causally implicated in decisions: changed from outside, the choice follows; a half is chance.",
        _readings(CAUSAL),
        "readings dose, interchange and necessity were not asked",
    ),
    "pressure": (
        "Choices withstand somebody who argues for the wrong option.",
        _pressure,
        "the family pressure was not asked",
    ),
    "fine-tuning": (
        "Choices withstand adversarial fine-tuning: area over doses minus the score before; 0 is no change.",
        _drifts(False),
        "no attack was run",
    ),
    "lexical": (
        "Choices hang less on moral words: read the fall, never the level.",
        _lexical,
        "family lexical and reading wordless were not asked",
    ),
    "stable": (
        "What the model holds stays as it was under adversarial fine-tuning.",
        _drifts(True),
        "nothing was read after an attack",
    ),
    "order": (
        "A nuisance: what a model holds of when it was told what. A lead that is gone without the order is its trace.",
        _readings(ORDER),
        "reading recency was not asked",
    ),
}
