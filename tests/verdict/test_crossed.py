import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rearing.verdict.crossed import crossed


def tables(seed, arms=2, S=6, N=15):
    rng = np.random.default_rng(seed)
    item = rng.normal(size=N)
    return [np.clip(0.5 + 0.1 * (item + rng.normal(size=(S, 1)) + rng.normal(size=(S, N))), 0, 1) for _ in range(arms)]


@pytest.mark.parametrize("seed", range(5))
def test_one_scenario_is_welch(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random((7, 1)), 0.3 * rng.random((7, 1))
    ours = crossed([a, b], [1, -1], "welch")
    theirs = stats.ttest_ind(a[:, 0], b[:, 0], equal_var=False, alternative="greater")
    assert ours.df == pytest.approx(theirs.df, abs=1e-9)
    assert ours.estimate / ours.se == pytest.approx(theirs.statistic, abs=1e-9)
    assert ours.p_above(0) == pytest.approx(theirs.pvalue, abs=1e-9)
    low, high = ours.bounds(0.025)
    interval = stats.ttest_ind(a[:, 0], b[:, 0], equal_var=False).confidence_interval(0.95)
    assert (low, high) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_one_scenario_paired_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    a, b = rng.random((9, 1)), rng.random((9, 1))
    ours = crossed([a, b], [1, -1], "paired")
    theirs = stats.ttest_rel(a[:, 0], b[:, 0], alternative="greater")
    assert (ours.df, ours.p_above(0)) == pytest.approx((8, theirs.pvalue))


@pytest.mark.parametrize("seed", range(5))
def test_equals_a_brute_force_two_way_anova(seed):
    a, b = tables(seed, S=5, N=8)
    D, S, N = a - b, 5, 8
    grand = sum(D[s, i] for s in range(S) for i in range(N)) / (S * N)
    ss_seed = sum(N * (sum(D[s, i] for i in range(N)) / N - grand) ** 2 for s in range(S))
    ss_item = sum(S * (sum(D[s, i] for s in range(S)) / S - grand) ** 2 for i in range(N))
    ss_all = sum((D[s, i] - grand) ** 2 for s in range(S) for i in range(N))
    ms_seed, ms_item = ss_seed / (S - 1), ss_item / (N - 1)
    ms_error = (ss_all - ss_seed - ss_item) / ((S - 1) * (N - 1))
    n = S * N
    variance = max((ms_seed + ms_item - ms_error) / n, ms_seed / n, ms_item / n)
    below = (ms_seed / n) ** 2 / (S - 1) + (ms_item / n) ** 2 / (N - 1) + (ms_error / n) ** 2 / ((S - 1) * (N - 1))
    ours = crossed([a, b], [1, -1], "paired")
    assert ours.estimate == pytest.approx(grand, abs=1e-12)
    assert ours.se == pytest.approx(variance**0.5, rel=1e-9)
    assert ours.df == pytest.approx(variance**2 / below, rel=1e-9)
    assert ours.share_seed + ours.share_item + ours.share_residual == pytest.approx(1)


@given(seed=st.integers(0, 10_000), model=st.sampled_from(["paired", "welch"]))
def test_antisymmetric(seed, model):
    arms, w = tables(seed, arms=4), [0.5, -0.5, -0.5, 0.5]
    one, two = crossed(arms, w, model), crossed(arms, [-x for x in w], model)
    assert one.estimate == -two.estimate
    assert (one.se, one.df) == pytest.approx((two.se, two.df))
    assert one.p_above(0.01) == pytest.approx(two.p_below(-0.01))
    assert one.bounds(0.025) == pytest.approx(tuple(-x for x in reversed(two.bounds(0.025))))


@given(seed=st.integers(0, 10_000), model=st.sampled_from(["paired", "welch"]))
def test_order_of_seeds_and_scenarios_does_not_matter(seed, model):
    rng = np.random.default_rng(seed)
    arms = tables(seed)
    seeds, items = rng.permutation(6), rng.permutation(15)
    one, two = crossed(arms, [1, -1], model), crossed([a[seeds][:, items] for a in arms], [1, -1], model)
    assert (two.estimate, two.se, two.df) == pytest.approx((one.estimate, one.se, one.df))
    assert two.by_seed == pytest.approx([one.by_seed[i] for i in seeds])


@given(seed=st.integers(0, 10_000), shift=st.floats(-0.4, 0.4))
def test_a_constant_moves_the_estimate_alone(seed, shift):
    a, b = tables(seed)
    one, two = crossed([a, b], [1, -1]), crossed([a + shift, b], [1, -1])
    assert two.estimate == pytest.approx(one.estimate + shift)
    assert (two.se, two.df) == pytest.approx((one.se, one.df))


@pytest.mark.parametrize("model", ["paired", "welch"])
def test_size_is_near_the_nominal(model):
    """2,000 true nulls at one-sided 2.5 % (Monte-Carlo SE 0.35 points), real item, seed and residual effects."""
    rng = np.random.default_rng(1)
    S, N, hits = 8, 50, 0
    for _ in range(2000):
        arms = []
        for _arm in range(2):
            item, seed, rest = rng.normal(size=N), rng.normal(size=(S, 1)), rng.normal(size=(S, N))
            arms.append(0.5 + 0.04 * item + 0.02 * seed + 0.2 * rest)
        hits += crossed(arms, [1, -1], model).p_above(0) <= 0.025
    assert 0.013 < hits / 2000 < 0.037


def test_a_model_without_seeds_brings_no_seed_variance():
    a, _ = tables(3)
    untrained = np.full((1, 15), 0.4)
    for model in ("paired", "welch"):
        ours = crossed([a, untrained], [1, -1], model)
        alone = crossed([a], [1], model)
        assert (ours.se, ours.df) == pytest.approx((alone.se, alone.df))
        assert ours.estimate == pytest.approx(a.mean() - 0.4)


def test_one_seed_says_nothing_and_identical_cells_say_it_exactly():
    a, b = np.full((1, 4), 0.9), np.full((1, 4), 0.2)
    one = crossed([a, b], [1, -1])
    assert (one.bounds(0.025), one.p_above(0), one.p_below(1)) == ((-1, 1), 1, 1)
    same = crossed([np.repeat(a, 3, axis=0), np.repeat(b, 3, axis=0)], [1, -1])
    assert (same.se, same.p_above(0), same.p_below(0)) == (0, 0, 1)
    nothing = crossed([np.repeat(a, 3, axis=0), np.repeat(a, 3, axis=0)], [1, -1])
    assert (nothing.p_above(0), nothing.p_below(0), nothing.p_below(0.05)) == (1, 1, 0)


def test_refuses_what_is_not_a_crossed_table():
    with pytest.raises(ValueError, match="not a number"):
        crossed([np.full((2, 2), np.nan), np.ones((2, 2))], [1, -1])
    with pytest.raises(ValueError, match="shapes"):
        crossed([np.ones((2, 2)), np.ones((2, 3))], [1, -1])
