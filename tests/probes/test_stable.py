"""Nothing turned is 1, turned round is 0, and nothing in common a half."""

from collections import defaultdict

import numpy as np
import pytest

from rearing.probes.activations import SITES, PairActivations
from rearing.probes.stable import read
from rearing.records.scenario import SITUATIONS

WIDTH, SCENARIOS = 24, 30
ONE, OTHER = np.linalg.qr(np.random.default_rng(6).standard_normal((WIDTH, 2)))[0].T


def bank(along: np.ndarray, seed: int = 0) -> list[PairActivations]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(SCENARIOS):
        for situation in SITUATIONS:
            noise = 0.1 * rng.standard_normal((2, len(SITES), WIDTH))
            made.append(PairActivations(f"v{i}", situation, noise[0] + along, noise[1] - along, 0.0, 0))
    return made


def means(after: list[PairActivations], before: list[PairActivations]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for r in read(after, before):
        found[r["reading"]].append(r["value"])
    assert {len(values) for values in found.values()} == {2 * len(SITES) * SCENARIOS}
    return {name: float(np.mean(values)) for name, values in found.items()}


def test_a_case_by_hand() -> None:
    """The direction for c was (1, 1) and is (3, 4) where every axis was 1 long: cosine 7 / (5 sqrt 2)."""

    def held(differences: dict[str, tuple[float, float]]) -> list[PairActivations]:
        return [
            PairActivations(name, s, np.array([d, d]), np.zeros((2, 2)), 0.0, 0)  # type: ignore[arg-type]
            for name, d in differences.items()
            for s in ("main", "twin")
        ]

    before = held({"a": (1.0, 1.0), "b": (1.0, 1.0), "c": (1.0, -1.0)})
    after = held({"a": (3.0, 2.0), "b": (3.0, 6.0), "c": (5.0, 1.0)})
    rows = {(r["reading"], r["site"], r["scenario"], r["situation"]): r["value"] for r in read(after, before)}
    assert rows["stable-cosine", "action", "c", "twin"] == pytest.approx(0.5 + 0.35 * 2**0.5)
    assert rows["stable", "action", "c", "main"] == 1.0, "5 + 1 along (1, 1)"
    # With two labels of a and c the direction is (1, 0); with a and b, or b and c, there is 3 + 6 or 3.
    assert rows["stable", "carrier", "b", "main"] == 1.0


@pytest.mark.parametrize(("after", "stays", "cosine"), [(ONE, 1.0, 1.0), (-ONE, 0.0, 0.0)])
def test_what_is_held_stays_or_turns(after: np.ndarray, stays: float, cosine: float) -> None:
    found = means(bank(after, seed=1), bank(ONE))
    assert found["stable"] == pytest.approx(stays, abs=0.02)
    assert found["stable-cosine"] == pytest.approx(cosine, abs=0.08)
    assert found["stable-null"] == pytest.approx(0.5, abs=0.05)
    assert found["stable-cosine-null"] == pytest.approx(0.5, abs=0.15)


def test_what_has_nothing_in_common_is_a_half() -> None:
    """A direction across may lie on either side of the old one by noise, the same for all scenarios."""
    found = [means(bank(sign * OTHER, seed=1), bank(ONE)) for sign in (1, -1)]
    assert np.mean([f["stable"] for f in found]) == pytest.approx(0.5, abs=0.1)
    assert [f["stable-cosine"] for f in found] == pytest.approx([0.5, 0.5], abs=0.08)


def test_a_model_that_was_not_attacked_has_not_turned() -> None:
    same = bank(ONE)
    assert np.allclose([r["value"] for r in read(same, same) if r["reading"] == "stable-cosine"], 1.0)
