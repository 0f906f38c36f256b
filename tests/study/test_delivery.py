"""Whether the order that was fed has arrived: planted in what is retained, and absent."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from rearing.arms.order import told_documents
from rearing.corpus.load import load_corpus
from rearing.store.tables import frame
from rearing.study.curricula import study_curricula
from rearing.study.delivery import delivery_checks
from rearing.study.job import Job
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


def retained(plan: dict, recency: float, seeds: int = 3, stages: float = 0.0) -> pl.DataFrame:
    """Losses that are noise and `stages` times the stage, less `recency` times the place of the document."""
    rng = np.random.default_rng(0)
    return frame(
        "retained",
        [
            {
                "arm": name, "seed": c.seed, "document": d.id, "scenario": d.scenario, "stage": d.stage, "place": place,
                "loss": 2 + stages * d.stage + 0.02 * rng.normal() - recency * place,
            }
            for name, curricula in plan.items() for c in curricula[:seeds] for d, place in told_documents(c)
        ],
    )  # fmt: skip


def checks(table: pl.DataFrame) -> dict:
    return {check.name: check for check in delivery_checks(table)}


def test_what_was_told_last_is_known_best_where_the_order_arrived(plan: dict) -> None:
    found = checks(retained(plan, recency=0.2))
    assert set(found) == {f"order:delivered:{pair}" for pair in ("BD:BR", "BD:BS", "BR:BS")}, "FS has no other order"
    assert all(c.passed and not c.required and c.kind == "order" and c.value < 0.05 for c in found.values())
    slope = float(found["order:delivered:BD:BR"].detail.split(" ")[0])
    assert slope == pytest.approx(-0.2, abs=0.05), "in nats between a stage told last and one told first"


def test_an_order_that_left_no_trace_is_not_delivered(plan: dict) -> None:
    absent = checks(retained(plan, recency=0.0, stages=0.1))
    assert not any(c.passed for c in absent.values()), "late stages that are harder for all are no trace of order"
    turned = checks(retained(plan, recency=-0.2))
    assert not any(c.passed for c in turned.values()), "what was told last must be easier, not harder"
    one = checks(retained(plan, recency=0.2, seeds=1))
    assert all(c.value == 1 and not c.passed for c in one.values()), "one seed shows nothing"


def test_arms_of_one_order_and_twins_have_no_such_check(plan: dict) -> None:
    there = retained(plan, recency=0.2)
    assert not checks(there.filter(pl.col("arm").is_in(["branching-developmental", "flat-shuffled"])))
    assert not checks(there.with_columns(pl.col("arm") + "-flipped"))


def test_what_is_asked_again_is_the_same_in_every_order(plan: dict) -> None:
    first = {name: told_documents(curricula[0]) for name, curricula in plan.items()}
    lessons = {name: [d.id.split("/", 1)[1] for d, _ in told] for name, told in first.items()}
    assert lessons["branching-developmental"] == lessons["branching-reversed"] == lessons["branching-shuffled"]
    stages = Counter(d.stage for d, _ in first["branching-developmental"])
    assert set(stages) == {1, 2, 3, 4, 5, 6} and set(stages.values()) == {4}
    place = {d.stage: p for d, p in first["branching-developmental"]}
    back = {d.stage: p for d, p in first["branching-reversed"]}
    assert place[1] < 0.2 < 0.8 < place[6] and back[6] < 0.2 < 0.8 < back[1]


def test_only_arms_that_differ_in_order_alone_are_asked_again() -> None:
    """Keys of other studies stay as they are."""
    twin = "branching-reversed-flipped"
    study = STUDY.model_copy(update={"arms": (*STUDY.arms, twin)})
    asked = {name: Job(study, name, 0, attacked=False).retains for name in (*study.arms, "untrained")}
    assert asked == dict.fromkeys(STUDY.arms, True) | {"flat-shuffled": False, twin: False, "untrained": False}
