"""From a study to the plan that the judge sees."""

import pytest
from tests.corpus_fixture import small_corpus

from rearing.study.planning import assay_setting, build_plan, gates
from rearing.study.schema import GATE_FAMILIES, ExamineTable, Study

ARMS = ("branching-developmental", "principled-shuffled", "flat-shuffled")


@pytest.mark.parametrize(("families", "measure"), [((), None), (("capability",), "judgement")])
def test_capability_is_judged_if_a_study_asks_it(families: tuple[str, ...], measure: str | None) -> None:
    examine = ExamineTable(families=(*GATE_FAMILIES, *families))
    plan = build_plan(Study(name="s", base="tiny", arms=ARMS, examine=examine), small_corpus(), 8000, {})
    assert (plan.capability and plan.capability.measure) == measure


def test_an_assay_says_nothing_about_other_texts() -> None:
    """The record holds for the renderers' present writing; a study with fewer of them is covered."""
    study, corpus = Study(name="s", base="tiny", arms=ARMS), small_corpus()
    row = {"gate": "agentic", "carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": ""}
    record = {"setting": assay_setting(study, corpus) | {"arms": list(ARMS)}, "gates": [row]}
    fewer = study.model_copy(update={"arms": ARMS[:2]})
    assert [gates(s, corpus, record)[1].assay for s in (study, fewer)] == ["PASS", "PASS"]
    record["setting"]["texts"] |= {"flat": "0" * 64}
    rewritten = gates(study, corpus, record)[1]
    assert (rewritten.assay, rewritten.note) == ("NONE", "the assay was run with other settings (texts)")
    assert gates(fewer, corpus, record)[1].assay == "PASS"
