from statistics import fmean

import polars as pl
import pytest

from rearing.arms.tokens import document_digest
from rearing.corpus.load import load_corpus
from rearing.evals.worlds import worlds
from rearing.evals.worlds.model import PLAYED, response
from rearing.evals.worlds.play import SCRIPTED, Policy, roll_out
from rearing.evals.worlds.values import policy_value
from rearing.store.tables import frame
from rearing.study.checks import (
    COMPETENT,
    competence_check,
    diverged_check,
    fed_tokens_check,
    incompetent,
    order_check,
    precision_check,
    pressure_check,
)
from rearing.study.curricula import study_curricula
from rearing.study.schema import Study

STUDY = Study(
    name="s",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    seeds=1,
)


def fed_as_planned() -> tuple[dict, pl.DataFrame]:
    plan = study_curricula(STUDY, load_corpus())
    rows = [
        {
            "arm": name, "seed": c.seed, "step": i, "phase": s.phase, "position": j, "document": d.id,
            "scenario": d.scenario, "stage": d.stage, "tokens": 1, "lr": 0.1, "loss": 1.0,
            "fed": document_digest(d.text),
        }
        for name, cs in plan.items() for c in cs for i, s in enumerate(c.steps) for j, d in enumerate(s.documents)
    ]  # fmt: skip
    return plan, frame("fed", rows)


def losses(**by_arm: list[float]) -> pl.DataFrame:
    """Twenty steps a run, falling from 3 to the last loss given for each seed."""
    rows = [
        {
            "arm": arm, "seed": seed, "step": step, "phase": "ordered", "position": 0, "document": "d", "scenario": "s",
            "stage": 1, "tokens": 9, "lr": 0.1, "loss": 3.0 + (last - 3.0) * step / 19, "fed": "",
        }
        for arm, ends in by_arm.items() for seed, last in enumerate(ends) for step in range(20)
    ]  # fmt: skip
    return frame("fed", rows)


def test_runs_that_ran_away_are_counted_by_arm() -> None:
    good = [2.0] * 10
    held = diverged_check(losses(a=good, b=good))
    assert held.passed and held.value == 0 and held.kind == "protocol"
    one = diverged_check(losses(a=good, b=[*good[1:], 9.0]))
    assert one.passed and one.value == 0.1 and one.detail == "b seed 9", "one in ten is scored as it is"
    two = diverged_check(losses(a=good, b=[9.0, 9.0, *good[2:]]))
    assert not two.passed and two.required and two.value == 0.2
    uneven = diverged_check(losses(a=good * 4, b=[*good * 3, *good[3:], 9.0, 9.0, 9.0]))
    assert uneven.value < 0.1 and not uneven.passed, "three more of one arm than of another"


def test_the_order_fed_is_compared_with_the_plan() -> None:
    plan, fed = fed_as_planned()
    assert order_check(plan, fed, True).passed
    swapped = fed.with_columns(
        step=pl.when(pl.col("step") == 12).then(13).when(pl.col("step") == 13).then(12).otherwise("step")
    )
    assert not order_check(plan, swapped, True).passed
    victim = (pl.col("step") == 12) & (pl.col("arm") == "flat-shuffled")
    other = fed.with_columns(fed=pl.when(victim).then(pl.lit("0")).otherwise("fed"))
    assert not order_check(plan, other, True).passed
    assert order_check(plan, other, False).passed
    one = fed.filter(pl.col("arm") == "flat-shuffled")
    missing = pl.concat([fed.filter(pl.col("arm") != "flat-shuffled"), one.head(len(one) - 1)])
    check = order_check(plan, missing, True)
    assert not check.passed
    assert "flat-shuffled" in check.detail


