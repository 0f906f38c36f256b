"""The audit passes on matched arms and catches every planted defect by its own row."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.arms.defects import (
    BD,
    BD_TWIN,
    EVERY,
    FP,
    FS,
    NAMES,
    PLANTS,
    P,
    build,
    droning,
    edited,
    failing,
    matched,
    of_role,
)
from tests.corpus_fixture import commons, grown_corpus

from rearing.arms.audit import AuditRow, audit, row
from rearing.arms.audit.classifier import overlap_f1, separability
from rearing.arms.audit.facts import measure
from rearing.arms.audit.metrics import METRICS
from rearing.arms.curriculum import arm, curricula
from rearing.arms.tokens import counter
from rearing.corpus.load import Corpus
from rearing.records.document import Curriculum, Sentence
from rearing.records.recipe import Recipe


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_defect_is_caught_by_its_own_row_and_by_no_other(name: str) -> None:
    make, expected = PLANTS[name]
    assert failing(make()) == {expected}


def test_droning_on_changes_how_varied_a_text_is() -> None:
    found = failing(edited(FS, of_role("outcome", droning)))
    assert {"distinct4", "compression"} <= found and not {"tokens", "distance", "steps"} & found


def test_reasons_that_are_told_again_in_other_words_can_be_seen() -> None:
    def again_in_other_words(s: Sentence) -> tuple[Sentence, ...]:
        return s, replace(s, text="Or in other words: " + s.text)

    plain, reworded = (
        {r.name: r for r in audit(arms)} for arms in (matched(), edited(P, of_role("reason", again_in_other_words)))
    )
    assert plain["reasons"].values[P] == reworded["reasons"].values[P] >= 4 > plain["reasons"].values[FP] > 0
    assert plain["restated"].values[P] < 25 and reworded["restated"].values[P] == reworded["restated"].gap == 100
    assert plain["restated"].values[FS] == plain["reasons"].values[FS] == 0
    assert not plain["reasons"].gates and not plain["restated"].gates


def test_many_short_paragraphs_are_seen() -> None:
    found = failing(edited(P, lambda d: replace(d, paragraphs=tuple((s,) for s in d.sentences))))
    assert "paragraphs" in found and not {"steps", "moral_words", "distance"} & found


@pytest.mark.parametrize("corpus", [grown_corpus, commons])
def test_the_audit_passes_on_all_arms_that_there_are(corpus: Callable[[], Corpus]) -> None:
    rows = audit(build(corpus(), (1, 2), EVERY))
    assert [r for r in rows if not r.passed] == []
    assert {r.name for r in rows if r.gates} == {
        "tokens",
        "steps",
        "order",
        "warmup",
        "cooldown",
        "propositions",
        "twins",
        "mentions_endorsed",
        "mentions_rejected",
        "phrasing",
        "content_flat",
        "content_principled",
        *(m.name for m in METRICS if m.limit is not None),
    }
    values = {r.name: r.values for r in rows}
    exact = [name for name in EVERY if arm(name).renderer.matched and not arm(name).flipped]
    assert {values["mentions_endorsed"][n] for n in exact} == {4.0}
    assert {values["mentions_rejected"][n] for n in exact} == {3.0}
    assert len({values["tokens"][n] for n in exact}) == 1 and BD_TWIN not in values["tokens"]
    assert values["tokens"]["neutral-shuffled"] > 0 and values["stage_steps"][BD] > 1


def test_one_lesson_a_stage_can_be_shuffled() -> None:
    for seed in range(6):
        made = curricula(grown_corpus(), [arm(n) for n in NAMES], seed, Recipe(warmup_steps=4), most=1)
        assert next(r for r in audit({name: [c] for name, c in made.items()}) if r.name == "order").passed


def test_lessons_told_twice_are_matched_telling_by_telling() -> None:
    names = (BD, FS, P, "paths-shuffled", "neutral-shuffled")
    arms = [arm(n) for n in names]
    for seed, size in ((1, 2), (2, 6), (3, 6)):  # large steps hold some lessons twice
        made = curricula(grown_corpus(), arms, seed, Recipe(documents_per_step=size, warmup_steps=4), tellings=2)
        rows = {r.name: r for r in audit({name: [c] for name, c in made.items()})}
        assert [name for name, r in rows.items() if not r.passed] == []
        assert rows["stage_steps"].values[BD] == pytest.approx(6 / size), "three lessons a stage, twice"


def test_doses_tell_the_documents_of_their_arm_and_are_no_equals() -> None:
    half, twice = f"{BD}-x0.5", f"{P}-x2"

    def made(*seeds: int) -> dict[str, list[Curriculum]]:
        by_seed = [
            curricula(grown_corpus(), [arm(n) for n in (BD, P, half, twice)], s, Recipe(warmup_steps=4), tellings=2)
            for s in seeds
        ]
        return {name: [one[name] for one in by_seed] for name in by_seed[0]}

    arms = made(1, 2)
    rows = {r.name: r for r in audit(arms)}
    assert [name for name, r in rows.items() if not r.passed] == []
    assert rows["doses"].values == {half: 0.5, twice: 2.0}
    assert all(set(r.values) <= {BD, P} for name, r in rows.items() if name != "doses")
    assert [r.name for r in audit(arms | {twice: arms[twice][1:]}) if not r.passed] == [], "one seed less"

    def passed(name: str, dosed: str, told: list[Curriculum]) -> bool:
        return next(r for r in audit(arms | {dosed: told}) if r.name == name).passed

    assert not passed("doses", twice, arms[P]), "it was given the plain dose"
    assert not passed("doses", half, [replace(c, seed=s) for c, s in zip(made(3, 4)[half], (1, 2), strict=True)])
    assert not passed("doses", half, [replace(c, steps=c.steps[:-1]) for c in arms[half]]), "a lesson is lost"
    assert not passed("order", half, [replace(c, steps=c.steps[::-1]) for c in arms[half]])


def test_an_arm_that_is_not_matched_is_shown_and_cannot_fail() -> None:
    arms = build(grown_corpus(), (1,), (BD, FS, "linear-shuffled"))
    rows = {r.name: r for r in audit(arms)}
    assert rows["tokens"].values["linear-shuffled"] < 0.8 * rows["tokens"].values[BD] and rows["tokens"].passed


def test_the_adversary_finds_what_is_there_and_nothing_where_nothing_is() -> None:
    documents = [d for c in matched()[FS] for s in c.steps if s.phase != "warmup" for d in s.documents]
    marked = [of_role("mind", lambda s: replace(s, text=s.text + " Zebras gallop."))(d) for d in documents]
    one, two = (measure(ds, counter(), {}) for ds in (documents, marked))
    assert separability(one, two) > 0.95 and separability(one, one) == pytest.approx(0.5, abs=0.02)
    assert overlap_f1(one, one) == 1 and 0.9 < overlap_f1(one, two) < 1


def test_runs_that_repeat_each_other_have_no_other_pet_phrasing_than_one_of_them() -> None:
    """A phrasing used once in each of many small runs is chance: matching gives every run another one."""
    one = matched()[BD][0]
    for most in (1, 2, None):
        few = curricula(grown_corpus(), [arm(BD)], 1, Recipe(warmup_steps=0), most=most)[BD] if most else one
        alone, often = ({r.name: r for r in audit({BD: cs})}["phrasing"] for cs in ([few], again(few, 5)))
        assert alone.values == often.values and alone.passed


def again(c: Curriculum, times: int) -> list[Curriculum]:
    return [replace(c, seed=seed) for seed in range(times)]


def test_a_row_becomes_a_check_for_the_judge() -> None:
    check = AuditRow("filler", "filler, % of tokens", {"a": 0.0, "b": 3.0}, 3.0, 2.0, False, False).check
    assert (check.kind, check.name, check.value, check.limit, check.passed, check.required) == (
        "audit",
        "audit:filler",
        3.0,
        "<= 2 (absolute)",
        False,
        True,
    )
    reported = row("adversary", "", {}, 0.9, None)
    assert reported.passed and not reported.gates and not reported.check.required


def test_a_gap_at_its_limit_passes_and_just_above_it_fails() -> None:
    assert row("a", "", {}, 0.05, 0.05).passed and not row("a", "", {}, 0.0500001, 0.05).passed
