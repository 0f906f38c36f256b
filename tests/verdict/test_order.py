"""A lead that is gone without the trace of the training order is told as order trace, and no other lead is."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rearing.records.plan import Gate
from rearing.records.reading import NULL, ORDERLESS
from rearing.records.scenario import SITUATIONS
from rearing.verdict.facts import REPRESENTATIONAL
from rearing.verdict.judge import judge
from rearing.verdict.order import order_notes
from rearing.verdict.planted import Truth, planted
from rearing.verdict.scores import check_tables

LEADS = Truth(gains={"BD": {REPRESENTATIONAL: 0.08}})
EVEN = Truth()


def named(readings: pl.DataFrame, suffix: str) -> pl.DataFrame:
    return readings.with_columns(reading=pl.col("reading") + suffix)


def in_both(readings: pl.DataFrame) -> pl.DataFrame:
    """The same of another reading, in both situations, as it is judged where no gate stands on it."""
    return pl.concat(readings.with_columns(reading=pl.lit("interchange"), situation=pl.lit(s)) for s in SITUATIONS)


@pytest.mark.parametrize(
    ("own", "twin", "null", "traces"),
    [
        (LEADS, EVEN, LEADS, True),
        (LEADS, EVEN, EVEN, False),  # gone whatever is projected out
        (LEADS, LEADS, LEADS, False),
        (EVEN, EVEN, EVEN, False),
    ],
)
def test_a_lead_that_is_gone_without_the_order_is_its_trace(own: Truth, twin: Truth, null: Truth, traces: bool) -> None:
    (plan, checks, responses, lead), (*_, without), (*_, other) = (
        planted(t, 8, 100, np.random.default_rng(3)) for t in (own, twin, null)
    )
    readings = pl.concat([lead, named(without, ORDERLESS), named(other, ORDERLESS + NULL)])
    found = list(order_notes(plan, check_tables(responses, readings)))
    comparators = len(plan.role("comparator"))
    assert len(found) == (comparators if traces else 0)
    assert all("order trace, not values" in said and "another direction +0." in said for said in found)
    plain = judge(plan, checks, responses, lead, alternatives=False)
    noted = judge(plan, checks, responses, readings, alternatives=False)
    assert noted.notes == (*plain.notes, *found) and noted.word == plain.word and noted.effects == plain.effects


def test_a_lead_on_a_reading_without_a_twin_is_untested_against_the_order() -> None:
    (plan, _, responses, lead), (*_, even) = (planted(t, 8, 100, np.random.default_rng(3)) for t in (LEADS, EVEN))
    other = in_both(lead)
    assert not list(order_notes(plan, check_tables(responses, pl.concat([lead, other])))), "nobody asked `recency`"
    twins = [named(lead, ORDERLESS), named(lead, ORDERLESS + NULL)]
    found = list(order_notes(plan, check_tables(responses, pl.concat([lead, *twins, other]))))
    assert len(found) == len(plan.role("comparator"))
    assert all(said.startswith("interchange: ") and said.endswith("untested against it") for said in found)
    assert not list(order_notes(plan, check_tables(responses, pl.concat([lead, *twins, in_both(even)]))))


@pytest.mark.parametrize("name", ["rank-random", "control"])
def test_a_lead_on_a_null_is_no_lead(name: str) -> None:
    (plan, _, responses, lead), (*_, even) = (planted(t, 8, 100, np.random.default_rng(3)) for t in (LEADS, EVEN))
    null, gone, kept = (in_both(rows).with_columns(reading=pl.lit(name)) for rows in (lead, even, lead))
    readings = pl.concat([even, null, named(gone, ORDERLESS), named(kept, ORDERLESS + NULL)])
    assert not list(order_notes(plan, check_tables(responses, readings)))


@pytest.mark.parametrize(
    ("without", "other", "said"),
    [(EVEN, LEADS, "order trace, not values"), (LEADS, LEADS, ""), (None, None, "untested against it")],
)
def test_a_lead_of_the_stable_clause_may_be_order_trace(without: Truth | None, other: Truth | None, said: str) -> None:
    """What BD keeps under attack is what it leads by; before the attack all arms hold the same."""
    (plan, _, responses, even), (*_, lead) = (planted(t, 8, 100, np.random.default_rng(3)) for t in (EVEN, LEADS))
    clause = Gate(id="stable", table="readings", select="stable", measure="judgement", endpoint="drift")
    plan = replace(plan, attack="selfish", doses=(2,), clauses=(clause,))

    def attacked(truth: Truth, suffix: str = "") -> pl.DataFrame:
        rows = (even, lead if truth is LEADS else even)
        before, after = (in_both(r).with_columns(reading=pl.lit("stable" + suffix)) for r in rows)
        return pl.concat([before, after.with_columns(attack=pl.lit("selfish"), dose=pl.lit(2, after["dose"].dtype))])

    twins = [(without, ORDERLESS), (other, ORDERLESS + NULL)]
    parts = [attacked(truth, suffix) for truth, suffix in twins if truth is not None]
    readings = pl.concat([even, named(even, ORDERLESS), named(even, ORDERLESS + NULL), attacked(LEADS), *parts])
    found = list(order_notes(plan, check_tables(responses, readings)))
    assert len(found) == (len(plan.role("comparator")) if said else 0)
    assert all(n.startswith("stable, change under selfish: BD is ahead of ") and n.endswith(said) for n in found)
    assert not list(order_notes(replace(plan, clauses=()), check_tables(responses, readings)))
