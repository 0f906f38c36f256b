"""Run folders: one study, one writer at a time. The lock is the kernel's, so a killed run leaves none behind."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rearing.errors import StoreError
from rearing.store.artifacts import disk_errors, write_json

OWNER = "run.json"
LOCK = "run.lock"


@contextmanager
def open_run(folder: Path, study: str) -> Iterator[Path]:
    """The run folder of a study, locked until the block ends.

    Raises:
        StoreError: The folder belongs to another study, is in use by another run, or cannot be written.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a+")
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            lock.seek(0)
            raise StoreError(
                f"is in use by another run (process {lock.read().strip() or 'unknown'})",
                "wait for it or choose another folder with --out",
                folder,
            ) from err
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _claim(folder, study)
        yield folder
    finally:
        lock.close()


def _claim(folder: Path, study: str) -> None:
    owner = folder / OWNER
    if owner.exists():
        try:
            found = json.loads(owner.read_text()).get("study")
        except ValueError:
            found = None
        if found != study:
            raise StoreError(
                f"holds the run of study {found!r}, not of {study!r}", "choose another folder with --out", folder
            )
    else:
        write_json(owner, {"study": study})
