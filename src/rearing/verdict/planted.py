"""Studies with a known truth, to see whether the judge finds it.

Source: the generator of verdict.md section 2, on the logit scale: scenario difficulty SD 1.5, scenario x arm SD 0.4,
seed x scenario SD 0.8, and a seed effect such that the SD over seeds of an arm's true mean is what the truth says; seed
effects of one arm are correlated 0.5 over families. Outcomes are right or wrong, one item a scenario, if the truth does
not say otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from rearing.records.check import Check
from rearing.records.plan import ArmRole, AssayState, Gate, Look, Plan, PlannedArm
from rearing.records.tables import TABLES
from rearing.verdict.conclude import Exam
from rearing.verdict.facts import AGENTIC, FORMAT_NEUTRAL, GATES, REPRESENTATIONAL
from rearing.verdict.scores import Matrix, Scores

if TYPE_CHECKING:
    import polars as pl

SCENARIO_SD, SCENARIO_ARM_SD, SEED_SCENARIO_SD = 1.5, 0.4, 0.8
FAMILY_CORRELATION = 0.5
UNTRAINED_ROLLOUTS = 8  # the untrained model has no seeds; its answers are drawn so often

NORMAL, CAPABILITY = "normal", "capability"
BASE = {NORMAL: 0.90, FORMAT_NEUTRAL: 0.70, AGENTIC: 0.60, REPRESENTATIONAL: 0.75, CAPABILITY: 0.80}
CLAUSE_BASE = 0.60
WHERE: dict[str, tuple[Literal["responses", "readings"], str]] = {
    FORMAT_NEUTRAL: ("responses", "shift"),
    AGENTIC: ("responses", "agentic"),
    REPRESENTATIONAL: ("readings", "decode"),
    NORMAL: ("responses", "normal"),
    CAPABILITY: ("responses", "capability"),
}
ARMS: dict[str, tuple[str, ArmRole]] = {
    "BD": ("branching-developmental", "structured"),
    "FS": ("flat-shuffled", "comparator"),
    "P": ("principled-shuffled", "comparator"),
    "PD": ("principled-developmental", "comparator"),
    "FPS": ("flat-principled-shuffled", "comparator"),
    "BS": ("branching-shuffled", "other"),
    "FD": ("flat-developmental", "other"),
}
Scoring = Literal["right or wrong", "four rollouts", "probability"]
Effects = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is planted.

    Attributes:
        gains: Label of an arm to family (or clause) to what it adds to the base rate, as a difference of
            probabilities. A comparator at another dose has the label `Px2`.
        learned: How far the untrained model lies below the base rate in `normal` and the gates.
        twin_drops: Label of an arm to how far its flipped twin lies below it in the gates; arms named here get a twin.
        twin_seeds: Seeds of the twins; None for all.
        doses: Label of a comparator to the other doses that it was trained at.
        seed_sd: SD over seeds of an arm's true mean, a difference of probabilities; of one arm, or of all.
        pairing: Correlation over arms of the effects of one seed.
        one_instrument: Gates 1 and 2 have the same seed effects: they read the same thing.
        heavy: Seed effects have the tails of t with 3 degrees of freedom.
        base: Family to base rate where it is not the usual one.
        scoring: What a score is.
        arms: Labels of the trained arms.
        sealed, looks, delta, seed_model: Of the plan.
        assays: Gate id to assay state, PASS where it is not said.
        clauses: Clauses of "internalized" that are measured, as levels.
        failed_check: Name of a required check that fails, or "".
    """

    gains: Mapping[str, Effects] = field(default_factory=dict)
    learned: float = 0.14
    twin_drops: Effects = field(default_factory=dict)
    twin_seeds: int | None = None
    doses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    seed_sd: float | Effects = 0.02
    pairing: float = 0.0
    one_instrument: bool = False
    heavy: bool = False
    base: Effects = field(default_factory=dict)
    scoring: Scoring = "right or wrong"
    arms: tuple[str, ...] = ("BD", "FS", "P")
    sealed: bool = True
    looks: tuple[Look, ...] = ()
    delta: float = 0.05
    seed_model: Literal["paired", "welch"] = "paired"
    assays: Mapping[str, AssayState] = field(default_factory=dict)
    clauses: tuple[str, ...] = ()
    failed_check: str = ""

    def rate(self, arm: PlannedArm, family: str) -> float:
        """The true mean of an arm on a family."""
        base = self.base.get(family, BASE.get(family, CLAUSE_BASE))
        if arm.role == "untrained":
            return base - self.learned
        label = arm.label.removesuffix("-")
        rate = base + self.gains.get(label, {}).get(family, 0.0)
        return rate - self.twin_drops[label] if arm.role == "twin" and family in GATES else rate


