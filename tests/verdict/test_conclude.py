"""What the facts of the rule are made from: closeness of gates, doses, value effects, clauses."""

from dataclasses import replace

import numpy as np
import pytest

from rearing.records.plan import Gate
from rearing.verdict.conclude import conclude
from rearing.verdict.effects import closeness
from rearing.verdict.facts import CLAUSES, GATES
from rearing.verdict.planted import Truth, checks_of, everywhere, plan_of, plant
from rearing.verdict.scores import Matrix, Scores


def concluded(truth, seeds=10, scenarios=400, seed=0):
    plan = plan_of(truth, seeds)
    return conclude(plan, checks_of(truth), plant(truth, plan, scenarios, np.random.default_rng(seed)))


def two_gates(alike, arms=3, seeds=10, scenarios=50, noise=0.01, arm_gap=0.0, common=0.0, seed=0):
    """Two gates whose seed effects are correlated as said; arms may differ truly and share what a seed does."""
    truth = Truth(arms=("BD", "P", "FS")[:arms])
    plan, rng = plan_of(truth, seeds), np.random.default_rng(seed)
    shared = common * rng.normal(size=seeds)
    tables = ({}, {})
    for k, arm in enumerate(plan.arms[:arms]):
        both, own = rng.normal(size=seeds), rng.normal(size=(2, seeds))
        for g, table in enumerate(tables):
            run = 0.5 + arm_gap * k + shared + 0.03 * (alike**0.5 * both + (1 - alike) ** 0.5 * own[g])
            table[arm.name] = Matrix(plan.seeds, run[:, None] + noise * rng.normal(size=(seeds, scenarios)))
    gate = Gate(id="g", table="responses", select="g")
    return plan, *(Scores(gate, tuple(map(str, range(scenarios))), t) for t in tables)


def test_a_true_difference_of_arms_and_what_a_seed_does_to_all_say_nothing():
    plain, moved = closeness(*two_gates(0.3)), closeness(*two_gates(0.3, arm_gap=0.2, common=0.1))
    assert moved.observed == pytest.approx(plain.observed, abs=1e-9)
    assert moved.df == 18 and not moved.alike


def test_one_instrument_twice_is_recognised_and_two_are_not():
    """20 studies each; noise hides a fifth of the spread of runs."""
    found = [closeness(*two_gates(1.0, noise=0.1, seeds=16, seed=s)).alike for s in range(20)]
    apart = [closeness(*two_gates(0.5, noise=0.1, seeds=16, seed=s)).alike for s in range(20)]
    assert sum(found) >= 16 and sum(apart) <= 3


def test_noise_lowers_what_can_be_seen():
    clear, noisy = closeness(*two_gates(1.0)), closeness(*two_gates(1.0, noise=0.2, seeds=400))
    assert clear.ceiling > 0.98 and clear.observed > 0.98
    assert noisy.ceiling < 0.8 and noisy.observed == pytest.approx(noisy.ceiling, abs=0.06)


def test_closeness_needs_runs():
    plan, one, two = two_gates(1.0, arms=2, seeds=3)
    assert not closeness(plan, one, two).alike, "two degrees of freedom prove nothing"
    assert closeness(replace(plan, arms=plan.arms[:1]), one, two) is None
    assert closeness(plan, one, replace(two, arms={})) is None


def test_an_arm_that_was_not_examined_does_not_hide_how_close_gates_are():
    """A planned `other` arm without rows, or without some seeds, is left out; the rest still say what they say."""
    plan, one, two = two_gates(1.0, noise=0.1, seeds=16)
    more = replace(plan, arms=(*plan.arms, *(a for a in plan_of(Truth(arms=("BS",)), 16).arms if a.label == "BS")))
    assert closeness(plan, one, two).alike and closeness(more, one, two) == closeness(plan, one, two)
    some = Matrix(plan.seeds[:4], one.arms["branching-developmental"].values[:4])
    parts = (replace(g, arms={**g.arms, "branching-shuffled": some}) for g in (one, two))
    assert closeness(more, *parts) == closeness(plan, one, two)
    in_one_alone = replace(one, arms={**one.arms, "branching-shuffled": one.arms["branching-developmental"]})
    assert closeness(more, in_one_alone, two) == closeness(plan, one, two)


MORE = Truth(
    gains={
        "BD": everywhere(0.1, "normal"),
        "Px2": {"normal": 0.1},
        "FSx2": {"normal": 0.1},
        "Px0.5": {"normal": -0.1},
        "FSx0.5": {"normal": -0.1},
    },
    base={"normal": 0.8},
    doses={"P": (0.5, 2.0), "FS": (0.5, 2.0)},
    seed_sd=0.01,
)


