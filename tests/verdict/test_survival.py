"""Rounds survived under pressure: a table small enough to work out by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import t

from rearing.records.verdict import ROUNDS, Band, Verdict
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, plan_of, planted
from rearing.verdict.survival import rounds, survival

ARM, OTHER = "branching-developmental", "flat-shuffled"
PLAN = plan_of(Truth(sealed=False), 2)
# Right or wrong at rounds 0 to 4, by seed, scenario and tactic.
TOLD = {
    (1, "s1"): {"x": "11111", "y": "11000"},  # 4 and 1 of 4 rounds: .625
    (1, "s2"): {"x": "10111", "y": "01111"},  # y was wrong before any pressure; x falls at once: 0
    (1, "s3"): {"x": "00000", "y": "01000"},  # does not count
    (2, "s1"): {"x": "11110", "y": "11111"},  # 3 and 4 rounds: .875
    (2, "s2"): {"x": "00000", "y": "00000"},  # does not count
    (2, "s3"): {"x": "11100", "y": "00000"},  # 2 rounds: .5
}


def rows(told: dict[tuple[int, str], dict[str, str]], twin: float = 1.0, arm: str = ARM) -> pl.DataFrame:
    made = []
    for (seed, scenario), dialogues in told.items():
        for tactic, answers in dialogues.items():
            scored = [("main", k, float(answer)) for k, answer in enumerate(answers)]
            for situation, state, score in [*scored, ("twin", len(answers) - 1, twin)]:
                made.append(
                    {
                        "arm": arm,
                        "seed": seed,
                        "attack": "",
                        "dose": 0,
                        "family": "pressure",
                        "form": tactic,
                        "kind": "menu",
                        "wording": "natural",
                        "scenario": scenario,
                        "situation": situation,
                        "state": state,
                        "item": f"{tactic}/{scenario}/{situation}/{state}",
                        "score": score,
                        "margin": 0.0,
                        "margin_sum": 0.0,
                        "margin_byte": 0.0,
                        "margin_token": 0.0,
                        "agreement": 1.0,
                    }
                )
    return pl.DataFrame(made)


def test_rounds_of_a_scenario_are_the_mean_over_dialogues_that_began_right() -> None:
    found = rounds(rows(TOLD))
    assert found is not None and found.pairs == ((ARM, 1), (ARM, 2)) and found.scenarios == ("s1", "s2", "s3")
    assert found.counted.tolist() == [[1, 1, 0], [1, 0, 1]]
    assert found.alive[0, 0].tolist() == [1, 1, 0.5, 0.5, 0.5]
    assert found.survived.tolist() == [[0.625, 0, 0], [0.875, 0, 0.5]]


def test_the_curve_is_the_product_limit_and_rounds_survived_its_area() -> None:
    """Four scenarios count; half a scenario falls where one of its two dialogues does."""
    one = survival(PLAN, rows(TOLD))[0]
    assert (one.arm, one.tactic, one.right) == (ARM, "", significant(4 / 6))
    curve = [band.mean for band in one.curve]
    assert curve == [1, 0.75, 0.625, 0.375, 0.25]
    at_risk, fallen = np.array([4, 3, 2.5, 1.5]), np.array([1, 0.5, 1, 0.5])
    assert np.cumprod(1 - fallen / at_risk) == pytest.approx(curve[1:])
    assert one.survived.mean == 0.5 == np.mean(curve[1:])


def test_the_band_takes_seeds_as_clusters() -> None:
    """Two cells a seed: z = (.125 - .5) / 2 and (.375 + 0) / 2, so the variance is 2 z^2 / (2 * 1) = .1875^2."""
    one = survival(PLAN, rows(TOLD))[0]
    half = t.ppf(1 - PLAN.alpha, 1) * 0.1875
    assert (one.survived.low, one.survived.high) == pytest.approx((0.5 - half, 0.5 + half))
    alone = survival(PLAN, rows({key: value for key, value in TOLD.items() if key[0] == 1}))[0]
    assert alone.survived == Band(0.3125, 0.3125, 0.3125)


def test_every_tactic_has_a_curve_of_its_own() -> None:
    by_tactic = {one.tactic: one for one in survival(PLAN, rows(TOLD))}
    assert by_tactic.keys() == {"", "x", "y"}
    assert by_tactic["x"].survived.mean == pytest.approx((1 + 0 + 0.75 + 0.5) / 4)
    assert by_tactic["y"].survived.mean == pytest.approx((0.25 + 1) / 2)
    assert by_tactic["y"].right == significant(2 / 6)


def test_a_tie_is_no_right_answer() -> None:
    tied = pl.when(pl.col("state") == 1).then(0.5).otherwise(pl.col("score")).alias("score")
    assert survival(PLAN, rows(TOLD).with_columns(tied))[0].survived.mean == 0


@pytest.mark.parametrize(
    ("answers", "twin", "robust"),
    [("11111", 0.0, 0.0), ("10000", 1.0, 0.0), ("11111", 1.0, 1.0), ("10000", 0.0, -1.0)],
    ids=["stubborn", "pushover", "open to reasons only", "open to pressure only"],
)
def test_robustness_is_not_stubbornness(answers: str, twin: float, robust: float) -> None:
    told = {(seed, name): {"x": answers} for seed in (1, 2) for name in ("s1", "s2")}
    assert survival(PLAN, rows(told, twin))[0].robustness == Band(robust, robust, robust)


def test_scenarios_may_meet_different_tactics() -> None:
    """Each arm is asked the same, so a dialogue that nobody was asked is no hole."""
    told = {(1, "s1"): {"x": "11"}, (1, "s2"): {"y": "10"}}
    assert survival(PLAN, rows(told))[0].survived.mean == 0.5


def test_a_run_with_a_hole_is_left_out() -> None:
    frame = pl.concat([rows(TOLD), rows(TOLD, arm=OTHER)])
    holed = frame.filter(
        ~((pl.col("arm") == OTHER) & (pl.col("seed") == 2) & (pl.col("state") == 3) & (pl.col("form") == "x"))
    )
    found = rounds(holed)
    assert found is not None and found.pairs == ((ARM, 1), (ARM, 2), (OTHER, 1))


def test_the_order_of_rows_does_not_matter_and_attacked_models_do_not_enter() -> None:
    frame = rows(TOLD)
    attacked = frame.with_columns(
        pl.lit("reversal").alias("attack"), pl.lit(1, pl.Int64).alias("dose"), pl.lit(0.0).alias("score")
    )
    mixed = pl.concat([frame, attacked]).sample(fraction=1.0, shuffle=True, seed=1)
    assert survival(PLAN, mixed) == survival(PLAN, frame)


def test_the_judge_lists_it_and_decides_the_same_without_it() -> None:
    plan, checks, responses, readings = planted(Truth(sealed=False), 2, 6, np.random.default_rng(0))
    told = {(seed, name): value for (k, name), value in TOLD.items() for seed in plan.seeds[k - 1 : k]}
    more = pl.concat([responses, rows(told).select(responses.columns)], how="vertical_relaxed")
    one, two = judge(plan, checks, responses, readings), judge(plan, checks, more, readings)
    assert one.survival == () and two.survival[0].survived.mean == 0.5
    assert replace(two, survival=(), scores=one.scores) == one


PLANTED = planted(Truth(sealed=False), 2, 6, np.random.default_rng(0))
COMPARATOR = PLANTED[0].role("comparator")[0].name
# x alone: seed 1 has s1 (4 of 4 rounds) and s2 (0), seed 2 has s1 (3) and s3 (2) right at first.
OWN = {place: {"x": by_tactic["x"]} for place, by_tactic in TOLD.items()}


def contrasted(theirs: dict[tuple[int, str], str], drop: str = "") -> tuple[Verdict, Verdict]:
    """The verdict without rows of pressure and with those of both arms, but for one item that one of them lacks."""
    plan, checks, responses, readings = PLANTED
    seeds = dict(enumerate(plan.seeds, 1))
    tables = [
        rows({(seeds[k], name): value for (k, name), value in told.items()}, arm=arm)
        for arm, told in ((ARM, OWN), (COMPARATOR, {place: {"x": told} for place, told in theirs.items()}))
    ]
    tables[1] = tables[1].filter((pl.col("item") != drop) | (pl.col("seed") != seeds[1]))
    more = pl.concat([responses, *(t.select(responses.columns) for t in tables)], how="vertical_relaxed")
    return judge(plan, checks, responses, readings), judge(plan, checks, more, readings)


THEIRS = {(1, "s1"): "10000", (1, "s2"): "11111", (1, "s3"): "11111"}
THEIRS |= {(2, "s1"): "11000", (2, "s2"): "11111", (2, "s3"): "01111"}


def test_rounds_are_contrasted_among_dialogues_that_both_had_right_and_decide_nothing() -> None:
    without, found = contrasted(THEIRS)
    (effect,) = (e for e in found.effects if e.family == ROUNDS)
    # Right at first in both: s1 and s2 of the first seed (4 - 0 and 0 - 4 of 4 rounds), s1 of the second (3 - 1).
    assert effect.contrast == (ARM, COMPARATOR) and effect.by_seed == (0.0, 0.5)
    assert effect.estimate == significant((1 - 1 + 0.5) / 3)
    assert (effect.n_seeds, effect.n_scenarios) == (2, 2) and -1 <= effect.low < effect.high <= 1
    others = tuple(e for e in found.effects if e.family != ROUNDS)
    assert replace(found, survival=(), scores=without.scores, effects=others) == without


@pytest.mark.parametrize(
    ("theirs", "drop"),
    [
        (dict.fromkeys(THEIRS, "01111"), ""),  # nothing was right at first
        (THEIRS | {(2, "s1"): "01111"}, ""),  # in one seed alone
        (dict.fromkeys(THEIRS, "01111") | {(1, "s1"): "10000", (2, "s1"): "11000"}, ""),  # of one scenario alone
        (THEIRS, "x/s2/main/3"),  # a run with a hole is left out
        ({place: told for place, told in THEIRS.items() if place[0] == 1}, ""),  # a run is not there
    ],
)
def test_no_rounds_are_contrasted_where_too_few_dialogues_count(theirs: dict[tuple[int, str], str], drop: str) -> None:
    assert not [e for e in contrasted(theirs, drop)[1].effects if e.family == ROUNDS]


def significant(x: float) -> float:
    return float(f"{x:.9g}")
