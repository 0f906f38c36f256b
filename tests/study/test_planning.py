"""From a study to the plan that the judge sees."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.corpus_fixture import small_corpus

from rearing.corpus.load import load_corpus
from rearing.errors import StudyError
from rearing.records.plan import Plan
from rearing.records.scenario import Vignette
from rearing.study.assay import load_assay_file
from rearing.study.clauses import planned_clauses
from rearing.study.curricula import study_curricula
from rearing.study.forecast import forecast, run_tokens
from rearing.study.planning import GATES, assay_setting, build_plan, gates, jobs_of, load_assay
from rearing.study.schema import GATE_FAMILIES, ExamineTable, RecipeTable, Study, load_study
from rearing.study.sealable import refuse
from rearing.verdict.facts import CLAUSES

ARMS = ("branching-developmental", "principled-shuffled", "flat-shuffled")


@pytest.mark.parametrize(("families", "measure"), [((), None), (("capability",), "judgement")])
def test_capability_is_judged_if_a_study_asks_it(families: tuple[str, ...], measure: str | None) -> None:
    examine = ExamineTable(families=(*GATE_FAMILIES, *families))
    plan = build_plan(Study(name="s", base="tiny", arms=ARMS, examine=examine), small_corpus(), 8000, {})
    assert (plan.capability and plan.capability.measure) == measure


def test_an_assay_says_nothing_about_other_texts() -> None:
    """The record holds for the renderers' present writing; a study with fewer of them is covered."""
    study, corpus = Study(name="s", base="tiny", arms=ARMS), small_corpus()
    row = {"gate": "agentic", "carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": ""}
    record = {"setting": assay_setting(study, corpus) | {"arms": list(ARMS)}, "gates": [row]}
    fewer = study.model_copy(update={"arms": ARMS[:2], "comparators": ARMS[1:2]})
    assert [gates(s, corpus, record)[1].assay for s in (study, fewer)] == ["PASS", "PASS"]
    record["setting"]["texts"] |= {"flat": "0" * 64}
    rewritten = gates(study, corpus, record)[1]
    assert (rewritten.assay, rewritten.note) == ("NONE", "the assay was run with other settings (texts of flat)")
    assert gates(fewer, corpus, record)[1].assay == "PASS"


def test_an_assay_says_nothing_about_other_lessons() -> None:
    """Any lesson, filler or neutral scenario: the fingerprint of the texts is of few lessons."""
    study, corpus = Study(name="s", base="tiny", arms=ARMS), small_corpus()
    row = {"gate": "agentic", "carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": ""}
    record = {"setting": assay_setting(study, corpus), "gates": [row]}
    last = corpus.lessons[-1]
    reviewed = replace(last, review=replace(last.review, readers=("somebody",)))
    assert gates(study, replace(corpus, lessons=(*corpus.lessons[:-1], reviewed)), record)[1].assay == "PASS"
    for other in (
        replace(corpus, lessons=(*corpus.lessons[:-1], replace(last, affected=("somebody else",)))),
        replace(corpus, lessons=corpus.lessons[:-1]),
        replace(corpus, fillers=corpus.fillers[1:]),
        replace(corpus, neutral=corpus.neutral[1:]),
    ):
        gate = gates(study, other, record)[1]
        assert (gate.assay, gate.note) == ("NONE", "the assay was run with other settings (lessons)")


def test_an_assay_that_asked_something_else_at_one_gate_says_nothing_of_that_gate() -> None:
    study, corpus = Study(name="s", base="tiny", arms=ARMS), small_corpus()
    row = {"carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": ""}
    setting = assay_setting(study, corpus)
    record = {"setting": setting, "gates": [row | {"gate": name} for name, *_ in GATES]}
    for changed, states in (
        ("shift", ["NONE", "PASS", "PASS"]),
        ("agentic", ["PASS", "NONE", "PASS"]),
        ("readings", ["PASS", "PASS", "NONE"]),
    ):
        made = gates(study, corpus, record | {"setting": setting | {"asked": setting["asked"] | {changed: "0" * 64}}})
        assert [g.assay for g in made] == states
        assert made[states.index("NONE")].note == "the assay was run with other settings (what this gate asks)"


@pytest.mark.parametrize(("name", "states"), [("quick", ["NONE"] * 3), ("pilot", ["FAIL", "NONE", "FAIL"])])
def test_what_the_shipped_records_still_say(name: str, states: list[str]) -> None:
    """Episodes are told otherwise since both; lessons were reworded since that of quick."""
    study, corpus = load_study(Path(f"studies/{name}.toml")), load_corpus()
    assert [g.assay for g in gates(study, corpus, load_assay(study))] == states


