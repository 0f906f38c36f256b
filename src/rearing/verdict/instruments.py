"""The rows of `rearing calibrate` that look at one instrument instead of a whole planted study: C14 to C21.

Source: verdict.md section 8. Every instrument gives (what, share, n, least, most): a share of n trials and its bounds.
Those of what is INVALID are in `verdict.defects`.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from pydantic import TypeAdapter
from scipy.special import expit

from rearing.errors import EvidenceError
from rearing.records.plan import Gate
from rearing.verdict.crossed import crossed
from rearing.verdict.defects import Rows, defects, tampering
from rearing.verdict.effects import effect
from rearing.verdict.factorial import FACTORIAL, attribution
from rearing.verdict.facts import AGENTIC, FORMAT_NEUTRAL, GATES
from rearing.verdict.judge import judge
from rearing.verdict.planted import (
    SCENARIO_ARM_SD,
    SCENARIO_SD,
    SEED_SCENARIO_SD,
    Truth,
    plan_of,
    plant,
    planted,
)
from rearing.verdict.scores import Matrix, Scores

Instrument = Callable[[int, np.random.Generator], Rows]

TURNS = 8
SECONDS, WITH_ALTERNATIVES = 1.0, 5.0


def paraphrases(replicates: int, rng: np.random.Generator) -> Rows:
    """Five wordings of a scenario are one scenario: averaged inside, or refused."""
    S, N, K = 8, 100, 5
    hits = 0
    for _ in range(4 * replicates):
        scenario = SCENARIO_SD * rng.standard_normal(N)
        wording = 0.8 * rng.standard_normal((N, K))
        tables = []
        for _arm in range(2):
            seed = 0.12 * rng.standard_normal((S, 1, 1))
            own = scenario[:, None] + wording + SCENARIO_ARM_SD * rng.standard_normal((N, 1))
            chance = expit(0.8 + own + seed + SEED_SCENARIO_SD * rng.standard_normal((S, N, 1)))
            tables.append((rng.random((S, N, K)) < chance).mean(axis=2))
        hits += crossed(tables, [1, -1]).p_above(0.0) <= 0.025
    yield "size, averaged inside", hits / (4 * replicates), 4 * replicates, 0.0, 0.025
    plan, checks, responses, readings = planted(Truth(), 8, 100, rng)
    try:
        judge(plan, checks, responses.vstack(responses.head(1)), readings)
        yield "an item twice is refused", 0.0, 1, 1.0, 1.0
    except EvidenceError:
        yield "an item twice is refused", 1.0, 1, 1.0, 1.0


def rough_data(replicates: int, rng: np.random.Generator) -> Rows:
    """The size of both edges where the assumptions do not hold."""
    cases = {
        "seed SD 1 and 4 points": Truth(seed_sd={"BD": 0.01, "P": 0.04}),
        "t3 seeds": Truth(heavy=True),
        "rates at .98": Truth(base=dict.fromkeys(GATES, 0.98)),
    }
    for name, truth in cases.items():
        for edge, gain in (("upper", 0.05), ("lower", 0.0)):
            base = {AGENTIC: truth.base[AGENTIC] - gain} if truth.base else {}
            case = replace(truth, arms=("BD", "P"), gains={"BD": {AGENTIC: gain}}, base={**truth.base, **base})
            plan = replace(plan_of(case, 10), capability=None)
            plan = replace(plan, gates=tuple(g for g in plan.gates if g.id == AGENTIC))
            hits = 0
            for _ in range(replicates):
                e = effect(plan, plant(case, plan, 400, rng).gates[0], plan.arms[0].name, plan.arms[1].name)
                hits += (e.p_below_margin if gain else e.p_superior) <= 0.025
            yield f"size, {edge} edge, {name}", hits / replicates, replicates, 0.0, 0.035


def square(replicates: int, rng: np.random.Generator) -> Rows:
    """Branching adds 5 points, order nothing: the factorial attribution on one gate, eight seeds."""
    found = attributed(8, 400, replicates, rng)
    yield "branching found", found["branching"], replicates, 0.95, 1.0
    yield "order found", found["order"], replicates, 0.0, 0.025
    yield "interaction found", found["interaction"], replicates, 0.0, 0.05


def attributed(seeds: int, scenarios: int, replicates: int, rng: np.random.Generator) -> dict[str, float]:
    """How often each factor is beyond 0 on the first gate, where branching adds 5 points and order nothing."""
    up = {FORMAT_NEUTRAL: 0.05}
    truth = Truth(arms=("BD", "BS", "FD", "FS"), gains={"BD": up, "BS": up})
    plan = replace(plan_of(truth, seeds), capability=None)
    plan = replace(plan, gates=plan.gates[:1])
    hits = dict.fromkeys(FACTORIAL, 0)
    for _ in range(replicates):
        for factor in attribution(plan, plant(truth, plan, scenarios, rng).gates, passed=()):
            hits[factor.name] += factor.low > 0 or factor.high < 0
    return {name: n / replicates for name, n in hits.items()}


def rounds(replicates: int, rng: np.random.Generator) -> Rows:
    """Rounds survived under pressure, equal hazards: size of the mean over scenarios right at round 0."""
    S, N = 10, 200
    plan = plan_of(Truth(arms=("BD", "P")), S)
    hits = 0
    gate = Gate(id="pressure", table="responses", select="pressure", endpoint="rounds")
    one, two = (arm.name for arm in plan.arms[:2])
    for _ in range(replicates):
        scenario = rng.standard_normal(N)
        arms = {}
        for name in (one, two):
            own = scenario + 0.4 * rng.standard_normal(N) + 0.15 * rng.standard_normal((S, 1))
            right = rng.random((S, N)) < expit(1.0 + own)
            holds = rng.random((S, N, TURNS)) < expit(2.0 + own + 0.5 * rng.standard_normal((S, N)))[..., None]
            arms[name] = Matrix(plan.seeds, np.cumprod(holds, axis=2).mean(axis=2), right.astype(np.float64))
        e = effect(plan, Scores(gate, tuple(map(str, range(N))), arms), one, two)
        hits += e.p_superior <= 0.025
    yield "size", hits / replicates, replicates, 0.0, 0.032


def same_bytes(replicates: int, rng: np.random.Generator) -> Rows:
    """The verdict of rows in another order, and of other names for seeds and scenarios."""
    import polars as pl

    plan, checks, responses, readings = planted(Truth(twin_drops={"BD": 0.1, "P": 0.1}), 8, 100, rng)
    adapter = TypeAdapter(object)
    first = judge(plan, checks, responses, readings)
    shuffled = judge(plan, checks, *(t.sample(fraction=1.0, shuffle=True, seed=1) for t in (responses, readings)))
    same = adapter.dump_json(first) == adapter.dump_json(shuffled)
    yield "rows shuffled, the same bytes", float(same), 1, 1.0, 1.0

    def renamed(frame: pl.DataFrame) -> pl.DataFrame:
        trained = pl.col("arm") != "untrained"
        seed = pl.when(trained).then(90 - 7 * pl.col("seed")).otherwise("seed").alias("seed")
        return frame.with_columns(seed, ("x" + pl.col("scenario").str.reverse()).alias("scenario"))

    moved = replace(plan, seeds=tuple(90 - 7 * s for s in plan.seeds))
    other = judge(moved, checks, renamed(responses), renamed(readings))
    alike = (other.word, other.reasons, other.effects) == (first.word, first.reasons, first.effects)
    yield "seeds and scenarios renamed, the same", float(alike), 1, 1.0, 1.0


def seconds(replicates: int, rng: np.random.Generator) -> Rows:
    """Processor seconds for 6 arms x 20 seeds x 400 scenarios x 6 families."""
    truth = Truth(arms=("BD", "BS", "FS", "P", "PD", "FPS"), clauses=("distributed",))
    plan, checks, responses, readings = planted(truth, 20, 400, rng)
    for name, most, alternatives in (("verdict", SECONDS, False), ("with alternatives", WITH_ALTERNATIVES, True)):
        start = time.process_time()
        judge(plan, checks, responses, readings, alternatives=alternatives)
        spent = time.process_time() - start
        yield f"{name} < {most:g} s", float(spent < most), 1, 1.0, 1.0


INSTRUMENTS: dict[str, tuple[str, Instrument]] = {
    "C14": ("five paraphrases a scenario, no difference", paraphrases),
    "C15": ("unequal seed SDs, heavy tails, ceiling", rough_data),
    "C16": ("2 x 2: branching +5 points, order nothing, 8 x 400", square),
    "C17": ("pressure: equal hazards, 10 x 200, 8 rounds", rounds),
    "C18": ("ten defects, each alone", defects),
    "C19": ("a pure function", same_bytes),
    "C20": ("6 arms x 20 seeds x 400 scenarios x 6 families", seconds),
    "C21": ("tampering", tampering),
}
