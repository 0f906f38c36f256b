"""What every document must say, and what a twin may exchange."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus_fixture import commons, small_corpus

from rearing.arms.audit.facts import OPENING, measure
from rearing.arms.curriculum import Arm, Matched, match_seed
from rearing.arms.phrases import INNER_SLOT, SHARED_SLOTS, SLOTS
from rearing.arms.renderers import RENDERERS, TELLINGS, Renderer
from rearing.arms.tokens import counter
from rearing.corpus.lexicon import moral_hits
from rearing.records.document import Document, Sentence
from rearing.records.scenario import Way

SEEDS = st.integers(min_value=0, max_value=30)
RENDER = tuple(RENDERERS.values())
MATCHED = tuple(r for r in RENDER if r.matched)
ONCE = settings(max_examples=8, deadline=None)
EVERY = pytest.mark.parametrize("renderer", RENDER, ids=lambda r: r.name)


@cache
def matched(seed: int) -> dict[str, Matched]:
    return match_seed(small_corpus(), RENDER, seed)


def told(m: Matched, renderer: Renderer, flipped: bool = False) -> tuple[Document, ...]:
    return m.documents(Arm(renderer, "shuffled", flipped))


def pair(m: Matched, renderer: Renderer) -> tuple[Document, Document]:
    """The one document of a matched renderer, and its twin."""
    (one,), (two,) = told(m, renderer), told(m, renderer, flipped=True)
    return one, two


def sentences(m: Matched, renderer: Renderer, flipped: bool = False) -> list[Sentence]:
    return [s for d in told(m, renderer, flipped) for s in d.sentences]


def inner(m: Matched, part: str) -> set[str]:
    """Keys of a part of either way at the fork inside a road; none in a lesson that is not deep."""
    deep = [i for i, o in enumerate(m.lesson.options) if o.then]
    return {f"options.{i}.then.options.{j}.{part}" for i in deep for j in (0, 1)}


def situations(m: Matched) -> set[str]:
    return {f"options.{i}.then.situation" for i, o in enumerate(m.lesson.options) if o.then}


def named(d: Document) -> Counter[tuple[bool, str]]:
    """Full mentions of the (endorsed?) option by grammatical form, counted in the text."""
    (facts,) = measure([d], counter(), {})
    return Counter((n.endorsed, n.form) for n in facts.named)


@ONCE
@given(SEEDS)
def test_every_matched_renderer_names_the_options_equally_often_in_the_same_forms(seed: int) -> None:
    for m in matched(seed).values():
        for renderer in MATCHED:
            for flipped, document in enumerate(pair(m, renderer)):
                chosen, other = not flipped, bool(flipped)
                assert named(document) == {
                    (chosen, "inf"): 1,
                    (other, "inf"): 1,
                    (chosen, "fin"): 2,
                    (other, "fin"): 1,
                    (chosen, "ger"): 1,
                    (other, "ger"): 1,
                }, (renderer.name, document.text)


@EVERY
def test_a_twin_is_the_same_text_with_the_options_exchanged(renderer: Renderer) -> None:
    """Sentence by sentence: what is not exchanged is equal, what is has the same phrasings and moral words."""
    for seed in range(6):
        for m in matched(seed).values():
            one, two = sentences(m, renderer), sentences(m, renderer, flipped=True)
            assert [(s.role, s.atom, s.words) for s in one] == [(s.role, s.atom, s.words) for s in two]
            changed = [(a, b) for a, b in zip(one, two, strict=True) if a.text != b.text]
            exchanged = {"choice", "verdict", "rule"} if renderer.name == "rules" else {"choice", "verdict"}
            assert {a.role for a, _ in changed} == {
                "principled": {"choice", "verdict", "head"},
                "paths": {"verdict"},
            }.get(renderer.name, exchanged)
            for role in {a.role for a, _ in changed}:
                phrases = [[s.phrase for s in text if s.role == role] for text in (one, two)]
                # In `paths` an option with a fork after it is called right, or wrong, twice.
                times = set if renderer.name == "paths" else Counter
                assert times(phrases[0]) == times(phrases[1])
            assert sum(moral_hits(s.text) for s in one) == sum(moral_hits(s.text) for s in two)


@EVERY
def test_in_a_twin_the_other_option_is_chosen_and_called_right(renderer: Renderer) -> None:
    for m in matched(3).values():
        for flipped in (False, True):
            for d in told(m, renderer, flipped):
                praised, faulted = (d.rejected, d.endorsed) if flipped else (d.endorsed, d.rejected)
                assert praised is not None and faulted is not None
                verdict = next(s.text for s in d.sentences if s.role == "verdict")
                choice = next(s.text for s in d.sentences if s.role == "choice")
                if renderer.name == "paths":
                    assert ("right" in verdict) == (praised.fin in choice) == (praised.ger in verdict)
                else:
                    assert praised.fin in choice and praised.ger in verdict and faulted.fin not in choice


@ONCE
@given(SEEDS)
def test_a_twin_differs_in_length_by_the_two_options_in_the_choice_only(seed: int) -> None:
    count = counter()
    for m in matched(seed).values():
        for renderer in MATCHED:
            one, two = pair(m, renderer)
            assert one.endorsed is not None and one.rejected is not None
            assert count(two.text) - count(one.text) == count(" " + one.rejected.fin) - count(" " + one.endorsed.fin)


@ONCE
@given(SEEDS)
def test_branching_flat_and_paraphrase_state_every_outcome_and_the_same_atoms(seed: int) -> None:
    for m in matched(seed).values():
        atoms = {r.name: sorted(s.atom for s in sentences(m, r) if s.atom) for r in MATCHED}
        assert atoms["branching"] == atoms["flat"] == atoms["paraphrase"]
        wanted = {f"options.{i}.outcomes.{j}" for i in (0, 1) for j in range(3)} | inner(m, "outcome")
        assert wanted <= set(atoms["flat"]) and len(set(atoms["flat"])) == len(atoms["flat"])
        assert wanted <= set(atoms["flat-principled"]) and not wanted & set(atoms["principled"])
        assert inner(m, "reason") <= set(atoms["principled"]) and not inner(m, "reason") & set(atoms["flat"])
        for name in ("principled", "flat-principled"):
            for i in (0, 1):
                assert any(atom.startswith(f"options.{i}.reasons") for atom in atoms[name])
        assert {s.atom for s in sentences(m, RENDERERS["paths"]) if s.role == "outcome"} == wanted | situations(m)
        endorsed = m.lesson.options.index(m.lesson.option("endorsed"))
        assert not any(s.atom.startswith(f"options.{1 - endorsed}.") for s in sentences(m, RENDERERS["linear"]))
        assert not any(s.role in ("outcome", "reason") for s in sentences(m, RENDERERS["rules"]))


@ONCE
@given(SEEDS)
def test_outcomes_are_in_time_order_under_their_own_option(seed: int) -> None:
    for m in matched(seed).values():
        options = m.lesson.options
        when = {f"options.{i}.outcomes.{j}": o.when for i, x in enumerate(options) for j, o in enumerate(x.outcomes)}
        when |= dict.fromkeys(situations(m) | inner(m, "outcome"), "later")
        for name in ("branching", "flat", "flat-principled", "paraphrase"):
            for paragraph in pair(m, RENDERERS[name])[0].paragraphs:
                atoms = [s.atom for s in paragraph if s.role == "outcome"]
                assert len({atom.split(".")[1] for atom in atoms}) <= 1, "one option a paragraph"
                assert [when[a] for a in atoms] == sorted((when[a] for a in atoms), key=lambda w: w == "later")


def test_the_consequences_of_a_road_stand_behind_it() -> None:
    """In the body of `flat` every head is followed by its own outcomes; so are the roads of `branching`."""
    for seed in range(4):
        for m in matched(seed).values():
            for name, roles in (("flat", ("head",)), ("branching", ("road", "back"))):
                document, owner = pair(m, RENDERERS[name])[0], None
                fins = {o.fin.split()[0]: str(i) for i, o in enumerate(m.lesson.options)}
                fins |= {
                    way.fin.split()[0]: str(i)
                    for i, o in enumerate(m.lesson.options)
                    if o.then
                    for way in o.then.options
                }
                for s in document.sentences:
                    if s.role in roles and (verb := next((v for v in fins if f" {v} " in s.text), None)):
                        owner = fins[verb]
                    elif s.slot == "other":
                        owner = str(1 - int(owner or 0))
                    elif s.role == "outcome":
                        assert s.atom.split(".")[1] == owner, document.text


def ways_of(m: Matched) -> dict[str, Way]:
    """The ways at the fork inside a road by rating, names filled in; empty in a lesson that is not deep."""
    options = m.told["flat"][0][0].lesson.options
    return {way.rating: way for o in options if o.then for way in o.then.options}


def test_a_fork_inside_a_road_names_both_ways_equally_often() -> None:
    """In every matched arm; in a twin of `principled` the two are exchanged where they are judged."""
    for seed in range(4):
        for m in matched(seed).values():
            ways = ways_of(m)
            for renderer in MATCHED if ways else ():
                one, two = pair(m, renderer)
                assert [one.text.count(form) for w in ways.values() for form in (w.inf, w.fin)] == [1, 1, 1, 1]
                judged = [(s.slot, s.text) for s in two.sentences if s.slot in ("inner-for", "inner-against")]
                for slot, text in judged:
                    assert ways["rejected" if slot == "inner-for" else "endorsed"].fin in text
                assert len(judged) == (2 if renderer.name == "principled" else 0)


def test_the_endorsed_way_at_a_fork_inside_a_road_comes_first_in_about_half() -> None:
    firsts = Counter[bool]()
    for m in match_seed(commons(), (RENDERERS["flat"],), 2).values():
        for s in sentences(m, RENDERERS["flat"]):
            if s.slot == "inner-menu":
                firsts[s.text.index(ways_of(m)["endorsed"].inf) < s.text.index(ways_of(m)["rejected"].inf)] += 1
    assert firsts.total() > 20 and abs(firsts[True] - firsts[False]) <= firsts.total() / 4, firsts


def test_a_fork_is_told_in_three_ways_in_equal_shares() -> None:
    found = Counter[str]()
    for m in match_seed(commons(), (RENDERERS["branching"],), 1).values():
        (document,) = m.documents(Arm(RENDERERS["branching"], "shuffled"))
        slots = {s.slot for s in document.sentences if s.role in ("road", "back")}
        found.update(t for t, own in zip(TELLINGS, ("road2", "aside", "eyes1"), strict=True) if own in slots)
    assert set(found) == set(TELLINGS)
    assert all(0.25 <= n / sum(found.values()) <= 0.42 for n in found.values()), found


@ONCE
@given(SEEDS)
def test_layouts_and_first_options_are_half_and_half(seed: int) -> None:
    documents = [pair(m, RENDERERS["flat"])[0] for m in matched(seed).values()]
    layouts = Counter(d.layout for d in documents)
    assert layouts["choice-first"] == layouts["choice-last"] == len(documents) / 2
    menus = [next(n for n in f.named if n.role == "menu") for f in measure(documents, counter(), {})]
    cells = Counter((d.layout, menu.endorsed) for d, menu in zip(documents, menus, strict=True))
    assert len(cells) == 4 and max(cells.values()) - min(cells.values()) <= 1, cells


@pytest.mark.parametrize("renderer", MATCHED, ids=lambda r: r.name)
def test_the_choice_stands_where_the_layout_says(renderer: Renderer) -> None:
    for m in matched(3).values():
        document = pair(m, renderer)[0]
        roles = [s.role for s in document.sentences]
        opening = max(i for i, role in enumerate(roles) if role in OPENING)
        assert roles[roles.index("choice") + 1] == "verdict"
        first = document.layout == "choice-first"
        assert (roles[opening + 1] == "choice") == first and (roles.index("menu") > roles.index("choice")) == first


def test_principled_speaks_of_either_option_first_equally_often() -> None:
    firsts = Counter[bool]()
    for m in match_seed(commons(), RENDER, 2).values():
        heads = [s.slot for s in sentences(m, RENDERERS["principled"]) if s.slot in ("for", "against")]
        firsts[heads[0] == "for"] += 1
        assert sorted(heads) == ["against", "for"]
    assert abs(firsts[True] - firsts[False]) <= 6, "one a stage at most: a stage may have an odd number of lessons"


@EVERY
def test_no_placeholder_is_left_and_sentences_begin_with_a_capital(renderer: Renderer) -> None:
    for m in matched(2).values():
        for s in sentences(m, renderer):
            assert "{" not in s.text and s.text[0].isupper() and s.text[-1] in ".?!"


def test_neutral_graphs_stand_in_the_place_of_lessons_without_stakes() -> None:
    lengths, layouts = Counter[str](), Counter[str]()
    for m in matched(2).values():
        for d in told(m, RENDERERS["neutral"]):
            layouts[d.layout] += 1
            assert d.scenario == m.lesson.id and not {s.role for s in d.sentences} & {"reflection", "principle"}
            assert all(moral_hits(s.text) == 0 for s in d.sentences if s.slot)
        lengths["documents"] += len(told(m, RENDERERS["neutral"]))
        lengths["names"] += len({d.id for d in told(m, RENDERERS["neutral"])})
    assert lengths["documents"] == lengths["names"] == 1.5 * len(matched(2))
    assert abs(layouts["choice-first"] - layouts["choice-last"]) == lengths["documents"] % 2, layouts


def test_phrasings_of_a_slot_name_the_same_options_and_carry_the_same_moral_words() -> None:
    for slot, bank in SLOTS.items():
        assert len(set(bank)) == len(bank) >= 8, slot
        assert len({tuple(text.count(mark) for mark in ("{x}", "{y}")) for text in bank}) == 1, slot
        assert len({moral_hits(text) for text in bank}) == 1, slot
    assert {slot for r in RENDER for slot in r.slots} | {*SHARED_SLOTS, INNER_SLOT} == SLOTS.keys()
