"""The decision table, row by row."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from rearing.records.verdict import Effect
from rearing.verdict.rule import GATES, TABLE, Facts, decide


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


def facts(P=(0.0, 0.0, 0.0), FS=None, se=0.01, normal="equivalent", **more):
    effects = {
        c: {g: effect(g, e, se) for g, e in zip(GATES, row, strict=True)} for c, row in (("P", P), ("FS", FS or P))
    }
    return Facts(
        **{
            "arm": "BD",
            "failed": (),
            "not_learned": (),
            "sealed": True,
            "seeds": 8,
            "alpha": 0.025,
            "untested": (),
            "principled": ("P",),
            "flat": ("FS",),
            "effects": effects,
            "normal": {"P": "equivalent", "FS": normal},
        }
        | more
    )


BIG, NO, LOW = 0.1, 0.0, -0.1
ROWS = {
    "defect": (facts(failed=("audit:tokens", "order:stages")), "INVALID", ("audit:tokens", "order:stages")),
    "baseline:did_not_learn": (facts(not_learned=("P",)), "INVALID", ("baseline:did_not_learn",)),
    "exploratory:unsealed": (facts(sealed=False), "INCONCLUSIVE", ("exploratory:unsealed",)),
    "untested": (
        facts(untested=GATES),
        "INCONCLUSIVE",
        ("format_neutral:untested", "agentic:untested", "representation_untested"),
    ),
    "normal_inferior": (facts((BIG, BIG, BIG), normal="behind"), "INCONCLUSIVE", ("normal_inferior",)),
    "learned_more": (facts((BIG, BIG, BIG), normal="ahead"), "INCONCLUSIVE", ("learned_more",)),
    "trap_unresolved": (facts((BIG, BIG, NO), normal="unresolved"), "INCONCLUSIVE", ("trap_unresolved",)),
    "exposure": (facts((BIG, BIG, NO), opposed=frozenset({("FS", GATES[1])})), "INCONCLUSIVE", ("exposure",)),
    "internalisation_not_shown": (facts((BIG, BIG, NO)), "SUPPORTED", ("internalisation_not_shown",)),
    "failure_condition": (facts((NO, NO, LOW), (BIG, NO, NO)), "DEMOTED", ("as_good:P", "worse:representational")),
    "same_content_flat": (facts((BIG, BIG, BIG), (NO, NO, NO)), "DEMOTED", ("as_good:FS",)),
    "content_vs_structure": (facts((BIG, BIG, BIG), (BIG, 0.04, NO)), "INCONCLUSIVE", ("content_vs_structure",)),
    "mixed_signs": (facts((BIG, BIG, LOW)), "INCONCLUSIVE", ("mixed_signs",)),
    "narrow": (facts((NO, BIG, NO)), "INCONCLUSIVE", ("narrow:agentic",)),
    "small_positive_effect": (facts((0.04, 0.04, 0.04)), "INCONCLUSIVE", ("small_positive_effect",)),
    "underpowered": (facts((0.03, 0.03, 0.03), se=0.03), "INCONCLUSIVE", ("underpowered",)),
}


@pytest.mark.parametrize("name", [row.name for row in TABLE])
def test_every_row_is_reached(name):
    given_facts, word, reasons = ROWS[name]
    row, found, sentence = decide(given_facts)
    assert (row.name, row.word, found) == (name, word, reasons)
    assert sentence and "{" not in sentence


def test_sentences_of_the_two_demotions():
    assert "failure condition is met" in decide(facts())[2]
    flat_alone = decide(facts((BIG, BIG, BIG), (NO, NO, NO)))[2]
    assert "same content flat" in flat_alone and "failure condition as written is not met" in flat_alone


def test_the_trap_is_no_condition_for_a_demotion():
    for state in ("ahead", "behind", "unresolved"):
        assert decide(facts(normal=state))[0].word == "DEMOTED"


def test_invalid_comes_before_everything():
    worst = facts(failed=("audit:tokens",), not_learned=("P",), sealed=False, untested=GATES)
    assert decide(worst)[1] == ("audit:tokens",)
    assert decide(replace(worst, failed=()))[1] == ("baseline:did_not_learn",)
    few = replace(worst, failed=(), seeds=3)
    assert decide(few)[1] == ("exploratory:unsealed",) and "no leaning" in decide(few)[2]


def test_alike_gates_count_as_one():
    two = facts((BIG, BIG, NO), merged=True)
    assert decide(two)[1] == ("narrow:format-neutral", "narrow:agentic")
    assert decide(facts((BIG, NO, BIG), merged=True))[0].word == "SUPPORTED"


def test_narrow_needs_one_gate_against_every_comparator():
    against_one = facts((0.025, BIG, 0.025), (0.025, 0.025, 0.025), se=0.015)
    assert decide(against_one)[1] == ("underpowered",)


def test_value_effects_matter_only_on_a_gate_that_carries():
    assert decide(facts((BIG, BIG, NO), opposed=frozenset({("P", GATES[2])})))[0].word == "SUPPORTED"


def test_underpowered_says_what_it_needs():
    assert "about" in decide(ROWS["underpowered"][0])[2]
    items = {
        c: {g: replace(e, share_item=0.9, share_seed=0.1, share_residual=0.0) for g, e in row.items()}
        for c, row in ROWS["underpowered"][0].effects.items()
    }
    assert "more scenarios" in decide(replace(ROWS["underpowered"][0], effects=items))[2]


rows = st.tuples(*[st.floats(-0.2, 0.2)] * 3)
any_facts = st.builds(
    facts,
    rows,
    rows,
    se=st.floats(0.002, 0.05),
    normal=st.sampled_from(["equivalent", "ahead", "behind", "unresolved"]),
    merged=st.booleans(),
)


@given(any_facts)
def test_support_and_demotion_exclude_each_other(f):
    assert not (f.rule_a and f.demoters)


@given(any_facts, st.sets(st.sampled_from(GATES), min_size=1))
def test_untested_or_unsealed_never_decides(f, untested):
    seen = {c: {g: e for g, e in row.items() if g not in untested} for c, row in f.effects.items()}
    blind = replace(f, effects=seen, untested=tuple(g for g in GATES if g in untested))
    assert decide(blind)[0].word == "INCONCLUSIVE"
    assert decide(replace(f, sealed=False))[0].word == "INCONCLUSIVE"
    assert decide(replace(f, failed=("seal:broken",)))[0].word == "INVALID"
