"""Gates again where the options alone mislead the base: reported, and never part of the verdict."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rearing.records.item import BARE
from rearing.records.verdict import MISLED
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, planted

BD = "branching-developmental"


def asked_bare(responses: pl.DataFrame, wrong: list[str], right: list[str], tied: list[str]) -> pl.DataFrame:
    """What the base answered without a situation: two menus a scenario."""
    row = responses.filter(pl.col("arm") == "untrained").row(0, named=True)
    scores = {**dict.fromkeys(wrong, (0.0, 0.0)), **dict.fromkeys(right, (1.0, 1.0)), **dict.fromkeys(tied, (0.0, 1.0))}
    rows = [
        row | {"family": BARE, "form": f, "scenario": s, "situation": "main", "item": f"{BARE}/{f}/{s}", "score": x}
        for s, both in scores.items()
        for f, x in zip(("menu-log", "ranking"), both, strict=True)
    ]
    attacked = [x | {"attack": "reversal", "dose": 2, "score": 1 - x["score"]} for x in rows]
    return pl.concat([responses, pl.DataFrame([*rows, *attacked], schema=responses.schema)])


@pytest.fixture
def study():
    """A study in which BD has twice as many right choices where the words mislead and none elsewhere."""
    plan, checks, responses, readings = planted(Truth(seed_sd=0.01), 6, 60, np.random.default_rng(0))
    shift = sorted(responses.filter(pl.col("family") == "shift")["scenario"].unique())
    wrong, right, tied = shift[:20], shift[20:50], shift[50:]
    own = (pl.col("arm") == BD) & (pl.col("family") == "shift")
    told = pl.when(own).then(pl.col("scenario").is_in(wrong).cast(pl.Float64)).otherwise("score").alias("score")
    return plan, checks, responses.with_columns(told), readings, (wrong, right, tied)


def effects(verdict):
    return {e.contrast[1]: e for e in verdict.effects if e.family == f"format-neutral{MISLED}"}


def test_the_effect_is_over_what_the_words_get_wrong(study):
    plan, checks, responses, readings, bare = study
    without = judge(plan, checks, responses, readings)
    found = judge(plan, checks, asked_bare(responses, *bare), readings)
    assert not effects(without)
    assert set(effects(found)) == {a.name for a in plan.role("comparator")}
    for name, e in effects(found).items():
        theirs = responses.filter((pl.col("arm") == name) & pl.col("scenario").is_in(bare[0]))
        assert e.n_scenarios == len(bare[0]) and e.measure == "main"
        main = theirs.filter((pl.col("family") == "shift") & (pl.col("situation") == "main"))
        assert e.estimate == pytest.approx(1 - main["score"].mean())
    whole = [e for e in found.effects if not e.family.endswith(MISLED)]
    assert (found.word, found.reasons, whole) == (without.word, without.reasons, list(without.effects))
    assert found.scores == without.scores, "what the base alone was asked is no score"


def test_over_both_situations_it_is_the_one_in_which_the_words_are_wrong(study):
    plan, checks, responses, readings, (wrong, right, tied) = study
    plan = replace(plan, gates=tuple(replace(g, measure="judgement") for g in plan.gates))
    sides = pl.col("scenario").is_in(wrong) == (pl.col("situation") == "main")
    own = (pl.col("arm") == BD) & (pl.col("family") == "shift")
    told = pl.when(own).then(sides.cast(pl.Float64)).otherwise("score").alias("score")
    found = effects(judge(plan, checks, asked_bare(responses.with_columns(told), wrong, right, tied), readings))
    for name, e in found.items():
        theirs = responses.filter((pl.col("arm") == name) & (pl.col("family") == "shift"))
        there = theirs.filter(sides & ~pl.col("scenario").is_in(tied))
        assert e.n_scenarios == 50 and e.estimate == pytest.approx(1 - there["score"].mean())
