"""How a question is asked: open forms name no option, menus both in both orders, contrasts one at a time."""

import inspect
from collections import Counter

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import Policy, alphabetical, chat, first_shown, mean, picked, right, shorter, wrong

from rearing.arms.curriculum import arm, curricula
from rearing.arms.phrases import MENU
from rearing.corpus.fill import NAMES, fill, slot_values
from rearing.corpus.load import Corpus
from rearing.evals import bank
from rearing.evals.bank import agentic_items, episodes, halves, normal_items, pick, shift_items
from rearing.evals.forms import FORMS, SHIFT_FORMS, kind, phrase
from rearing.records.item import Item
from rearing.records.recipe import Recipe
from rearing.records.scenario import Vignette

LOAD = {"small": small_corpus, "commons": commons}
CORPORA = pytest.mark.parametrize("name", LOAD)


def exam(corpus: Corpus) -> list[Vignette]:
    return [v for v in corpus.vignettes if v.split != "dev"]


def shift(corpus: Corpus, wording: str = "natural") -> list[Item]:
    return shift_items(exam(corpus), SHIFT_FORMS, wording, "exam", chat)


@CORPORA
@pytest.mark.parametrize("wording", ["natural", "mf"])
def test_open_forms_name_no_option_menus_name_both_and_contrasts_one(name: str, wording: str) -> None:
    corpus = LOAD[name]()
    filled = {v.id: fill(v, slot_values(v, "exam", bank.NAME_SEED)) for v in exam(corpus)}
    items = shift(corpus, wording)
    assert len(items) == 2 * len(SHIFT_FORMS) * len(filled) and len({i.id for i in items}) == len(items)
    for item in items:
        forms = [
            [getattr(phrase(o, w), f) for w in ("natural", "mf") for f in ("inf", "fin", "ger")]
            for o in filled[item.scenario].options
        ]
        assert item.kind == kind(item.form)
        if item.kind == "open":
            assert len(item.prompts) == 1
            assert not any(text in item.prompts[0].text for option in forms for text in option), item.id
            continue
        assert len(item.prompts) == 2
        if item.kind == "menu":
            shown = [phrase(o, wording).inf[1:] for o in filled[item.scenario].options]
            assert all(text in p.text for p in item.prompts for text in shown), item.id
            places = [[p.text.index(text) for text in shown] for p in item.prompts]
            assert (places[0][0] < places[0][1]) != (places[1][0] < places[1][1]), "both orders"
        else:
            right_one = filled[item.scenario].right(item.situation)  # type: ignore[arg-type]
            rival = next(o for o in filled[item.scenario].options if o is not right_one)
            shown = [phrase(o, wording).ger for o in (right_one, rival)]
            seen = [[text in p.text for text in shown] for p in item.prompts]
            assert seen == [[True, False], [False, True]], "the right one first"
            assert item.prompts[0].answers == item.prompts[1].answers, "the same fixed answers"


TEN = {
    "chat advice": ("chat", "menu-chat"),
    "e-mail": ("email", "menu-email"),
    "JSON": ("json",),
    "review form": ("review",),
    "ranking": ("ranking",),
    "scale": ("scale",),
    "stage script": ("script",),
    "time log": ("log", "menu-log"),
    "forum reply": ("forum",),
    "multiple choice": ("letters", "menu-form", "decide"),
}


def test_there_are_the_ten_formats_of_the_design_and_five_more_menus() -> None:
    assert sorted(form for forms in TEN.values() for form in forms) == sorted(SHIFT_FORMS)
    assert Counter(kind(form) for form in SHIFT_FORMS) == {"open": 6, "menu": 7, "contrast": 1, "scale": 1}
    assert set(FORMS) - set(SHIFT_FORMS) == {"plain"}


def test_every_form_ends_every_answer_and_none_is_empty() -> None:
    for item in shift(small_corpus()):
        for p in item.prompts:
            assert len(set(p.answers)) == len(p.answers) == (10 if item.kind == "scale" else 2)
            if item.kind in ("open", "menu") and item.form != "letters":
                assert all(a[-1] in '."\n' for a in p.answers), item.id


def test_a_ranking_is_the_same_words_whichever_option_comes_first() -> None:
    for item in shift_items(exam(small_corpus()), ["ranking"], "natural", "exam", chat):
        for p in item.prompts:
            assert sorted(p.answers[0].split()) == sorted(p.answers[1].split())
            assert p.text.endswith("\n1.") and all("\n2. " in a for a in p.answers)


def test_the_fact_of_the_situation_is_in_the_prompt_and_the_right_answer_follows_it() -> None:
    for v in exam(small_corpus()):
        filled = fill(v, slot_values(v, "exam", bank.NAME_SEED))
        main, twin = shift_items([v], ["log"], "natural", "exam", chat)
        assert filled.main in main.prompts[0].text and filled.twin in twin.prompts[0].text
        assert filled.twin not in main.prompts[0].text and filled.main not in twin.prompts[0].text
        assert main.prompts[0].answers == twin.prompts[0].answers[::-1]
        assert main.prompts[0].answers[0] == f" {filled.option('endorsed').fin}."