def test_other_doses_are_planned_on_the_first_seeds_and_counted() -> None:
    dosed = ("principled-shuffled-x0.5", "principled-shuffled-x2")
    study = Study(
        name="s",
        base="tiny",
        arms=(*ARMS, *dosed),
        seeds=3,
        dosed_seeds=2,
        stage_lessons=2,
        tellings=2,
        recipe=RecipeTable(documents_per_step=4, warmup_steps=0),
    )
    corpus, jobs = small_corpus(), jobs_of(study)
    plan = build_plan(study, corpus, 0, {})
    assert {a.name: (a.label, a.dose) for a in plan.role("dosed")} == dict(
        zip(dosed, (("Px0.5", 0.5), ("Px2", 2.0)), strict=True)
    )
    assert [sum(j.arm == name for j in jobs) for name in (*ARMS, *dosed)] == [3, 3, 3, 2, 2]
    assert {j.arm for j in jobs if j.attacked} == {*ARMS, "untrained"}
    assert {n: len(c) for n, c in study_curricula(study, corpus).items()} == dict(
        zip((*ARMS, *dosed), (3, 3, 3, 2, 2), strict=True)
    )
    cost = forecast(study, jobs, corpus, 1)
    trained = {job.arm: cost.work[job.id]["train"].trained for job in jobs if job.trained}
    assert trained[dosed[0]] < trained[ARMS[1]] < trained[dosed[1]]
    assert cost.tokens == run_tokens(study.model_copy(update={"arms": ARMS}), corpus), "of a run at dose 1"


def test_what_is_decoded_is_planned_beside_what_carries_choices() -> None:
    """A study that reads `decode` for gate 3 and not `interchange` has no gate 3."""
    corpus = small_corpus()
    row = {"gate": "representational", "carries": True, "select": "decode", "measure": "main", "delta": 0.05}

    def planned(reading: str, *readings: str) -> Plan:
        study = Study(name="s", base="tiny", arms=ARMS, examine=ExamineTable(readings=(reading, *readings)))
        record = {
            "setting": assay_setting(study, corpus),
            "gates": [row | {"select": reading, "state": "PASS", "note": ""}],
        }
        return build_plan(study, corpus, 0, record)

    both, alone, coupled = planned("decode", "interchange"), planned("decode"), planned("coupling")
    assert both.gates[2].assay == "PASS" and both.hangs_on is not None
    assert (both.hangs_on.select, both.hangs_on.endpoint) == ("interchange", "above-null")
    assert alone.gates[2].assay == "NONE" and "supports only beside interchange" in alone.gates[2].note
    assert coupled.gates[2].assay == "PASS" and coupled.hangs_on is None


def test_the_assay_that_we_list_can_cover_the_pilot() -> None:
    """An ideal record of `studies/assay.toml`, with the recipe and forms that it may choose, passes every gate."""
    file, corpus = load_assay_file(Path("studies/assay.toml")), load_corpus()
    pilot = load_study(Path("studies/pilot.toml"))
    assert set(pilot.examine.forms) <= set(file.forms) and len(pilot.examine.forms) == file.gate_forms
    assert pilot.recipe.model_dump(exclude={"warmup_steps"}) in [
        r.model_dump(exclude={"warmup_steps"}) for r in file.recipes
    ]
    assayed = file.study(pilot.recipe, "dev-confirm", pilot.examine.rule)
    picked = assayed.model_copy(update={"examine": pilot.examine})
    row = {"carries": True, "measure": "main", "delta": 0.05, "p_minus_u": 0.1, "state": "PASS", "note": ""}
    record = {"setting": assay_setting(picked, corpus), "gates": [row | {"gate": name} for name, *_ in GATES]}
    record |= {"seeds": {"confirm": file.confirm_seeds}}
    assert [(g.id, g.assay, g.note) for g in gates(pilot, corpus, record)] == [(n, "PASS", "") for n, *_ in GATES]
    with pytest.raises(StudyError, match="power is unknown"):  # nothing but the spreads of a real record is lacking
        refuse(pilot, corpus, build_plan(pilot, corpus, 0, record), record)


def test_the_full_study_asks_what_the_pilot_asks_and_every_clause() -> None:
    pilot, full = (load_study(Path(f"studies/{name}.toml")) for name in ("pilot", "full"))
    assert set(pilot.examine.families) <= set(full.examine.families)
    assert set(pilot.examine.readings) <= set(full.examine.readings)
    assert [gate.id for gate in planned_clauses(pilot, {})] == ["fine-tuning"]
    assert {gate.id for gate in planned_clauses(full, {})} == set(CLAUSES)
    assert full.attack.lr == pilot.attack.lr


def test_an_assay_outlives_a_second_reader_and_not_another_wording_of_what_it_asked() -> None:
    study, corpus = Study(name="s", base="tiny", arms=ARMS), small_corpus()
    one = next(v for v in corpus.vignettes if v.split == "dev")

    def settled(changed: Vignette) -> Any:
        vignettes = tuple(changed if v.id == one.id else v for v in corpus.vignettes)
        return assay_setting(study, replace(corpus, vignettes=vignettes))["asked"]

    read = replace(one, review=replace(one.review, readers=("somebody",), agree=1, of=1))
    assert settled(read) == settled(one) != settled(replace(one, main=one.twin))
