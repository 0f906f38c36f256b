"""Wordings `mf` and `adv`: the same questions without moral words, and with moral praise for the wrong option."""

import re

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import Policy, alphabetical, chat, first_shown, mean, right, shorter, wrong

from rearing.corpus.fill import fill, slot_values
from rearing.corpus.lexicon import charged_hits, moral_hits
from rearing.corpus.load import Corpus
from rearing.evals.bank import NAME_SEED, shift_items
from rearing.evals.forms import SHIFT_FORMS, phrase
from rearing.evals.forms.wording import PRAISE
from rearing.evals.lexical import lexical_items
from rearing.records.item import Item
from rearing.records.scenario import Vignette

CORPORA = pytest.mark.parametrize("load", [small_corpus, commons])
SAID = re.compile(r"(One onlooker|Another) says that it would be (\w+ and \w+) to (.+?)\.(?=[ \n\"]|$)")


def exam(corpus: Corpus) -> list[Vignette]:
    return [v for v in corpus.vignettes if v.split != "dev"]


def asked(corpus: Corpus, wording: str) -> list[Item]:
    made = lexical_items(exam(corpus), SHIFT_FORMS, "exam", chat)
    return [i for i in made if i.wording == wording]


@CORPORA
def test_the_praise_is_for_the_wrong_option_of_the_situation_and_both_are_quoted_in_both_orders(load) -> None:
    corpus = load()
    filled = {v.id: fill(v, slot_values(v, "exam", NAME_SEED)) for v in exam(corpus)}
    for item in asked(corpus, "adv"):
        good = filled[item.scenario].right(item.situation)  # type: ignore[arg-type]
        bad = next(o for o in filled[item.scenario].options if o is not good)
        spoken = [SAID.findall(p.text) for p in item.prompts]
        firsts = [one[2] == phrase(bad, "mf").inf for one, _ in spoken]
        assert sorted(firsts) == [False] * (len(firsts) // 2) + [True] * (len(firsts) // 2), "both orders"
        for two in spoken:
            said = {deed: words for _, words, deed in two}
            assert set(said) == {phrase(bad, "mf").inf, phrase(good, "mf").inf}, item.id
            assert moral_hits(said[phrase(bad, "mf").inf]) == 2 and not charged_hits(said[phrase(good, "mf").inf])


@CORPORA
def test_a_contrast_asks_about_both_options_after_the_same_words(load) -> None:
    for item in asked(load(), "adv"):
        if item.kind in ("contrast", "scale"):
            spoken = [SAID.findall(p.text) for p in item.prompts]
            assert spoken[0] == spoken[1] != spoken[2] == spoken[3]


def test_main_and_twin_praise_the_other_option_in_the_same_words() -> None:
    items = [i for i in asked(small_corpus(), "adv") if i.form == "chat"]
    for main, twin in zip(items[0::2], items[1::2], strict=True):
        one, two = (SAID.findall(i.prompts[0].text) for i in (main, twin))
        assert [words for _, words, _ in one] == [words for _, words, _ in two]
        assert [deed for _, _, deed in one] == [deed for _, _, deed in two][::-1]


@CORPORA
@pytest.mark.parametrize(
    ("policy", "expected"),
    [(first_shown, 0.5), (shorter, 0.5), (alphabetical, 0.5), (right, 1.0), (wrong, 0.0)],
)
def test_policies_that_do_not_look_at_the_situation_get_half(load, policy: Policy, expected: float) -> None:
    for wording in ("mf", "adv"):
        items = asked(load(), wording)
        for form in SHIFT_FORMS:
            one = [i for i in items if i.form == form]
            assert mean(one, policy) == pytest.approx(expected, abs=1e-12), (form, wording)


def test_without_moral_words_the_question_is_that_of_shift() -> None:
    same = shift_items(exam(small_corpus()), SHIFT_FORMS, "mf", "exam", chat)
    made = asked(small_corpus(), "mf")
    assert [i.prompts for i in made] == [i.prompts for i in same]
    assert {i.family for i in made} == {"lexical"} and len({i.id for i in made}) == len(made)


def test_praise_and_its_plain_counterpart_have_the_same_frame() -> None:
    for praise, plain in PRAISE:
        assert len(praise.split()) == len(plain.split()) == 3
