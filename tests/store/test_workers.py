import os
import subprocess
import sys

import pytest

from rearing.errors import StageError
from rearing.store.workers import WORKERS, aside

WORKER = """
import time
from rearing.store.workers import end_with_parent
end_with_parent()
print("at work", flush=True)
time.sleep(30)
print("left by itself")
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKER!r}])"


def test_a_worker_ends_when_its_parent_was_killed() -> None:
    """The worker writes to the output of its parent, which therefore ends when both have ended."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        parent.kill()
        assert parent.stdout.read() == ""


def test_a_job_aside_runs_in_another_process_while_this_one_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for count, elsewhere in (("2", True), ("1", False)):
        monkeypatch.setenv(WORKERS, count)
        with aside(os.getpid) as found:
            assert (found() != os.getpid()) == elsewhere


def test_a_job_aside_that_is_killed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS, "2")
    with pytest.raises(StageError, match="killed"), aside(os.abort) as found:
        found()
