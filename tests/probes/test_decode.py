"""The probe reads a direction that was planted, nothing where there is none, and coupling follows the choice."""

import numpy as np
import pytest

from rearing.probes.activations import SITES, PairActivations
from rearing.probes.decode import DRAWS, directions, read, residual_margins, transfer
from rearing.probes.menus import Choice

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


def test_both_readings_by_hand() -> None:
    """Three of four differences say +3, the last one -9 (the scale is 27 ** .5): only the labels of the last turn one.

    Margins are 1 or -1 and lengths 2 in main and -2 in twin, so that neither length nor base rate tells of them.
    """
    pairs = [
        PairActivations(f"v{i}", s, np.full((len(SITES), 1), d), np.zeros((len(SITES), 1)), margin, n)  # type: ignore[arg-type]
        for i, (d, margin) in enumerate([(3.0, 1.0), (3.0, -1.0), (3.0, 1.0), (-9.0, -1.0)])
        for s, n in (("main", 2), ("twin", -2))
    ]
    assert np.allclose(residual_margins(pairs), [p.margin for p in pairs])
    value = {(r["reading"], r["scenario"]): r["value"] for r in read(pairs)}
    for i, coupled in ((0, 1), (1, -1)):
        # Two labels of which one is the last: (3 - 9) / 2 points to the rival. That is two draws of three.
        last = float((directions(np.eye(4), i)[:, 3] > 0).mean())
        assert last == pytest.approx(2 / 3, abs=0.1)
        assert value["decode", f"v{i}"] == pytest.approx(1 - last)
        assert value["coupling", f"v{i}"] == pytest.approx(1 - last if coupled > 0 else last)
    assert value["decode", "v3"] == 0.0, "two of the others point to the rival of the last"
    assert value["coupling", "v3"] == 1.0, "which is chosen"


def choice(pair: PairActivations, mention: np.ndarray) -> Choice:
    return Choice(pair.scenario, pair.situation, 0.0, 0.0, mention, np.zeros_like(mention))


def test_a_transfer_by_hand() -> None:
    """With three scenarios a direction is the mean of the two others, at the full stop and in its own scale."""
    differences = {"a": (1.0, 2.0), "b": (1.0, 2.0), "c": (-1.0, 2.0)}  # the scale is (1, 2)
    pairs = [
        PairActivations(name, "main", np.array([d, (-9.0, -9.0)]), np.zeros((2, 2)), 0.0, 0)
        for name, d in differences.items()
    ]
    mentions = {"a": (5.0, -2.0), "b": (5.0, 2.0), "c": (3.0, -4.0)}
    held = [choice(p, np.array(mentions[p.scenario])) for p in pairs]
    rows = list(transfer(pairs, held))
    value = {r["scenario"]: r["value"] for r in rows if r["reading"] == "decode-transfer"}
    # For a and b the direction is (0, 1), for c it is (1, 1), of which (3, -4 / 2) has 1.
    assert value == {"a": 0.0, "b": 1.0, "c": 1.0}
    assert {r["site"] for r in rows} == {"mention"} and len(rows) == 6


@pytest.mark.parametrize(("sign", "value"), [(1.0, 1.0), (-1.0, 0.0), (0.0, 0.5)])
def test_what_sentences_say_of_menus_is_what_both_have_in_common(sign: float, value: float) -> None:
    pairs, rng = bank(2.0), np.random.default_rng(3)
    common = np.mean([p.right_SD[0] - p.rival_SD[0] for p in pairs], axis=0)
    held = [choice(p, sign * common + 0.3 * rng.standard_normal(WIDTH)) for p in pairs]
    for reading, expected in (("decode-transfer", value), ("decode-transfer-null", 0.5)):
        found = [r["value"] for r in transfer(pairs, held) if r["reading"] == reading]
        assert float(np.mean(found)) == pytest.approx(expected, abs=0.12)


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
