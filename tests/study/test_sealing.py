"""What is refused before it is sealed, what a seal draws, and what may be changed afterwards."""

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.planted_study import QUIET, STUDY, seal_anyway, write_study

from rearing.errors import StudyError
from rearing.records.plan import UNTRAINED
from rearing.records.seal import Seal
from rearing.study.items import study_halves
from rearing.study.planning import build_plan, jobs_of, load_assay
from rearing.study.schema import LookTable, Study, load_study
from rearing.study.sealable import refuse
from rearing.study.sealing import confirmatory, looks_left, under_seal
from rearing.study.seeds import training_seeds
from rearing.verdict.evidence import read_sealed
from rearing.verdict.ledger import LEDGER, record
from rearing.verdict.seal import key_of, sealed_plan

LOOKS = "looks = [{ seeds = 6, alpha = 0.01 }, { seeds = 10, alpha = 0.015 }]\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(write_study(tmp_path_factory.mktemp("good")))


def no_rows(assay: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return assay | {"gates": [row | changed for row in assay["gates"]]}


def noisy(assay: dict[str, Any]) -> dict[str, Any]:
    return assay | {"spreads": {f: QUIET | {"seed": 0.004} for f in assay["spreads"]}}


def other_recipe(assay: dict[str, Any]) -> dict[str, Any]:
    return assay | {"setting": assay["setting"] | {"recipe": {"lr": 1.0}}}


def examine(**changed: Any) -> Callable[[Study], Study]:
    return lambda study: study.model_copy(update={"examine": study.examine.model_copy(update=changed)})


def attack(**changed: Any) -> Callable[[Study], Study]:
    return lambda study: study.model_copy(update={"attack": study.attack.model_copy(update=changed)})


def update(**changed: Any) -> Callable[[Study], Study]:
    return lambda study: study.model_copy(update=changed)


def same(value: Any) -> Any:
    return value


REFUSED: list[tuple[Callable[[Study], Study], Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    (update(seeds=7), same, "key seeds: plans 7 seeds"),
    (update(comparators=("principled-shuffled",)), same, "has no flat comparator"),
    (update(comparators=("flat-shuffled",)), same, "has no principled comparator"),
    (
        examine(families=("normal", "shift", "agentic")),
        same,
        "key examine.families: does not ask",
    ),
    (same, lambda a: {}, r"the format-neutral gate has assay NONE \(no assay was run for this study\)"),
    (same, lambda a: no_rows(a, state="FAIL", note="V is 0"), r"has assay FAIL \(V is 0\)"),
    (same, other_recipe, r"has assay NONE \(the assay was run with other settings \(recipe\)\)"),
    (same, lambda a: no_rows(a, p_minus_u=0.03), "no margin fits the format-neutral gate: P leads U by 0.030"),
    (
        same,
        lambda a: no_rows(a, p_minus_u=0.06),
        r"the margin 0.05 of the \S+ gate is outside 0.02 to 0.030",
    ),
    (same, lambda a: a | {"seeds": {"search": 1, "confirm": 2}}, "key assay: the assay was confirmed on 2 seeds"),
    (update(margin=0.01), same, "the margin 0.01 of the format-neutral gate is outside 0.02 to 0.050"),
    (
        attack(seeds=1),
        same,
        "key attack.lr: attacks at 0.0001, and no rate was searched for reversal on the base tiny; run `rearing cal",
    ),
    (
        examine(vignettes=150),
        same,
        "key examine.vignettes: the format-neutral gate has 75 scenarios",
    ),
    (
        same,
        lambda a: a | {"spreads": {}},
        "the assay record has no spreads of normal, format-neutral",
    ),
    (same, noisy, "for DEMOTED and .* for SUPPORTED at the spreads of the assay, and 0.80 is asked for"),
]


@pytest.mark.parametrize(("change", "spoil", "words"), REFUSED)
def test_what_could_not_decide_is_refused_in_one_sentence(
    good: Study,
    change: Callable[[Study], Study],
    spoil: Callable[[dict[str, Any]], dict[str, Any]],
    words: str,
) -> None:
    study, assay = change(good), spoil(load_assay(good))
    with pytest.raises(StudyError, match=words) as caught:
        refuse(study, commons(), build_plan(study, commons(), 0, assay), assay)
    assert "\n" not in str(caught.value) and caught.value.mend


def test_arms_that_are_not_matched_are_refused(good: Study) -> None:
    """A lesson of the training text is put into every examination; the assay knows the dev vignettes by heart."""
    copied = " ".join(commons().lessons[0].setting)
    vignettes = tuple(v if v.split == "dev" else replace(v, main=f"{copied} {v.main}") for v in commons().vignettes)
    spoiled, assay = replace(commons(), vignettes=vignettes), load_assay(good)
    with pytest.raises(StudyError, match=r"key arms: the arms are not matched \(.*overlap"):
        refuse(good, spoiled, build_plan(good, spoiled, 0, assay), assay)


def test_no_arm_has_a_recipe_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY + "[recipe]\nlr = 1e-4\n[recipe.flat-shuffled]\nlr = 1e-3\n")
    with pytest.raises(StudyError, match=r"key recipe\.flat-shuffled: unknown key 'flat-shuffled'"):
        load_study(path)


def test_no_file_can_say_that_it_is_sealed(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    for text in (f"sealed = true\n{STUDY}", f'_sealed = "1"\n{STUDY}', f'{STUDY}key = "1"\n'):
        path.write_text(text)
        with pytest.raises(StudyError, match="unknown key"):
            load_study(path)


@pytest.mark.parametrize("looks", ["looks = [{ seeds = 6, alpha = 0.01 }]", LOOKS.replace("0.015", "0.02")])
def test_looks_that_do_not_fit_are_refused_before_anything_runs(tmp_path: Path, looks: str) -> None:
    study = load_study(write_study(tmp_path, f"{looks}\n{STUDY}"))
    with pytest.raises(StudyError, match="key looks: the looks"):
        build_plan(study, commons(), 0, load_assay(study))


def test_a_seal_draws_seeds_and_items_and_masks_arms(good: Study) -> None:
    one, other = (good.under(Seal("", key)) for key in ("a" * 64, "b" * 64))
    assert not set(training_seeds(one)) & set(training_seeds(other)) and training_seeds(one) != training_seeds(good)
    halves = [{v.id for v in study_halves(s, commons())[0]} for s in (good, one, other)]
    assert halves[0] != halves[1] != halves[2] and {len(h) for h in halves} == {120}
    shown = {job.arm: job.shown.split("/")[0] for job in jobs_of(one)}
    assert sorted(shown.values()) == ["A1", "A2", "A3", "A4"] and shown.keys() == {*good.arms, UNTRAINED}
    assert shown != {job.arm: job.shown.split("/")[0] for job in jobs_of(other)}
    assert [job.shown for job in jobs_of(good)] == [job.id for job in jobs_of(good)]


SMALL = Study(
    name="small", base="tiny", arms=("branching-developmental", "flat-shuffled", "principled-shuffled"), seeds=2
)


def test_a_seal_travels_to_the_workers() -> None:
    sealed = SMALL.under(Seal("s", "k"))
    assert pickle.loads(pickle.dumps(sealed)).sealed == Seal("s", "k") and SMALL.sealed is None


def test_a_run_goes_under_the_seal_or_not_at_all(tmp_path: Path) -> None:
    corpus = small_corpus()
    assert under_seal(SMALL, corpus, {}, tmp_path).sealed is None
    sealed = seal_anyway(tmp_path, SMALL, corpus)
    noted = SMALL.model_copy(update={"seal": SMALL.seal.model_copy(update={"notes": "later"}), "keep": "final"})
    assert under_seal(SMALL, corpus, {}, tmp_path) == sealed and under_seal(noted, corpus, {}, tmp_path).sealed
    document = read_sealed(tmp_path)
    assert document is not None
    plan = build_plan(sealed, corpus, document.tokens, {})
    assert plan == sealed_plan(document) and plan.seeds == training_seeds(sealed)
    for changed, words in ((update(margin=0.04), "study.margin"), (update(twin_seeds=1), "study.twin_seeds")):
        with pytest.raises(StudyError, match=words):
            under_seal(changed(SMALL), corpus, {}, tmp_path)
    (tmp_path / LEDGER).unlink()
    with pytest.raises(StudyError, match="cut short"):
        under_seal(SMALL, corpus, {}, tmp_path)


def test_a_file_of_somebody_elses_scenarios_that_is_gone_is_named(tmp_path: Path) -> None:
    csv, corpus = tmp_path / "mc.csv", small_corpus()
    csv.write_text("scenario_id,ambiguity,context,action1,action2\nC_1,low,You sell a bike.,I tell.,I hide.\n")
    asked = (*SMALL.examine.families, "moralchoice")
    study = examine(families=asked, external=csv)(SMALL)
    seal_anyway(tmp_path, study, corpus)
    assert under_seal(study, corpus, {}, tmp_path).sealed
    csv.unlink()
    told = r"key examine\.external: .*mc\.csv cannot be read \(No such file or directory\); put the CSV"
    for ask in (lambda: under_seal(study, corpus, {}, tmp_path), lambda: confirmatory(study, corpus, {})):
        with pytest.raises(StudyError, match=told):
            ask()


def test_a_sealed_run_stops_at_looks_and_goes_on_from_the_last(tmp_path: Path) -> None:
    looks = tuple(LookTable(seeds=n, alpha=0.005) for n in (6, 10, 16))
    study = SMALL.model_copy(update={"seeds": 16, "looks": looks})
    assert looks_left(study, tmp_path) == (study,), "an unsealed study has nothing to spend"
    sealed = study.under(Seal("s", "k"))
    assert [s.seeds for s in looks_left(sealed, tmp_path)] == [6, 10, 16]
    assert training_seeds(looks_left(sealed, tmp_path)[0]) == training_seeds(sealed)[:6]
    record(tmp_path, "unblinded", seeds=10, manifest="")
    assert [s.seeds for s in looks_left(sealed, tmp_path)] == [10, 16]
    assert looks_left(SMALL.under(Seal("s", "k")), tmp_path) == (SMALL.under(Seal("s", "k")),)


def test_the_confirmatory_block_has_neither_names_nor_paths() -> None:
    block = confirmatory(SMALL, small_corpus(), {})
    renamed = SMALL.model_copy(update={"name": "other", "keep": "final"})
    assert key_of(confirmatory(renamed, small_corpus(), {})) == key_of(block)
    assert key_of(confirmatory(SMALL, small_corpus(), {"note": "another assay"})) != key_of(block)
    assert "small" not in json.dumps(block.study) and block.inputs["base"] == "tiny:0"
