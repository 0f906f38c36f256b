"""Every reading is contrasted as the gates are, and nothing that no gate and no clause stands on is judged."""

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

from rearing.records.plan import Gate
from rearing.records.reading import NULL, ORDERLESS
from rearing.records.verdict import SeedSpread
from rearing.verdict.crossed import crossed
from rearing.verdict.endpoints import measured
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, planted
from rearing.verdict.readings import reading_effects, seed_spreads
from rearing.verdict.scores import check_tables

BD, FS, P, PD = "branching-developmental", "flat-shuffled", "principled-shuffled", "principled-developmental"
SEEDS, SCENARIOS = 3, 6
CLAUSES = (
    Gate(id="distributed", table="readings", select="knockout", measure="judgement", endpoint="above-null"),
    Gate(id="causal", table="readings", select="interchange", measure="judgement"),
    Gate(id="stable", table="readings", select="stable", measure="judgement", endpoint="drift"),
)


@pytest.fixture(scope="module")
def study():
    plan, checks, responses, readings = planted(
        Truth(sealed=False, arms=("BD", "FS", "P", "PD")), SEEDS, SCENARIOS, np.random.default_rng(0)
    )
    rng = np.random.default_rng(1)
    names = ["knockout", "interchange", "lens", "surface", "stable"]
    names += [f"{n}{s}" for n, s in (("knockout", NULL), ("lens", ORDERLESS), ("lens", ORDERLESS + NULL))]
    rows = [told(rng, arm, seed, name, "", 0) for arm, seed, name in product((BD, FS, P, PD), range(SEEDS), names)]
    rows += [told(rng, arm, 0, "stable", "selfish", dose) for arm, dose in product((BD, FS, P, PD), (1, 4))]
    rows += [told(rng, arm, seed, "lens", "selfish", 2) for arm, seed in product((BD, FS, P, PD), (0, 2))]
    frame = pl.concat([readings, pl.DataFrame([r for some in rows for r in some]).select(readings.columns)])
    return replace(plan, clauses=CLAUSES, attack="selfish", doses=(1, 2, 4)), checks, responses, frame


def told(rng, arm, seed, reading, attack, dose):
    who = {"arm": arm, "seed": seed, "attack": attack, "dose": dose, "reading": reading}
    where = {"site": "action", "depth": 0.66, "wording": "mf"}
    return [
        who | where | {"scenario": f"s{i}", "situation": side, "value": float(rng.uniform())}
        for i, side in product(range(SCENARIOS), ("main", "twin"))
    ]


def of(found, family):
    return {e.contrast: e for e in found if e.family == family}


def means(frame, reading, sides=("main", "twin"), attack="", dose=0, seeds=range(SEEDS)):
    """Mean of an arm over these rows, which all weigh alike here."""
    rows = frame.filter(reading=reading, attack=attack, dose=dose).filter(
        pl.col("situation").is_in(sides) & pl.col("seed").is_in(list(seeds))
    )
    return dict(rows.group_by("arm").agg(pl.col("value").mean()).iter_rows())


def test_gate_and_clauses_are_the_effects_that_the_judge_found(study):
    plan, checks, responses, readings = study
    verdict = judge(plan, checks, responses, readings, alternatives=False)
    for judged, family in (
        ("representational", "decode"),
        ("distributed", "knockout/above-null"),
        ("causal", "interchange"),
        ("stable", "stable/drift"),
    ):
        ours, theirs = of(verdict.readings, family), of(verdict.effects, judged)
        assert set(theirs) <= set(ours) and theirs, judged
        assert all(replace(ours[pair], family=judged) == e for pair, e in theirs.items()), judged
    assert {pair for _, pair in of(verdict.readings, "interchange")} == {FS, P, PD}


def test_estimates_are_differences_of_means_of_rows(study):
    plan, _, responses, readings = study
    found = reading_effects(plan, check_tables(responses, readings))
    level = {name: means(readings, name) for name in ("knockout", "knockout-null", "lens-orderless-null")}
    for name, mean in level.items():
        assert of(found, name)[BD, P].estimate == pytest.approx(mean[BD] - mean[P]), name
    above = [level["knockout"][arm] - level["knockout-null"][arm] for arm in (BD, P)]
    assert of(found, "knockout/above-null")[BD, P].estimate == pytest.approx(above[0] - above[1])
    surface = means(readings, "surface", sides=("main",))
    assert of(found, "surface")[BD, FS].estimate == pytest.approx(surface[BD] - surface[FS])
    assert of(found, "surface")[BD, FS].measure == "main" and of(found, "lens")[BD, FS].measure == "judgement"
    after, before = (means(readings, "lens", attack=a, dose=d, seeds=(0, 2)) for a, d in (("selfish", 2), ("", 0)))
    drift = of(found, "lens/drift")[BD, P]
    assert drift.estimate == pytest.approx(after[BD] - before[BD] - after[P] + before[P]) and drift.n_seeds == 2
    assert not of(found, "knockout-null/above-null") and not of(found, "interchange/drift")


