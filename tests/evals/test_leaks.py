"""Nothing of the training text stands in an examination: no name, no scaffold."""

import re
from functools import cache

import pytest
from tests.corpus_fixture import commons, grown_corpus
from tests.evals.scripted import chat

from rearing.arms.curriculum import arm, curricula
from rearing.arms.phrases import MENU, SLOTS
from rearing.corpus.fill import NAMES, Pool, fill, slot_values
from rearing.evals.bank import NAME_SEED, agentic_items, normal_items, shift_items
from rearing.evals.forms import SHIFT_FORMS
from rearing.records.item import Item
from rearing.records.recipe import Recipe

LOAD = {"grown": grown_corpus, "commons": commons}
CORPORA = pytest.mark.parametrize("name", LOAD)
POOLS: dict[str, Pool] = {"theme": "exam", "domain": "exam", "dev": "dev"}


def names(*pools: Pool) -> set[str]:
    return {name for pool in pools for bank in NAMES[pool].values() for name in bank}


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@cache
def trained(name: str) -> str:
    """All training documents of three seeds, warm-up included."""
    corpus = LOAD[name]()
    arms = [arm(n) for n in ("branching-developmental", "flat-shuffled", "principled-shuffled")]
    made = [c for seed in (1, 2, 3) for c in curricula(corpus, arms, seed, Recipe()).values()]
    return "\n".join(d.text for c in made for d in c.documents)


@cache
def asked(name: str) -> tuple[Item, ...]:
    """All shift and agentic items, of every split and wording."""
    corpus = LOAD[name]()
    made: list[Item] = []
    for v in corpus.vignettes:
        for wording in ("natural", "mf"):
            made += shift_items([v], SHIFT_FORMS, wording, POOLS[v.split], chat)
            made += agentic_items([v], POOLS[v.split], wording)
    return tuple(made)


@CORPORA
def test_no_name_of_an_examination_is_in_a_training_document(name: str) -> None:
    told = words(trained(name))
    assert told & names("train") and told & names("neutral")
    assert not told & names("exam", "dev", "normal", "attack")


@CORPORA
def test_no_trained_name_is_in_an_examination(name: str) -> None:
    corpus = LOAD[name]()
    items = (*asked(name), *normal_items(corpus.lessons, chat))
    seen = words(" ".join(p.text + " ".join(p.answers) for i in items for p in i.prompts))
    assert seen & names("exam") and seen & names("dev") and seen & names("normal")
    assert not seen & names("train", "neutral", "attack")


@CORPORA
def test_no_scaffold_phrase_is_in_a_shift_or_agentic_prompt(name: str) -> None:
    corpus = LOAD[name]()
    prompts: dict[str, set[str]] = {}
    for item in asked(name):
        prompts.setdefault(item.scenario, set()).update(p.text for p in item.prompts)
    for v in corpus.vignettes:
        values = slot_values(v, POOLS[v.split], NAME_SEED)
        filled = fill(v, values)
        said = {
            phrase.format(A=values["A"], x=getattr(x, form), y=getattr(y, form))
            for bank in SLOTS.values()
            for phrase in bank
            for form in ("inf", "fin", "ger")
            for x, y in (filled.options, filled.options[::-1])
        }
        assert not [(s, text) for text in prompts[v.id] for s in said if s.lower() in text.lower()], v.id


def test_the_plain_form_alone_speaks_like_a_document() -> None:
    """`normal` is meant to be near the training text: its prompt is one of the menu phrasings."""
    lesson = grown_corpus().lessons[0]
    values = slot_values(lesson, "normal", NAME_SEED)
    good, bad = (fill(lesson, values).option(r).inf for r in ("endorsed", "rejected"))  # type: ignore[arg-type]
    (item,) = normal_items([lesson], chat)
    assert MENU[0].format(A=values["A"], x=good, y=bad) in item.prompts[0].text
