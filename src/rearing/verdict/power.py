"""How large a study must be: spreads measured in one study, and the power of another by the real rule.

The spreads are those of a difference of two reared arms, D of shape (S, N), from its mean squares (verdict.md section
3): over seeds (MSs - MSe) / N, over scenarios (MSi - MSe) / S, residual MSe. What part of the last two lies inside
scenarios, and so shrinks with more variants of each, comes from the same table with a column for every item.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rearing.errors import EvidenceError
from rearing.records.plan import Gate, Plan
from rearing.records.verdict import Power, PowerPoint, Verdict
from rearing.verdict.conclude import Exam, at_looks, look_by_look
from rearing.verdict.crossed import Array
from rearing.verdict.effects import twin_of
from rearing.verdict.endpoints import ASKED
from rearing.verdict.evidence import Evidence, load_evidence
from rearing.verdict.facts import GATES, LEANING
from rearing.verdict.gates import flat, principled
from rearing.verdict.judge import read_exam
from rearing.verdict.planted import CAPABILITY, FAMILY_CORRELATION, NORMAL, Truth, checks_of
from rearing.verdict.scores import VALUE, Matrix, Scores, Tables, cells, check_tables, reared

SEEDS = (8, 10, 12, 16, 20, 24)
SCENARIOS = (100, 150, 200, 300, 400)
VARIANTS = (1, 2, 4)  # times as many items a scenario
REPLICATES = 200
# Margins by which the structured arm truly leads, and simulated studies at each, of the curve in a report.
GAINS = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
CURVE_REPLICATES = 100
TRUE_GAIN = 1.5  # margins: what SUPPORTED must be found at (verdict.md section 4.2)


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one family: level and gain of P, and the variances of a difference of two arms.

    Attributes:
        within_item, within_residual: The parts of `item` and `residual` that come from variants inside a scenario.
    """

    delta: float
    level: float
    gain: float
    seed: float
    item: float
    residual: float
    within_item: float = 0.0
    within_residual: float = 0.0


