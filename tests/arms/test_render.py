"""What every document must say, and what a twin may exchange."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus_fixture import small_corpus

from rearing.arms.curriculum import Arm, Matched, match_seed
from rearing.arms.phrases import SHARED_SLOTS, SLOTS
from rearing.arms.render import RENDERERS, Renderer
from rearing.arms.tokens import counter
from rearing.corpus.lexicon import moral_hits
from rearing.records.document import Document

SEEDS = st.integers(min_value=0, max_value=30)
RENDER = tuple(RENDERERS.values())
ONCE = settings(max_examples=12, deadline=None)


@cache
def matched(seed: int) -> dict[str, Matched]:
    return match_seed(small_corpus(), RENDER, seed)


def pair(m: Matched, renderer: Renderer) -> tuple[Document, Document]:
    return m.document(Arm(renderer, "shuffled")), m.document(Arm(renderer, "shuffled", flipped=True))


@ONCE
@given(SEEDS)
def test_the_chosen_option_is_named_four_times_and_the_other_three(seed: int) -> None:
    for m in matched(seed).values():
        endorsed, rejected = m.lesson.option("endorsed").id, m.lesson.option("rejected").id
        for renderer in RENDER:
            for document, chosen, other in zip(
                pair(m, renderer), (endorsed, rejected), (rejected, endorsed), strict=True
            ):
                named = Counter(option for s in document.sentences for option in s.mentions)
                assert named == {chosen: 4, other: 3}
                assert document.endorsed == endorsed


@ONCE
@given(SEEDS)
def test_a_mention_is_the_full_clause_and_every_full_clause_is_a_mention(seed: int) -> None:
    for m in matched(seed).values():
        for renderer in RENDER:
            for s in (s for d in pair(m, renderer) for s in d.sentences):
                named = [o.id for o in m.lesson.options if any(p in s.text for p in (o.inf, o.fin, o.ger))]
                assert sorted(named) == sorted(s.mentions), s


@ONCE
@given(SEEDS)
def test_a_twin_exchanges_choice_verdict_and_heads_of_reasons_only(seed: int) -> None:
    for m in matched(seed).values():
        for renderer in RENDER:
            one, two = pair(m, renderer)
            assert len(one.sentences) == len(two.sentences)
            for a, b in zip(one.sentences, two.sentences, strict=True):
                assert (a.role, a.atom, a.words, a.slot) == (b.role, b.atom, b.words, b.slot)
                may_change = a.role in ("choice", "verdict") or a.slot in ("for", "against")
                assert (a.text != b.text) == may_change
                assert moral_hits(a.text) == moral_hits(b.text)
                if a.role == "verdict":
                    assert a.mentions == b.mentions[::-1]
            assert [map(len, p) for p in one.paragraphs] != [] and list(map(len, one.paragraphs)) == list(
                map(len, two.paragraphs)
            )
            changed = {s.role for s, t in zip(one.sentences, two.sentences, strict=True) if s != t}
            assert changed == {"choice", "verdict"} | ({"head"} if renderer.name == "principled" else set())


@ONCE
@given(SEEDS)
def test_a_twin_differs_in_length_by_the_two_options_in_the_choice_only(seed: int) -> None:
    count = counter()
    for m in matched(seed).values():
        good, bad = m.lesson.option("endorsed"), m.lesson.option("rejected")
        for renderer in RENDER:
            one, two = pair(m, renderer)
            assert count(two.text) - count(one.text) == count(" " + bad.fin) - count(" " + good.fin)


@ONCE
@given(SEEDS)
def test_branching_and_flat_state_every_outcome_and_the_same_atoms(seed: int) -> None:
    for m in matched(seed).values():
        told = {r.name: sorted(s.atom for s in pair(m, r)[0].sentences if s.atom) for r in RENDER}
        assert told["branching"] == told["flat"]
        wanted = {f"options.{i}.outcomes.{j}" for i in (0, 1) for j in range(3)}
        assert wanted <= set(told["flat"]) and len(set(told["flat"])) == len(told["flat"])
        assert not wanted & set(told["principled"])
        for i in (0, 1):
            assert any(atom.startswith(f"options.{i}.reasons") for atom in told["principled"])


@ONCE
@given(SEEDS)
def test_outcomes_are_in_time_order_under_their_own_option(seed: int) -> None:
    for m in matched(seed).values():
        when = {
            f"options.{i}.outcomes.{j}": o.when
            for i, x in enumerate(m.lesson.options)
            for j, o in enumerate(x.outcomes)
        }
        for name in ("branching", "flat"):
            document = pair(m, RENDERERS[name])[0]
            for paragraph in document.paragraphs:
                atoms = [s.atom for s in paragraph if s.role == "outcome"]
                assert len({atom.split(".")[1] for atom in atoms}) <= 1, "one option a paragraph"
                assert [when[a] for a in atoms] == sorted((when[a] for a in atoms), key=lambda w: w == "later")
                if atoms:
                    named = [s.mentions[0] for s in paragraph if s.role in ("road", "head")]
                    assert named == [m.lesson.options[int(atoms[0].split(".")[1])].id]


@ONCE
@given(SEEDS)
def test_layouts_and_first_options_are_half_and_half(seed: int) -> None:
    shapes = [m.shape for m in matched(seed).values()]
    layouts = Counter(s.layout for s in shapes)
    assert layouts["choice-first"] == layouts["choice-last"] == len(shapes) / 2
    first = Counter((m.shape.layout, m.lesson.option("endorsed").id == m.shape.first) for m in matched(seed).values())
    assert max(first.values()) - min(first.values()) <= 1 and len(first) == 4


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_the_choice_stands_where_the_layout_says(name: str) -> None:
    for m in matched(3).values():
        roles = [s.role for s in pair(m, RENDERERS[name])[0].sentences]
        opening = max(i for i, role in enumerate(roles) if role in ("filler", "setting", "mind"))
        assert roles[roles.index("choice") + 1] == "verdict"
        first = m.shape.layout == "choice-first"
        assert (roles[opening + 1] == "choice") == first and (roles.index("menu") > roles.index("choice")) == first


def test_no_placeholder_is_left_and_sentences_begin_with_a_capital() -> None:
    for m in matched(2).values():
        for s in (s for r in RENDER for d in pair(m, r) for s in d.sentences):
            assert "{" not in s.text and s.text[0].isupper() and s.text[-1] in ".?!"


def test_phrasings_of_a_slot_name_the_same_options_and_carry_the_same_moral_words() -> None:
    for slot, bank in SLOTS.items():
        assert len(set(bank)) == len(bank) == 8
        assert len({tuple(text.count(mark) for mark in ("{x}", "{y}")) for text in bank}) == 1, slot
        assert len({moral_hits(text) for text in bank}) == 1, slot
    used = {slot for r in RENDER for slot in r.slots} | set(SHARED_SLOTS)
    assert used == SLOTS.keys()
