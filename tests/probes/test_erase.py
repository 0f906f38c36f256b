"""What is taken out is what is said, and nothing else."""

import numpy as np
import pytest

from rearing.probes.activations import PairActivations
from rearing.probes.erase import scales, span_of, without
from rearing.probes.menus import Choice
from rearing.probes.probe import Held


def test_a_direction_by_hand() -> None:
    """In standardised coordinates (4, 2) / (2, 1) = (2, 2); without (1, 0) there is (0, 2), which is (0, 2) again."""
    span = span_of(np.array([5.0, 0.0]), np.array([2.0, 1.0]))
    assert np.allclose(span.out_of(np.array([4.0, 2.0])), [0.0, 2.0])
    # Without (1, 1) / sqrt 2 there is nothing left of (2, 2), and of (6, 1) / (2, 1) = (3, 1) there is (1, -1).
    span = span_of(np.array([[3.0, 3.0]]), np.array([2.0, 1.0]))
    assert np.allclose(span.out_of(np.array([4.0, 2.0])), 0)
    assert np.allclose(span.out_of(np.array([6.0, 1.0])), [2.0, -1.0])


def test_nothing_spans_nothing_and_a_repeated_direction_once() -> None:
    held = np.array([4.0, 2.0, 1.0])
    assert np.array_equal(span_of(np.zeros(3), np.ones(3)).out_of(held), held)
    span = span_of(np.array([[1.0, 0, 0], [-2.0, 0, 0], [0, 0, 1.0]]), np.ones(3))
    assert span.basis_KD.shape == (2, 3)
    assert np.allclose(span.out_of(held), [0, 2.0, 0])


def test_no_linear_probe_finds_an_erased_label() -> None:
    """The cross-covariance of what is left with the label is nothing, on any axis."""
    rng = np.random.default_rng(0)
    label = rng.standard_normal(50)
    held = rng.standard_normal((50, 6)) * [1, 2, 3, 4, 5, 6] + label[:, None] * [1, 0, 2, 0, 0, 1]
    scale = held.std(axis=0)
    column = (label - label.mean()) @ (held / scale)
    left = span_of(column, scale).out_of(held)
    assert np.abs((label - label.mean()) @ left).max() < 1e-9
    assert np.linalg.matrix_rank(left - left.mean(axis=0)) == 5


def test_a_slope_is_that_of_what_is_left() -> None:
    """A margin that is linear in what is left of x moves with x as the slope says."""
    rng = np.random.default_rng(1)
    span, slope, step = span_of(rng.standard_normal((2, 5)), rng.uniform(1, 3, 5)), rng.standard_normal(5), np.eye(5)
    assert np.allclose([slope @ span.out_of(axis) for axis in step], span.out_of_slope(slope))


def test_every_site_goes_without_its_own_span() -> None:
    right, rival = np.array([[3.0, 1.0], [3.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    pairs = [PairActivations("a", s, right, rival, 1.0, 0) for s in ("main", "twin")]  # type: ignore[arg-type]
    assert np.allclose(scales(pairs), [[2, 1], [2, 1]])
    choice = Choice("a", "main", 1.0, 1.0, np.array([3.0, 1.0]), np.array([3.0, 1.0]))
    spans = [span_of(axis, np.ones(2)) for axis in np.eye(2)]
    found = without(Held(pairs, [choice]), spans)
    assert np.allclose(found.pairs[0].right_SD, [[0, 1], [3, 0]]) and found.pairs[0].margin == 1.0
    assert np.allclose(found.choices[0].mention_D, [0, 1]) and np.allclose(found.choices[0].slope_D, [0, 1])
    assert found.choices[0].margin == pytest.approx(1.0)