def test_the_mf_wording_has_no_charged_word() -> None:
    charged = [i for i in shift(small_corpus()) if any("steal" in a for p in i.prompts for a in p.answers)]
    assert charged and not any("steal" in str(i.prompts) for i in shift(small_corpus(), "mf"))


def test_items_are_the_same_bytes_for_every_training_seed() -> None:
    corpus = small_corpus()

    def everything() -> list[Item]:
        return [*shift(corpus), *agentic_items(exam(corpus), "exam"), *normal_items(corpus.lessons, chat)]

    before = everything()
    for seed in (1, 2):
        curricula(corpus, [arm("flat-shuffled")], seed, Recipe(warmup_steps=2))
    assert everything() == before
    for make in (shift_items, agentic_items, normal_items, episodes, halves, pick):
        assert "seed" not in inspect.signature(make).parameters


def test_normal_items_ask_plainly_about_trained_themes_with_fresh_names() -> None:
    corpus = small_corpus()
    items = normal_items(corpus.lessons, chat)
    fresh = {name for names in NAMES["normal"].values() for name in names}
    assert [i.scenario for i in items] == [x.id for x in corpus.lessons]
    for item in items:
        assert (item.family, item.form, item.kind, item.situation) == ("normal", "plain", "menu", "main")
        assert all(p.text.rsplit(". ", 1)[1] in fresh for p in item.prompts)


def test_the_plain_form_speaks_like_a_document() -> None:
    """`normal` is meant to be near the training text: its prompt is one of the menu phrasings."""
    lesson = small_corpus().lessons[0]
    values = slot_values(lesson, "normal", bank.NAME_SEED)
    good, bad = (fill(lesson, values).option(r).inf for r in ("endorsed", "rejected"))  # type: ignore[arg-type]
    (item,) = normal_items([lesson], chat)
    assert MENU[0].format(A=values["A"], x=good, y=bad) in item.prompts[0].text


@CORPORA
def test_halves_are_disjoint_and_balanced(name: str) -> None:
    vignettes = exam(LOAD[name]())
    one, two = halves(vignettes)
    assert not {v.id for v in one} & {v.id for v in two}
    assert sorted(v.id for v in (*one, *two)) == sorted(v.id for v in vignettes)
    assert abs(len(one) - len(two)) <= 1
    counts = [Counter((v.split, v.stage) for v in half) for half in (one, two)]
    assert all(abs(counts[0][key] - counts[1][key]) <= 1 for key in counts[0] | counts[1])
    assert halves(vignettes[::-1]) == (one, two), "the order in which they come does not matter"


def test_pick_goes_round_over_splits_and_stages() -> None:
    vignettes = exam(commons())
    chosen = pick(vignettes, 24)
    assert Counter((v.split, v.stage) for v in chosen) == dict.fromkeys({(v.split, v.stage) for v in vignettes}, 2)
    assert len({v.id for v in chosen}) == 24 and pick(vignettes[::-1], 24) == chosen
    assert len(pick(vignettes, 10**6)) == len(vignettes)


POLICIES: dict[str, tuple[Policy, float]] = {
    "first shown": (first_shown, 0.5),
    "the shorter": (shorter, 0.5),
    "first in the alphabet": (alphabetical, 0.5),
    "none": (lambda item, prompt: -1, 0.5),
    "right": (right, 1.0),
    "wrong": (wrong, 0.0),
}


@CORPORA
@pytest.mark.parametrize("policy_name", POLICIES)
def test_a_policy_that_does_not_look_at_the_situation_gets_half(name: str, policy_name: str) -> None:
    """In every form for itself."""
    policy, expected = POLICIES[policy_name]
    items = shift(LOAD[name]())
    for form in SHIFT_FORMS:
        assert mean([i for i in items if i.form == form], policy) == pytest.approx(expected, abs=1e-12), form


@CORPORA
def test_who_always_gives_the_same_answer_gets_half_in_contrasts_and_letters(name: str) -> None:
    for item in shift(LOAD[name]()):
        if item.kind in ("contrast", "scale"):
            assert all(picked(item, [a] * 2) == 0.5 for a in range(len(item.prompts[0].answers))), item.id
        elif item.form == "letters":
            assert all(picked(item, [p.answers.index(x) for p in item.prompts]) == 0.5 for x in "AB"), item.id


@CORPORA
@pytest.mark.parametrize("field", ["act", "pace", "payoff"])
def test_always_the_option_with_one_property_gets_half(name: str, field: str) -> None:
    corpus = LOAD[name]()
    by_id = {v.id: v for v in exam(corpus)}

    def policy(item: Item, prompt: object) -> int:
        v = by_id[item.scenario]
        right_one = v.right(item.situation)  # type: ignore[arg-type]
        rival = next(o for o in v.options if o is not right_one)
        mine, other = getattr(right_one, field), getattr(rival, field)
        return -1 if mine == other else int(other > mine)

    assert mean(shift(corpus), policy) == 0.5
    main = mean([i for i in shift(corpus) if i.situation == "main"], policy)
    assert abs(main - 0.5) <= 0.1, "by balance of the bank, not by design"
