import polars as pl

from rearing.corpus.load import load_corpus
from rearing.store.tables import frame
from rearing.study.checks import order_check, planned, precision_check
from rearing.study.schema import Study

STUDY = Study(
    name="s",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    seeds=1,
)


def fed_as_planned() -> tuple[dict, pl.DataFrame]:
    plan = planned(STUDY, load_corpus())
    rows = [
        {
            "arm": name, "seed": c.seed, "step": i, "phase": s.phase, "position": j, "document": d.id,
            "scenario": d.scenario, "stage": d.stage, "tokens": 1, "lr": 0.1, "loss": 1.0,
        }
        for name, cs in plan.items() for c in cs for i, s in enumerate(c.steps) for j, d in enumerate(s.documents)
    ]  # fmt: skip
    return plan, frame("fed", rows)


def test_the_order_fed_is_compared_with_the_plan() -> None:
    plan, fed = fed_as_planned()
    assert order_check(plan, fed).passed
    swapped = fed.with_columns(
        step=pl.when(pl.col("step") == 12).then(13).when(pl.col("step") == 13).then(12).otherwise("step")
    )
    assert not order_check(plan, swapped).passed
    one = fed.filter(pl.col("arm") == "flat-shuffled")
    missing = pl.concat([fed.filter(pl.col("arm") != "flat-shuffled"), one.head(len(one) - 1)])
    check = order_check(plan, missing)
    assert not check.passed
    assert "flat-shuffled" in check.detail


def test_precision_counts_decisions() -> None:
    fp32 = [{"item": str(i), "score": float(i % 2)} for i in range(200)]
    flipped = [dict(row, score=1 - row["score"]) if row["item"] in ("3", "4", "5") else row for row in fp32]
    assert precision_check(fp32, fp32).passed
    check = precision_check(fp32, flipped)
    assert not check.passed
    assert check.value == 0.985
