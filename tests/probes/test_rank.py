"""A planted subspace is found with its rank, and shuffled labels have none."""

from collections import defaultdict

import numpy as np
import pytest

from rearing.probes.activations import SITES, PairActivations
from rearing.probes.rank import RUNGS, _curves, erasure_curve, leading, random_directions, rank_of, read
from rearing.records.scenario import SITUATIONS

WIDTH, SCENARIOS, FOUNDATIONS = 32, 40, 4
NAMES = {f"v{i:02d}": f"f{i % FOUNDATIONS}" for i in range(SCENARIOS)}
AXES = np.linalg.qr(np.random.default_rng(5).standard_normal((WIDTH, FOUNDATIONS)))[0].T


def bank(rank: int, shuffled: bool = False, seed: int = 0) -> list[PairActivations]:
    """Pairs whose right option lies along one of `rank` directions, which its foundation says.

    Args:
        rank: How many directions the foundations share among them; 0 for none.
        shuffled: Let a coin say which of the two is called right.
        seed: Of noise and coins.
    """
    rng = np.random.default_rng(seed)
    made = []
    for i, scenario in enumerate(NAMES):
        for situation in SITUATIONS:
            sign = rng.choice((-1.0, 1.0)) if shuffled else 1.0
            planted = sign * AXES[i % FOUNDATIONS % rank] if rank else 0.0
            noise = 0.05 * rng.standard_normal((2, len(SITES), WIDTH))
            made.append(PairActivations(scenario, situation, noise[0] + planted, noise[1] - planted, 0.0, 0))
    return made


def curves(pairs: list[PairActivations], reading: str = "rank") -> dict[str, list[float]]:
    """Mean over scenarios and situations, by site."""
    values: dict[str, list[float]] = defaultdict(list)
    for r in read(pairs, NAMES):
        if r["reading"] == reading:
            values[r["site"]].append(r["value"])
    return {site: [float(np.mean(values[f"{site}-{rung}"])) for rung in RUNGS] for site in SITES}


def test_an_erasure_by_hand() -> None:
    """Axis 0 goes first, then axis 1; the covariance has no third direction."""
    covariance = np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    asked = np.array([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    probes = np.array([[1.0, -2.0, 0.5], [3.0, -1.0, -1.0]])
    # The first difference: -0.5, -1.5, 0.5 along the one probe, and 1, -2, -1 along the other.
    # The second: -2 and -1, as long as axis 1 is there, then nothing.
    expected = [[0.5, 0.0, 0.5, 0.5, 0.5], [0.0, 0.0, 0.5, 0.5, 0.5]]
    assert np.allclose(erasure_curve(asked, probes, leading(covariance, RUNGS[-1])), expected)


def test_one_label_has_one_direction_and_none_has_none() -> None:
    column = np.array([[3.0], [4.0]])
    assert np.allclose(np.abs(leading(column, 4)), np.array([[0.6, 0, 0, 0], [0.8, 0, 0, 0]]))
    assert not leading(np.zeros((3, 2)), 4).any()


def test_the_rank_is_where_accuracy_is_gone() -> None:
    assert rank_of([0.9, 0.8, 0.55, 0.5, 0.5]) == 2
    assert rank_of([0.5] * 5) == 0
    assert rank_of([0.9] * 5) is None


@pytest.mark.parametrize("rank", range(FOUNDATIONS + 1))
def test_a_planted_subspace_is_found_with_its_rank(rank: int) -> None:
    curve = np.mean([list(curves(bank(rank, seed=seed)).values()) for seed in range(2)], axis=(0, 1))
    assert rank_of(curve.tolist()) == rank
    assert rank == 0 or curve[0] > 0.98


@pytest.mark.parametrize("rank", range(1, FOUNDATIONS + 1))
def test_random_directions_leave_a_planted_subspace_as_it_is(rank: int) -> None:
    curve = np.mean([list(curves(bank(rank, seed=seed), "rank-random").values()) for seed in range(2)], axis=(0, 1))
    assert rank_of(curve.tolist()) is None
    assert curve.min() > 0.98


def test_random_directions_are_of_the_bank_and_at_right_angles_to_the_leading_ones() -> None:
    rng = np.random.default_rng(4)
    differences = rng.standard_normal((12, WIDTH)) * np.array([9.0] * 8 + [1.0] * (WIDTH - 8))
    along = np.linalg.qr(rng.standard_normal((WIDTH, 3)))[0]
    first = np.column_stack([along, np.zeros(WIDTH)])
    found = random_directions(differences, first, 5)
    assert np.allclose(found.T @ found, np.diag([1.0, 1.0, 1.0, 0.0])), "as many as there are leading ones"
    assert np.allclose(first.T @ found, 0)
    on_a_sphere = np.linalg.norm(differences @ np.linalg.qr(rng.standard_normal((WIDTH, 3)))[0])
    assert np.linalg.norm(differences @ found) > 1.5 * on_a_sphere
    differences[5] *= 1e6
    assert np.array_equal(random_directions(differences, first, 5), found), "the scenario is not in them"
    differences[4] *= -1
    assert not np.array_equal(random_directions(differences, first, 5), found)


def test_shuffled_labels_give_a_half() -> None:
    for reading, shuffled in (("rank", True), ("rank-null", False)):
        found = [list(curves(bank(2, shuffled, seed), reading).values()) for seed in range(3)]
        assert np.mean(found, axis=(0, 1)) == pytest.approx([0.5] * len(RUNGS), abs=0.08)


def test_neither_labels_nor_erased_directions_saw_the_scenario() -> None:
    rng = np.random.default_rng(2)
    asked, labelled = rng.standard_normal((2, WIDTH)), rng.standard_normal((8, WIDTH))
    member = np.eye(2)[[0, 1] * 4]
    before = _curves(asked, labelled, member, 3)
    labelled[3] *= 1e6
    assert np.array_equal(_curves(asked, labelled, member, 3), before)
    labelled[5] *= -1
    assert not np.array_equal(_curves(asked, labelled, member, 3), before)


def test_a_scenario_alone_in_its_foundation_has_a_half() -> None:
    some = bank(1)[:6]
    rows = list(read(some, NAMES | {"v01": "another"}))
    assert {r["value"] for r in rows if r["scenario"] == "v01"} == {0.5}
    keys = {(r["reading"], r["site"], r["scenario"], r["situation"]) for r in rows}
    assert len(keys) == len(rows) == 3 * len(SITES) * len(RUNGS) * len(some)