def everywhere(gain: float, *families: str) -> dict[str, float]:
    """The same gain in all three gates, and in these families."""
    return dict.fromkeys((*GATES, *families), gain)


def plan_of(truth: Truth, seeds: int) -> Plan:
    """The plan of a planted study."""
    arms = []
    for label in truth.arms:
        name, role = ARMS[label]
        arms.append(_arm(name, label, role))
        arms += [_arm(name, f"{label}x{d:g}", "dosed", f"-x{d:g}", d) for d in truth.doses.get(label, ())]
    arms += [_arm(ARMS[label][0], f"{label}-", "twin", "-flipped") for label in truth.twin_drops]
    arms.append(PlannedArm(name="untrained", label="U", role="untrained"))
    gates = {
        family: Gate(id=family, table=table, select=select, assay=truth.assays.get(family, "PASS"), delta=truth.delta)
        for family, (table, select) in WHERE.items()
    }
    clauses = [Gate(id=c, table="readings", select=c, assay="PASS", delta=truth.delta / 2) for c in truth.clauses]
    return Plan(
        study="planted",
        model="planted",
        corpus="planted 1",
        tokens=8000,
        arms=tuple(arms),
        normal=gates[NORMAL],
        gates=tuple(gates[g] for g in GATES),
        capability=gates[CAPABILITY],
        clauses=tuple(clauses),
        seeds=tuple(range(seeds)),
        seal="planted" if truth.sealed else None,
        looks=truth.looks,
        seed_model=truth.seed_model,
    )


def _arm(name: str, label: str, role: ArmRole, suffix: str = "", dose: float = 1.0) -> PlannedArm:
    renderer, order = name.rsplit("-", 1)
    return PlannedArm(name=f"{name}{suffix}", label=label, role=role, renderer=renderer, order=order, dose=dose)


def plant(truth: Truth, plan: Plan, scenarios: int, rng: np.random.Generator) -> Exam:
    """The matrices of a study with this truth; every family has so many scenarios."""
    effects = _SeedEffects(truth, len(plan.seeds), rng)

    def scores(gate: Gate, arms: Sequence[PlannedArm]) -> Scores:
        difficulty = SCENARIO_SD * rng.standard_normal(scenarios)
        found = {arm.name: _matrix(truth, plan, arm, gate, difficulty, effects, rng) for arm in arms}
        return Scores(gate, _scenarios(gate.select, scenarios), found, forms=("planted",))

    trained = [arm for arm in plan.arms if arm.role in ("structured", "comparator")]
    return Exam(
        normal=scores(plan.normal, [a for a in plan.arms if a.role != "twin"]),
        gates=tuple(scores(gate, plan.arms) for gate in plan.gates),
        capability=scores(plan.capability, trained) if plan.capability else None,
        clauses=tuple(scores(clause, trained) for clause in plan.clauses),
    )


@lru_cache(maxsize=64)
def _scenarios(family: str, n: int) -> tuple[str, ...]:
    return tuple(f"{family}-{i:04d}" for i in range(n))


class _SeedEffects:
    """Standardised effects of every seed, correlated over families and, if the truth says so, over arms."""

    def __init__(self, truth: Truth, seeds: int, rng: np.random.Generator) -> None:
        self.truth, self.seeds, self.rng = truth, seeds, rng
        self.drawn: dict[tuple[str, str], NDArray[np.float64]] = {}

    def of(self, arm: str, family: str) -> NDArray[np.float64]:
        """The effects of an arm on a family, shape (seeds,)."""
        if self.truth.one_instrument and family == AGENTIC:
            family = FORMAT_NEUTRAL
        own, pairing = self._correlated(arm, family), self.truth.pairing
        if not pairing:
            return own
        shared: NDArray[np.float64] = np.sqrt(pairing) * self._correlated("", family) + np.sqrt(1 - pairing) * own
        return shared

    def _correlated(self, arm: str, family: str) -> NDArray[np.float64]:
        both, own = self._draw(arm, ""), self._draw(arm, family)
        effects: NDArray[np.float64] = np.sqrt(FAMILY_CORRELATION) * both + np.sqrt(1 - FAMILY_CORRELATION) * own
        return effects

    def _draw(self, arm: str, family: str) -> NDArray[np.float64]:
        if (arm, family) not in self.drawn:
            heavy = self.rng.standard_t(3, self.seeds) / np.sqrt(3) if self.truth.heavy else None
            self.drawn[arm, family] = self.rng.standard_normal(self.seeds) if heavy is None else heavy
        return self.drawn[arm, family]


