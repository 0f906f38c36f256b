"""The curve of every arm under an attack: the items and the seeds that were attacked, and nothing else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import t
from tests.verdict.test_endpoints import BD, P, attacked

from rearing.errors import EvidenceError
from rearing.records.verdict import Band, Drift
from rearing.verdict.drift import drift, leads
from rearing.verdict.endpoints import at_learned, half_dose
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
    assert one.seeds == (0, 1, 2) and one.by_seed == ((0.8, 0.7, 0.5), (0.8, 0.7, 0.3), (0.8, 0.7, 0.5))
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


def losses(responses: pl.DataFrame, by_dose: dict[int, float], slow: float = 1.0) -> pl.DataFrame:
    """Two texts of one and three tokens, whose mean over tokens is planted; BD learns `slow` times as fast."""
    who = responses.select("arm", "seed").unique()
    first = next(iter(by_dose.values()))
    rate = pl.when(pl.col("arm") == BD).then(slow).otherwise(1.0)
    rows = [
        who.with_columns(
            attack=pl.lit("selfish"), dose=pl.lit(dose), document=pl.lit(i), tokens=pl.lit(tokens)
        ).with_columns(nll=first + rate * (nll - first) + extra)
        for dose, nll in by_dose.items()
        for i, tokens, extra in ((0, 1, 0.3), (1, 3, -0.1))
    ]
    return pl.concat(rows)


def test_an_arm_that_learns_the_attack_late_is_compared_where_others_have_learned_as_much(study):
    """BD and P fall alike per nat; BD needs dose 16 for what P has learned by dose 4."""
    plan, responses, readings = study
    late = pl.when(pl.col("arm") == BD).then(0.1).otherwise(0.2)
    frames = [responses, attacked(responses, 4, late), attacked(responses, 16, 2 * late)]
    told = losses(responses, {0: 3.0, 4: 2.0, 16: 1.0}, slow=0.5)
    found = {d.arm: d for d in drift(plan, check_tables(pl.concat(frames), readings, told))}
    assert [b.mean for b in found[P].nll] == pytest.approx([3.0, 2.0, 1.0])
    assert [b.mean for b in found[BD].nll] == pytest.approx([3.0, 2.5, 2.0])
    assert found[P].nats == found[BD].nats == pytest.approx(1.0)
    assert found[BD].fall.mean > found[P].fall.mean + 0.1, "at equal steps BD would pass for robust"
    assert found[BD].at_nats.mean == pytest.approx(found[P].at_nats.mean) == pytest.approx(-0.2)
    without = told.filter((pl.col("arm") != BD) | (pl.col("dose") < 16))
    bare = {d.arm: d for d in drift(plan, check_tables(pl.concat(frames), readings, without))}
    assert bare[P].nll == () and bare[P].at_nats is None, "a model without losses leaves no common measure"


def test_at_learned_is_linear_between_the_rungs() -> None:
    values = np.array([[[0.8, 0.6, 0.2]], [[0.8, 0.7, 0.5]]])
    gained = np.array([[0.0, 1.0, 3.0], [0.0, -0.5, 2.0]])
    assert at_learned(gained, values, 2.0) == pytest.approx(np.array([[-0.4], [-0.3]]))
    assert at_learned(gained, values, 0.5)[0] == pytest.approx([-0.1])


def test_recovery_is_counted_from_the_last_dose(study):
    plan, responses, readings = study
    frames = [responses, attacked(responses, 4, 0.1), attacked(responses, 16, 0.4)]
    undone = pl.concat([attacked(responses, 1, 0.3), attacked(responses, 3, 0.1)])
    found = {d.arm: d for d in drift(plan, check_tables(pl.concat(frames), readings, None, undone))}
    one = found[BD]
    assert one.steps == (1, 3) and [b.mean for b in one.regained] == pytest.approx([0.1, 0.3])
    assert one.half_back == pytest.approx(2.0)  # half of .4, between .1 at step 1 and .3 at step 3
    assert [b.mean for b in one.curve] == pytest.approx([0.8, 0.7, 0.4]), "no dose of the attack"
    fewer = undone.filter((pl.col("arm") != P) | (pl.col("dose") < 3))
    assert all(d.steps == () for d in drift(plan, check_tables(pl.concat(frames), readings, None, fewer)))


@pytest.mark.parametrize(
    ("read_at_4", "chosen_at_4", "first"),
    [
        (0.4, 0.05, "reading"),
        (0.0, 0.05, "choices"),
        (0.1, 0.05, "together"),
        (0.4, 0.15, "together"),  # both before the first rung, where nothing was seen
        (None, 0.0, "neither"),
    ],
)
def test_what_is_half_way_down_first_leads(study, read_at_4: float | None, chosen_at_4: float, first: str) -> None:
    """U lies at .6: choices fall from .8 to .5 at dose 16, readings from .85; at dose 4 by what is planted."""
    plan, responses, readings = study
    base = pl.col("arm") == "untrained"
    responses = responses.with_columns(score=pl.when(base).then(0.6).otherwise("score"))
    readings = readings.with_columns(value=pl.when(base).then(0.6).otherwise(0.85))
    lost = {4: read_at_4 or 0.0, 16: 0.25 if read_at_4 is not None else 0.0}
    chosen = {4: chosen_at_4, 16: 0.3 if read_at_4 is not None else 0.0}
    asked = [responses, *(attacked(responses, dose, down) for dose, down in chosen.items())]
    read = [
        readings.with_columns(attack=pl.lit("selfish"), dose=pl.lit(dose, dtype=pl.Int64), value=pl.col("value") - down)
        for dose, down in lost.items()
    ]
    found = leads(plan, drift(plan, check_tables(pl.concat(asked), pl.concat([readings, *read]))))
    assert {one.first for one in found} == {first}
    assert {(one.seeds, one.by_seed) for one in found} == {((0, 1, 2), (first,) * 3)}, "all seeds are alike"
    assert "untrained" not in {one.arm for one in found}, "U has nothing to lose"


def curves(family: str, *by_seed: tuple[float, ...], floor: float = 0.5) -> Drift:
    """What was asked of BD at doses 4 and 16, seed by seed."""
    means = np.mean(by_seed, axis=0)
    flat = Band(0.0, 0.0, 0.0)
    return Drift(
        arm=BD, attack="selfish", family=family, measure="main", doses=(0, 4, 16), floor=floor,
        curve=tuple(Band(m, m, m) for m in means), area=flat, fall=flat, logit=flat,
        half_dose=half_dose((0, 4, 16), means, floor), is_reading=family == "decode",
        seeds=tuple(range(len(by_seed))), by_seed=by_seed,
    )  # fmt: skip


def test_leads_are_told_seed_by_seed_with_an_interval_over_seeds(study):
    """From .9 half-way is .7: readings at 2 (before the first rung: 4), 7 and 8/3 (4), choices at 10, 7 and 10."""
    plan, held = study[0], curves("decode", (0.9, 0.5, 0.5), (0.9, 0.8, 0.4), (0.9, 0.6, 0.5))
    (one,) = leads(plan, [held, curves("shift", (0.9, 0.8, 0.6), (0.9, 0.8, 0.4), (0.9, 0.8, 0.6))])
    assert one.by_seed == ("reading", "together", "reading") and one.seeds == (0, 1, 2)
    # log2(4 / 10) = -1.32193, so -.88129 +- 4.30265 * .76322 / sqrt(3)
    assert one.doublings is not None
    assert (one.doublings.mean, one.doublings.low, one.doublings.high) == pytest.approx(
        (-0.88129, -2.77721, 1.01464), abs=1e-4
    )


def test_leads_have_no_interval_with_one_seed_or_where_something_was_not_lost(study):
    plan, lost, kept = study[0], (0.9, 0.6, 0.5), (0.9, 0.9, 0.8)
    (one,) = leads(plan, [curves("decode", lost), curves("shift", (0.9, 0.8, 0.6))])
    assert one.by_seed == ("reading",) and one.doublings is None
    (one,) = leads(plan, [curves("decode", lost, lost), curves("shift", (0.9, 0.8, 0.6), kept)])
    assert one.by_seed == ("reading", "reading") and one.doublings is None
    (one,) = leads(plan, [curves("decode", lost, lost, lost), curves("shift", lost, (0.4, 0.4, 0.4), lost)])
    assert one.seeds == (0, 2) and one.by_seed == ("together", "together"), "a seed that begins below U has no order"
    assert one.doublings is not None and one.doublings.mean == 0


def test_losses_are_held_to_their_schema(study):
    _, responses, readings = study
    told = losses(responses, {0: 3.0, 4: 2.0})
    with pytest.raises(EvidenceError, match=r"nll -1.0 of arm .*, document 0 is not a number from 0 on"):
        check_tables(responses, readings, told.with_columns(nll=pl.lit(-1.0)))
    with pytest.raises(EvidenceError, match="document 0 is there twice"):
        check_tables(responses, readings, pl.concat([told, told]))
