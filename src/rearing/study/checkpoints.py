"""Kept checkpoints under names that a person can type: `checkpoints/ARM-SEED`, for other people's tools.

lm_eval run --model hf --model_args pretrained=runs/pilot/checkpoints/flat-shuffled-1234 --tasks ...
"""

import os
from collections.abc import Sequence
from pathlib import Path

from rearing.corpus.load import Corpus
from rearing.store.artifacts import Store, disk_errors
from rearing.study.job import Job, Keys


def link_checkpoints(jobs: Sequence[Job], corpus: Corpus, store: Store, folder: Path) -> None:
    """Link the models of `jobs` into `folder`, and no others; the store holds each once, as transformers opens it.

    Links are relative, so that a run folder can be moved as a whole.
    """
    if not jobs and not folder.exists():
        return
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            if old.is_symlink():
                old.unlink()
        for job in jobs:
            if job.trained:
                kept = store.path("weights", Keys(job, corpus)["train"])
                (folder / f"{job.arm}-{job.seed}").symlink_to(os.path.relpath(kept, folder))
