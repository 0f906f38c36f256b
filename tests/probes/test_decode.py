"""The probe reads a direction that was planted, nothing where there is none, and coupling follows the choice."""

import numpy as np
import pytest

from rearing.probes.activations import SITES, PairActivations
from rearing.probes.decode import DRAWS, directions, read, residual_margins

WIDTH = 24
SCENARIOS = 40


def bank(strength: float, choice: str = "right", shuffled: bool = False, seed: int = 0) -> list[PairActivations]:
    """Pairs whose right option lies `strength` further along one direction than its rival.

    Args:
        strength: Of the planted direction, in units of the noise.
        choice: What the margins follow: `right`, `wrong`, or `coin` (nothing).
        shuffled: Let a coin say which of the two is called right.
        seed: Of noise and coins.
    """
    rng = np.random.default_rng(seed)
    planted = rng.standard_normal(WIDTH)
    planted /= np.linalg.norm(planted)
    pairs = []
    for i in range(SCENARIOS):
        for situation in ("main", "twin"):
            sign = rng.choice((-1.0, 1.0)) if shuffled else 1.0
            right = rng.standard_normal((len(SITES), WIDTH)) * 0.3 + sign * strength * planted
            rival = rng.standard_normal((len(SITES), WIDTH)) * 0.3 - sign * strength * planted
            follows = {"right": 1.0, "wrong": -1.0, "coin": float(rng.choice((-1, 1)))}[choice]
            margin = follows * float(rng.uniform(0.5, 1.5))
            length = int(rng.integers(-9, 10))
            pairs.append(PairActivations(f"v{i:02d}", situation, right, rival, margin, length))  # type: ignore[arg-type]
    return pairs


def mean(pairs: list[PairActivations], reading: str) -> float:
    return float(np.mean([r["value"] for r in read(pairs) if r["reading"] == reading]))


def test_a_planted_direction_is_decoded_and_choices_along_it_are_coupled() -> None:
    pairs = bank(2.0)
    assert mean(pairs, "decode") > 0.98
    assert mean(pairs, "coupling") > 0.95


def test_no_direction_no_decoding() -> None:
    assert mean(bank(0.0), "decode") == pytest.approx(0.5, abs=0.08)


def test_shuffled_labels_give_a_half() -> None:
    values = [mean(bank(2.0, shuffled=True, seed=seed), "decode") for seed in range(4)]
    assert float(np.mean(values)) == pytest.approx(0.5, abs=0.08)


def test_coupling_follows_the_choice_not_the_label() -> None:
    wrong, coins = bank(2.0, "wrong"), [bank(2.0, "coin", seed=seed) for seed in range(6)]
    assert mean(wrong, "decode") > 0.98 and mean(coins[0], "decode") > 0.98
    assert mean(wrong, "coupling") < 0.05
    assert float(np.mean([mean(c, "coupling") for c in coins])) == pytest.approx(0.5, abs=0.08)


def test_rows_name_every_site_and_situation_once() -> None:
    rows = list(read(bank(1.0)[:12]))
    keys = [(r["reading"], r["site"], r["scenario"], r["situation"]) for r in rows]
    assert len(set(keys)) == len(keys) == 2 * len(SITES) * 12
    assert {r["wording"] for r in rows} == {"mf"}
    assert all(0 <= r["value"] <= 1 for r in rows)


def test_the_directions_of_a_scenario_never_saw_it_and_are_drawn_alike() -> None:
    differences = np.eye(SCENARIOS)
    drawn = np.stack(list(directions(differences, 5)))
    assert drawn.shape == (DRAWS, SCENARIOS)
    assert not drawn[:, 5].any()
    assert np.array_equal(drawn, np.stack(list(directions(differences, 5))))
    assert set(np.unique(drawn)) == {0.0, 0.5}


def test_length_and_base_rate_are_taken_out_of_the_margins() -> None:
    rng = np.random.default_rng(1)
    zero = np.zeros((len(SITES), WIDTH))
    lengths = rng.integers(1, 30, 200) * rng.choice((-1, 1), 200)
    by_length = [PairActivations(f"v{i}", "main", zero, zero, 0.07 * int(n), int(n)) for i, n in enumerate(lengths)]
    assert np.abs(residual_margins(by_length)).max() < 1e-9
    always_longer = [
        PairActivations(f"v{i}", "main", zero, zero, 0.4 * np.sign(n), int(n)) for i, n in enumerate(lengths)
    ]
    assert np.abs(residual_margins(always_longer)).max() < 1e-9
    kept = residual_margins([PairActivations(f"v{i}", "main", zero, zero, 1.0, int(n)) for i, n in enumerate(lengths)])
    assert kept.mean() > 0.9, "a preference for the right option is no base rate"
