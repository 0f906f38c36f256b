"""Whole tables with a known truth, to see whether the judge finds it.

Source: the generator of verdict.md section 2, on the logit scale: scenario difficulty SD 1.5, scenario x arm SD 0.4,
seed x scenario SD 0.8, and a seed effect such that the SD over seeds of an arm's true mean is what the truth says; seed
effects of one arm are correlated 0.5 over families. Outcomes are right or wrong, one item a scenario.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from rearing.records.check import Check
from rearing.records.plan import AssayState, Gate, Plan, PlannedArm
from rearing.records.tables import TABLES

if TYPE_CHECKING:
    import polars as pl

SCENARIO_SD, SCENARIO_ARM_SD, SEED_SCENARIO_SD = 1.5, 0.4, 0.8
FAMILY_CORRELATION = 0.5


NORMAL = "normal"
BASE = {NORMAL: 0.90, "format-neutral": 0.70, "agentic": 0.60, "representational": 0.75}
WHERE = {
    "format-neutral": ("responses", "shift"),
    "agentic": ("responses", "agentic"),
    "representational": ("readings", "decode"),
    NORMAL: ("responses", "normal"),
}
ARMS = {
    "BD": ("branching-developmental", "structured"),
    "FS": ("flat-shuffled", "comparator"),
    "P": ("principled-shuffled", "comparator"),
    "PD": ("principled-developmental", "comparator"),
    "FPS": ("flat-principled-shuffled", "comparator"),
}
EVERYWHERE = tuple(BASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is planted.

    Attributes:
        gains: Label of an arm to family to what it adds to the base rate, as a difference of probabilities.
        learned: How far the untrained model lies below the base rate, everywhere.
        twin_drops: Label of an arm to how far its flipped twin lies below it in the gates; arms named here get a twin.
        seed_sd: SD over seeds of an arm's true mean, a difference of probabilities.
        arms: Labels of the trained arms.
        sealed: Whether the plan carries a seal.
        assays: Gate id to assay state, PASS where it is not said.
        failed_check: Name of a required audit check that fails, or "".
    """

    gains: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    learned: float = 0.14
    twin_drops: Mapping[str, float] = field(default_factory=dict)
    seed_sd: float = 0.02
    arms: tuple[str, ...] = ("BD", "FS", "P")
    sealed: bool = True
    assays: Mapping[str, AssayState] = field(default_factory=dict)
    failed_check: str = ""


def everywhere(gain: float) -> dict[str, float]:
    """The same gain in all three gates and none under normal conditions."""
    return {family: gain for family in BASE if family != NORMAL}


def planted(
    truth: Truth, seeds: int, scenarios: int, rng: np.random.Generator
) -> tuple[Plan, tuple[Check, ...], "pl.DataFrame", "pl.DataFrame"]:
    """A plan, checks and full tables with this truth.

    Args:
        truth: What is planted.
        seeds: Training seeds of every trained arm.
        scenarios: Scenarios of every family.
        rng: Where the chance comes from.
    """
    import polars as pl

    plan = _plan(truth, seeds)
    rows: dict[str, list[pl.DataFrame]] = {"responses": [], "readings": []}
    z_arm = {arm.name: rng.standard_normal(seeds) for arm in plan.arms}
    for gate in (plan.normal, *plan.gates):
        difficulty = SCENARIO_SD * rng.standard_normal(scenarios)
        for arm in plan.arms:
            drawn = _outcomes(_rate(truth, arm, gate.id), difficulty, z_arm[arm.name], truth.seed_sd, rng)
            if arm.role == "untrained":
                drawn = drawn.mean(axis=0, keepdims=True)
            rows[gate.table].append(_frame(arm.name, gate, drawn))
    checks = (
        Check(
            kind="audit",
            name=truth.failed_check or "audit:tokens",
            value=0.0,
            limit="<= 0.02",
            passed=not truth.failed_check,
        ),
    )
    return plan, checks, pl.concat(rows["responses"]), pl.concat(rows["readings"])


def _plan(truth: Truth, seeds: int) -> Plan:
    """The plan of a planted study."""
    arms = []
    for label in truth.arms:
        name, role = ARMS[label]
        renderer, order = name.rsplit("-", 1)
        arms.append(PlannedArm(name=name, label=label, role=role, renderer=renderer, order=order))  # type: ignore[arg-type]
    arms += [PlannedArm(name=f"{ARMS[label][0]}-flipped", label=f"{label}-", role="twin") for label in truth.twin_drops]
    arms.append(PlannedArm(name="untrained", label="U", role="untrained"))
    gates = {
        family: Gate(id=family, table=table, select=select, assay=truth.assays.get(family, "PASS"))  # type: ignore[arg-type]
        for family, (table, select) in WHERE.items()
    }
    return Plan(
        study="planted",
        model="planted",
        corpus="planted 1",
        tokens=8000,
        arms=tuple(arms),
        normal=gates.pop(NORMAL),
        gates=tuple(gates.values()),
        seeds=tuple(range(seeds)),
        seal="planted" if truth.sealed else None,
    )


def _rate(truth: Truth, arm: PlannedArm, family: str) -> float:
    """The true mean of an arm on a family."""
    if arm.role == "untrained":
        return BASE[family] - truth.learned
    label = arm.label.removesuffix("-")
    rate = BASE[family] + truth.gains.get(label, {}).get(family, 0.0)
    return rate - truth.twin_drops[label] if arm.role == "twin" and family != NORMAL else rate


def _outcomes(
    rate: float, difficulty: NDArray[np.float64], z_arm: NDArray[np.float64], seed_sd: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Right (1) or wrong (0), shape (seeds, scenarios); for the untrained model rows are rollouts of one model."""
    S, N = len(z_arm), len(difficulty)
    intercept, slope = _intercept(rate)
    own = rng.standard_normal(S)
    seed = seed_sd / slope * (np.sqrt(FAMILY_CORRELATION) * z_arm + np.sqrt(1 - FAMILY_CORRELATION) * own)
    logit = intercept + difficulty + SCENARIO_ARM_SD * rng.standard_normal(N) + seed[:, None]
    chance = expit(logit + SEED_SCENARIO_SD * rng.standard_normal((S, N)))
    outcomes: NDArray[np.float64] = (rng.random((S, N)) < chance).astype(np.float64)
    return outcomes


def _intercept(rate: float) -> tuple[float, float]:
    """The logit whose mean over all random effects is `rate`, and the slope of that mean there (Gauss-Hermite)."""
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    weight = weight / weight.sum()
    sd = np.sqrt(SCENARIO_SD**2 + SCENARIO_ARM_SD**2 + SEED_SCENARIO_SD**2)
    at = float(brentq(lambda mu: float(weight @ expit(mu + sd * node)) - rate, -20.0, 20.0))
    p = expit(at + sd * node)
    return at, float(weight @ (p * (1 - p)))


def _frame(arm: str, gate: Gate, drawn: NDArray[np.float64]) -> "pl.DataFrame":
    """The rows of one arm on one gate, with every column of the schema."""
    import polars as pl

    S, N = drawn.shape
    names = [f"{gate.select}-{i:04d}" for i in range(N)]
    seeds, scenarios, value = np.repeat(np.arange(S), N), names * S, drawn.ravel()
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