def test_intervals_are_those_of_the_crossed_estimator(study):
    plan, _, responses, readings = study
    tables = check_tables(responses, readings)
    wide = replace(plan, alpha=0.05)
    e = of(reading_effects(wide, tables), "lens")[BD, FS]
    gate = Gate(id="lens", table="readings", select="lens", measure="judgement")
    scores = measured(plan, gate, tables)
    low, high = crossed([scores.arms[a].rows(plan.seeds) for a in (BD, FS)], (1.0, -1.0), "paired").bounds(0.05)
    assert (e.low, e.high) == pytest.approx((low, high)) and e.low < e.estimate < e.high


def test_one_seed_has_an_estimate_and_the_whole_range(study):
    plan, _, responses, readings = study
    found = reading_effects(replace(plan, seeds=plan.seeds[:1]), check_tables(responses, readings))
    assert {(e.n_seeds, e.low, e.high) for e in found} == {(1, -1.0, 1.0)}
    assert of(found, "stable/drift")[BD, P].n_seeds == 1


def test_an_exploratory_reading_is_contrasted_and_judged_by_nobody(study):
    plan, checks, responses, readings = study
    without = readings.filter(~pl.col("reading").str.starts_with("lens"))
    one, other = (judge(plan, checks, responses, rows, alternatives=False) for rows in (readings, without))
    assert (one.word, one.reasons, one.effects, one.panel) == (other.word, other.reasons, other.effects, other.panel)
    assert [e for e in one.readings if not e.family.startswith("lens")] == list(other.readings)
    assert any(e.family == "lens" for e in one.readings)


def test_a_reading_with_a_hole_is_left_out(study):
    plan, _, responses, readings = study
    hole = (pl.col("reading") == "interchange") & (pl.col("arm") == P) & (pl.col("seed") == 1)
    found = reading_effects(plan, check_tables(responses, readings.filter(~hole)))
    assert not of(found, "interchange") and of(found, "lens")


def test_nothing_read_is_nothing_contrasted(study):
    plan, _, responses, readings = study
    assert reading_effects(plan, check_tables(responses, readings.clear())) == ()


def test_the_spread_of_p_is_over_its_seeds(study):
    plan, _, responses, readings = study
    tables = check_tables(responses, readings)
    scores = [measured(plan, clause, tables) for clause in CLAUSES]
    distributed, causal = seed_spreads(plan, scores)
    own, knocked, null = (
        np.array([means(readings, name, seeds=(s,))[P] for s in range(SEEDS)])
        for name in ("interchange", "knockout", "knockout-null")
    )
    sds = own.std(ddof=1), (knocked - null).std(ddof=1)
    assert causal == SeedSpread(clause="causal", arm=P, sd=pytest.approx(sds[0]), seeds=SEEDS)
    assert distributed.sd == pytest.approx(sds[1]) and distributed.clause == "distributed", "stable has one seed"
    assert seed_spreads(replace(plan, seeds=plan.seeds[:1]), scores) == ()


def test_the_spread_counts_what_counts(study):
    """Where a cell does not count, as of a dialogue that was wrong before any pressure, the mean is without it."""
    plan, _, responses, readings = study
    (causal,) = [measured(plan, c, check_tables(responses, readings)) for c in CLAUSES if c.id == "causal"]
    own = causal.arms[P]
    counted = np.ones_like(own.values)
    counted[0, 1:] = counted[2] = 0
    planned = replace(causal, arms=causal.arms | {P: replace(own, counted=counted)})
    (found,) = seed_spreads(plan, [planned])
    assert found.sd == pytest.approx(np.std([own.values[0, 0], own.values[1].mean()], ddof=1)) and found.seeds == 2


def test_what_gate_3_hangs_on_has_its_row(study):
    plan, _, responses, readings = study
    null = readings.filter(reading="interchange").with_columns(reading=pl.lit("interchange" + NULL))
    tables = check_tables(responses, pl.concat([readings, null.with_columns(value=1 - pl.col("value"))]))
    hangs_on = Gate(id="hangs-on", table="readings", select="interchange", measure="judgement", endpoint="above-null")
    assert not of(reading_effects(plan, tables), "interchange/above-null")
    own = means(readings, "interchange")
    e = of(reading_effects(replace(plan, hangs_on=hangs_on), tables), "interchange/above-null")[BD, P]
    assert e.estimate == pytest.approx(2 * (own[BD] - own[P])) and e.measure == "judgement"


def test_the_spread_is_of_the_arm_that_it_names(study):
    plan, _, responses, readings = study
    scores = [measured(plan, CLAUSES[1], check_tables(responses, readings))]
    arms = tuple(replace(arm, role="other") if arm.name == P else arm for arm in plan.arms)
    (spread,) = seed_spreads(replace(plan, arms=arms), scores)
    own = [means(readings, "interchange", seeds=(s,))[PD] for s in range(SEEDS)]
    assert spread.arm == PD and spread.sd == pytest.approx(np.std(own, ddof=1))