def _matrix(
    truth: Truth,
    plan: Plan,
    arm: PlannedArm,
    gate: Gate,
    difficulty: NDArray[np.float64],
    effects: _SeedEffects,
    rng: np.random.Generator,
) -> Matrix:
    """What one arm scores on one family."""
    sd = truth.seed_sd if isinstance(truth.seed_sd, float) else truth.seed_sd.get(arm.label, 0.02)
    sd = 0.0 if arm.role == "untrained" else sd
    intercept, seed = intercept_and_seed_sd(round(truth.rate(arm, gate.id), 12), sd)
    logit_N = intercept + difficulty + SCENARIO_ARM_SD * rng.standard_normal(len(difficulty))
    seeds = plan.seeds[: truth.twin_seeds] if arm.role == "twin" else plan.seeds
    shift = np.zeros(1)
    if arm.role == "untrained":
        seeds = (0,)
    else:
        shift = seed * effects.of(arm.name, gate.id)[: len(seeds)]
    logit_SN = (logit_N + shift[:, None]).astype(np.float32)
    chance = expit(logit_SN + SEED_SCENARIO_SD * rng.standard_normal(logit_SN.shape, dtype=np.float32))
    if truth.scoring == "probability":
        values = chance
    elif truth.scoring == "four rollouts" or arm.role == "untrained":
        rollouts = UNTRAINED_ROLLOUTS if arm.role == "untrained" else 4
        values = rng.binomial(rollouts, chance) / rollouts
    else:
        values = rng.random(chance.shape, dtype=np.float32) < chance
    return Matrix(seeds, np.asarray(values, dtype=np.float64))


@lru_cache(maxsize=4096)
def intercept_and_seed_sd(rate: float, seed_sd: float) -> tuple[float, float]:
    """The logit whose mean over all random effects is `rate`, and the SD of the seed effect on the logit scale.

    The mean is by Gauss-Hermite; the seed effect is `seed_sd` over the slope of that mean, which it changes itself, so
    both are found together by iteration.
    """
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    weight = weight / weight.sum()
    at, seed = 0.0, 0.0
    for _ in range(8 if seed_sd else 1):
        sd = np.sqrt(SCENARIO_SD**2 + SCENARIO_ARM_SD**2 + SEED_SCENARIO_SD**2 + seed**2)
        at = float(brentq(lambda mu, sd=sd: float(weight @ expit(mu + sd * node)) - rate, -20.0, 20.0))
        p = expit(at + sd * node)
        seed = seed_sd / float(weight @ (p * (1 - p)))
    return at, seed


def planted(
    truth: Truth, seeds: int, scenarios: int, rng: np.random.Generator
) -> tuple[Plan, tuple[Check, ...], "pl.DataFrame", "pl.DataFrame"]:
    """A plan, checks and full tables with this truth."""
    plan = plan_of(truth, seeds)
    return plan, checks_of(truth), *tables_of(plan, plant(truth, plan, scenarios, rng))


def checks_of(truth: Truth) -> tuple[Check, ...]:
    """One required check, failed if the truth says so."""
    name = truth.failed_check or "audit:tokens"
    return (Check(kind="audit", name=name, value=0.0, limit="<= 0.02", passed=not truth.failed_check),)


def tables_of(plan: Plan, exam: Exam) -> tuple["pl.DataFrame", "pl.DataFrame"]:
    """The rows that these matrices came from, one item a scenario: responses and readings."""
    import polars as pl

    rows: dict[str, list[pl.DataFrame]] = {"responses": [], "readings": []}
    for one in (*exam.all, *exam.clauses):
        rows[one.gate.table] += [_frame(name, one.gate, matrix) for name, matrix in one.arms.items()]
    return pl.concat(rows["responses"]), pl.concat(rows["readings"])


def _frame(arm: str, gate: Gate, matrix: Matrix) -> "pl.DataFrame":
    """The rows of one arm on one gate, with every column of the schema."""
    import polars as pl

    S, N = matrix.values.shape
    names = _scenarios(gate.select, N)
    seeds, scenarios, value = np.repeat(np.array(matrix.seeds), N), names * S, matrix.values.ravel()
    common: dict[str, Any] = {"arm": arm, "seed": seeds, "attack": "", "dose": np.zeros(S * N, dtype=np.int64)}
    if gate.table == "readings":
        columns = common | {
            "reading": gate.select,
            "site": "stop",
            "depth": 2 / 3,
            "wording": "mf",
            "scenario": scenarios,
            "situation": "main",
            "value": value,
        }
    else:
        margin = 2 * value - 1
        items = [f"{gate.select}/planted/natural/{name}/main/0" for name in names] * S
        columns = common | {
            "family": gate.select,
            "form": "planted",
            "kind": "open",
            "wording": "natural",
            "scenario": scenarios,
            "situation": "main",
            "state": np.zeros(S * N, dtype=np.int64),
            "item": items,
            "score": value,
            "margin": margin,
            "margin_sum": margin,
            "margin_byte": margin,
            "margin_token": margin,
            "agreement": float("nan"),
        }
    return pl.DataFrame(columns).select(list(TABLES[gate.table]))
