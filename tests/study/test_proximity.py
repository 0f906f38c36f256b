"""What the training text shares with the examination, word by word."""

import pytest
from tests.corpus_fixture import grown_corpus

from rearing.records.item import Item
from rearing.study.curricula import study_curricula
from rearing.study.items import bare_chat, study_items
from rearing.study.proximity import proximity_rows
from rearing.study.schema import GATE_FAMILIES, ExamineTable, Study

ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled")
STUDY = Study(name="near", base="tiny", arms=ARMS, seeds=1, examine=ExamineTable(vignettes=8))


def told() -> dict[str, set[str]]:
    return {
        name: {s.text for d in c.documents for s in d.sentences}
        for name, (c,) in study_curricula(STUDY, grown_corpus()).items()
    }


def asked() -> list[Item]:
    return study_items(STUDY, grown_corpus(), bare_chat)


def with_sentence(text: str) -> dict[str, set[str]]:
    return told() | {ARMS[1]: told()[ARMS[1]] | {text}}


def test_what_is_told_and_what_is_asked_share_no_run_of_eight_words() -> None:
    overlap, near = proximity_rows(told(), asked())
    assert overlap.passed and overlap.gap == 0 and near.values.keys() == set(ARMS)
    assert all(0 <= value < 20 for value in near.values.values()) and not near.gates


@pytest.mark.parametrize("name", ["Mina", "Ruth"])
def test_a_copied_sentence_is_found_whoever_is_named_in_it(name: str) -> None:
    vignette = next(i for i in asked() if i.family == "shift").prompts[0].text.splitlines()[0]
    sentence = vignette.split(". ")[0] + "."
    person = sentence.split()[0]
    overlap, near = proximity_rows(with_sentence(sentence.replace(person, name)), asked())
    assert not overlap.passed and overlap.gap == len(sentence.split()) - 1 - 7
    assert near.values[ARMS[1]] > proximity_rows(told(), asked())[1].values[ARMS[1]]


def test_questions_about_trained_scenarios_may_share_words() -> None:
    normal = [i for i in asked() if i.family == "normal"]
    overlap, near = proximity_rows(told(), normal)
    assert normal and overlap.passed and set(near.values.values()) == {0.0}


def test_capability_may_ask_about_the_warm_up_that_is_common_to_all_arms() -> None:
    study = STUDY.model_copy(update={"examine": ExamineTable(vignettes=8, families=(*GATE_FAMILIES, "capability"))})
    items = [i for i in study_items(study, grown_corpus(), bare_chat) if i.family == "capability"]
    (made,) = study_curricula(STUDY, grown_corpus())[ARMS[0]]
    warmed = {d.scenario for d in made.documents}
    assert any(i.scenario in warmed for i in items)
    assert proximity_rows(told(), items)[0].passed
