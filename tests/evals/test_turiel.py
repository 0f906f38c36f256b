"""Authority independence: permission is compared between the wrong deed and a breach of custom."""

import dataclasses

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import chat, picked

from rearing.corpus.fill import fill, slot_values
from rearing.corpus.load import Corpus
from rearing.evals.bank import NAME_SEED
from rearing.evals.turiel import CUSTOMS, turiel_items
from rearing.records.item import Item
from rearing.records.scenario import Vignette

YES, NO = 0, 1
CORPORA = pytest.mark.parametrize("load", [small_corpus, commons])


def exam(corpus: Corpus) -> list[Vignette]:
    return [v for v in corpus.vignettes if v.split != "dev"]


def asked(corpus: Corpus) -> list[Item]:
    return turiel_items(exam(corpus), "exam", chat)


def about(item: Item) -> list[tuple[bool, bool]]:
    """Of every prompt: is it about the breach of custom, and is the deed allowed?"""
    return [
        (any(f" {c.fin}." in p.text for c in CUSTOMS), "The person in charge allows" in p.text) for p in item.prompts
    ]


@CORPORA
def test_wrong_and_custom_are_asked_about_with_and_without_permission(load) -> None:
    items = asked(load())
    assert [i.scenario for i in items] == [v.id for v in exam(load())]
    for item, v in zip(items, exam(load()), strict=True):
        filled = fill(v, slot_values(v, "exam", NAME_SEED))
        wrong = filled.option("rejected")
        assert about(item) == [(False, True), (False, False), (True, False), (True, True)]
        assert all(filled.main in p.text and filled.twin not in p.text for p in item.prompts)
        assert [f" {wrong.fin}." in p.text for p in item.prompts] == [True, True, False, False]
        assert f"allows {wrong.ger}." in item.prompts[0].text


@CORPORA
def test_who_does_not_tell_morals_from_custom_gets_half(load) -> None:
    for item in asked(load()):
        allowed = [a for _, a in about(item)]
        for picks in ([YES] * 4, [NO] * 4, [NO if a else YES for a in allowed], [YES if a else NO for a in allowed]):
            assert picked(item, picks) == 0.5
        assert picked(item, [YES if custom else NO for custom, _ in about(item)]) == 0.5


@CORPORA
def test_who_lets_permission_excuse_custom_alone_gets_all(load) -> None:
    for item in asked(load()):
        excuses_custom = [NO if custom and allowed else YES for custom, allowed in about(item)]
        excuses_wrong = [NO if allowed and not custom else YES for custom, allowed in about(item)]
        assert (picked(item, excuses_custom), picked(item, excuses_wrong)) == (1.0, 0.0)


def test_scenarios_in_which_nothing_is_wrong_are_left_out() -> None:
    conventional = [dataclasses.replace(v, social_domain="conventional") for v in exam(small_corpus())]
    assert turiel_items(conventional, "exam", chat) == []
