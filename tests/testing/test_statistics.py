"""Estimators and checks in the conformance kit: ours pass, a planted defect of each kind is named in one sentence."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from rearing.testing import Broken, check_check, check_estimator
from rearing.verdict.beside import ESTIMATORS, TABLE_CHECKS, Method, TableCheck
from rearing.verdict.crossed import Array, Contrast, crossed


@pytest.mark.parametrize("name", ESTIMATORS)
def test_our_estimators(name: str) -> None:
    check_estimator(ESTIMATORS[name])


@pytest.mark.parametrize("name", TABLE_CHECKS)
def test_our_checks(name: str) -> None:
    check_check(TABLE_CHECKS[name])


def changed(**parts: float) -> Any:
    """The crossed estimator with a defect: some parts multiplied."""

    def estimate(arms: Sequence[Array], weights: Sequence[float], seed_model: str = "paired") -> Contrast:
        found = crossed(arms, weights)
        return replace(found, **{name: getattr(found, name) * by for name, by in parts.items()})

    return estimate


def first_row(arms: Sequence[Array], weights: Sequence[float], seed_model: str = "paired") -> Contrast:
    return crossed([t - 0.1 * t[:1] for t in arms], weights)


def one_sided(arms: Sequence[Array], weights: Sequence[float], seed_model: str = "paired") -> Contrast:
    return crossed([t + 0.1 * k for k, t in enumerate(arms)], weights)


DEFECTS: list[tuple[Any, str]] = [
    (lambda arms, weights, seed_model: 0.1, "gives back no Contrast"),
    (lambda arms, weights, seed_model: 1 / 0, "cannot estimate: ZeroDivisionError"),
    (changed(se=0.3), r"finds a difference in \d+% of studies without one, at 2.5%"),
    (first_row, "sees in which order seeds or scenarios stand"),
    (one_sided, "does not turn its sign with the arms"),
]


@pytest.mark.parametrize(("estimate", "said"), DEFECTS)
def test_a_broken_estimator_is_named(estimate: Any, said: str) -> None:
    with pytest.raises(Broken, match=f"^mine .*{said}") as caught:
        check_estimator(Method("mine", estimate))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("find", "limit", "said"),
    [
        (lambda plan, tables: (float(tables["responses"]["score"][0]), True), "<= 1", "sees in which order rows stand"),
        (lambda plan, tables: (tables["private"].height, True), "<= 1", "cannot check: KeyError: 'private'"),
        (lambda plan, tables: (0.0, True), " ", "does not say its limit"),
    ],
)
def test_a_broken_check_is_named(find: Any, limit: str, said: str) -> None:
    with pytest.raises(Broken, match=f"^mine .*{said}"):
        check_check(TableCheck("mine", limit, find))
