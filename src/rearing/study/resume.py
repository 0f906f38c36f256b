"""What an interrupted run goes on with, and what it left that nobody will use any more."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from rearing.corpus.load import Corpus
from rearing.store.artifacts import Store
from rearing.study.job import Job, Keys, missing


def snapshots(root: Path, key: str) -> Path:
    """The folder for snapshots of a training, by its key, in the run folder `root`."""
    return root / "partial" / key[:20]


def unfinished(
    jobs: Sequence[Job], corpus: Corpus, root: Path, seconds: Mapping[str, Mapping[str, float]]
) -> list[tuple[Job, dict[str, float]]]:
    """The jobs with a stage missing, each with the forecast seconds of what is left of it, by stage.

    Snapshots that killed workers left beside finished jobs are removed. Weights stay, and what belongs to none of the
    jobs: a changed study file may be changed back.

    Args:
        jobs: Of a study.
        corpus: What they draw on.
        root: Its run folder, locked.
        seconds: Forecast by id and stage.
    """
    todo = []
    for job in jobs:
        if left := _seconds_left(job, corpus, root, seconds[job.id]):
            todo.append((job, left))
        else:
            shutil.rmtree(snapshots(root, Keys(job, corpus)["train"]), ignore_errors=True)
    return todo


def _seconds_left(job: Job, corpus: Corpus, root: Path, forecast: Mapping[str, float]) -> dict[str, float]:
    """{} if nothing is missing. Where weights were not kept, a job is trained again for its other stages."""
    store = Store(root / "store")
    left = {stage: forecast[stage] for stage in missing(job, corpus, store)}
    if left and job.trained:
        key = Keys(job, corpus)["train"]
        gone = store.get("weights", key) is None
        left["train"] = forecast["train"] * (1 - _trained(snapshots(root, key))) if gone else 0.0
    return left


def _trained(folder: Path) -> float:
    """The share of a training that its newest snapshot has; 0 if none can be read."""
    try:
        progress = json.loads((max(folder.glob("step-*")) / "progress.json").read_text())
        return float(progress["done"] / progress["of"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def clear(job: Job, corpus: Corpus, root: Path) -> None:
    """Remove what a finished job needs no more: snapshots, and weights that are not kept."""
    key = Keys(job, corpus)["train"]
    shutil.rmtree(snapshots(root, key), ignore_errors=True)
    if job.study.keep == "none":
        Store(root / "store").drop("weights", key)
