"""The arms: how they look on the page, how well they match, what they were given to read, and in which order."""

import hashlib
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rearing.records.plan import Plan, PlannedArm
from rearing.report import charts
from rearing.report.charts import Line, Point, Style
from rearing.report.evidence import Evidence

# Points of a loss curve: enough to see its course, few enough to read it.
BUCKETS = 48


@dataclass(frozen=True, slots=True)
class Look:
    """An arm with the look it has in every chart."""

    arm: PlannedArm
    style: Style

    @property
    def key(self) -> Markup:
        """Its sample in a legend."""
        return charts.key(self.style)

    @property
    def drawn(self) -> bool:
        """Whether it is one of the arms that are told apart; a twin or another dose stands beside an arm of these."""
        return self.arm.role not in ("twin", "dosed")


def looks(plan: Plan) -> dict[str, Look]:
    """Every arm of the plan by full name; structured arms come first in colour, dash and marker."""
    order = {"structured": 0, "comparator": 1, "other": 2, "dosed": 3, "twin": 3, "untrained": 4}
    made, index = {}, 0
    for arm in sorted(plan.arms, key=lambda a: order[a.role]):
        made[arm.name] = Look(arm, Style.of(index, arm.role == "untrained"))
        index += arm.role != "untrained"
    return {arm.name: made[arm.name] for arm in plan.arms}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One training scenario as every arm tells it: `texts` holds the paragraphs by arm label."""

    scenario: str
    anchor: str
    seed: int
    stage: int
    texts: dict[str, tuple[str, ...]]
    tokens: dict[str, int]


@dataclass(frozen=True, slots=True)
class Lessons:
    """The lessons that all compared arms share; `left_out` are those for which the page had no room."""

    labels: tuple[str, ...] = ()
    shown: tuple[Lesson, ...] = ()
    left_out: int = 0

    def anchors(self) -> dict[str, str]:
        """Where each scenario's documents are on the page."""
        return {lesson.scenario: lesson.anchor for lesson in self.shown}


def lessons(evidence: Evidence, room: int) -> Lessons:
    """One document of each arm for every scenario that all compared arms tell, lessons before neutral ones.

    Flipped twins are left out, for they say the same sentences with the two options exchanged, and other doses, which
    say the same ones oftener.

    Args:
        evidence: Read for its documents.
        room: Characters of text that the page can hold; what was asked about is told first.
    """
    wanted = {name: look.arm.label for name, look in looks(evidence.plan).items() if look.drawn}
    told: dict[str, dict[int, dict[str, tuple[str, int]]]] = {}
    stages: dict[str, int] = {}
    for arm, seed, scenario, stage, tokens, text in evidence.documents.select(
        "arm", "seed", "scenario", "stage", "tokens", "text"
    ).iter_rows():
        if arm in wanted:
            told.setdefault(scenario, {}).setdefault(seed, {}).setdefault(wanted[arm], (text, tokens))
            stages[scenario] = stage
    present = {label for by_seed in told.values() for texts in by_seed.values() for label in texts}
    compared = {arm.label for arm in evidence.plan.arms if arm.role in ("structured", "comparator")} & present
    rank = {seed: i for i, seed in enumerate(evidence.plan.seeds)}
    chosen: list[tuple[str, int]] = []
    left_out = 0
    for scenario in _by_use(stages, set(evidence.items["scenario"].to_list())):
        seeds = [seed for seed, texts in told[scenario].items() if compared <= texts.keys()]
        if not seeds:
            continue
        seed = min(seeds, key=lambda s: (rank.get(s, len(rank)), s))
        room -= sum(len(text) for text, _ in told[scenario][seed].values())
        if room < 0 and chosen:
            left_out += 1
            continue
        chosen.append((scenario, seed))
    chosen.sort(key=lambda c: (stages[c[0]] == 0, rank.get(c[1], len(rank)) > 0, stages[c[0]], c[0]))
    labels = tuple(label for label in wanted.values() if label in present)
    return Lessons(
        labels, tuple(_lesson(i, *c, stages[c[0]], told[c[0]][c[1]]) for i, c in enumerate(chosen)), left_out
    )


def _by_use(stages: dict[str, int], asked: set[str]) -> list[str]:
    """Scenarios that were asked about, then a lesson of every stage in turn, neutral ones last."""
    place: dict[str, int] = {}
    for stage in set(stages.values()):
        place |= {s: i for i, s in enumerate(sorted(s for s, own in stages.items() if own == stage))}
    return sorted(stages, key=lambda s: (stages[s] == 0, s not in asked, place[s], stages[s]))