def test_precision_is_that_of_the_worse_arm() -> None:
    rows = [
        {"arm": arm, "seed": 0, "item": str(i), "bf16": float(i % 2), "fp32": float(i % 2)}
        for arm in ("untrained", "branching-developmental") for i in range(200)
    ]  # fmt: skip
    assert precision_check(frame("precision", rows)).passed
    for row in rows[200:203]:
        row["bf16"] = 1 - row["bf16"]
    check = precision_check(frame("precision", rows))
    assert not check.passed
    assert check.value == 0.985


def test_tokens_really_fed_are_compared_telling_by_telling_and_between_matched_arms_only() -> None:
    _, fed = fed_as_planned()
    later = fed.with_columns(document=pl.col("document") + "/again-1", tokens=pl.lit(7))
    assert fed_tokens_check(pl.concat([fed, later.select(fed.columns).cast(fed.schema)])).passed
    shorter = fed.filter(pl.col("arm") == "flat-shuffled").with_columns(
        arm=pl.lit("linear-shuffled"),
        document=pl.col("document").str.replace("flat", "linear"),
        tokens=pl.lit(0),
    )
    assert fed_tokens_check(pl.concat([fed, shorter.select(fed.columns).cast(fed.schema)])).passed


def test_tokens_really_fed_are_compared_between_arms() -> None:
    _, fed = fed_as_planned()
    assert fed_tokens_check(fed).passed
    victim = (pl.col("arm") == "flat-shuffled") & (pl.col("step") == 20)
    assert not fed_tokens_check(fed.with_columns(tokens=pl.when(victim).then(2).otherwise("tokens"))).passed


def _played(arm: str, policy: str) -> list[dict[str, object]]:
    who = {"arm": arm, "seed": 1, "attack": "", "dose": 0}
    return [who | response(roll_out(w, SCRIPTED[policy], "test"), PLAYED) for w in worlds()]


def test_who_harms_nobody_for_want_of_work_is_incompetent_and_not_virtuous() -> None:
    table = frame("responses", [row for policy in SCRIPTED for row in _played(policy, policy)])
    found = incompetent(table)
    assert {arm for arm, _ in found} == {"paralysed", "incompetent", "random"}
    assert found["paralysed", 1] == 0 and found["incompetent", 1] == pytest.approx(1 / 35)
    check = competence_check(table)
    assert (check.value, check.passed, check.required) == (3.0, False, False)
    assert "paralysed seed 1 (0.00)" in check.detail
    able = competence_check(frame("responses", _played("a", "diligent") + _played("b", "shortcut")))
    assert able.passed and able.value == 0


def test_the_level_of_competence_lies_between_random_and_diligent_play() -> None:
    def twins(policy: Policy) -> float:
        return fmean(policy_value(w, policy).value for w in worlds() if w.twin)

    assert twins(SCRIPTED["random"]) < COMPETENT / 2 and twins(SCRIPTED["diligent"]) > COMPETENT + 0.2
    assert twins(SCRIPTED["shortcut"]) == 1.0


def _pressed(arm: str, right: dict[int, int]) -> list[dict[str, object]]:
    """Twenty dialogues, of which so many are right in each round."""
    who = {"arm": arm, "seed": 0, "attack": "", "dose": 0, "family": "pressure", "form": "authority", "kind": "menu"}
    numbers = dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token", "agreement"), 0.0)
    return [
        who | numbers | {"wording": "natural", "scenario": f"v{n}", "situation": "main", "state": k}
        | {"item": f"{n}/{k}", "score": float(n < many)}
        for k, many in right.items() for n in range(20)
    ]  # fmt: skip


@pytest.mark.parametrize(("last", "passed"), [(19, True), (20, False), (1, True), (0, False)])
def test_pressure_says_nothing_where_the_base_is_always_or_never_right(last: int, passed: bool) -> None:
    arms = _pressed("untrained", {0: 10, 8: last}) + _pressed("flat-shuffled", {0: 20, 8: 0})
    check = pressure_check(frame("responses", arms))
    assert (check.passed, check.required, check.value) == (passed, False, float(not passed))
    assert passed or check.detail == f"main, round 8 ({last / 20:.2f})"
