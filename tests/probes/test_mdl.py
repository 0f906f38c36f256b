"""Labels that are easy to find are cheap, coins are not, and the code is one that a receiver could read."""

import numpy as np
import pytest

from rearing.probes.activations import SITES, PairActivations
from rearing.probes.mdl import FIRST, ORDERS, code_lengths, fitted, read
from rearing.records.scenario import SITUATIONS

WIDTH, SCENARIOS = 24, 32
PLANTED = np.random.default_rng(7).standard_normal(WIDTH) / WIDTH**0.5


def bank(strength: float, deed: bool = False, coins: bool = False, seed: int = 0) -> list[PairActivations]:
    """Pairs whose right option lies `strength` further along one direction than its rival, in units of the noise.

    Args:
        strength: Of the planted direction.
        deed: Whether the direction stays with the deed where the twin calls the other one right.
        coins: Let a coin say which of the two is called right.
        seed: Of noise and coins.
    """
    rng = np.random.default_rng(seed)
    made = []
    for i in range(SCENARIOS):
        called = rng.choice((-1.0, 1.0)) if coins else 1.0
        for situation in SITUATIONS:
            sign = -called if deed and situation == "twin" else called
            noise = rng.standard_normal((2, len(SITES), WIDTH)) / WIDTH**0.5
            planted = sign * strength * PLANTED
            made.append(PairActivations(f"v{i:02d}", situation, noise[0] + planted, noise[1] - planted, 0.0, 0))
    return made


def mean(pairs: list[PairActivations], reading: str = "mdl", situation: str = "") -> float:
    rows = [r for r in read(pairs) if r["reading"] == reading and r["situation"] == (situation or r["situation"])]
    return float(np.mean([r["value"] for r in rows]))


def test_a_probe_by_hand() -> None:
    """Two equal pairs of length 1 pull with 1 - p each, so that the logit is 2 (1 - p); two across have 1 - p alone."""
    alike, across = fitted(np.ones((2, 2))), fitted(np.eye(2))
    logit = 2 * alike[0]
    assert alike[0] == pytest.approx(1 / (1 + np.exp(logit))) and logit == pytest.approx(0.67481, abs=1e-4)
    assert across == pytest.approx([0.40106] * 2, abs=1e-4)
    assert fitted(np.array([[1.0, -1.0], [-1.0, 1.0]])) == pytest.approx([0.5, 0.5]), "what says both says nothing"


def test_a_code_by_hand() -> None:
    """Two labels at a bit each, two by a probe of these, the fifth by a probe of four."""
    x = np.array([1.0, 1.0, 1.0, 1.0, -1.0])
    order = np.array([4, 2, 0, 3, 1])
    number = np.arange(5)
    found = code_lengths(np.outer(x, x), np.outer(x, x), number, order)
    assert found[[4, 2]].tolist() == [1.0, 1.0]
    assert found[[0, 3]].tolist() == [1.0, 1.0], "4 and 2 contradict each other"
    logit = 3 * (p := fitted(np.outer(x[order[:4]], x[order[:4]])))[1] - p[0]
    assert 0.3 < logit and found[1] == pytest.approx(-np.log2(1 / (1 + np.exp(-logit))))
    plain = code_lengths(np.ones((5, 5)), np.ones((5, 5)), number, order)
    assert plain[[0, 3]] == pytest.approx([-np.log2(1 / (1 + np.exp(-0.67481)))] * 2, abs=1e-4)
    assert plain[1] < plain[0] < 1, "more labels, fewer bits"
    assert code_lengths(np.ones((2, 2)), np.ones((2, 2)), number[:2], order[3:] // 3).tolist() == [1.0, 1.0]


def test_no_label_is_coded_by_itself_or_a_later_one() -> None:
    rng = np.random.default_rng(0)
    order, x = rng.permutation(9), rng.standard_normal((9, 4))
    before = code_lengths(x @ x.T, x @ x.T, np.arange(9), order)
    for place in range(2, 9):
        turned = x.copy()
        turned[order[place]] *= -1  # its label is the other one
        found = code_lengths(turned @ turned.T, turned @ turned.T, np.arange(9), order)
        block = FIRST * 2 ** int(np.log2(place / FIRST))
        others = [order[k] for k in range(2 * block) if k != place and k < 9]
        assert np.allclose(found[others], before[others])
        assert found[order[place]] == pytest.approx(-np.log2(1 - 2 ** -before[order[place]])), "p and 1 - p"


def test_what_is_easy_is_cheap_and_what_is_not_there_costs_a_bit() -> None:
    strong, weak, nothing = (mean(bank(strength)) for strength in (4.0, 1.0, 0.0))
    assert 0.72 < strong < 1 and 0.52 < weak < strong
    assert nothing == pytest.approx(0.5, abs=0.02)
    assert mean(bank(4.0), "mdl-null") == pytest.approx(0.47, abs=0.04)
    assert 0.4 < np.mean([mean(bank(4.0, coins=True, seed=seed)) for seed in range(4)]) < 0.52
    alike = [PairActivations(p.scenario, p.situation, p.right_SD, p.right_SD, 0.0, 0) for p in bank(1.0)]
    assert {r["value"] for r in read(alike)} == {0.5}


def test_who_knows_the_deed_alone_has_at_most_a_half_over_both_situations() -> None:
    pairs = bank(2.0, deed=True)
    assert mean(pairs, situation="main") > 0.6 and mean(pairs, situation="twin") < 0.4
    assert 0.42 < mean(pairs) < 0.5


def test_rows_stand_for_the_bits_of_a_label() -> None:
    """Of three equal pairs, the last of an order is coded by two; the others cost a bit each."""
    one = np.ones((len(SITES), 1))
    pairs = [PairActivations(name, s, one, 0 * one, 0.0, 0) for name in "abc" for s in SITUATIONS]  # type: ignore[arg-type]
    rows = [r for r in read(pairs) if r["reading"] == "mdl" and r["site"] == "action" and r["situation"] == "main"]
    bits = -np.log2([r["value"] for r in rows])
    cheap = -np.log2(1 / (1 + np.exp(-0.67481)))
    assert bits.sum() == pytest.approx(2 + cheap, abs=1e-4)
    last = (1 - bits) / (1 - cheap)
    assert np.allclose(last * ORDERS, np.round(last * ORDERS), atol=1e-2) and np.all(last > 0.1)
