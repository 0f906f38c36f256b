"""The audit passes on matched arms and catches every planted defect by its own row."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from tests.corpus_fixture import commons, grown_corpus

from rearing.arms.audit import METRICS, AuditRow, audit
from rearing.arms.curriculum import arm, curricula
from rearing.arms.tokens import counter
from rearing.corpus.lexicon import moral_hits
from rearing.corpus.load import Corpus
from rearing.records.document import Curriculum, Document, Phase, Sentence
from rearing.records.recipe import Recipe

NAMES = ("branching-developmental", "flat-shuffled", "principled-shuffled")
Arms = dict[str, list[Curriculum]]
Edit = Callable[[Document], Document]


def build(corpus: Corpus, seeds: tuple[int, ...]) -> Arms:
    made: Arms = {name: [] for name in NAMES}
    for seed in seeds:
        for name, c in curricula(corpus, [arm(n) for n in NAMES], seed, Recipe(warmup_steps=4)).items():
            made[name].append(c)
    return made


@cache
def matched() -> Arms:
    return build(grown_corpus(), (1, 2))


def edited(name: str, edit: Edit, phases: tuple[Phase, ...] = ("ordered", "cooldown"), most: int = 10**6) -> Arms:
    """The matched arms with the first `most` documents of one arm changed."""
    arms, left = dict(matched()), most

    def change(d: Document, phase: Phase) -> Document:
        nonlocal left
        if phase not in phases or left <= 0:
            return d
        left -= 1
        return edit(d)

    arms[name] = [
        replace(c, steps=tuple(replace(s, documents=tuple(change(d, s.phase) for d in s.documents)) for s in c.steps))
        for c in arms[name]
    ]
    return arms


def sentences(d: Document, change: Callable[[Sentence], Sentence | tuple[Sentence, ...]]) -> Document:
    def all_of(paragraph: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        changed = [change(s) for s in paragraph]
        return tuple(s for c in changed for s in (c if isinstance(c, tuple) else (c,)))

    return replace(d, paragraphs=tuple(map(all_of, d.paragraphs)))


def of_role(role: str, change: Callable[[Sentence], Sentence | tuple[Sentence, ...]]) -> Edit:
    return lambda d: sentences(d, lambda s: change(s) if s.role == role else s)


def last_of(role: str, change: Callable[[Document, Sentence], Sentence]) -> Edit:
    def edit(d: Document) -> Document:
        last = [s for s in d.sentences if s.role == role][-1]
        return sentences(d, lambda s: change(d, s) if s is last else s)

    return edit


def failing(arms: Arms) -> set[str]:
    return {row.name for row in audit(arms) if not row.passed}


def one_token_short(d: Document) -> Document:
    count = counter()
    for old in d.sentences:
        for word in old.text.split() if old.role == "setting" else ():
            new = old.text.replace(f" {word}", "", 1)
            if new[0].isupper() and count(" " + old.text) - count(" " + new) == 1:
                return sentences(d, lambda s, old=old, new=new: replace(s, text=new) if s is old else s)  # type: ignore[misc]
    raise AssertionError("no sentence can lose one token")


def moral(s: Sentence) -> Sentence:
    """The same number of tokens, words and syllables, with one moral word."""
    new = s.text.replace(" big ", " fair ").replace(" thinks ", " trusts ")
    assert moral_hits(new) > 0 and counter()(" " + new) == counter()(" " + s.text)
    return replace(s, text=new)


def named_once_more(endorsed: bool) -> Edit:
    def change(d: Document, s: Sentence) -> Sentence:
        other = next(o for t in d.sentences for o in t.mentions if o != d.endorsed)
        return replace(s, mentions=(*s.mentions, d.endorsed if endorsed else other))

    return last_of("reflection", change)


def endorsed_first(d: Document) -> Document:
    return of_role("menu", lambda s: replace(s, mentions=tuple(sorted(s.mentions, key=lambda o: o != d.endorsed))))(d)


def in_words(s: Sentence) -> tuple[Sentence, ...]:
    """The same text, cut into many short sentences."""
    return tuple(replace(s, text=word, atom=s.atom if i == 0 else "") for i, word in enumerate(s.text.split()))


def droning(s: Sentence) -> Sentence:
    """The same number of tokens, one word again and again."""
    return replace(s, text="The" + " the" * (counter()(" " + s.text) - 2) + ".")


PLANTS: list[tuple[str, Callable[[], Arms], set[str]]] = [
    (
        "one token short",
        lambda: edited(NAMES[1], one_token_short, most=1),
        {"tokens", "scenario_tokens", "step_tokens"},
    ),
    (
        "one atom lost",
        lambda: edited(NAMES[0], last_of("outcome", lambda d, s: replace(s, atom="")), most=1),
        {"propositions"},
    ),
    (
        "another atom",
        lambda: edited(NAMES[1], last_of("mind", lambda d, s: replace(s, atom="minds.7")), most=1),
        {"propositions"},
    ),
    ("moral words", lambda: edited(NAMES[2], last_of("mind", lambda d, s: moral(s))), {"moral_words"}),
    ("endorsed once more", lambda: edited(NAMES[2], named_once_more(True)), {"mentions_endorsed"}),
    ("rejected once more", lambda: edited(NAMES[0], named_once_more(False)), {"mentions_rejected"}),
    ("endorsed always first", lambda: edited(NAMES[1], endorsed_first), {"first_action"}),
    (
        "warm-up changed",
        lambda: edited(NAMES[2], of_role("choice", lambda s: replace(s, text="Ann does it.")), ("warmup",), 1),
        {"warmup"},
    ),
    ("longer opening", lambda: edited(NAMES[1], of_role("menu", lambda s: replace(s, role="setting"))), {"distance"}),
    ("filler", lambda: edited(NAMES[0], of_role("setting", lambda s: replace(s, role="filler"))), {"filler"}),
    ("short sentences", lambda: edited(NAMES[2], of_role("reflection", in_words)), {"grade"}),
]


@pytest.mark.parametrize(("make", "expected"), [p[1:] for p in PLANTS], ids=[p[0] for p in PLANTS])
def test_a_planted_defect_is_caught_by_its_own_row(make: Callable[[], Arms], expected: set[str]) -> None:
    assert failing(make()) == expected


def test_droning_on_changes_how_varied_a_text_is() -> None:
    found = failing(edited(NAMES[1], of_role("outcome", droning)))
    assert {"distinct4", "compression"} <= found and not {"tokens", "scenario_tokens", "distance"} & found


def test_another_cooldown() -> None:
    arms = dict(matched())
    first = arms[NAMES[0]][0]
    ordered = next(i for i, s in enumerate(first.steps) if s.phase == "ordered")
    late = next(i for i, s in enumerate(first.steps) if s.phase == "cooldown")
    steps = list(first.steps)
    steps[ordered], steps[late] = replace(steps[late], phase="ordered"), replace(steps[ordered], phase="cooldown")
    arms[NAMES[0]] = [replace(first, steps=tuple(steps)), *arms[NAMES[0]][1:]]
    assert failing(arms) == {"cooldown"}


def test_a_lost_document_is_reported() -> None:
    arms = dict(matched())
    first = arms[NAMES[0]][0]
    arms[NAMES[0]] = [replace(first, steps=first.steps[:-1]), *arms[NAMES[0]][1:]]
    assert {"tokens", "scenario_tokens", "propositions", "cooldown"} <= failing(arms)


@pytest.mark.parametrize("make", [matched, lambda: build(commons(), (1,))], ids=["small", "commons"])
def test_the_audit_passes_on_matched_arms(make: Callable[[], Arms]) -> None:
    rows = audit(make())
    assert [row for row in rows if not row.passed] == []
    assert [row.name for row in rows] == [
        *(m.name for m in METRICS),
        "scenario_tokens",
        "step_tokens",
        "propositions",
        "warmup",
        "cooldown",
    ]
    values = {row.name: row.values for row in rows}
    assert set(values["mentions_endorsed"].values()) == {4.0} and set(values["mentions_rejected"].values()) == {3.0}


def test_a_row_becomes_a_check_for_the_judge() -> None:
    row = AuditRow("filler", "filler, % of tokens", {"a": 0.0, "b": 3.0}, 3.0, 2.0, False, False)
    check = row.check
    assert (check.kind, check.name, check.value, check.limit, check.passed, check.required) == (
        "audit",
        "audit:filler",
        3.0,
        "<= 2 (absolute)",
        False,
        True,
    )


def test_a_gap_at_its_limit_passes_and_just_above_it_fails() -> None:
    from rearing.arms.audit import _row

    metric = next(m for m in METRICS if m.name == "moral_words")
    assert _row(metric, {"a": 1.0, "b": 1.05}).gap == pytest.approx(0.05 / 1.025)
    assert _row(metric, {"a": 0.975, "b": 1.025}).passed and not _row(metric, {"a": 0.97, "b": 1.03}).passed
