"""Items as they are kept in the evidence."""

from dataclasses import replace

import pytest
from tests.corpus_fixture import small_corpus

from rearing.errors import StudyError
from rearing.evals.bank import shift_items
from rearing.study.items import bare_chat, item_row, study_vignettes
from rearing.study.job import Job, Keys
from rearing.study.planning import build_plan
from rearing.study.schema import ExamineTable, Study
from rearing.study.work import Counts

ARMS = ("branching-developmental", "principled-shuffled", "flat-shuffled")


def test_a_contrast_is_kept_up_to_where_its_two_prompts_part() -> None:
    for form, start in (("review", "Step taken by "), ("scale", "agree with ")):
        for item in shift_items(small_corpus().vignettes, [form], "natural", "exam", bare_chat):
            row = item_row(item)
            assert [row["prompt"] + row[side] for side in ("right", "rival")] == [p.text for p in item.prompts]
            assert start in row["prompt"] and row["prompt"].endswith(" ")
            assert row["right"].split()[0] != row["rival"].split()[0]


def test_a_menu_is_kept_in_its_first_order() -> None:
    item = shift_items(small_corpus().vignettes, ["menu-chat"], "natural", "exam", bare_chat)[0]
    row = item_row(item)
    assert (row["prompt"], row["right"], row["rival"]) == (item.prompts[0].text, *item.prompts[0].answers)


def test_a_contested_vignette_is_never_asked() -> None:
    corpus = small_corpus()
    disputed = corpus.vignettes[0]
    review = replace(disputed.review, status="contested")
    changed = replace(corpus, vignettes=(replace(disputed, review=review), *corpus.vignettes[1:]))
    for split in ("held-out", "dev-search", "dev-confirm"):
        study = Study(name="s", base="tiny", arms=ARMS, examine=ExamineTable(split=split))
        assert disputed.id not in {v.id for v in study_vignettes(study, changed)}
    everywhere = Study(name="s", base="tiny", arms=ARMS, examine=ExamineTable(vignettes=1000))
    asked = {v.id for v in study_vignettes(everywhere, corpus)}
    assert asked - {v.id for v in study_vignettes(everywhere, changed)} == {disputed.id}


@pytest.mark.parametrize("split", ["held-out", "dev-search"])
def test_a_corpus_with_too_few_vignettes_is_refused_before_anything_is_trained(split: str) -> None:
    corpus = small_corpus()
    study = Study(name="s", base="tiny", arms=ARMS, examine=ExamineTable(split=split))
    few = replace(corpus, vignettes=study_vignettes(study, corpus)[:2])
    with pytest.raises(StudyError, match=rf"has [12] vignettes in split {split} that are not contested; 4 are the"):
        Counts(study, few, 1)


def test_forms_of_a_gate_are_asked_and_read_like_all_forms() -> None:
    """They are the plan's, so that naming some makes nothing anew; the keys of studies that name none stay."""
    examine = ExamineTable(vignettes=4, forms=("chat", "menu-chat"))
    studies = [
        Study(name="s", base="tiny", arms=ARMS, examine=examine.model_copy(update={"gate_forms": forms}))
        for forms in ((), ("chat",))
    ]
    plain, named = (Keys(Job(s, ARMS[0], 1, True), small_corpus()).inputs for s in studies)
    assert plain == named and plain["examine"]["examine"]["gate_forms"] == []


def test_a_corpus_needs_no_dev_scenarios_to_be_asked() -> None:
    corpus, study = small_corpus(), Study(name="s", base="tiny", arms=ARMS, examine=ExamineTable(vignettes=4))
    plan = build_plan(study, replace(corpus, vignettes=study_vignettes(study, corpus)), 0, {})
    assert [g.assay for g in plan.gates] == ["NONE"] * 3
