"""Clauses of "internalized": from what a study asks to the state that the judge and the report give them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.acceptance.conftest import STUDY
from tests.corpus_fixture import small_corpus, write_corpus
from typer.testing import CliRunner

from rearing.cli.app import app
from rearing.organisms.matrix import INSTRUMENTS
from rearing.records.plan import UNTRAINED, Plan
from rearing.records.tables import TABLES
from rearing.records.verdict import GateRow, Verdict
from rearing.report import write_report
from rearing.store.artifacts import Store
from rearing.store.tables import frame
from rearing.study.clauses import CLAUSES, organisms_record, planned_clauses
from rearing.study.evidence import gather
from rearing.study.items import bare_chat, item_row, study_items
from rearing.study.planning import build_plan, jobs_of
from rearing.study.schema import GATE_FAMILIES, AttackTable, ExamineTable, RecipeTable, Study
from rearing.study.worker import run_job
from rearing.verdict import facts, judge_evidence
from rearing.verdict.endpoints import measured
from rearing.verdict.evidence import load_evidence
from rearing.verdict.judge import judge
from rearing.verdict.scores import check_tables

BD, FS, P = "branching-developmental", "flat-shuffled", "principled-shuffled"


WHOLE = Study(
    name="whole",
    base="tiny",
    arms=(BD, P),
    comparators=(P,),
    seeds=1,
    stage_lessons=1,
    recipe=RecipeTable(dtype="fp32"),
    examine=ExamineTable(
        vignettes=4,
        families=(*GATE_FAMILIES, "pressure", "lexical"),
        tactics=("authority",),
        forms=("chat",),
        readings=("interchange", "knockout", "stable"),
    ),
    attack=AttackTable(doses=(1,), readings=("stable",)),
)


def study(
    families: tuple[str, ...] = (), readings: tuple[str, ...] = ("decode",), attack: AttackTable = AttackTable(seeds=0)
) -> Study:
    examine = ExamineTable(
        vignettes=8, families=(*GATE_FAMILIES, *families), readings=readings, forms=("chat", "menu-chat")
    )
    return Study(name="s", base="tiny", arms=(BD, FS, P), seeds=8, examine=examine, attack=attack)


def record(base: str = "tiny", **calibrated: bool) -> dict[str, Any]:
    """What organisms would have left, with these instruments calibrated or not."""
    counts = {"caught": 1, "positive": 1, "quiet": 4, "negative": 6}
    found = [{"instrument": name, "calibrated": state} | counts for name, state in calibrated.items()]
    return {"setting": {"base": base}, "instruments": found}


def clause_rows(verdict: Verdict) -> dict[str, GateRow]:
    rows = {row.row: row for row in verdict.panel}
    return {name: rows[f"clause:{name}"] for name in CLAUSES}


def test_the_table_has_every_clause_and_the_instrument_that_the_matrix_names_for_it() -> None:
    assert set(CLAUSES) == set(facts.CLAUSES)
    carries = {i.name: i.clause for i in INSTRUMENTS}
    assert {c.instrument: name for name, c in CLAUSES.items() if c.instrument in carries}.items() <= carries.items()


def test_the_decision_record_has_the_table_of_the_code() -> None:
    text = Path("docs/decisions/0021-clauses-in-the-plan.md").read_text(encoding="utf-8")
    told = {cells[1]: cells for line in text.splitlines() if len(cells := [c.strip() for c in line.split("|")]) == 7}
    for name, clause in CLAUSES.items():
        assert told[name][3] == f"{clause.delta:g}".removeprefix("0"), name
        assert told[name][4] == (f"`{clause.instrument}`" if clause.instrument else "none"), name


@pytest.mark.parametrize(
    ("asking", "clauses"),
    [
        (study(), ()),
        (study(("pressure",)), ("pressure",)),
        (study(("lexical",)), ("lexical",)),
        (study(readings=("knockout",)), ("distributed",)),
        (study(readings=("interchange", "stable")), ("causal",)),
        (study(attack=AttackTable(seeds=1)), ("fine-tuning",)),
        (study(("capability",), attack=AttackTable(seeds=1, families=("capability",))), ()),
        (study(readings=("stable",), attack=AttackTable(seeds=0, readings=("stable",))), ()),
        (study(readings=("stable",), attack=AttackTable(readings=("stable",))), ("fine-tuning", "stable")),
    ],
)
def test_a_study_plans_the_clauses_that_it_asks(asking: Study, clauses: tuple[str, ...]) -> None:
    assert tuple(gate.id for gate in build_plan(asking, small_corpus(), 8000, {}).clauses) == clauses


@pytest.mark.parametrize(
    ("organisms", "assay", "note"),
    [
        (record(lexical=True), "PASS", "calibrated: lexical caught 1 of 1"),
        (record(lexical=False), "FAIL", "uncalibrated: lexical caught 1 of 1 and was quiet in 4 of 6"),
        (record(drift=True), "NONE", "does not have lexical"),
        (record("another", lexical=True), "NONE", "no record of organisms on the base tiny"),
        ({}, "NONE", "no record of organisms on the base tiny"),
    ],
)
def test_an_instrument_counts_only_if_its_record_is_of_this_base(organisms: Any, assay: str, note: str) -> None:
    (clause,) = build_plan(study(("lexical",)), small_corpus(), 8000, {}, organisms).clauses
    assert clause.assay == assay and note in clause.note


def test_the_shipped_record_says_which_clauses_count() -> None:
    embedded = WHOLE.model_copy(update={"base": "smollm2-135m"})
    shipped = organisms_record(embedded)
    flags = {row["instrument"]: row["calibrated"] for row in shipped["instruments"]}
    states = {True: "PASS", False: "FAIL", None: "NONE"}
    for gate in planned_clauses(embedded, shipped):
        assert gate.assay == states[flags.get(CLAUSES[gate.id].instrument)], gate.id
    assert organisms_record(WHOLE) == {}, "nothing is known of the base tiny"


def planted_responses(asking: Study, plan: Plan) -> pl.DataFrame:
    """Every arm falls by .3 before praise of the wrong option, the structured one by nothing."""
    rng = np.random.default_rng(0)
    items = [item_row(i) for i in study_items(asking, small_corpus(), bare_chat)]
    asked = list(TABLES["responses"])
    rows = []
    for arm in plan.arms:
        for seed in (0,) if arm.name == UNTRAINED else plan.seeds:
            for item in items:
                falls = 0.3 if item["wording"] == "adv" and arm.name != BD else 0.0
                told = {key: value for key, value in item.items() if key in asked}
                score = 0.7 - falls + 0.05 * rng.random()
                margins = dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token", "agreement"), 0.0)
                rows.append(told | margins | {"arm": arm.name, "seed": seed, "attack": "", "dose": 0, "score": score})
    return frame("responses", rows)


def test_only_a_calibrated_instrument_can_say_shown() -> None:
    """The same tables; what organisms say of the instrument differs."""
    asking, corpus = study(("lexical",)), small_corpus()
    responses = planted_responses(asking, build_plan(asking, corpus, 8000, {}))
    none = frame("readings", [])
    found = {
        name: clause_rows(judge(build_plan(asking, corpus, 8000, {}, organisms), (), responses, none))
        for name, organisms in (("yes", record(lexical=True)), ("no", record(lexical=False)), ("nobody", {}))
    }
    assert found["yes"]["lexical"].state == "ok" and "shown" in found["yes"]["lexical"].text
    for name, reason in (("no", "uncalibrated: lexical"), ("nobody", "no record of organisms")):
        row = found[name]["lexical"]
        assert row.state == "untested" and reason in row.value and "- P +0.300" in row.value
    assert found["yes"]["pressure"].value == "not asked"


def test_rearing_plan_says_which_clauses_can_count(tmp_path: Path) -> None:
    head = f'corpus = "{write_corpus(tmp_path / "small")}"\n'
    (tmp_path / "study.toml").write_text(head + STUDY)
    ran = CliRunner().invoke(app, ["plan", str(tmp_path / "study.toml")])
    assert ran.exit_code == 0, ran.output
    (line,) = (line for line in ran.output.splitlines() if line.startswith("  clause "))
    assert "fine-tuning: assay NONE (not calibrated, for there is no record of organisms on the base tiny)" in line


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study on the tiny model that asks for every clause, run as `study.run` does, in one process."""
    folder, corpus = tmp_path_factory.mktemp("clauses"), small_corpus()
    plan, jobs, evidence = build_plan(WHOLE, corpus, 8000, {}), jobs_of(WHOLE), folder / "evidence"
    for job in jobs:
        run_job(job, corpus, folder, lambda stage, share: None)
    gather(WHOLE, plan, jobs, corpus, Store(folder / "store"), {}, evidence)
    write_report(evidence, judge_evidence(evidence), folder / "report.html")
    return folder


