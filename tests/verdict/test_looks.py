"""Sealed looks: the first that decides stands, and no other is allowed."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rearing.errors import EvidenceError
from rearing.records.plan import Look
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, everywhere, planted
from rearing.verdict.truths import LOOKS

STRONG = Truth(gains={"BD": everywhere(0.2)}, looks=LOOKS, seed_sd=0.005)


def study(truth, scenarios=400):
    return planted(truth, 16, scenarios, np.random.default_rng(3))


def first(frame, seeds):
    return frame.filter(pl.col("seed") < seeds)


def test_the_first_look_that_decides_stands_whatever_comes_later():
    plan, checks, responses, readings = study(STRONG)
    early = judge(plan, checks, first(responses, 6), first(readings, 6))
    assert (early.word, early.seeds, early.alpha) == ("SUPPORTED", 6, 0.005)
    turned = pl.when((pl.col("seed") >= 6) & (pl.col("arm") == "branching-developmental")).then(0.0)
    late = judge(
        plan,
        checks,
        responses.with_columns(turned.otherwise("score").alias("score")),
        readings.with_columns(turned.otherwise("value").alias("value")),
    )
    assert (late.word, late.reasons, late.effects) == (early.word, early.reasons, early.effects)


def test_an_open_question_goes_on_to_the_next_look():
    plan, checks, responses, readings = study(Truth(gains={"BD": everywhere(0.035)}, looks=LOOKS))
    for seeds, alpha in ((6, 0.005), (10, 0.008), (16, 0.012)):
        found = judge(plan, checks, first(responses, seeds), first(readings, seeds))
        assert (found.word, found.seeds, found.alpha) == ("INCONCLUSIVE", seeds, alpha)


@pytest.mark.parametrize("seeds", [0, 1, 5, 7, 12])
def test_a_look_that_was_not_sealed_is_invalid(seeds):
    plan, checks, responses, readings = study(STRONG, scenarios=100)
    found = judge(plan, checks, first(responses, seeds), first(readings, seeds))
    assert found.word == "INVALID" and "protocol:look" in found.reasons


def test_a_hole_at_a_look_is_found():
    plan, checks, responses, readings = study(STRONG, scenarios=100)
    hole = ~((pl.col("seed") == 2) & (pl.col("arm") == "flat-shuffled"))
    found = judge(plan, checks, first(responses, 6).filter(hole), first(readings, 6))
    assert found.reasons == ("protocol:missing_cells",)


@pytest.mark.parametrize(
    ("looks", "problem"),
    [
        ((Look(seeds=10, alpha=0.01), Look(seeds=6, alpha=0.01)), "looks are at"),
        ((Look(seeds=6, alpha=0.01), Look(seeds=10, alpha=0.01)), "looks are at"),
        ((Look(seeds=4, alpha=0.01), Look(seeds=16, alpha=0.01)), "looks are at"),
        ((Look(seeds=6, alpha=0.025), Look(seeds=16, alpha=0.025)), "looks spend"),
        ((Look(seeds=6, alpha=0.0), Look(seeds=16, alpha=0.025)), "looks spend"),
    ],
)
def test_looks_that_do_not_fit_are_refused(looks, problem):
    plan, checks, responses, readings = planted(STRONG, 16, 5, np.random.default_rng(0))
    with pytest.raises(EvidenceError, match=problem):
        judge(replace(plan, looks=looks), checks, responses, readings)