def test_the_dose_that_makes_normal_equal_is_found_and_used():
    found = concluded(MORE)
    assert {c: m.dose for c, m in found.facts.matched.items()} == {"P": 2.0, "FS": 2.0}
    assert found.reasons == ("internalisation_not_shown", "dose_matched")
    catching_up = {c: everywhere(0.1, "normal") for c in ("Px2", "FSx2")}
    assert concluded(replace(MORE, gains={**MORE.gains, **catching_up})).reasons == ("learned_more",)
    never = {c: {"normal": 0.0} for c in ("Px2", "FSx2")}
    assert concluded(replace(MORE, gains={**MORE.gains, **never})).reasons == ("learned_more",)


def test_no_dose_is_matched_where_normal_is_equal():
    assert not concluded(replace(MORE, gains={"BD": everywhere(0.1)})).facts.matched


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("seeds", [(), (99,)], ids=["no rows", "other seeds"])
def test_a_dose_that_was_not_examined_on_every_gate_matches_nothing(gate, seeds):
    plan = plan_of(MORE, 10)
    exam = plant(MORE, plan, 400, np.random.default_rng(0))
    dosed = {arm.name for arm in plan.role("dosed")}

    def without(one):
        kept = {n: m for n, m in one.arms.items() if n not in dosed}
        elsewhere = {n: Matrix(seeds, one.arms[n].values[:1]) for n in dosed if seeds}
        return replace(one, arms=kept | elsewhere)

    gates = tuple(without(one) if one.gate.id == gate else one for one in exam.gates)
    found = conclude(plan, checks_of(MORE), replace(exam, gates=gates))
    assert not found.facts.matched and found.reasons == ("learned_more",)
    untested = replace(plan, gates=tuple(replace(g, assay="NONE") if g.id == gate else g for g in plan.gates))
    assert set(conclude(untested, checks_of(MORE), replace(exam, gates=gates)).facts.matched) == {"P", "FS"}


@pytest.mark.parametrize(
    ("carried", "idle"), [(0.1, False), (0.0, True), (-0.1, True), (None, True)], ids=["by it", "0", "against", "none"]
)
def test_what_is_decoded_supports_only_where_choices_hang_on_it(carried, idle):
    """The gates are the same in all four: agentic and representational ahead, format-neutral equal."""
    truth = Truth(gains={"BD": {"agentic": 0.1, "representational": 0.1}}, seed_sd=0.01)
    plan, rng = plan_of(truth, 10), np.random.default_rng(0)
    exam = plant(truth, plan, 400, rng)
    assert conclude(plan, checks_of(truth), exam).word == "SUPPORTED"
    gate = Gate(id="hangs-on", table="readings", select="interchange", endpoint="above-null")
    values = (carried or 0.0) + 0.05 * rng.normal(size=(10, 100))
    arms = {} if carried is None else {"branching-developmental": Matrix(plan.seeds, values)}
    scores = Scores(gate, tuple(map(str, range(100))), arms)
    found = conclude(replace(plan, hangs_on=gate), checks_of(truth), replace(exam, hangs_on=scores))
    assert found.facts.idle == idle
    assert (found.word, found.reasons) == (
        ("INCONCLUSIVE", ("narrow:agentic",)) if idle else ("SUPPORTED", ("internalisation_not_shown",))
    )


def test_what_is_decoded_demotes_as_before():
    truth = Truth(gains={"BD": everywhere(0.0)}, seed_sd=0.01)
    plan = replace(plan_of(truth, 16), hangs_on=Gate(id="hangs-on", table="readings", select="interchange"))
    found = conclude(plan, checks_of(truth), plant(truth, plan, 400, np.random.default_rng(0)))
    assert found.facts.idle and found.word == "DEMOTED"


def test_values_must_be_shown_where_twins_are():
    drops = dict.fromkeys(("BD", "P", "FS"), 0.1)
    truth = Truth(gains={"BD": everywhere(0.1)}, twin_drops=drops, twin_seeds=4, seed_sd=0.01)
    assert concluded(truth).reasons == ("exposure",)
    by_values = concluded(replace(truth, twin_drops=drops | {"BD": 0.3}))
    assert by_values.word == "SUPPORTED" and not by_values.facts.exposed
    assert {e.n_seeds for e in by_values.measured.values} == {4}


def test_every_clause_must_be_shown():
    gains = everywhere(0.1) | dict.fromkeys(CLAUSES, 0.15)
    truth = Truth(gains={"BD": gains}, clauses=CLAUSES, seed_sd=0.01)
    found = concluded(truth)
    assert found.reasons == ("internalisation_shown",)
    assert len(found.measured.clauses) == 2 * len(CLAUSES)
    one_less = concluded(replace(truth, clauses=CLAUSES[1:]))
    assert one_less.reasons == ("internalisation_not_shown", f"{CLAUSES[0]}:untested")
    weak = concluded(replace(truth, gains={"BD": gains | {"causal": 0.0}}))
    assert weak.reasons == ("internalisation_not_shown", "causal:not_shown")


