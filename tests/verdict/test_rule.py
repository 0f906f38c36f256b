"""The decision table, row by row."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from rearing.records.verdict import Effect
from rearing.verdict.facts import CLAUSES, GATES, Facts, Matched
from rearing.verdict.rule import TABLE, decide, sentence


def effect(gate, estimate, se, delta=0.05):
    return Effect(
        family=gate,
        measure="main",
        contrast=("a", "b"),
        estimate=estimate,
        se=se,
        df=1e6,
        low=estimate - 1.96 * se,
        high=estimate + 1.96 * se,
        delta=delta,
        p_superior=float(norm.sf(estimate / se)),
        p_inferior_margin=float(norm.sf((estimate + delta) / se)),
        p_below_margin=float(norm.cdf((estimate - delta) / se)),
        n_seeds=8,
        n_scenarios=100,
        share_seed=0.4,
        share_item=0.2,
        share_residual=0.4,
        by_seed=(estimate,) * 8,
    )


def row_of(estimates, se=0.01):
    return {g: effect(g, e, se) for g, e in zip(GATES, estimates, strict=True)}


def facts(P=(0.0, 0.0, 0.0), FS=None, se=0.01, normal="equivalent", capability="kept", **more):
    return Facts(
        **{
            "arm": "BD",
            "failed": (),
            "sealed": True,
            "seeds": 8,
            "alpha": 0.025,
            "untested": (),
            "principled": ("P",),
            "flat": ("FS",),
            "effects": {"P": row_of(P, se), "FS": row_of(FS or P, se)},
            "normal": {"P": "equivalent", "FS": normal},
            "capability": {"P": "kept", "FS": capability} if capability else {},
            "learned": {"P": "yes", "FS": "yes"},
            "alive": frozenset(GATES),
        }
        | more
    )


BIG, NO, LOW = 0.1, 0.0, -0.1
BEST = (BIG, BIG, BIG)
SHOWN = dict.fromkeys(CLAUSES, "shown")
NOT_LEARNED = {"P": "no", "FS": "yes"}
EQUAL = {"FS": Matched(dose=2.0, normal="equivalent", effects=row_of(BEST))}
ROWS = {
    "defect": (facts(failed=("audit:tokens", "order:stages")), "INVALID", ("audit:tokens", "order:stages")),
    "baseline:did_not_learn": (facts(learned=NOT_LEARNED), "INVALID", ("baseline:did_not_learn",)),
    "exploratory:unsealed": (facts(sealed=False), "INCONCLUSIVE", ("exploratory:unsealed",)),
    "untested": (
        facts(untested=GATES),
        "INCONCLUSIVE",
        ("format_neutral:untested", "agentic:untested", "representation_untested"),
    ),
    "baseline:unproven": (
        facts(BEST, learned={"P": "unproven", "FS": "yes"}),
        "INCONCLUSIVE",
        ("baseline:unproven",),
    ),
    "capability_lost": (facts(BEST, capability="lost"), "INCONCLUSIVE", ("capability_lost",)),
    "normal_inferior": (facts(BEST, normal="behind"), "INCONCLUSIVE", ("normal_inferior",)),
    "learned_more": (facts(BEST, normal="ahead"), "INCONCLUSIVE", ("learned_more",)),
    "trap_unresolved": (facts((BIG, BIG, NO), normal="unresolved"), "INCONCLUSIVE", ("trap_unresolved",)),
    "exposure": (facts((BIG, BIG, NO), exposed=frozenset({("FS", GATES[1])})), "INCONCLUSIVE", ("exposure",)),
    "capability_untested": (facts(BEST, capability=None), "INCONCLUSIVE", ("capability_untested",)),
    "capability_unresolved": (facts(BEST, capability="unresolved"), "INCONCLUSIVE", ("capability_unresolved",)),
    "internalized": (facts(BEST, clauses=SHOWN), "SUPPORTED", ("internalisation_shown",)),
    "robust": (facts((BIG, BIG, NO)), "SUPPORTED", ("internalisation_not_shown", "behaviour_only")),
    "failure_condition": (facts((NO, NO, LOW), (BIG, NO, NO)), "DEMOTED", ("as_good:P", "worse:representational")),
    "same_content_flat": (facts(BEST, (NO, NO, NO)), "DEMOTED", ("as_good:FS",)),
    "assay:unresolved": (facts(alive=frozenset(GATES[:2])), "INCONCLUSIVE", ("assay:unresolved",)),
    "content_vs_structure": (facts(BEST, (BIG, 0.04, NO)), "INCONCLUSIVE", ("content_vs_structure",)),
    "mixed_signs": (facts((BIG, BIG, LOW)), "INCONCLUSIVE", ("mixed_signs",)),
    "narrow": (facts((NO, BIG, NO)), "INCONCLUSIVE", ("narrow:agentic",)),
    "small_positive_effect": (facts((0.04, 0.04, 0.04)), "INCONCLUSIVE", ("small_positive_effect",)),
    "underpowered": (facts((0.03, 0.03, 0.03), se=0.03), "INCONCLUSIVE", ("underpowered",)),
}


def reasons(f):
    return decide(f)[1]


def word(f):
    return decide(f)[0].word


def said(f):
    return sentence(decide(f)[0], f)


@pytest.mark.parametrize("name", [row.name for row in TABLE])
def test_every_row_is_reached(name):
    given_facts, expected, why = ROWS[name]
    row, found = decide(given_facts)
    assert (row.name, row.word, found) == (name, expected, why)
    assert said(given_facts) and "{" not in said(given_facts)


def test_sentences_of_the_two_demotions():
    assert "failure condition is met" in said(facts())
    flat_alone = said(facts(BEST, (NO, NO, NO)))
    assert "same content flat" in flat_alone and "failure condition as written is not met" in flat_alone


def test_conduct_and_capability_are_no_condition_for_a_demotion():
    for state in ("ahead", "behind", "unresolved"):
        assert word(facts(normal=state)) == "DEMOTED"
    for state in ("lost", "unresolved", None):
        assert word(facts(capability=state)) == "DEMOTED"


def test_invalid_comes_before_everything():
    worst = facts(failed=("audit:tokens",), learned=NOT_LEARNED, sealed=False, untested=GATES)
    assert reasons(worst) == ("audit:tokens",)
    assert reasons(replace(worst, failed=())) == ("baseline:did_not_learn",)
    few = replace(worst, failed=(), seeds=3)
    assert reasons(few) == ("exploratory:unsealed",) and "no leaning" in said(few)


def test_a_demotion_needs_a_comparator_that_learned_and_live_gates():
    assert reasons(facts(learned={"P": "unproven", "FS": "unproven"})) == ("assay:unresolved",)
    assert reasons(facts(learned={"P": "unproven", "FS": "yes"})) == ("as_good:FS",)
    for gate in GATES:
        assert reasons(facts(alive=frozenset(GATES) - {gate})) == ("assay:unresolved",)


def test_a_flat_arm_that_learned_nothing_is_a_finding_and_no_defect():
    flat_idle = {"P": "yes", "FS": "no"}
    assert word(facts(BEST, learned=flat_idle)) == "SUPPORTED"
    assert reasons(facts((LOW, LOW, LOW), (NO, NO, NO), learned=flat_idle))[0] == "as_good:P"


def test_more_comparators_share_the_level_of_a_demotion():
    near = facts((0.0289, NO, NO), (BIG, BIG, BIG))  # upper 97.5 % bound .0485, 98.3 % bound .0502
    assert reasons(near) == ("as_good:P",)
    third = replace(near, principled=("P", "PD"), effects={**near.effects, "PD": row_of(BEST)})
    assert reasons(replace(third, learned={**near.learned, "PD": "yes"})) != ("as_good:P",)


def test_support_needs_a_proof_that_no_gate_is_worse_by_the_margin():
    """In the third gate nothing was found: with a wide interval that proves nothing, with a narrow one it does."""
    sure = facts((BIG, BIG, NO))
    wide = {c: row | {GATES[2]: effect(GATES[2], NO, 0.03)} for c, row in sure.effects.items()}
    assert word(sure) == "SUPPORTED" and "proven not worse by the margin in any" in said(sure)
    assert reasons(replace(sure, effects=wide)) == ("underpowered",)


def test_learned_more_is_lifted_at_equal_normal():
    f = facts(BEST, normal="ahead", matched=EQUAL)
    assert reasons(f) == ("internalisation_not_shown", "dose_matched") and "FS at 2 x its dose" in said(f)
    for bad in (
        Matched(dose=2.0, normal="ahead", effects=row_of(BEST)),
        Matched(dose=2.0, normal="equivalent", effects=row_of((BIG, NO, NO))),
    ):
        assert reasons(replace(f, matched={"FS": bad})) == ("learned_more",)
    both = replace(f, normal={"P": "ahead", "FS": "ahead"})
    assert reasons(both) == ("learned_more",), "P was not matched"


def test_internalized_needs_every_clause_and_gate_three():
    for clause in CLAUSES:
        for state in ("not shown", "unresolved", "untested"):
            found = reasons(facts(BEST, clauses=SHOWN | {clause: state}))
            assert found == ("internalisation_not_shown", f"{clause}:{state.replace(' ', '_')}")
    assert "behaviour_only" in reasons(facts((BIG, BIG, NO), clauses=SHOWN))
    assert "internalisation_shown" not in reasons(facts((BIG, BIG, NO), clauses=SHOWN))
    assert word(facts(BEST, normal="ahead", clauses=SHOWN)) == "INCONCLUSIVE"


def test_alike_gates_count_as_one():
    two = facts((BIG, BIG, NO), merged=True)
    assert reasons(two) == ("narrow:format-neutral", "narrow:agentic")
    assert word(facts((BIG, NO, BIG), merged=True)) == "SUPPORTED"


def test_narrow_needs_one_gate_against_every_comparator():
    against_one = facts((0.025, BIG, 0.025), (0.025, 0.025, 0.025), se=0.015)
    assert reasons(against_one) == ("underpowered",)


def test_value_effects_matter_only_on_a_gate_that_carries():
    assert word(facts((BIG, BIG, NO), exposed=frozenset({("P", GATES[2])}))) == "SUPPORTED"


def test_underpowered_says_what_it_needs():
    f = ROWS["underpowered"][0]
    assert "about" in said(f)
    items = {
        c: {g: replace(e, share_item=0.9, share_seed=0.1, share_residual=0.0) for g, e in row.items()}
        for c, row in f.effects.items()
    }
    assert "more scenarios" in said(replace(f, effects=items))


rows = st.tuples(*[st.floats(-0.2, 0.2)] * 3)
any_facts = st.builds(
    facts,
    rows,
    rows,
    se=st.floats(0.002, 0.05),
    normal=st.sampled_from(["equivalent", "ahead", "behind", "unresolved"]),
    capability=st.sampled_from(["kept", "lost", "unresolved", None]),
    alive=st.frozensets(st.sampled_from(GATES)),
    merged=st.booleans(),
)


@given(any_facts)
def test_support_and_demotion_exclude_each_other(f):
    assert not (f.rule_a and f.equal)


@given(any_facts, st.sets(st.sampled_from(GATES), min_size=1))
def test_untested_or_unsealed_never_decides(f, untested):
    seen = {c: {g: e for g, e in row.items() if g not in untested} for c, row in f.effects.items()}
    blind = replace(f, effects=seen, untested=tuple(g for g in GATES if g in untested))
    assert word(blind) == "INCONCLUSIVE"
    assert word(replace(f, sealed=False)) == "INCONCLUSIVE"
    assert word(replace(f, failed=("seal:broken",))) == "INVALID"
