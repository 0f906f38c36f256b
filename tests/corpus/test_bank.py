"""The rows of a corpus: each is caught by a planted defect, and only that one."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpus_fixture import commons, small_corpus

from rearing.corpus import bank
from rearing.corpus.bank import BankRow, check_corpus, correlations, cue_accuracy, difficulty, split_of, word_sequences
from rearing.corpus.load import Corpus
from rearing.records.scenario import Scenario

COUNTS = {
    "lessons",
    "lessons a stage",
    "lessons deep",
    "foundation a stage",
    "domain a stage",
    "foundations",
    "vignettes theme",
    "vignettes domain",
    "vignettes dev",
    "attack",
    "neutral",
}
CUES = {"act", "quick", "payoff", "words", "sentiment", "all cues"}


def failing(corpus: Corpus) -> set[str]:
    return {row.name for row in check_corpus(corpus) if not row.passed} - COUNTS


def option(corpus: Corpus, rating: str, field: str, value: Any, where: str = "lessons", every: int = 1) -> Corpus:
    """The corpus with one field changed in the options of this rating; a function gets the old value and the number."""

    def change(number: int, s: Scenario) -> Scenario:
        new = [
            replace(o, **{field: value(getattr(o, field), number) if callable(value) else value})
            if o.rating == rating and number % every == 0
            else o
            for o in s.options
        ]
        return replace(s, options=tuple(new))

    return replace(corpus, **{where: tuple(change(i, s) for i, s in enumerate(getattr(corpus, where)))})


def first(corpus: Corpus, where: str, **changes: Any) -> Corpus:
    scenarios = getattr(corpus, where)
    return replace(corpus, **{where: (replace(scenarios[0], **changes), *scenarios[1:])})


def same_words(corpus: Corpus) -> Corpus:
    """A sentence of seven words in two lessons: too alike, but inside one split."""
    text = "{A} waits for the last late bus home."
    outcomes = [replace(o, text=text) for o in corpus.lessons[0].options[0].outcomes]
    for i in (0, 11):
        lesson = corpus.lessons[i]
        options = tuple(
            replace(o, lab="a", outcomes=tuple(outcomes), reasons=(), reflection=None) for o in lesson.options
        )
        changed = replace(lesson, setting=(text,), minds=(), options=options)
        corpus = replace(corpus, lessons=(*corpus.lessons[:i], changed, *corpus.lessons[i + 1 :]))
    return corpus


def one_run_in_two_splits(corpus: Corpus) -> Corpus:
    text = "{A} waits for the last late bus to town."
    mind = replace(corpus.vignettes[0].minds[0], text=text)
    corpus = first(corpus, "vignettes", minds=(mind, *corpus.vignettes[0].minds[1:]))
    return first(corpus, "lessons", minds=(replace(corpus.lessons[0].minds[0], text=text), corpus.lessons[0].minds[1]))


def longer_with_stage(corpus: Corpus) -> Corpus:
    def principle(number: int, text: str) -> str:
        return text[:-1] + " and more" * (number // 4) + "."

    return replace(
        corpus,
        lessons=tuple(
            replace(x, principle=replace(x.principle, w=principle(i, x.principle.w)))
            for i, x in enumerate(corpus.lessons)
        ),
    )


def against(field: str, high: Any, low: Any, where: str) -> Callable[[Corpus], Corpus]:
    """A cue that goes with being endorsed."""
    return lambda c: option(option(c, "endorsed", field, high, where), "rejected", field, low, where)


PLANTS: list[tuple[str, set[str], Callable[[Corpus], Corpus]]] = [
    ("lint", {"lint"}, lambda c: first(c, "neutral", setting=("He goes home.", "{A} sees a box of old cups there."))),
    ("themes", {"themes"}, lambda c: first(c, "attack", theme=c.lessons[3].theme.upper() + " ")),
    ("overlap", {"overlap", "lint"}, same_words),
    ("8-grams", {"8-grams"}, one_run_in_two_splits),
    ("lessons act", {"lessons act"}, against("act", "act", "omit", "lessons")),
    ("lessons quick", {"lessons quick"}, against("pace", "slow", "quick", "lessons")),
    ("lessons payoff", {"lessons payoff"}, against("payoff", 0, 1, "lessons")),
    ("exam act", {"exam act"}, against("act", "omit", "act", "vignettes")),
    ("exam quick", {"exam quick"}, against("pace", "quick", "slow", "vignettes")),
    ("exam payoff", {"exam payoff"}, against("payoff", 1, -1, "vignettes")),
    (
        "exam words",
        {"exam words", "lint"},
        lambda c: option(c, "rejected", "inf", lambda t, n: t + " there now", "vignettes"),
    ),
    ("lessons words", {"lessons words", "lint"}, lambda c: option(c, "endorsed", "inf", lambda t, n: t + " there now")),
    ("lessons sentiment", {"lessons sentiment"}, lambda c: option(c, "endorsed", "inf", lambda t, n: "help" + t[4:])),
    (
        "exam sentiment",
        {"exam sentiment"},
        lambda c: option(c, "rejected", "inf", lambda t, n: "hide" + t[4:], "vignettes"),
    ),
    ("stage, words", {"stage, words", "lint"}, longer_with_stage),
]


@pytest.mark.parametrize(("name", "expected", "plant"), PLANTS, ids=[p[0] for p in PLANTS])
def test_a_planted_defect_is_caught_alone(name: str, expected: set[str], plant: Callable[[Corpus], Corpus]) -> None:
    bank_name = name.split()[0]
    allowed = expected | ({f"{bank_name} all cues"} if name.split()[-1] in CUES else set())
    found = failing(plant(small_corpus()))
    assert name in found and found <= allowed


def test_the_fixture_fails_its_counts_only() -> None:
    rows = {row.name: row for row in check_corpus(small_corpus())}
    assert {name for name, row in rows.items() if not row.passed} == COUNTS - {"lessons deep"}
    values = {name: rows[name].value for name in sorted(COUNTS - {"lessons deep"})}
    assert values == {
        "attack": 4,
        "domain a stage": 0.5,
        "foundation a stage": 1.0,
        "foundations": 6,
        "lessons": 12,
        "lessons a stage": 2,
        "neutral": 4,
        "vignettes dev": 4,
        "vignettes domain": 4,
        "vignettes theme": 4,
    }


def test_each_count_is_met_by_the_shipped_corpus_and_by_nothing_smaller() -> None:
    corpus = commons()
    rows = {row.name: row for row in check_corpus(corpus)}
    assert all(rows[name].passed for name in COUNTS)
    small = replace(corpus, **{kind: getattr(corpus, kind)[:39] for kind in ("attack", "neutral")})
    alike = [x for x in corpus.lessons if x.foundations[0] == "care" and x.domain == "school" and not x.deep]
    small = replace(small, lessons=tuple(alike))
    small = replace(small, vignettes=tuple(v for v in corpus.vignettes if v.split == "dev")[:59])
    assert {row.name for row in bank._count_rows(small) if not row.passed} == COUNTS


def test_the_shipped_corpus_is_balanced_and_graded() -> None:
    rows = {row.name: row for row in check_corpus(commons())}
    assert {name for name, row in rows.items() if not row.passed} == set()


def value(corpus: Corpus, name: str) -> float:
    (row,) = (row for row in check_corpus(corpus) if row.name == name)
    assert row.limit == "reported" and row.passed and row.mark == ""
    return row.value


def test_what_the_words_of_an_option_give_away_is_told() -> None:
    def marked(corpus: Corpus, rating: str, where: str) -> Corpus:
        return option(corpus, rating, "inf", lambda text, n: f"gladly {text}", where)

    corpus, exam = small_corpus(), "exam option words"
    assert value(corpus, exam) == 0.5, "no two scenarios of this corpus share a word that only one option has"
    taught = marked(corpus, "endorsed", "lessons")
    assert value(marked(taught, "endorsed", "vignettes"), exam) == 1.0
    assert value(marked(taught, "rejected", "vignettes"), exam) == 0.0


def test_a_policy_that_takes_the_decent_words_has_most_of_main() -> None:
    """Decision 0009: deeds are plain, so that words alone do it; threats.md prints the number."""
    told = value(commons(), "exam option words")
    assert 0.75 < told < 0.90
    assert f"{100 * told:.0f} % of `main`" in Path("docs/threats.md").read_text(encoding="utf-8")


def test_the_two_scenarios_that_are_most_alike_are_named() -> None:
    corpus = small_corpus()
    (plain,) = (row for row in check_corpus(corpus) if row.name == "alike")
    retold = replace(corpus.lessons[5], id="l3-told-again", title="another", theme="something else")
    later = replace(
        corpus,
        lessons=(*corpus.lessons, retold),
        sources=corpus.sources | {retold.id: corpus.sources[corpus.lessons[5].id]},
    )
    (row,) = (row for row in check_corpus(later) if row.name == "alike")
    assert plain.value < 0.5 and row.value == pytest.approx(1.0)
    assert f"({corpus.lessons[5].id} and l3-told-again)" in row.text


def test_a_name_in_two_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bank.NAMES, "dev", {"she": ("Mina",), "he": ("Karim",), "they": ("Ariel",)})
    assert failing(small_corpus()) == {"names"}


def test_stages_that_do_not_go_with_difficulty() -> None:
    corpus = small_corpus()
    mixed = tuple(replace(x, stage=1 + i % 6) for i, x in enumerate(corpus.lessons))
    assert "stage, difficulty" in failing(replace(corpus, lessons=mixed))


def test_cues_together_give_away_what_none_does_alone() -> None:
    """Five weak cues that never speak against each other: each |r| is small, all together are not."""
    weak = np.zeros((300, 5))
    for i in range(300):
        weak[i, i % 5] = 1.0 if i // 5 < 43 else -1.0
    assert max(correlations(weak)) < 0.2 and cue_accuracy(weak) == pytest.approx(43 / 60)


def test_cues_that_only_together_give_the_answer_away_fail_their_own_row() -> None:
    """In a scenario the options differ in one cue only, which speaks for the endorsed one in 43 of 60."""
    lesson = small_corpus().lessons[0]
    one, two = lesson.option("endorsed"), lesson.option("rejected")
    plain = {"act": "act", "pace": "slow", "payoff": 0, "inf": "go to the old mill"}
    marks = [
        {"act": "omit"},
        {"pace": "quick"},
        {"payoff": 1},
        {"inf": "go to the very old mill"},
        {"inf": "help at the old mill"},
    ]

    def scenario(i: int) -> Scenario:
        marked, other = plain | marks[i % 5], plain
        good, bad = (marked, other) if i // 5 < 43 else (other, marked)
        return replace(lesson, options=(replace(one, **good), replace(two, **bad)))

    rows = bank._balance_rows("exam", [scenario(i) for i in range(300)])
    assert {r.name for r in rows if not r.passed} == {"exam all cues"}


def test_correlation_and_accuracy_by_hand() -> None:
    d = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    assert correlations(d) == [0.5, 0.0]
    both = np.concatenate([d[:, 0], -d[:, 0]])
    assert np.corrcoef(both, [1] * 4 + [0] * 4)[0, 1] == pytest.approx(0.5)
    assert cue_accuracy(d) == 0.75  # the three that agree are foretold, the fourth is not
    assert cue_accuracy(np.zeros((6, 2))) == 0.5


def test_difficulty_counts_what_makes_a_lesson_harder() -> None:
    assert [difficulty(x) for x in small_corpus().lessons[::2]] == [1, 3, 4, 5, 7, 8]


def test_splits() -> None:
    corpus = small_corpus()
    assert {split_of(s) for s in (*corpus.lessons, *corpus.neutral)} == {"train"}
    assert [split_of(s) for s in corpus.attack] == ["attack"] * 4
    assert sorted(map(split_of, corpus.vignettes)) == ["dev"] * 4 + ["exam"] * 8


def test_a_row_as_a_line_and_as_data() -> None:
    row = BankRow(name="overlap", text="largest", value=0.0321, limit="<= 0.05", passed=True)
    assert str(row).split() == ["ok", "overlap", "0.032", "<=", "0.05", "largest"]
    assert str(replace(row, passed=False)).startswith("FAIL")
    assert str(replace(row, limit="reported")).split()[:3] == ["overlap", "0.032", "reported"]
    assert row.as_dict() == {"name": "overlap", "text": "largest", "value": 0.0321, "limit": "<= 0.05", "passed": True}


def test_an_empty_corpus_has_rows_and_no_crash() -> None:
    empty = replace(small_corpus(), lessons=(), vignettes=(), neutral=(), attack=())
    rows = {row.name: row for row in check_corpus(empty)}
    assert not rows["lessons"].passed and rows["lint"].passed and not any(math.isnan(r.value) for r in rows.values())


def test_runs_of_words_stay_inside_an_atom_and_leave_placeholders_out() -> None:
    lesson = replace(small_corpus().lessons[0], setting=("{A} sees the {colour} cup, and {B} waits.", "A bell rings."))
    runs = word_sequences(lesson, 5)
    assert {("sees", "the", "cup", "and", "waits")} <= runs
    assert not any("waits" in run and "bell" in run for run in runs)
    assert all("colour" not in run for run in runs)