def test_a_run_judges_and_reports_every_clause_that_it_asked(ran: Path) -> None:
    found = load_evidence(ran / "evidence")
    assert {gate.id for gate in found.plan.clauses} == set(CLAUSES)
    organisms = record(robust=True, drift=True, lexical=True, interchange=True)
    calibrated = planned_clauses(WHOLE, organisms)

    def judged(plan: Plan) -> dict[str, GateRow]:
        return clause_rows(judge(plan, found.checks, found.responses, found.readings, losses=found.losses))

    for name, row in judged(found.plan).items():
        assert row.state == "untested" and "not calibrated" in row.value, name
        assert row.value.startswith("- P "), f"{name} was not measured"
    states = {name: row.state for name, row in judged(replace(found.plan, clauses=calibrated)).items()}
    assert {name for name, state in states.items() if state == "untested"} == {"distributed", "stable"}
    page = (ran / "report.html").read_text(encoding="utf-8")
    profile = page[page.index('<section id="profile"') :]
    profile = profile[: profile.index("</section>")]
    assert profile.count("untested</span>") == len(CLAUSES)
    for told in profile.split("Measured by"):  # what the plan fixed, and what was measured
        assert told.count("there is no record of organisms on the base tiny") == 4
        assert told.count("no organism was planted that shows it") == 2


def test_a_clause_measures_what_its_instrument_measured_in_organisms(ran: Path) -> None:
    found = load_evidence(ran / "evidence")
    tables = check_tables(found.responses, found.readings)
    instruments = {i.name: i for i in INSTRUMENTS}
    clauses = [c for c in found.plan.clauses if c.id in ("pressure", "fine-tuning", "lexical")]
    for clause in clauses:
        values = instruments[CLAUSES[clause.id].instrument].values(tables)
        scores = measured(found.plan, clause, tables)
        assert {(name, seed) for name, m in scores.arms.items() for seed in m.seeds} == set(values) != set()
        for (name, seed), row in values.items():
            assert scores.arms[name].rows([seed])[0] == pytest.approx(row), (clause.id, name)
    assert len(clauses) == 3
