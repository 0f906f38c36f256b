"""The verdict: seconds for a large study, and one contrast against statsmodels' MixedLM.

(a) `judge` on 6 arms x 20 seeds x 400 scenarios x 6 families, without and with what other estimators would have said.
(b) One paired contrast, 8 seeds x 100 scenarios, as `crossed` and as MixedLM with crossed variance components of seed
and scenario on the same differences. Both must give the same estimate and, where MixedLM converges, standard errors
within 5 %.
Usage: `python bench/verdict.py [--rounds 3]`.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

SEEDS, SCENARIOS = 8, 100


def large() -> tuple[Any, ...]:
    """Plan, checks and tables of 6 arms x 20 seeds x 400 scenarios x 6 families."""
    from rearing.verdict.planted import Truth, planted

    truth = Truth(arms=("BD", "BS", "FS", "P", "PD", "FPS"), clauses=("distributed",))
    return planted(truth, 20, 400, np.random.default_rng(0))


def differences() -> np.ndarray:
    """A contrast of two arms, seed x scenario, with every variance component above 0."""
    rng = np.random.default_rng(1)
    seed, item = 0.05 * rng.normal(size=(SEEDS, 1)), 0.1 * rng.normal(size=SCENARIOS)
    return 0.04 + seed + item + 0.3 * rng.normal(size=(SEEDS, SCENARIOS))


def mixed(D: np.ndarray) -> tuple[float, float, bool]:
    """Estimate, standard error, converged."""
    import pandas as pd
    from statsmodels.regression.mixed_linear_model import MixedLM

    S, N = D.shape
    frame = pd.DataFrame(
        {"d": D.ravel(), "seed": np.repeat(np.arange(S), N), "item": np.tile(np.arange(N), S), "one": 1}
    )
    parts = {"seed": "0 + C(seed)", "item": "0 + C(item)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = MixedLM.from_formula("d ~ 1", groups="one", vc_formula=parts, data=frame).fit(reml=True)
    return float(fit.fe_params.iloc[0]), float(fit.bse_fe.iloc[0]), bool(fit.converged)


def seconds(work: Callable[[], Any], times: int) -> float:
    """Median wall seconds of one call."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    from rearing.verdict.crossed import crossed
    from rearing.verdict.judge import judge

    study, D = large(), differences()
    for name, alternatives in (("verdict", False), ("with alternatives", True)):
        print(f"{name:<18} {seconds(lambda a=alternatives: judge(*study, alternatives=a), rounds):.2f} s")
    ours = crossed([D], [1.0])
    estimate, se, converged = mixed(D)
    print(f"crossed            {ours.estimate:+.6f}, standard error {ours.se:.6f}")
    print(
        f"MixedLM            {estimate:+.6f}, standard error {se:.6f}, {'converged' if converged else 'NOT converged'}"
    )
    assert abs(ours.estimate - estimate) < 1e-6, "another estimate"
    assert not converged or abs(ours.se / se - 1) < 0.05, "another standard error"
    pairs = [(seconds(lambda: mixed(D), 1), seconds(lambda: crossed([D], [1.0]), 2000)) for _ in range(rounds)]
    theirs, own = (statistics.median(p[i] for p in pairs) for i in (0, 1))
    print(f"one contrast       {1e6 * own:.0f} us against {theirs:.2f} s")
    print(f"ratio: {theirs / own:.0f}")


if __name__ == "__main__":
    main()
