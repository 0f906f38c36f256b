"""Tables to matrices: the scenario is the unit."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rearing.errors import EvidenceError
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, planted
from rearing.verdict.scores import check_tables, gate_scores


@pytest.fixture
def study():
    return planted(Truth(sealed=False), 3, 12, np.random.default_rng(0))


def scores(plan, responses, readings, gate=0):
    return gate_scores(plan, plan.gates[gate], check_tables(responses, readings))


def flat(*args, **more):
    """Seed x scenario scores of one arm."""
    return scores(*args, **more).arms["flat-shuffled"].values


def in_forms(responses, n, rng):
    """Every item asked in `n` forms, with scores of its own."""
    copies = []
    for k in range(n):
        value = pl.Series("score", rng.integers(0, 2, responses.height).astype(float))
        copies.append(responses.with_columns(pl.col("item") + f"/{k}", pl.lit(f"form{k}").alias("form"), value))
    return pl.concat(copies)


def test_paraphrases_are_averaged_not_counted(study):
    plan, checks, responses, readings = study
    many = in_forms(responses, 5, np.random.default_rng(1))
    key = ["arm", "seed", "family", "scenario"]
    mean = many.group_by(key).agg(pl.col("score").mean())
    averaged = responses.drop("score").join(mean, on=key)
    one, two = judge(plan, checks, many, readings), judge(plan, checks, averaged, readings)
    assert one.effects == two.effects
    assert {e.n_scenarios for e in one.effects} == {12}


def test_the_order_of_rows_does_not_matter_to_the_last_bit(study):
    plan, _, responses, readings = study
    many = in_forms(responses, 7, np.random.default_rng(1))
    many = many.with_columns(pl.Series("score", np.random.default_rng(2).random(many.height)))
    shuffled = many.sample(fraction=1.0, shuffle=True, seed=1)
    assert np.array_equal(flat(plan, many, readings), flat(plan, shuffled, readings))


def test_forms_and_wording_of_a_gate(study):
    plan, _, responses, readings = study
    many = in_forms(responses, 3, np.random.default_rng(1))
    only = replace(plan, gates=(replace(plan.gates[0], forms=("form1",)), *plan.gates[1:]))
    kept = many.filter(pl.col("form") == "form1")
    assert np.array_equal(flat(only, many, readings), flat(plan, kept, readings))
    charged = responses.with_columns(
        pl.lit("adv").alias("wording"), pl.col("item") + "/adv", (1 - pl.col("score")).alias("score")
    )
    both = flat(plan, pl.concat([responses, charged]), readings)
    assert np.array_equal(both, flat(plan, responses, readings))


def test_judgement_weighs_both_situations_alike(study):
    plan, _, responses, readings = study
    plan = replace(plan, gates=(replace(plan.gates[0], measure="judgement"), *plan.gates[1:]))
    main = responses.with_columns(pl.lit(1.0).alias("score"))
    twins = [
        responses.with_columns(
            pl.lit("twin").alias("situation"), pl.col("item") + f"/twin{k}", pl.lit(0.0).alias("score")
        )
        for k in range(3)
    ]
    values = flat(plan, pl.concat([main, *twins]), readings)
    assert (values == 0.5).all()
    only_main = replace(plan, gates=(replace(plan.gates[0], measure="main"), *plan.gates[1:]))
    assert (flat(only_main, pl.concat([main, *twins]), readings) == 1).all()
    assert "a situation of" in scores(plan, responses, readings).missing[0]


def test_readings_are_taken_at_two_thirds(study):
    plan, _, responses, readings = study
    other = readings.with_columns(pl.lit(1.0).alias("depth"), (1 - pl.col("value")).alias("value"))
    both = flat(plan, responses, pl.concat([other, readings]), gate=2)
    assert np.array_equal(both, flat(plan, responses, readings, gate=2))


@pytest.mark.parametrize("bad", [float("nan"), None, -0.1, 1.5])
def test_a_score_that_is_no_score_is_refused(study, bad):
    plan, checks, responses, readings = study
    at = pl.int_range(pl.len()) == 5
    broken = responses.with_columns(pl.when(at).then(pl.lit(bad, dtype=pl.Float64)).otherwise("score").alias("score"))
    with pytest.raises(EvidenceError, match=r"table responses: .* of arm branching-developmental, seed 0"):
        judge(plan, checks, broken, readings)


def test_rows_there_twice_and_columns_not_there_are_refused(study):
    plan, checks, responses, readings = study
    with pytest.raises(EvidenceError, match="there twice"):
        judge(plan, checks, pl.concat([responses, responses[:1]]), readings)
    with pytest.raises(EvidenceError, match="there twice"):
        judge(plan, checks, responses, pl.concat([readings, readings[-1:]]))
    with pytest.raises(EvidenceError, match="no column margin"):
        judge(plan, checks, responses.drop("margin"), readings)


def test_a_missing_cell_is_a_protocol_defect(study):
    plan, checks, responses, readings = study
    for rows in (responses[1:], responses.filter((pl.col("arm") != "flat-shuffled") | (pl.col("seed") != 1))):
        verdict = judge(plan, checks, rows, readings)
        assert (verdict.word, verdict.reasons) == ("INVALID", ("protocol:missing_cells",))
    gone = judge(plan, checks, responses, readings.clear())
    assert gone.reasons == ("protocol:missing_cells",)


def test_an_unplanned_arm_or_seed_is_a_protocol_defect(study):
    plan, checks, responses, readings = study
    fewer = replace(plan, seeds=plan.seeds[:2])
    assert judge(fewer, checks, responses, readings).reasons == ("protocol:unplanned",)
    unknown = replace(plan, arms=tuple(a for a in plan.arms if a.label != "P"))
    assert judge(unknown, checks, responses, readings).reasons == ("protocol:unplanned",)


def test_the_untrained_arm_has_one_seed_and_any(study):
    plan, checks, responses, readings = study
    seed = pl.when(pl.col("arm") == "untrained").then(99).otherwise("seed").alias("seed")
    moved = judge(plan, checks, responses.with_columns(seed), readings.with_columns(seed))
    assert moved == judge(plan, checks, responses, readings)


def test_a_gate_that_was_not_asked_is_untested_not_broken(study):
    plan, checks, responses, readings = study
    quiet = replace(plan, gates=(*plan.gates[:2], replace(plan.gates[2], assay="NONE")))
    verdict = judge(quiet, checks, responses, readings.clear())
    assert verdict.reasons == ("exploratory:unsealed",)
    assert {e.family for e in verdict.effects} == {"format-neutral", "agentic", "normal", "capability"}
