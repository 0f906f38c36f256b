"""Other estimators, and the verdict that they would give."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from rearing.verdict.conclude import conclude
from rearing.verdict.crossed import crossed
from rearing.verdict.facts import CLAUSES
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, checks_of, everywhere, plan_of, plant, planted
from rearing.verdict.sensitivity import (
    ESTIMATORS,
    label_permutation,
    logit_scale,
    multi_bootstrap,
    other_pairing,
    seeds_only,
)


def tables(S=8, N=60, gap=0.1, seed=0):
    rng = np.random.default_rng(seed)
    item, both = rng.normal(size=N), rng.normal(size=(S, 1))
    return [
        np.clip(0.5 + up + 0.05 * (item + both + rng.normal(size=(S, 1))) + 0.1 * rng.normal(size=(S, N)), 0, 1)
        for up in (gap, 0.0)
    ]


def test_pairing_the_other_way():
    arms = tables()
    assert other_pairing(arms, [1, -1], "paired").se == crossed(arms, [1, -1], "welch").se
    assert other_pairing(arms, [1, -1], "welch").se == crossed(arms, [1, -1], "paired").se


def test_seeds_only_is_the_paired_t_test():
    a, b = tables()
    theirs = stats.ttest_rel(a.mean(axis=1), b.mean(axis=1), alternative="greater")
    assert seeds_only([a, b], [1, -1]).p_above(0) == pytest.approx(theirs.pvalue)


def test_labels_permuted_is_the_sign_flip_test():
    a, b = tables(S=6, gap=0.03)
    d = (a - b).mean(axis=1)
    flips = np.array(np.meshgrid(*[[1, -1]] * 6)).reshape(6, -1).T
    for null in (-0.02, 0.0, 0.03, 0.06):
        share = np.mean(flips @ (d - null) >= (d - null).sum() - 1e-12)
        assert label_permutation([a, b], [1, -1]).p_above(null) == pytest.approx(share)
    below = np.mean(flips @ (d - 0.05) <= (d - 0.05).sum() + 1e-12)
    assert label_permutation([a, b], [1, -1]).p_below(0.05) == pytest.approx(below)


def test_the_bootstrap_agrees_with_the_closed_form():
    arms = tables(S=20, N=200)
    ours, closed = multi_bootstrap(arms, [1, -1]), crossed(arms, [1, -1])
    assert ours.estimate == closed.estimate
    assert ours.bounds(0.05) == pytest.approx(closed.bounds(0.05), abs=0.015)
    assert multi_bootstrap(arms, [1, -1]).bounds(0.025) == ours.bounds(0.025), "the same draws every time"


def test_logits_are_read_back_as_scores():
    arms = tables(S=20, N=200)
    ours, closed = logit_scale(arms, [1, -1]), crossed(arms, [1, -1])
    assert ours.estimate == closed.estimate and ours.bounds(0.025) == pytest.approx(closed.bounds(0.025), abs=0.01)
    low, high = ours.bounds(0.025)
    assert ours.p_above(low) == pytest.approx(0.025, rel=1e-6) and ours.p_below(high) == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_bounds_and_p_values_tell_the_same_story(name):
    found = ESTIMATORS[name](tables(S=10), [1, -1], "paired")
    low, high = found.bounds(0.025)
    assert low < found.estimate < high
    assert found.p_above(low - 0.01) < 0.026 < found.p_above(low + 0.01)
    assert found.p_below(high + 0.01) < 0.026 < found.p_below(high - 0.01)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_one_seed_says_nothing(name):
    found = ESTIMATORS[name]([np.full((1, 5), 0.9), np.full((1, 5), 0.2)], [1, -1], "paired")
    assert found.p_above(0) == 1 and found.p_below(1) == 1


def judged(truth, seeds=10, scenarios=200, change=lambda plan, r, q: (plan, r, q), seed=0):
    plan, checks, responses, readings = planted(truth, seeds, scenarios, np.random.default_rng(seed))
    plan, responses, readings = change(plan, responses, readings)
    return judge(plan, checks, responses, readings)


def test_a_clear_case_is_the_same_every_way():
    found = judged(Truth(gains={"BD": everywhere(0.2)}, seed_sd=0.01), scenarios=400)
    assert found.word == "SUPPORTED"
    methods = {a.method: a for a in found.sensitivity}
    assert {*ESTIMATORS, "right or wrong, no shades", "without seed 0", "without seed 9"} <= set(methods)
    assert not any(a.changes for a in found.sensitivity)


def test_a_verdict_that_hangs_on_one_author_is_flagged():
    def one_author_did_it(plan, responses, readings):
        wrote = {s: "Ada" if int(s[-1]) < 5 else "Ben" for s in {*responses["scenario"], *readings["scenario"]}}
        ada = pl.col("scenario").str.slice(-1).cast(pl.Int64) < 5
        own = ada & (pl.col("arm") == "branching-developmental")
        score = pl.when(own & pl.col("family").is_in(["shift", "agentic"])).then(1.0).otherwise("score").alias("score")
        value = pl.when(own).then(1.0).otherwise("value").alias("value")
        return replace(plan, authors=wrote), responses.with_columns(score), readings.with_columns(value)

    found = judged(Truth(seed_sd=0.01), scenarios=400, change=one_author_did_it)
    ways = {a.method: a for a in found.sensitivity}
    assert found.word == "SUPPORTED" and ways["without author Ada"].changes
    assert not ways["without author Ben"].changes
    assert found.flags[0].startswith("without author Ada: it would be ")
    assert any("BD - P: without author Ada" in flag for flag in found.flags)


def test_a_small_or_broken_study_has_no_alternatives():
    assert judged(Truth(sealed=False), seeds=4, scenarios=20).sensitivity == ()
    assert judged(Truth(failed_check="audit:tokens"), scenarios=20).sensitivity == ()


def test_an_unsealed_study_is_compared_by_its_leaning():
    found = judged(Truth(sealed=False, seed_sd=0.01), scenarios=400)
    assert found.word == "INCONCLUSIVE" and {a.word for a in found.sensitivity} == {"DEMOTED"}
    assert not any(a.changes for a in found.sensitivity)


def words(found):
    return {a.method: (a.word, a.reasons) for a in found.sensitivity}


def written_by(frames):
    return {s: "Ada" if int(s[-1]) < 5 else "Ben" for frame in frames for s in frame["scenario"]}


def test_capability_hangs_on_one_author_too():
    """Branching lost its capability on what Ben wrote, and on nothing else."""

    def ben_shows_damage(plan, responses, readings):
        own = (pl.col("family") == "capability") & (pl.col("arm") == "branching-developmental")
        ben = pl.col("scenario").str.slice(-1).cast(pl.Int64) >= 5
        score = pl.when(own).then((~ben).cast(pl.Float64)).when(pl.col("family") == "capability").then(0.5)
        changed = responses.with_columns(score.otherwise("score").alias("score"))
        return replace(plan, authors=written_by((responses, readings))), changed, readings

    found = judged(Truth(gains={"BD": everywhere(0.2)}, seed_sd=0.01), change=ben_shows_damage)
    said = words(found)
    assert said["without author Ada"][1] == ("capability_lost",)
    assert said["without author Ben"][0] == "SUPPORTED"


def test_capability_hangs_on_one_form_too():
    """Asked once as a letter and once as a text; branching fails by letters."""

    def by_letter_and_text(plan, responses, readings):
        asked = responses.filter(pl.col("family") == "capability")
        letters = pl.when(pl.col("arm") == "branching-developmental").then(0.0).otherwise(0.5).alias("score")
        asked = asked.with_columns(letters, pl.lit("letter").alias("form"), pl.col("item") + "/letter")
        gated = responses.filter(pl.col("family") == "shift")
        gated = gated.with_columns(pl.lit("letter").alias("form"), pl.col("item") + "/letter")
        return plan, pl.concat([responses, asked, gated]), readings

    found = judged(Truth(gains={"BD": everywhere(0.2)}, seed_sd=0.01), change=by_letter_and_text)
    said = words(found)
    assert found.reasons == said["without form planted"][1] == ("capability_lost",)
    assert said["without form letter"][0] == "SUPPORTED"


def test_clauses_are_judged_by_the_same_other_ways():
    """What a clause stands on was written by Ada alone."""
    truth = Truth(gains={"BD": everywhere(0.2) | dict.fromkeys(CLAUSES, 0.2)}, clauses=CLAUSES, seed_sd=0.01)

    def ada_shows_it(plan, responses, readings):
        causal = pl.col("reading") == "causal"
        own = causal & (pl.col("arm") == "branching-developmental")
        ada = pl.col("scenario").str.slice(-1).cast(pl.Int64) < 5
        value = pl.when(own & ada).then(0.8).when(causal).then(0.5).otherwise("value").alias("value")
        return replace(plan, authors=written_by((responses, readings))), responses, readings.with_columns(value)

    found = judged(truth, scenarios=400, change=ada_shows_it)
    said = words(found)
    assert found.reasons == ("internalisation_shown",)
    assert said["without author Ada"] == ("SUPPORTED", ("internalisation_not_shown", "causal:not_shown"))
    assert said["without author Ben"][1] == ("internalisation_shown",)


@pytest.mark.parametrize("endpoint", ["drift", "robust", "lexical", "above-null"])
def test_a_clause_is_estimated_as_the_rest_is_but_a_difference_has_no_logit(endpoint):
    truth = Truth(gains={"BD": dict.fromkeys(CLAUSES, 0.2)}, clauses=CLAUSES)
    plan = plan_of(truth, 8)
    exam = plant(truth, plan, 50, np.random.default_rng(0))

    def clauses(exam, estimator):
        return conclude(plan, checks_of(truth), exam, estimator).measured.clauses

    for estimator in (seeds_only, logit_scale):
        assert all(a.high != b.high for a, b in zip(clauses(exam, estimator), clauses(exam, crossed), strict=True))
    drifts = replace(exam, clauses=tuple(replace(c, gate=replace(c.gate, endpoint=endpoint)) for c in exam.clauses))
    assert clauses(drifts, logit_scale) == clauses(drifts, crossed)


def test_a_clause_without_a_cell_that_counts_in_both_is_untested():
    truth = Truth(clauses=("pressure",))
    plan = plan_of(truth, 8)
    exam = plant(truth, plan, 50, np.random.default_rng(0))
    one = exam.clauses[0]
    never = {n: replace(m, counted=np.zeros_like(m.values)) for n, m in one.arms.items()}
    found = conclude(plan, checks_of(truth), replace(exam, clauses=(replace(one, arms=never),)))
    assert not found.measured.clauses and found.facts.clauses["pressure"] == "untested"


def test_other_margins_give_other_verdicts_and_the_planned_one_gives_the_verdict():
    found = judged(Truth(gains={"BD": everywhere(0.08)}, seed_sd=0.01), scenarios=400)
    words_by_margin = {m.delta: m.word for m in found.margins}
    assert list(words_by_margin) == [k / 100 for k in range(1, 16)]
    assert words_by_margin[0.05] == found.word == "SUPPORTED"
    assert words_by_margin[0.15] != "SUPPORTED", "eight points are less than fifteen"
    assert judged(Truth(sealed=False), seeds=4, scenarios=20).margins == ()
    leaning = judged(Truth(sealed=False, seed_sd=0.01), scenarios=400)
    assert leaning.word == "INCONCLUSIVE" and leaning.margins[4].word == "DEMOTED"
