"""Damage flags: an arm against the untrained model."""

from typing import Any

import polars as pl
import pytest

from rearing.verdict.damage import damage
from rearing.verdict.planted import Truth, plan_of

PLAN = plan_of(Truth(sealed=False), 4)
U, ARM, OTHER = "untrained", "branching-developmental", "flat-shuffled"


def row(arm: str, seed: int, scenario: str, situation: str, **more: Any) -> dict[str, Any]:
    kept = {"attack": "", "dose": 0, "family": "capability", "kind": "open", "wording": "natural", "margin": 1.0}
    return {"arm": arm, "seed": seed, "scenario": scenario, "situation": situation} | kept | more


def table(lost: float, nats: float) -> pl.DataFrame:
    """40 scenarios, 20 of them passages; the arm has less by about this much, its sibling nothing."""
    made = []
    for arm, seed in [(U, 0), *((a, s) for a in (ARM, OTHER) for s in PLAN.seeds)]:
        for n in range(40):
            for situation in ("main", "twin"):
                gone = (lost if arm == ARM else 0.0) + 0.001 * ((n + seed) % 3 - 1)
                worse = (nats if arm == ARM else 0.0) + 0.001 * ((n + seed) % 5 - 2)
                kind = "text" if n < 20 else "open"
                made.append(
                    row(arm, seed, f"s{n}", situation, kind=kind, score=0.8 - gone, margin=-3.0 - worse - n / 10)
                )
    return pl.DataFrame(made)


@pytest.mark.parametrize(
    ("lost", "nats", "states"),
    [(0.0, 0.0, ("ok", "ok")), (0.06, 0.0, ("bad", "ok")), (0.0, 0.2, ("ok", "bad")), (-0.3, -1.0, ("ok", "ok"))],
)
def test_a_loss_beyond_the_limit_is_flagged(lost: float, nats: float, states: tuple[str, str]) -> None:
    found = {r.row: r for r in damage(PLAN, table(lost, nats))}
    assert (found["damage:BD:score"].state, found["damage:BD:nll"].state) == states
    assert (found["damage:FS:score"].state, found["damage:FS:nll"].state) == ("ok", "ok")
    assert found.keys() == {f"damage:{label}:{what}" for label in ("BD", "FS") for what in ("score", "nll")}


def test_the_value_is_what_was_lost() -> None:
    """Worked out: only passages count for the log-likelihood, both kinds for the score."""
    found = {r.row: r.value for r in damage(PLAN, table(0.06, 0.2))}
    assert found["damage:BD:score"].startswith("+0.060") and found["damage:BD:nll"].startswith("+0.200")


def test_one_seed_proves_nothing() -> None:
    one = table(0.0, 0.0).filter(pl.col("seed").is_in([0, PLAN.seeds[0]]))
    assert {r.state for r in damage(PLAN, one)} == {"unresolved"}


def test_nothing_is_said_without_the_untrained_model_or_the_family() -> None:
    frame = table(0.1, 0.1)
    assert damage(PLAN, frame.filter(pl.col("arm") != U)) == ()
    assert damage(PLAN, frame.with_columns(pl.lit("normal").alias("family"))) == ()
