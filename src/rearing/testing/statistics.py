"""Estimators and checks: what holding them beside a verdict relies upon."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from rearing.records.tables import TABLES
from rearing.store.tables import frame
from rearing.testing.broken import Broken, need, no_private
from rearing.verdict.beside import Method, TableCheck
from rearing.verdict.crossed import Array, Contrast
from rearing.verdict.planted import Truth, planted

SEEDS, SCENARIOS, STUDIES = 8, 60, 120
ALPHA, TOO_OFTEN = 0.025, 0.15  # nominal, and what even an estimator for a narrower question keeps


@cache
def _studies() -> tuple[tuple[Array, Array], ...]:
    """Two arms that differ in nothing but seeds and noise, in [0, 1], over and over."""
    rng = np.random.default_rng(0)

    def arm(scenario_N: Array) -> Array:
        seed_S1 = 0.01 * rng.standard_normal((SEEDS, 1))
        noise = 0.2 * rng.standard_normal((SEEDS, SCENARIOS)) + 0.05 * rng.standard_normal(SCENARIOS)
        return np.asarray(np.clip(0.6 + scenario_N + seed_S1 + noise, 0, 1), dtype=np.float64)

    pairs = []
    for _ in range(STUDIES):
        scenario_N = 0.1 * rng.standard_normal(SCENARIOS)
        pairs.append((arm(scenario_N), arm(scenario_N)))
    return tuple(pairs)


def check_estimator(method: Method) -> None:
    """An estimator turns with the sign, does not see in which order rows and columns stand, and is seldom wrong.

    Raises:
        Broken: It does not.
    """
    no_private(method.estimate)
    name, (one, two) = method.name, _studies()[0]
    there = _of(method, [one, two], (1.0, -1.0))
    back = _of(method, [two, one], (1.0, -1.0))
    low, high = there.bounds(ALPHA)
    need(low <= there.estimate <= high, f"{name} has an estimate outside its own bounds")
    need(there.bounds(0.005)[0] <= low, f"{name} has wider bounds at a larger alpha")
    ps = [there.p_above(x) for x in (-0.5, 0.0, 0.5)]
    need(all(0 <= p <= 1 for p in ps), f"{name} has a p outside 0 to 1")
    need(ps == sorted(ps), f"{name} proves more easily what is further away")
    need(there.p_above(low - 0.02) <= ALPHA * 1.1, f"{name} has a lower bound that its own p does not know")
    need(there.p_below(high + 0.02) <= ALPHA * 1.1, f"{name} has an upper bound that its own p does not know")
    need(_near(there.estimate, -back.estimate), f"{name} does not turn its sign with the arms")
    need(_near(there.p_above(0.0), back.p_below(0.0), 0.02), f"{name} proves one side more easily than the other")
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(SEEDS), rng.permutation(SCENARIOS)
    turned = _of(method, [t[rows][:, columns] for t in (one, two)], (1.0, -1.0))
    need(_near(there.estimate, turned.estimate), f"{name} sees in which order seeds or scenarios stand")
    base = _of(method, [one, two.mean(axis=0, keepdims=True)], (1.0, -1.0))
    need(bool(np.isfinite(base.estimate)), f"{name} cannot hold an arm against a model without seeds")
    wrong = sum(_of(method, pair, (1.0, -1.0)).p_above(0.0) <= ALPHA for pair in _studies()) / STUDIES
    need(wrong <= TOO_OFTEN, f"{name} finds a difference in {wrong:.0%} of studies without one, at {ALPHA:.1%}")


def _of(method: Method, tables: Sequence[Array], weights: Sequence[float]) -> Contrast:
    try:
        return method.contrast(list(tables), list(weights), "paired")
    except Exception as err:
        raise Broken(f"{method.name} cannot estimate: {type(err).__name__}: {err}") from err


def _near(one: float, other: float, by: float = 1e-9) -> bool:
    return abs(one - other) <= by


def check_check(check: TableCheck) -> None:
    """A check finds the same in the same rows, in whatever order, and can live with tables that are empty.

    Raises:
        Broken: It does not.
    """
    no_private(check.find)
    plan, _, responses, readings = planted(Truth(), 3, 20, np.random.default_rng(0))
    frames = {name: frame(name, []) for name in TABLES if name != "private"}
    frames |= {"responses": responses, "readings": readings}
    mixed = {name: f.sample(fraction=1.0, shuffle=True, seed=1) for name, f in frames.items()}
    try:
        found, again = check.check(plan, frames), check.check(plan, mixed)
    except Exception as err:
        raise Broken(f"{check.name} cannot check: {type(err).__name__}: {err}") from err
    need(
        found.passed == again.passed and _near(found.value, again.value),
        f"{check.name} sees in which order rows stand",
    )
    need(bool(check.limit.strip()), f"{check.name} does not say its limit")