@dataclass(frozen=True, slots=True)
class Spreads(Mapping[str, Spread]):
    """Family to spread, and the plan of the study that they were measured in.

    Attributes:
        twin_seeds: Seeds of its twins; None for all.
    """

    plan: Plan
    by_family: Mapping[str, Spread]
    twin_seeds: int | None = None

    def __getitem__(self, family: str) -> Spread:
        return self.by_family[family]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_family)

    def __len__(self) -> int:
        return len(self.by_family)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A size that reaches the power wanted, or `seeds` None if none up to the largest does.

    Attributes:
        variants: Times as many items a scenario as the study had that was measured.
        demoted: P(DEMOTED) if structure adds nothing.
        supported: P(SUPPORTED) if it adds one and a half margins everywhere.
    """

    scenarios: int
    variants: int
    seeds: int | None
    demoted: float
    supported: float


def spreads(evidence: Evidence) -> Spreads:
    """The spread of `normal`, of every gate, and of `capability` if it was asked.

    Raises:
        EvidenceError: Under two seeds, or an arm, a gate or a family is missing.
    """
    plan, tables = evidence.plan, check_tables(evidence.responses, evidence.readings)
    exam = read_exam(plan, tables)
    carriers, untrained = principled(plan) or flat(plan), [arm.name for arm in plan.role("untrained")]
    names = [plan.role("structured")[0].name, *(c.name for c in plan.role("comparator"))]
    if len(plan.seeds) < 2 or not untrained or not carriers:
        problem = "spreads need two seeds, the untrained model, and P or FS"
        raise EvidenceError(problem, "run a study that has them", where="plan.json")
    if lacking := [g for g in GATES if g not in {gate.id for gate in plan.gates}]:
        problem = f"the plan has no gate {', '.join(lacking)}, and no study of that kind is ever decided"
        raise EvidenceError(problem, f"run a study that asks {', '.join(GATES)}", "plan.json", "gates")
    anchor = next(c.name for c in plan.role("comparator") if c.label in carriers)
    found = {}
    for one in exam.all:
        if not one.has(*names, *(untrained if one.gate != plan.capability else ())):
            problem = f"the rows of {one.gate.id} are not complete"
            raise EvidenceError(problem, "run the study to its end", where="tables")
        parts = np.mean([_parts(one.arms[names[0]].values - one.arms[n].values) for n in names[1:]], axis=0)
        inside = _inside(plan, one.gate, tables, names)
        level = float(one.arms[anchor].values.mean())
        gain = level - float(one.arms[untrained[0]].values.mean()) if one.has(*untrained) else 0.0
        found[one.gate.id] = Spread(one.gate.delta, level, gain, *map(float, (*parts, *inside)))
    twins = {len(one.arms[arm.name].seeds) for one in exam.gates for arm in plan.role("twin") if one.has(arm.name)}
    return Spreads(plan, found, min(twins, default=None))


def _parts(D_SN: Array) -> tuple[float, float, float]:
    """Variance over seeds, over scenarios, and what is left, by the method of moments."""
    S, N = D_SN.shape
    row, column = D_SN.mean(axis=1), D_SN.mean(axis=0)
    residual = D_SN - row[:, None] - column[None, :] + D_SN.mean()
    e = float(np.square(residual).sum()) / ((S - 1) * (N - 1))
    return max(0.0, float(row.var(ddof=1)) - e / N), max(0.0, float(column.var(ddof=1)) - e / S), e


def _inside(plan: Plan, gate: Gate, tables: Tables, names: Sequence[str]) -> tuple[float, float]:
    """What variants inside a scenario add to the scenario part and to the residual of a difference of means."""
    import polars as pl

    frame = reared(tables.of(gate)).filter(pl.col("arm").is_in(list(names)))
    key = pl.concat_str(["scenario", *ASKED[gate.table]], separator="|")
    items, pairs, values = cells(frame.with_columns(key.alias("scenario")), VALUE[gate.table])
    owner = np.unique([i.split("|")[0] for i in items], return_inverse=True)[1]
    size = np.bincount(owner)
    if size.min() < 2 or not np.isfinite(values).all():
        return 0.0, 0.0
    rows = {pair: values[i] for i, pair in enumerate(pairs)}
    inside = []
    for other in names[1:]:
        D_SK = np.array([rows[names[0], s] - rows[other, s] for s in plan.seeds])
        mean_SN = np.array([np.bincount(owner, d) / size for d in D_SK])
        within_SK = D_SK - mean_SN[:, owner]
        S, free = len(D_SK), float((size - 1).sum())
        own_K = within_SK.mean(axis=0)
        e = float(np.square(within_SK - own_K).sum()) / ((S - 1) * free)
        item = max(0.0, float(np.square(own_K).sum()) / free - e / S)
        inside.append((item / float(size.mean()), e / float(size.mean())))
    found = np.mean(inside, axis=0)
    return float(found[0]), float(found[1])


def powers(
    measured: Spreads,
    seeds: int,
    scenarios: int | Mapping[str, int],
    variants: int = 1,
    replicates: int = REPLICATES,
) -> tuple[float, float]:
    """P(DEMOTED) if structure adds nothing, and P(SUPPORTED) if it adds one and a half margins, by the real rule.

    Args:
        measured: Spreads, and the plan whose arms, margins and level the study has; its looks too, if it has so many
            seeds. Capability that was not measured is taken to spread as `normal` does.
        seeds: Of every reared arm.
        scenarios: Of every family, or by family.
        variants: Times as many items a scenario as were measured.
        replicates: Simulated studies for each of the two.
    """
    hits = []
    for k, (word, gain) in enumerate((("DEMOTED", 0.0), ("SUPPORTED", TRUE_GAIN))):
        sizes = [scenarios] if isinstance(scenarios, int) else [n for _, n in sorted(scenarios.items())]
        rng = np.random.default_rng((seeds, *sizes, variants, k))
        hits.append(_said(measured, gain, seeds, scenarios, variants, replicates, rng)[word] / replicates)
    return hits[0], hits[1]


def power_of(folder: Path, verdict: Verdict, replicates: int = CURVE_REPLICATES) -> Power:
    """What the real rule says of studies as large as the one in an evidence folder, at every gain of `GAINS`.

    Every gain meets the same draws, so that the curve is as smooth as the rule. No verdict stands on it. There is none
    where nothing is leaned to by rule, for want of seeds.

    Args:
        folder: With the evidence.
        verdict: What the judge said of it: its seeds, at its level, are the study's.
        replicates: Simulated studies a gain.
    """
    if verdict.seeds < LEANING:
        return Power(lacking=f"with fewer than {LEANING} seeds nothing is leaned to, so nothing could have been found")
    try:
        found = load_evidence(folder)
        plan = replace(found.plan, seeds=found.plan.seeds[: verdict.seeds], alpha=verdict.alpha, looks=())
        measured = spreads(replace(found, plan=plan))
    except EvidenceError as err:
        return Power(lacking=err.problem)
    exam = read_exam(plan, check_tables(found.responses, found.readings))
    scenarios = {one.gate.id: len(one.scenarios) for one in exam.all}
    scenarios.setdefault(CAPABILITY, scenarios[NORMAL])
    points = []
    for gain in GAINS:
        rng = np.random.default_rng((len(plan.seeds), *scenarios.values()))
        said = _said(measured, gain, len(plan.seeds), scenarios, 1, replicates, rng)
        shares = {"demoted": said["DEMOTED"] / replicates, "supported": said["SUPPORTED"] / replicates}
        points.append(PowerPoint(gain=gain, **shares))
    return Power(points=tuple(points), replicates=replicates)


def _said(
    measured: Spreads,
    gain: float,
    seeds: int,
    scenarios: int | Mapping[str, int],
    variants: int,
    replicates: int,
    rng: np.random.Generator,
) -> Counter[str]:
    """How often the real rule gave each verdict."""
    known = {**measured, CAPABILITY: measured.get(CAPABILITY, measured[NORMAL])}
    plan, checks = _next(measured.plan, seeds), checks_of(Truth())
    twins = seeds if measured.twin_seeds is None else min(seeds, measured.twin_seeds)
    exams = (_drawn(plan, known, gain, scenarios, variants, twins, rng) for _ in range(replicates))
    return Counter(look_by_look(at_looks(plan, seeds), checks, exam).word for exam in exams)


def _next(plan: Plan, seeds: int) -> Plan:
    """The sealed study that would follow: the same arms, margins and level, every gate with its assay passed."""
    judged = ("structured", "comparator", "untrained", "twin")
    return replace(
        plan,
        arms=tuple(arm for arm in plan.arms if arm.role in judged),
        gates=tuple(replace(gate, assay="PASS") for gate in plan.gates),
        capability=plan.capability or replace(plan.normal, id=CAPABILITY),
        clauses=(),
        hangs_on=None,  # of which no study has a spread yet
        seeds=tuple(range(seeds)),
        seal="planned",
        looks=plan.looks if seeds == len(plan.seeds) else (),
    )


def _drawn(
    plan: Plan,
    known: Mapping[str, Spread],
    gain: float,
    scenarios: int | Mapping[str, int],
    variants: int,
    twins: int,
    rng: np.random.Generator,
) -> Exam:
    """Normal matrices with these spreads; the structured arm leads in the gates by so many margins.

    The lead is one in values: the twin of the structured arm lies as far below the others. Twins have `twins` seeds.
    """
    both = {arm.name: rng.standard_normal(len(plan.seeds)) for arm in plan.arms}
    structured = plan.role("structured")
    leads = {arm.name: 1.0 for arm in structured} | {name: -1.0 for a in structured if (name := twin_of(plan, a))}

    def scores(gate: Gate) -> Scores:
        spread, less = known[gate.id], 1 - 1 / variants
        N = scenarios if isinstance(scenarios, int) else scenarios[gate.id]
        item = max(0.0, spread.item - less * spread.within_item) / 2
        residual = max(0.0, spread.residual - less * spread.within_residual) / 2
        arms = {}
        for arm in plan.arms:
            own = np.sqrt(item) * rng.standard_normal((1, N)) + spread.level
            if arm.role == "untrained":
                arms[arm.name] = Matrix((0,), own - spread.gain)
                continue
            z = np.sqrt(FAMILY_CORRELATION) * both[arm.name]
            z = z + np.sqrt(1 - FAMILY_CORRELATION) * rng.standard_normal(len(plan.seeds))
            noise = np.sqrt(residual) * rng.standard_normal((len(plan.seeds), N))
            lead = leads.get(arm.name, 0.0) * gain * spread.delta if gate.id in GATES else 0.0
            values = own + lead + np.sqrt(spread.seed / 2) * z[:, None] + noise
            there = twins if arm.role == "twin" else len(plan.seeds)
            arms[arm.name] = Matrix(plan.seeds[:there], values[:there])
        return Scores(gate, tuple(map(str, range(N))), arms)

    capability = scores(plan.capability) if plan.capability else None
    return Exam(normal=scores(plan.normal), gates=tuple(map(scores, plan.gates)), capability=capability)


def proposals(measured: Spreads, power: float) -> list[Proposal]:
    """For every number of scenarios and of variants the fewest seeds with both powers."""
    return [_fewest(measured, n, k, power) for n in SCENARIOS for k in VARIANTS]


def _fewest(measured: Spreads, scenarios: int, variants: int, power: float) -> Proposal:
    """By bisection: power grows with seeds."""
    low, high = 0, len(SEEDS)
    best = Proposal(scenarios, variants, None, 0.0, 0.0)
    while low < high:
        middle = (low + high) // 2
        both = powers(measured, SEEDS[middle], scenarios, variants)
        if min(both) >= power:
            high, best = middle, Proposal(scenarios, variants, SEEDS[middle], *both)
        else:
            low = middle + 1
            best = best if best.seeds else replace(best, demoted=both[0], supported=both[1])
    return best


def size_table(measured: Spreads, found: Sequence[Proposal], power: float) -> str:
    """What was measured, the proposals, and of those the one with the fewest seeds, then the fewest items."""
    lines = [f"{'family':<18} {'margin':>7} {'P - U':>7} {'SD seeds':>9} {'SD scenarios':>13} {'SD rest':>8}"]
    for name, s in measured.items():
        seed, item, rest = (float(np.sqrt(v / 2)) for v in (s.seed, s.item, s.residual))  # of one arm
        lines.append(f"{name:<18} {s.delta:>7.3f} {s.gain:>+7.3f} {seed:>9.3f} {item:>13.3f} {rest:>8.3f}")
    idle = [g for g in GATES if g in measured and measured[g].gain <= measured[g].delta]
    if idle:
        lines += ["", f"P does not lead U by more than the margin on {', '.join(idle)}: nothing can be DEMOTED"]
    twins = f", twins on {measured.twin_seeds} seeds" if measured.twin_seeds else ""
    lines += ["", f"power {power:g} for both verdicts, by {REPLICATES} simulated studies at these spreads{twins}"]
    lines.append(f"{'scenarios a gate':>16} {'items a scenario':>17} {'seeds':>6} {'DEMOTED':>8} {'SUPPORTED':>10}")
    for p in found:
        seeds = str(p.seeds) if p.seeds else f"> {SEEDS[-1]}"
        times = f"x {p.variants}"
        lines.append(f"{p.scenarios:>16} {times:>17} {seeds:>6} {p.demoted:>8.2f} {p.supported:>10.2f}")
    able = [p for p in found if p.seeds]
    if not able:
        return "\n".join([*lines, "", "none of these sizes is enough"])
    best = min(able, key=lambda p: (p.seeds or 0, p.scenarios * p.variants))
    size = f"{best.seeds} seeds, {best.scenarios} scenarios a gate, items a scenario x {best.variants}"
    return "\n".join([*lines, "", f"proposed: {size}"])
