"""What an interrupted run goes on with: its progress begins there, and nothing lies about when it is done."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import STUDY as TINY
from tests.corpus_fixture import commons, grown_corpus

from rearing.errors import StageError
from rearing.store.artifacts import Store
from rearing.study.job import Job, Keys, stages
from rearing.study.planning import jobs_of
from rearing.study.resume import snapshots, unfinished
from rearing.study.run import run_study
from rearing.study.schema import AttackTable, ExamineTable, RecipeTable, Study, load_study
from rearing.study.worker import run_job

STUDY = Study(
    name="interrupted",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    stage_lessons=2,
    recipe=RecipeTable(documents_per_step=4, warmup_steps=2, dtype="fp32"),
    examine=ExamineTable(vignettes=4, forms=("chat",)),
    attack=AttackTable(seeds=0),
)
JOB = Job(STUDY, "flat-shuffled", 1, False)
SECONDS = {JOB.id: {"train": 10.0, "examine": 20.0, "read": 30.0}}
OTHER = "f" * 64


def left(root: Path, job: Job = JOB) -> list[dict[str, float]]:
    return [seconds for _, seconds in unfinished([job], grown_corpus(), root, SECONDS)]


def done(root: Path, job: Job = JOB) -> tuple[Store, str]:
    """The store of a run folder in which a job is done, and the key of its training."""
    run_job(job, grown_corpus(), root, lambda stage, share: None)
    return Store(root / "store"), Keys(job, grown_corpus())["train"]


def snapshot(root: Path, key: str) -> Path:
    """One that has three steps of four."""
    folder = snapshots(root, key) / "step-000003"
    folder.mkdir(parents=True)
    (folder / "progress.json").write_text(json.dumps({"done": 3, "of": 4}))
    return folder


def weights(store: Store, key: str) -> Path:
    with store.create("weights", key, {}):
        pass
    return store.path("weights", key)


def test_only_what_is_left_is_forecast(tmp_path: Path) -> None:
    assert left(tmp_path) == [SECONDS[JOB.id]]
    store, key = done(tmp_path)
    assert left(tmp_path) == []
    store.drop("read", Keys(JOB, grown_corpus())["read"])
    assert left(tmp_path) == [{"read": 30.0, "train": 10.0}], "the weights were not kept"
    snapshot(tmp_path, key)
    assert left(tmp_path) == [{"read": 30.0, "train": 2.5}]
    weights(store, key)
    assert left(tmp_path) == [{"read": 30.0, "train": 0.0}]


def test_a_run_shows_the_progress_of_what_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, told = tmp_path / "tiny.toml", dict[str, Any]()
    path.write_text(TINY)
    base = jobs_of(load_study(path))[0]
    run_job(base, commons(), tmp_path / "run", lambda stage, share: None)
    Store(tmp_path / "run" / "store").drop("read", Keys(base, commons())["read"])

    def stopped(jobs: list[Job], corpus: object, root: Path, costs: list[dict[str, float]], quiet: bool) -> None:
        told.update(zip((job.id for job in jobs), costs, strict=True))
        raise StageError("stopped")

    monkeypatch.setattr("rearing.study.run.execute", stopped)
    with pytest.raises(StageError, match="stopped"):
        run_study(path, tmp_path / "run")
    assert told.pop(base.id).keys() == {"read"}
    assert told and all(set(stages(JOB)) <= costs.keys() for costs in told.values())


@pytest.mark.parametrize("keep", ["none", "final"])
def test_what_killed_workers_left_of_finished_jobs_is_removed_and_nothing_else(tmp_path: Path, keep: str) -> None:
    job = Job(STUDY.model_copy(update={"keep": keep}), JOB.arm, JOB.seed, False)
    store, key = done(tmp_path, job)
    mine, others = [snapshot(tmp_path, k) for k in (key, OTHER)]
    kept, of_others = [weights(store, k) for k in (key, OTHER)]
    assert left(tmp_path, job) == []
    assert not mine.parent.exists() and kept.exists(), "a study that keeps none may keep them again"
    assert others.exists() and of_others.exists(), "a changed study file may be changed back"


def test_a_snapshot_beside_its_weights_is_removed_when_the_job_is_done(tmp_path: Path) -> None:
    job = Job(STUDY.model_copy(update={"keep": "final"}), JOB.arm, JOB.seed, False)
    store, key = done(tmp_path, job)
    beside = snapshot(tmp_path, key)
    store.drop("read", Keys(job, grown_corpus())["read"])
    done(tmp_path, job)
    assert not beside.exists() and store.get("weights", key) is not None