def test_a_clause_by_an_uncalibrated_instrument_is_untested():
    truth = Truth(gains={"BD": everywhere(0.1) | dict.fromkeys(CLAUSES, 0.15)}, clauses=CLAUSES, seed_sd=0.01)
    plan = plan_of(truth, 10)
    plan = replace(plan, clauses=(replace(plan.clauses[0], assay="FAIL"), *plan.clauses[1:]))
    found = conclude(plan, checks_of(truth), plant(truth, plan, 400, np.random.default_rng(0)))
    assert found.facts.clauses[CLAUSES[0]] == "untested" and found.facts.clauses[CLAUSES[1]] == "shown"


def led_by(leads, flat=0.0):
    """A study in which the structured arm leads on every clause by so much, over FS by `flat` less."""
    truth, rng = Truth(clauses=CLAUSES), np.random.default_rng(0)
    plan = plan_of(truth, 8)
    exam = plant(truth, plan, 50, rng)
    seeds = rng.permutation(np.linspace(-0.045, 0.045, 8))[:, None]
    level = 0.5 + 0.01 * rng.normal(size=(8, 50))

    def planted(one):
        up = {"branching-developmental": leads[one.gate.id] + seeds, "flat-shuffled": flat}
        return replace(one, arms={n: Matrix(plan.seeds, level + up.get(n, 0.0)) for n in one.arms})

    clauses = tuple(planted(one) for one in exam.clauses)
    return conclude(plan, checks_of(truth), replace(exam, clauses=clauses))


def test_a_clause_is_not_shown_where_its_least_effect_is_excluded_and_else_unresolved():
    nothing, little = led_by(dict.fromkeys(CLAUSES, -0.02)), led_by(dict.fromkeys(CLAUSES, 0.01))
    assert all(e.high < e.delta for e in nothing.measured.clauses) and set(nothing.facts.clauses.values()) == {
        "not shown"
    }
    assert all(e.low < 0 and e.high > e.delta for e in little.measured.clauses)
    assert set(little.facts.clauses.values()) == {"unresolved"}
    no_lead_over_one = led_by(dict.fromkeys(CLAUSES, 0.3), flat=0.31)
    assert set(no_lead_over_one.facts.clauses.values()) == {"not shown"}


def test_holm_asks_more_of_a_clause_the_fewer_others_hold():
    """The same lead, p between alpha / 6 and alpha: enough after five that hold, and not where none of them does."""
    lead = dict.fromkeys(CLAUSES, 0.3) | {"causal": 0.035}
    with_five, alone = led_by(lead), led_by(dict.fromkeys(CLAUSES, 0.0) | {"causal": 0.035})
    for found in (with_five, alone):
        p = max(e.p_superior for e in found.measured.clauses if e.family == "causal")
        assert found.plan.alpha / 6 < p < found.plan.alpha
    assert set(with_five.facts.clauses.values()) == {"shown"}
    assert alone.facts.clauses["causal"] == "unresolved"


def test_learning_is_proven_refuted_or_open():
    assert concluded(Truth(learned=0.0)).facts.learned == {"FS": "no", "P": "no"}
    assert concluded(Truth()).facts.learned == {"FS": "yes", "P": "yes"}
    open_question = concluded(Truth(learned=0.02, base={"normal": 0.7}, seed_sd=0.06), seeds=5, scenarios=40)
    assert "unproven" in open_question.facts.learned.values()


def test_a_gate_that_nobody_moved_is_not_alive():
    flat_line = {"agentic": -0.14}
    found = concluded(Truth(gains={"BD": flat_line, "P": flat_line, "FS": flat_line}, seed_sd=0.01))
    assert found.facts.alive == frozenset(GATES) - {"agentic"}
    assert found.reasons == ("assay:unresolved",)


@pytest.mark.parametrize("seed", range(4))
def test_the_verdict_only_rises_as_a_constant_is_added(seed):
    """DEMOTED, INCONCLUSIVE, SUPPORTED, in this order, for the same noise."""
    truth = Truth(seed_sd=0.01)
    plan = plan_of(truth, 10)
    exam = plant(truth, plan, 200, np.random.default_rng(seed))
    rank, seen = {"DEMOTED": 0, "INCONCLUSIVE": 1, "SUPPORTED": 2}, []
    for up in np.linspace(-0.15, 0.2, 15):
        lifted = []
        for gate in exam.gates:
            own = gate.arms["branching-developmental"]
            moved = {**gate.arms, "branching-developmental": replace(own, values=own.values + up)}
            lifted.append(replace(gate, arms=moved))
        seen.append(rank[conclude(plan, checks_of(truth), replace(exam, gates=tuple(lifted))).word])
    assert seen == sorted(seen) and {0, 1} <= set(seen)
