"""Twins are trained on the first seeds only; the shipped studies that use them pass their audit."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpus_fixture import commons, grown_corpus

from rearing.arms.curriculum import arm
from rearing.records.document import Curriculum
from rearing.study.curricula import study_curricula
from rearing.study.evidence import audit_study
from rearing.study.planning import jobs_of
from rearing.study.schema import Study, load_study
from rearing.study.seeds import seeds_of, training_seeds

TWIN = "flat-shuffled-flipped"
ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled", TWIN)
STUDIES = Path(__file__).parents[2] / "studies"


def test_a_twin_has_the_first_seeds_of_the_study() -> None:
    study = Study(name="t", base="tiny", arms=ARMS, seeds=3, twin_seeds=2)
    assert seeds_of(study, TWIN) == training_seeds(study)[:2]
    assert all(seeds_of(study, name) == training_seeds(study) for name in ARMS[:3])
    assert seeds_of(study.model_copy(update={"twin_seeds": None}), TWIN) == training_seeds(study)
    jobs = [job for job in jobs_of(study) if job.trained]
    assert [job.seed for job in jobs if job.arm == TWIN] == list(training_seeds(study)[:2]) and len(jobs) == 11
    made = study_curricula(study, grown_corpus())
    assert {name: len(per_seed) for name, per_seed in made.items()} == dict(zip(ARMS, (3, 3, 3, 2), strict=True))


def test_more_seeds_for_twins_than_there_are_changes_nothing() -> None:
    study = Study(name="t", base="tiny", arms=ARMS, seeds=2, twin_seeds=9)
    assert seeds_of(study, TWIN) == training_seeds(study)


@pytest.mark.parametrize("name", ["pilot", "full"])
def test_the_shipped_studies_pass_their_audit(name: str) -> None:
    study = load_study(STUDIES / f"{name}.toml").model_copy(update={"seeds": 2, "twin_seeds": 1})
    rows = audit_study(study, commons())
    assert [r for r in rows if not r.passed] == []
    gated = {r.name for r in rows if r.gates}
    assert {"tokens", "twins", "propositions", "order", "overlap", "leak_markers"} <= gated
    assert not any(arm(n).flipped for r in rows for n in r.values)


def test_the_audit_of_a_study_sees_what_is_fed(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(name="t", base="tiny", arms=ARMS, seeds=1)
    made = study_curricula(study, grown_corpus())

    def cut(c: Curriculum) -> Curriculum:
        return replace(c, steps=c.steps[:12] + c.steps[13:])

    short = made | {"principled-shuffled": [cut(c) for c in made["principled-shuffled"]]}
    monkeypatch.setattr("rearing.study.evidence.study_curricula", lambda *_: short)
    told = [r.name for r in audit_study(study, grown_corpus()) if not r.passed]
    assert told == ["steps", "inner"], "two of twelve lessons less, and so the mean of their forks"
