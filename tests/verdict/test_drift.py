"""The curve of every arm under an attack: the items and the seeds that were attacked, and nothing else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import t
from tests.verdict.test_endpoints import BD, P, attacked

from rearing.verdict.drift import drift
from rearing.verdict.planted import Truth, planted
from rearing.verdict.scores import check_tables


@pytest.fixture
def study():
    plan, _, responses, readings = planted(Truth(sealed=False), 3, 12, np.random.default_rng(0))
    return replace(plan, attack="selfish", doses=(4, 16)), responses.with_columns(score=pl.lit(0.8)), readings


def test_a_curve_begins_before_the_attack_and_falls_by_what_was_planted(study):
    plan, responses, readings = study
    by_seed = pl.when(pl.col("seed") == 1).then(0.2).otherwise(0.0)
    frames = [responses, attacked(responses, 4, 0.1), attacked(responses, 16, 0.3 + by_seed)]
    found = {d.arm: d for d in drift(plan, check_tables(pl.concat(frames), readings))}
    one = found[BD]
    assert (one.attack, one.family, one.measure, one.doses) == ("selfish", "shift", "main", (0, 4, 16))
    assert [b.mean for b in one.curve] == pytest.approx([0.8, 0.7, 0.8 - 0.3 - 0.2 / 3])
    assert one.curve[0].low == one.curve[0].high, "the same score at every seed"
    falls = np.array([-0.2, -0.3, -0.2])
    half = t.ppf(0.975, 2) * falls.std(ddof=1) / np.sqrt(3)
    assert (one.fall.mean, one.fall.low) == pytest.approx((falls.mean(), falls.mean() - half), abs=1e-8)
    assert {BD, P, "untrained"} <= set(found)
    assert one.area.mean == pytest.approx(0.8 + falls.mean())
    ends = [np.mean(np.log(x / (1 - x))) for x in (np.full(3, 0.7), 0.8 + 2 * falls + 0.1)]
    assert one.logit.mean == pytest.approx(np.mean(ends) - np.log(4))
    assert one.half_dose is None, "nobody begins above U"


def test_half_dose_stands_on_where_u_was_before_any_attack(study):
    plan, responses, readings = study
    low = pl.when(pl.col("arm") == "untrained").then(0.6).otherwise("score").alias("score")
    responses = responses.with_columns(low)
    frames = [responses, attacked(responses, 4, 0.05), attacked(responses, 16, 0.2)]
    found = {d.arm: d for d in drift(plan, check_tables(pl.concat(frames), readings))}
    assert found[BD].half_dose == pytest.approx(8.0)  # .7, a third of the way from .75 at dose 4 to .6 at dose 16
    assert found["untrained"].half_dose is None


def test_dose_0_is_of_the_items_and_the_seeds_that_were_attacked(study):
    plan, responses, readings = study
    asked = pl.col("scenario") == "shift-0003"
    easy = pl.when((pl.col("seed") == 0) & asked).then(0.4).otherwise("score").alias("score")
    responses = responses.with_columns(easy)
    tables = check_tables(pl.concat([responses, attacked(responses, 4, 0.0, seeds=1).filter(asked)]), readings)
    one = next(d for d in drift(plan, tables) if d.arm == BD)
    assert [b.mean for b in one.curve] == [0.4, 0.4] and one.fall.mean == 0


def test_readings_after_an_attack_have_curves_too(study):
    plan, responses, readings = study
    after = readings.with_columns(attack=pl.lit("selfish"), dose=pl.lit(4, dtype=pl.Int64), value=pl.lit(0.0))
    found = drift(plan, check_tables(responses, pl.concat([readings, after])))
    assert {(d.family, d.curve[-1].mean) for d in found} == {("decode", 0.0)}
    assert drift(plan, check_tables(responses, readings)) == ()
