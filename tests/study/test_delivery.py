"""Whether the order that was fed has arrived: planted in the losses of the cool-down, and absent."""

import numpy as np
import polars as pl
import pytest

from rearing.corpus.load import load_corpus
from rearing.store.tables import frame
from rearing.study.curricula import study_curricula
from rearing.study.delivery import delivery_checks
from rearing.study.schema import Study

STUDY = Study(
    name="s",
    base="tiny",
    arms=("branching-developmental", "branching-shuffled", "branching-reversed", "flat-shuffled"),
    comparators=("flat-shuffled",),
    seeds=3,
)


@pytest.fixture(scope="module")
def plan() -> dict:
    return study_curricula(STUDY, load_corpus())


def fed(plan: dict, recency: float, seeds: int = 3, first: float = 0.0) -> pl.DataFrame:
    """Losses that are noise, less `recency` times the place of the stage in the ordered phase of that run."""
    rng, rows = np.random.default_rng(0), []
    for name, curricula in plan.items():
        for c in curricula[:seeds]:
            ordered = [d.stage for s in c.steps if s.phase == "ordered" for d in s.documents]
            place = {stage: np.mean(np.flatnonzero(np.equal(ordered, stage))) / len(ordered) for stage in set(ordered)}
            for i, s in enumerate(c.steps):
                late = np.mean([place.get(d.stage, 0.0) for d in s.documents])
                loss = 3 + first * i + 0.02 * rng.normal() - recency * late * (s.phase == "cooldown")
                rows += [
                    {
                        "arm": name, "seed": c.seed, "step": i, "phase": s.phase, "position": j, "document": d.id,
                        "scenario": d.scenario, "stage": d.stage, "tokens": 1, "lr": 0.1, "loss": loss, "fed": "",
                    }
                    for j, d in enumerate(s.documents)
                ]  # fmt: skip
    return frame("fed", rows)


def checks(table: pl.DataFrame) -> dict:
    return {check.name: check for check in delivery_checks(table)}


def test_what_was_told_last_is_known_best_where_the_order_arrived(plan: dict) -> None:
    found = checks(fed(plan, recency=0.2))
    assert set(found) == {f"order:delivered:{pair}" for pair in ("BD:BR", "BD:BS", "BR:BS")}, "FS has no other order"
    assert all(c.passed and not c.required and c.kind == "order" and c.value < 0.05 for c in found.values())
    slope = float(found["order:delivered:BD:BR"].detail.split(" ")[0])
    assert slope == pytest.approx(-0.2, abs=0.05), "in nats between a stage told last and one told first"


def test_an_order_that_left_no_trace_is_not_delivered(plan: dict) -> None:
    absent = checks(fed(plan, recency=0.0, first=0.01))
    assert not any(c.passed for c in absent.values()), "a loss that falls over the cool-down is no trace of order"
    turned = checks(fed(plan, recency=-0.2))
    assert not any(c.passed for c in turned.values()), "what was told last must be easier, not harder"
    one = checks(fed(plan, recency=0.2, seeds=1))
    assert all(c.value == 1 and not c.passed for c in one.values()), "one seed shows nothing"


def test_arms_of_one_order_and_twins_have_no_such_check(plan: dict) -> None:
    there = fed(plan, recency=0.2)
    assert not checks(there.filter(pl.col("arm").is_in(["branching-developmental", "flat-shuffled"])))
    assert not checks(there.with_columns(pl.col("arm") + "-flipped"))
