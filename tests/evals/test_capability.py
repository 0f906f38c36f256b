"""Capability: there is one answer, it is exchanged in the twin, and what does not read gets a half."""

from collections import Counter
from itertools import pairwise

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import Policy, alphabetical, first_shown, mean, right, shorter, wrong

from rearing.corpus.bank import word_sequences
from rearing.corpus.lexicon import charged_hits
from rearing.evals.capability import HIDINGS, ORDERS, capability_items
from rearing.evals.passages import PASSAGES
from rearing.records.item import Item, Prompt

LOAD = {"small": small_corpus, "commons": commons}
CORPORA = pytest.mark.parametrize("name", LOAD)


def items(name: str) -> list[Item]:
    return capability_items(LOAD[name]().neutral, "exam")


@CORPORA
def test_every_scenario_is_asked_in_both_situations(name: str) -> None:
    made = items(name)
    assert len({i.id for i in made}) == len(made)
    assert Counter((i.form, i.situation) for i in made) == {
        (form, situation): n
        for form, n in {
            "outcome": len(LOAD[name]().neutral),
            "belief-1": len(HIDINGS),
            "belief-2": len(HIDINGS),
            "fluency": len(PASSAGES),
        }.items()
        for situation in ("main", "twin")
    }


@CORPORA
def test_the_right_answer_is_exchanged_in_the_twin(name: str) -> None:
    made = {(i.form, i.scenario, i.situation): i for i in items(name)}
    for (form, scenario, situation), item in made.items():
        if situation == "main" and form != "fluency":
            twin = made[form, scenario, "twin"]
            for one, other in zip(item.prompts, twin.prompts, strict=True):
                assert one.text != other.text and one.answers == other.answers[::-1]


def moved_to(item: Item, prompt: Prompt) -> int:
    """The place where the thing is."""
    return int(f"to the{prompt.answers[1]}" in prompt.text)


@CORPORA
@pytest.mark.parametrize("policy", [first_shown, shorter, alphabetical, moved_to])
def test_policies_that_do_not_read_get_a_half(name: str, policy: Policy) -> None:
    asked = [i for i in items(name) if i.form != "fluency"]
    for form in ("outcome", "belief-1", "belief-2"):
        if policy is not moved_to or form != "outcome":
            assert mean([i for i in asked if i.form == form], policy) == pytest.approx(0.5), form
    assert (mean(asked, right), mean(asked, wrong)) == (1.0, 0.0)


def test_stories_tell_where_a_person_looks() -> None:
    made = {(i.form, i.situation): i for i in items("small") if i.scenario == "belief-key"}
    first, second = made["belief-1", "main"].prompts
    assert first.answers == (" drawer.", " jar.") and second.answers == (" jar.", " drawer.")
    assert "moves the key from the drawer to the jar" in first.text
    assert "has not seen this" in first.text and made["belief-1", "twin"].prompts[0].answers[0] == " jar."
    assert "does not know" in made["belief-2", "main"].prompts[0].text
    assert made["belief-2", "main"].prompts[0].answers[0] == " drawer."


def test_passages_are_plain_and_no_lesson_has_their_words() -> None:
    assert all(sorted(order) == list(range(4)) for order in ORDERS.values())
    for sentences in PASSAGES.values():
        assert len(sentences) == 4
        text = " ".join(sentences)
        assert charged_hits(text) == 0
        words = text.lower().replace(",", "").replace(".", "").split()
        said = {tuple(words[i : i + 8]) for i in range(len(words) - 7)}
        assert not any(said & word_sequences(s, 8) for s in commons().scenarios)
    for item in items("small"):
        if item.form == "fluency":
            (prompt,) = item.prompts
            text, shuffled = prompt.answers
            assert sorted(text) == sorted(shuffled) and text != shuffled
            parts = text.strip().split(". ")
            assert not any(f"{a}. {b}" in shuffled for a, b in pairwise(parts))
