"""Attribution to branching and order, on two scales."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

from rearing.records.plan import PlannedArm
from rearing.verdict.crossed import crossed
from rearing.verdict.factorial import attribution, on_logits
from rearing.verdict.planted import Truth, everywhere, plan_of, plant

SQUARE = ("BD", "BS", "FD", "FS", "P")
DELIVERED = ("order:delivered:BD:BS", "order:delivered:FD:FS")


def factors(gains, arms=SQUARE, seeds=10, seed=0, passed=DELIVERED, **more):
    truth = Truth(arms=arms, gains=gains, seed_sd=0.01, **more)
    plan = plan_of(truth, seeds)
    exam = plant(truth, plan, 400, np.random.default_rng(seed))
    return {(f.name, f.family): f for f in attribution(plan, exam.gates, passed)}


def test_the_identity_of_the_joint_effect():
    found = factors({"BD": everywhere(0.1)})
    for gate in ("format-neutral", "agentic", "representational"):
        parts = found["branching", gate].estimate + found["order", gate].estimate
        assert found["joint", gate].estimate == pytest.approx(parts, abs=1e-8)


def test_branching_alone_adds_and_order_adds_nothing():
    found = factors({"BD": everywhere(0.1), "BS": everywhere(0.1)})
    states = {name: f.state for (name, gate), f in found.items() if gate == "agentic"}
    assert states["branching"] == "adds" and states["order"] == "adds nothing"
    assert found["branching", "agentic"].logit > 0 and found["branching", "agentic"].logit_low > 0
    assert [label for label, _ in found["branching", "agentic"].cells] == ["BD", "BS", "FD", "FS"]
    worse = factors({"BD": everywhere(-0.1), "BS": everywhere(-0.1)})
    assert worse["branching", "agentic"].state == "takes"


def test_a_gain_in_one_cell_is_read_by_its_cells():
    found = factors({"BD": everywhere(0.2)})
    assert found["interaction", "agentic"].state == "adds"
    assert {found[name, "agentic"].state for name in ("branching", "order")} == {"unclear"}
    cells = dict(found["branching", "agentic"].cells)
    assert cells["BD"] > max(cells["BS"], cells["FD"], cells["FS"]) + 0.1


def test_an_interaction_on_one_scale_only_is_not_interpreted():
    """Two gains that add up on the scale of scores do not on that of logits, near the ceiling."""
    gains = {"BD": everywhere(0.28), "BS": everywhere(0.14), "FD": everywhere(0.14)}
    found = factors(gains, base=dict.fromkeys(("format-neutral", "agentic", "representational"), 0.7), seeds=16)
    crossing = found["interaction", "agentic"]
    assert crossing.state == "scale-dependent" and crossing.logit_low > 0 > crossing.low


def test_without_flat_developmental_there_are_simple_effects():
    found = factors({"BD": everywhere(0.1)}, arms=("BD", "BS", "FS", "P"))
    assert {name for name, _ in found} == {"BD - BS", "BS - FS"}
    assert found["BD - BS", "agentic"].state == "adds" and found["BS - FS", "agentic"].state == "adds nothing"
    assert not factors({}, arms=("BD", "FS", "P"))


def test_nothing_is_said_of_an_order_that_was_not_delivered():
    gains = {"BD": everywhere(0.1), "BS": everywhere(0.1)}
    found = factors(gains, passed=DELIVERED[:1])
    states = {name: f.state for (name, gate), f in found.items() if gate == "agentic"}
    assert states["branching"] == "adds" and states["joint"] == "adds"
    assert states["order"] == states["interaction"] == "not delivered"
    crossed_out = factors({"BD": everywhere(0.2)}, passed=())
    assert crossed_out["interaction", "agentic"].logit_low > 0 and crossed_out["branching", "agentic"].state == "adds"
    simple = factors(gains, arms=("BD", "BS", "FS", "P"), passed=())
    states = {name: f.state for (name, gate), f in simple.items() if gate == "agentic"}
    assert states == {"BD - BS": "not delivered", "BS - FS": "adds"}


def test_an_order_has_arrived_where_it_did_between_the_orders_that_differ_most():
    gains = {"BD": everywhere(0.1)}
    truth = Truth(arms=("BD", "BS", "FS", "P"), gains=gains, seed_sd=0.01)
    plan = plan_of(truth, 10)
    back = PlannedArm(name="branching-reversed", label="BR", role="other", renderer="branching", order="reversed")
    gates = plant(truth, plan, 400, np.random.default_rng(0)).gates
    for arms, passed, state in (
        ((*plan.arms, back), ["order:delivered:BD:BR"], "adds"),
        ((*plan.arms, back), ["order:delivered:BR:BS"], "not delivered"),
        (plan.arms, ["order:delivered:PD:PR"], "not delivered"),
    ):
        found = {f.name: f.state for f in attribution(replace(plan, arms=arms), gates, passed) if f.family == "agentic"}
        assert found["BD - BS"] == state and found["BS - FS"] == "adds nothing"


def test_other_orders_stand_beside_the_square():
    """Development that leads branching-blocked by nothing is blocking."""
    truth = Truth(arms=SQUARE, gains={"BD": everywhere(0.1)}, seed_sd=0.01)
    plan = plan_of(truth, 10)
    blocked = PlannedArm(name="branching-blocked", label="BB", role="other")
    more = replace(plan, arms=(*plan.arms, blocked))
    gates = [
        replace(g, arms=g.arms | {blocked.name: g.arms["branching-developmental"]})
        for g in plant(truth, plan, 400, np.random.default_rng(0)).gates
    ]
    passed = {*DELIVERED, "order:delivered:BB:BD"}
    found = {f.name: f for f in attribution(more, gates, passed) if f.family == "agentic"}
    assert set(found) == {"branching", "order", "interaction", "joint", "BD - BB"}
    assert found["BD - BB"].state == "adds nothing" and found["interaction"].state == "adds"


def test_a_comparator_in_another_order_is_attributed_and_twins_and_doses_are_not():
    truth = Truth(gains={"BD": everywhere(0.1)}, twin_drops={"FS": 0.1}, doses={"FS": (2.0,)}, seed_sd=0.01)
    plan = plan_of(truth, 10)
    arms = tuple(
        replace(a, name="branching-shuffled", label="BS", renderer="branching") if a.label == "P" else a
        for a in plan.arms
    )
    gates = [
        replace(g, arms={("branching-shuffled" if n == "principled-shuffled" else n): m for n, m in g.arms.items()})
        for g in plant(truth, plan, 400, np.random.default_rng(0)).gates
    ]
    found = {f.name: f for f in attribution(replace(plan, arms=arms), gates, ()) if f.family == "agentic"}
    assert set(found) == {"BD - BS", "BS - FS"} and found["BD - BS"].state == "not delivered"


def test_an_arm_without_all_seeds_is_no_cell():
    truth = Truth(arms=SQUARE)
    plan = plan_of(truth, 4)
    exam = plant(truth, plan, 20, np.random.default_rng(0))
    fewer = replace(plan, seeds=(0, 1, 2))
    one = exam.gates[0]
    arms = {
        n: replace(m, seeds=m.seeds[:2], values=m.values[:2]) if n == "flat-developmental" else m
        for n, m in one.arms.items()
    }
    assert {f.name for f in attribution(fewer, [replace(one, arms=arms)], DELIVERED)} == {"BD - BS", "BS - FS"}


def test_logits_by_the_delta_method():
    rng = np.random.default_rng(0)
    a, b = 0.6 + 0.02 * rng.normal(size=(10, 50)), 0.8 + 0.02 * rng.normal(size=(10, 50))
    found = on_logits([a, b], [1, -1])
    assert found.estimate == pytest.approx(logit(a.mean()) - logit(b.mean()))
    # To first order the logits of the seeds' means have the same spread.
    seeds = [logit(t.mean(axis=1, keepdims=True)) for t in (a, b)]
    means = crossed([t.mean(axis=1, keepdims=True) / (t.mean() * (1 - t.mean())) for t in (a, b)], [1, -1])
    assert means.se == pytest.approx(crossed(seeds, [1, -1]).se, rel=0.02)
    assert np.isfinite(on_logits([np.ones((3, 4)), np.zeros((3, 4))], [1, -1]).estimate)
