"""Readings are named in a study; the one that the assay chose is what the plan judges gate 3 on."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.corpus_fixture import small_corpus
from tests.study.test_assay import FILE, tables

from rearing.models.base import open_model
from rearing.records.reading import READING_NAMES
from rearing.records.scenario import Phrase
from rearing.store.artifacts import Store
from rearing.store.tables import join
from rearing.study.assay import choose
from rearing.study.assay_math import gate_rows, measure
from rearing.study.curricula import seed_curricula, told
from rearing.study.forecast import forecast
from rearing.study.job import UNTRAINED, Job, Keys, read_stage
from rearing.study.planning import assay_setting, gates
from rearing.study.schema import AttackTable, CheckpointTable, ExamineTable, Study
from rearing.study.worker import run_job

ARMS = ("branching-developmental", "principled-shuffled", "flat-shuffled")
STUDY = Study(
    name="s",
    base="tiny",
    arms=ARMS,
    examine=ExamineTable(vignettes=4, forms=("chat",)),
    attack=AttackTable(seeds=0),
)


def asking(*readings: str, study: Study = STUDY) -> Study:
    examine = ExamineTable.model_validate(study.examine.model_dump() | {"readings": readings})
    return study.model_copy(update={"examine": examine})


def test_other_readings_are_another_artifact_of_that_stage_alone() -> None:
    inputs = [Keys(Job(s, ARMS[0], 1, False), small_corpus()).inputs for s in (STUDY, asking("decode", "dose"))]
    assert [stage for stage in inputs[0] if inputs[0][stage] != inputs[1][stage]] == ["read"]
    assert "readings" not in str(inputs[0]), "studies from before there was a choice keep their artifacts"


def test_what_reads_lessons_is_made_anew_when_a_lesson_says_something_else() -> None:
    """Though the arm is fed the same: not every arm says all that a lesson says."""
    corpus, (plain, reading) = small_corpus(), (asking("decode"), asking("decode", "recency"))
    fed = seed_curricula(reading, corpus, 1)[ARMS[0]]
    known = told(fed, corpus)
    assert known is not None
    name = known.lessons[0].id
    edited = replace(corpus, sources={**corpus.sources, name: replace(corpus.sources[name], digest="another")})

    def changed(study: Study) -> list[str]:
        one, two = (Keys(Job(study, ARMS[0], 1, False), c).inputs for c in (corpus, edited))
        return [stage for stage in one if one[stage] != two[stage]]

    assert changed(plain) == [] and changed(reading) == ["read"]


def test_what_readings_are_made_of_is_in_their_key_and_in_no_other() -> None:
    """They read the bank as `mf` and by its foundations, which no item of the gates shows."""
    corpus = small_corpus()
    attacked = STUDY.model_copy(update={"attack": AttackTable(seeds=1, readings=("decode",))})
    v = next(v for v in corpus.vignettes if v.split != "dev")
    told_so = Phrase(inf="wait a while", fin="waits a while", ger="waiting a while")
    options = (replace(v.options[0], mf=told_so), v.options[1])
    for edited in (replace(v, options=options), replace(v, foundations=(*v.foundations, "liberty"))):
        others = tuple(edited if w.id == v.id else w for w in corpus.vignettes)
        changed = replace(corpus, vignettes=others, digest=repr(edited))
        one, two = (Keys(Job(attacked, ARMS[0], 1, True), c).inputs for c in (corpus, changed))
        assert [stage for stage in one if one[stage] != two[stage]] == ["read", "attack"]


def test_the_placebo_was_told_no_lesson() -> None:
    study, corpus = asking("decode", "recency"), small_corpus()
    study = study.model_copy(update={"arms": (*ARMS, "neutral-shuffled")})
    fed = seed_curricula(study, corpus, 1)
    assert told(fed["neutral-shuffled"], corpus) is None and told(fed[ARMS[0]], corpus) is not None
    assert "lessons" not in Keys(Job(study, "neutral-shuffled", 1, False), corpus).inputs["read"]


@pytest.mark.parametrize(("listed", "lacking"), [(("decode", "dose"), "decode"), (("coupling", "dose"), "dose")])
def test_the_reading_with_the_largest_value_effect_carries_gate_3(listed: tuple[str, str], lacking: str) -> None:
    """Planted in one of the listed readings alone."""
    file = FILE.model_copy(update={"readings": listed})
    (responses, alive), (_, dead) = tables(value=0.17, gain=0.15), tables(value=0.0, gain=0.0)
    first = pl.col("reading") == "decode"  # what the planted tables call their two readings
    named = pl.when(first).then(pl.lit(listed[0])).otherwise(pl.lit(listed[1]))
    whole = listed[1] if lacking == listed[0] else listed[0]
    readings = pl.concat(
        [
            alive.with_columns(reading=named).filter(pl.col("reading") == whole),
            dead.with_columns(reading=named).filter(pl.col("reading") == lacking),
        ]
    )
    chosen = choose(file, [measure(file, 0, responses, readings)])
    assert chosen.reading == whole
    searched = gate_rows(file, chosen, responses, readings)
    confirmed = gate_rows(file, chosen, responses, readings, searched)
    rows = [g for g in confirmed if g.gate == "representational"]
    assert [(g.select, g.measure, g.state) for g in rows if g.carries] == [(whole, "judgement", "PASS")]
    assert {(g.select, g.state) for g in rows} == {(whole, "PASS"), (lacking, "FAIL")}
    note = next(g.note for g in rows if g.select == lacking)
    assert note.startswith("no value effect above 0 in every renderer in the search")


def test_the_plan_judges_what_the_assay_chose_and_says_if_a_study_does_not_read_it() -> None:
    corpus, study = small_corpus(), asking("decode", "dose")
    row = {"gate": "representational", "carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": ""}
    record = {"setting": assay_setting(study, corpus), "gates": [row | {"select": "dose"}]}
    assert [(g.select, g.assay) for g in gates(study, corpus, record)][2] == ("dose", "PASS")
    without = gates(STUDY, corpus, record)[2]
    assert (without.select, without.assay) == ("dose", "NONE")
    assert without.note == "the study does not make the reading dose, which stands for this gate"
    # Records from before there was a choice stand on coupling.
    assert [(g.select, g.assay) for g in gates(STUDY, corpus, record | {"gates": [row]})][2] == ("coupling", "PASS")


def test_a_checkpoint_that_is_the_base_is_read_as_the_base(tmp_path: Path) -> None:
    lm = open_model("tiny")
    lm.model.save_pretrained(tmp_path / "same")
    lm.tokenizer.save_pretrained(tmp_path / "same")
    study = asking(*READING_NAMES).model_copy(
        update={"checkpoints": (CheckpointTable(name="same", path=tmp_path / "same"),)}
    )
    corpus, found = small_corpus(), []
    jobs = [Job(study, name, 0, False) for name in (UNTRAINED, "same")]
    planned = forecast(study, jobs, corpus, 1).work
    for job in jobs:
        run_job(job, corpus, tmp_path / "run", lambda stage, share: None)
        store = Store(tmp_path / "run" / "store")
        table = join("readings", [read_stage(job, corpus, store, "read")])
        found.append(table.drop("arm").sort("reading", "site", "scenario", "situation"))
        spent = store.spent("read", Keys(job, corpus)["read"])
        assert (spent["trained"], spent["scored"]) == (planned[job.id]["read"].trained, planned[job.id]["read"].scored)
    assert found[0].equals(found[1])
    assert set(found[0]["reading"]) >= set(READING_NAMES) - {"recency"}, "neither was told anything here"


def test_which_lessons_were_told_and_when() -> None:
    corpus = small_corpus()
    orders = ("branching-developmental", "branching-reversed", "branching-shuffled")
    study = STUDY.model_copy(update={"arms": orders, "structured": orders[0], "comparators": orders[2:], "tellings": 2})
    found = {name: told(c, corpus) for name, c in seed_curricula(study, corpus, 3).items()}
    for known in found.values():
        assert [x.id for x in known.lessons] == [x.id for x in found[orders[0]].lessons] != []
        assert len(known.when) == len(known.lessons) and 0 < min(known.when) and max(known.when) < 1
    stages = [x.stage for x in found[orders[0]].lessons]
    up, down, mixed = (np.corrcoef(stages, found[name].when)[0, 1] for name in orders)
    assert up > 0.99 and down < -0.99 and abs(mixed) < 0.9
    assert sum(Counter(x.id for x in found[orders[0]].lessons).values()) == len(stages), "two tellings are one lesson"


def test_a_reared_model_is_read_with_the_order_in_which_it_was_told(tmp_path: Path) -> None:
    corpus, study = small_corpus(), asking("decode", "wordless", "interchange", "spread", "recency")
    job = Job(study, ARMS[0], 5, False)
    run_job(job, corpus, tmp_path, lambda stage, share: None)
    store = Store(tmp_path / "store")
    rows = join("readings", [read_stage(job, corpus, store, "read")])
    lessons = {x.id for x in told(seed_curricula(study, corpus, 5)[ARMS[0]], corpus).lessons}
    assert set(rows.filter(pl.col("reading") == "recency")["scenario"]) == lessons
    twins = {"decode-orderless", "decode-orderless-null", "wordless-orderless", "spread-orderless-null"}
    assert twins < set(rows["reading"])
    planned = forecast(study, [job], corpus, 1).work[job.id]["read"]
    spent = store.spent("read", Keys(job, corpus)["read"])
    assert (spent["trained"], spent["scored"]) == (planned.trained, planned.scored)
