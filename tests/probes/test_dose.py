"""Directions are fixed on the base; choices along them are coupled, choices moved by them have a dose."""

import numpy as np
import pytest

from rearing.probes import dose, fixed
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.directions import directions_of, scale_of
from rearing.probes.menus import Choice
from rearing.records.scenario import SITUATIONS, Situation

WIDTH, SCENARIOS = 24, 40
PLANTED = np.random.default_rng(7).standard_normal(WIDTH) / WIDTH**0.5


def choice(scenario: str, situation: Situation, margin: float, mention: np.ndarray, slope: np.ndarray) -> Choice:
    return Choice(scenario, situation, margin, margin, mention, slope)


def bank(
    margin: float = 0.0, slope: float = 0.0, strength: float = 2.0, shuffled: bool = False, seed: int = 3
) -> list[Choice]:
    """Choices of a model in which right lies `strength` along a planted direction, in units of the noise.

    Args:
        margin: How much the choice follows that direction.
        slope: How much it is moved by it, beside other directions.
        strength: Of the planted direction.
        shuffled: Let a coin say which of the two is called right.
        seed: Of noise and coins.
    """
    rng = np.random.default_rng(seed)
    made = []
    for i in range(SCENARIOS):
        called = rng.choice((-1.0, 1.0)) if shuffled else 1.0
        for situation, label in zip(SITUATIONS, (1.0, -1.0), strict=True):  # the deed stays, what is right turns round
            mention = called * label * strength * PLANTED + 0.3 * rng.standard_normal(WIDTH) / WIDTH**0.5
            moved = slope * PLANTED + rng.standard_normal(WIDTH) / WIDTH**0.5
            made.append(choice(f"v{i:02d}", situation, called * label * margin + 0.1 * rng.normal(), mention, moved))
    return made


def mean(rows: list[dict[str, object]], reading: str) -> float:
    return float(np.mean([r["value"] for r in rows if r["reading"] == reading]))


def test_a_case_by_hand() -> None:
    """Three scenarios on two axes: the third is read by the mean of the first two, (1, 1) / sqrt 2."""
    base = [
        choice(name, "main", 0.0, np.array(x), np.zeros(2))
        for name, x in (("a", [1.0, 1.0]), ("b", [1.0, 1.0]), ("c", [1.0, -1.0]))
    ]
    own = choice("c", "main", 2.0, np.array([0.9, -0.1]), np.array([3.0, 3.0]))
    rows = {r["reading"]: r["value"] for r in dose.read([own], base)}
    assert np.allclose(directions_of(np.stack([c.mention_D for c in base]), 2).moral_D, [0.5**0.5, 0.5**0.5])
    assert rows["choice-coupling"] == 1.0, "0.8 along the direction, and the margin is positive"
    # The slope is along the direction, as is that of every shuffled one whose two coins agree (a tie or below);
    # where they differ the shuffled direction is nothing and has no slope.
    coins = directions_of(np.stack([c.mention_D for c in base]), 2).shuffled_RD @ own.slope_D
    agree = float((np.abs(coins) > 1).mean())
    assert 0.3 < agree < 0.7
    assert rows["dose"] == pytest.approx(agree * 0.75 + (1 - agree))
    turned = choice("c", "main", -2.0, own.mention_D, -own.slope_D)
    rows = {r["reading"]: r["value"] for r in dose.read([turned], base)}
    assert rows["choice-coupling"] == 0.0
    assert rows["dose"] == pytest.approx(agree * 0.25)


def test_choices_along_the_planted_direction_are_coupled_in_both_situations() -> None:
    base = bank()
    for follows, low, high in ((1.0, 0.97, 1.0), (-1.0, 0.0, 0.03), (0.0, 0.35, 0.65)):
        rows = list(dose.read(bank(margin=follows), base))
        assert low <= mean(rows, "choice-coupling") <= high
        assert mean(rows, "choice-coupling-null") == pytest.approx(0.5, abs=0.1)


def test_choices_that_the_planted_direction_moves_have_a_dose() -> None:
    base = bank()
    for moved, low, high in ((3.0, 0.9, 1.0), (-3.0, 0.0, 0.1), (0.0, 0.4, 0.6)):
        rows = list(dose.read(bank(slope=moved), base))
        assert low <= mean(rows, "dose") <= high
        assert mean(rows, "dose-null") == pytest.approx(0.5, abs=0.12)


def test_shuffled_labels_and_a_base_that_holds_nothing_give_a_half() -> None:
    """Over many of them: one direction is the same for all scenarios, so one bank alone may lie on either side."""
    own = bank(margin=1.0, slope=3.0)
    shuffled = [list(dose.read(own, bank(shuffled=True, seed=seed))) for seed in range(24)]
    nothing = [list(dose.read(own, bank(strength=0.0, seed=seed))) for seed in range(24)]
    for many in (shuffled, nothing):
        for reading in ("choice-coupling", "dose"):
            assert float(np.mean([mean(rows, reading) for rows in many])) == pytest.approx(0.5, abs=0.15)


def test_a_scenario_does_not_see_itself_and_directions_have_one_length() -> None:
    found = directions_of(np.eye(SCENARIOS), 5)
    assert found.moral_D[5] == 0 and not found.shuffled_RD[:, 5].any()
    assert np.allclose(np.linalg.norm(found.shuffled_RD, axis=1), 1) and np.isclose(np.linalg.norm(found.moral_D), 1)
    assert np.array_equal(scale_of(np.array([[3.0, 0.0], [4.0, 0.0]])), [12.5**0.5, 1.0])


def pairs(strength: float, sign: float = 1.0, seed: int = 0) -> list[PairActivations]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(SCENARIOS):
        for situation in SITUATIONS:
            noise = 0.3 * rng.standard_normal((2, len(SITES), WIDTH)) / WIDTH**0.5
            right, rival = noise + np.array([sign, -sign])[:, None, None] * strength * PLANTED
            made.append(PairActivations(f"v{i:02d}", situation, right, rival, 0.0, 0))
    return made


def test_a_trained_model_is_read_by_the_ruler_of_its_base() -> None:
    for own, value in ((pairs(1.0, seed=1), 1.0), (pairs(1.0, -1.0, seed=1), 0.0), (pairs(0.0, seed=1), 0.5)):
        rows = list(fixed.read(own, pairs(1.0)))
        assert mean(rows, "fixed") == pytest.approx(value, abs=0.1)
        assert mean(rows, "fixed-null") == pytest.approx(0.5, abs=0.05)
        assert len(rows) == 2 * len(SITES) * len(own)