def _lesson(index: int, scenario: str, seed: int, stage: int, told: dict[str, tuple[str, int]]) -> Lesson:
    texts = {label: tuple(text.split("\n\n")) for label, (text, _) in told.items()}
    return Lesson(scenario, f"lesson-{index}", seed, stage, texts, {label: n for label, (_, n) in told.items()})


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One row of the audit, numbers as they are printed."""

    text: str
    name: str
    values: tuple[str, ...]
    gap: str
    limit: str
    gates: bool
    passed: bool


def audit_lines(evidence: Evidence) -> tuple[tuple[str, ...], tuple[AuditLine, ...]]:
    """The arms that were audited, by label, and every measure on which they must match."""
    names = list(dict.fromkeys(arm for row in evidence.audit for arm in row.values))
    labels = {arm.name: arm.label for arm in evidence.plan.arms}
    lines = tuple(
        AuditLine(
            row.text,
            row.name,
            tuple(f"{row.values[n]:.4g}" if n in row.values else "\u2013" for n in names),
            f"{row.gap:.1%}" if row.relative else f"{row.gap:.3g}",
            "reported" if row.limit is None else f"{row.limit:.1%}" if row.relative else f"{row.limit:.3g}",
            row.limit is not None,
            row.passed,
        )
        for row in evidence.audit
    )
    return tuple(labels.get(name, name) for name in names), lines


@dataclass(frozen=True, slots=True)
class Feeding:
    """What one arm was fed, in order, with its first seed.

    Attributes:
        orders: Of every seed, the first one in front, the sha256 over the hashes of all documents, one line an
            optimizer step.
    """

    look: Look
    seed: int
    documents: int
    steps: int
    tokens: int
    phases: tuple[tuple[str, int], ...]
    orders: tuple[tuple[int, str], ...]
    picture: Markup

    @property
    def order(self) -> str:
        """That of the first seed."""
        return self.orders[0][1]


def feedings(evidence: Evidence, known: dict[str, Look]) -> tuple[Feeding, ...]:
    """One strip an arm: the stage of every document, in the order really fed."""
    rows: dict[str, dict[int, list[tuple[int, int, str, int, int, str]]]] = {}
    table = evidence.fed.select("arm", "seed", "step", "position", "phase", "stage", "tokens", "fed")
    for arm, seed, *row in table.iter_rows():
        rows.setdefault(arm, {}).setdefault(seed, []).append(tuple(row))
    made = []
    for name, look in known.items():
        if name not in rows:
            continue
        seed = next((s for s in evidence.plan.seeds if s in rows[name]), min(rows[name]))
        by_seed = {s: sorted(rows[name][s]) for s in (seed, *sorted(rows[name].keys() - {seed}))}
        fed = by_seed[seed]
        bounds: dict[str, tuple[int, int]] = {}
        for i, (_, _, phase, *_) in enumerate(fed):
            bounds[phase] = (bounds.get(phase, (i, i))[0], i + 1)
        made.append(
            Feeding(
                look,
                seed,
                len(fed),
                len({step for step, *_ in fed}),
                sum(tokens for *_, tokens, _ in fed),
                tuple((phase, end - start) for phase, (start, end) in bounds.items()),
                tuple((s, order_hash([(step, document) for step, *_, document in f])) for s, f in by_seed.items()),
                charts.strip([stage for _, _, _, stage, *_ in fed], bounds),
            )
        )
    return tuple(made)


def order_hash(fed: Sequence[tuple[int, str]]) -> str:
    """The sha256 of (step, hash of document) in the order fed, one line a step: equal only if every step was."""
    lines: dict[int, list[str]] = {}
    for step, document in fed:
        lines.setdefault(step, []).append(document)
    return hashlib.sha256("\n".join(" ".join(documents) for documents in lines.values()).encode()).hexdigest()


def loss_lines(evidence: Evidence, known: dict[str, Look]) -> tuple[Line, ...]:
    """The mean loss over seeds by step, averaged in at most `BUCKETS` runs of steps."""
    losses: dict[str, dict[int, set[tuple[int, float]]]] = {}
    for arm, seed, step, loss in evidence.fed.select("arm", "seed", "step", "loss").drop_nulls().iter_rows():
        if loss == loss:
            losses.setdefault(arm, {}).setdefault(step, set()).add((seed, loss))
    return tuple(
        Line(look.arm.label, look.style, _smooth(losses[name]))
        for name, look in known.items()
        if name in losses and look.drawn
    )


def _smooth(by_step: dict[int, set[tuple[int, float]]]) -> tuple[Point, ...]:
    steps = sorted(by_step)
    size = max(1, -(-len(steps) // BUCKETS))
    runs: list[Sequence[int]] = [steps[i : i + size] for i in range(0, len(steps), size)]
    return tuple(
        Point(statistics.fmean(run), statistics.fmean(value for step in run for _, value in sorted(by_step[step])))
        for run in runs
    )
