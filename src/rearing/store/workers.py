"""Worker processes: how many, and that none outlives the process that started it, kill -9 included."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from rearing.errors import StageError, StudyError

Result = TypeVar("Result")


def end_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone: the first thing that a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


WORKERS = "REARING_WORKERS"
KILLED = "a worker was killed, perhaps for want of memory; run the same command again"


def cores() -> int:
    """Those that this process may use, or as many as REARING_WORKERS says.

    Raises:
        StudyError: It says no number.
    """
    if wanted := os.environ.get(WORKERS):
        if not wanted.isdigit() or int(wanted) < 1:
            raise StudyError(f"{WORKERS} is {wanted!r}", "give a number of processes, or unset it")
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_all_cores(
    work: Callable[..., Result],
    jobs: Sequence[tuple[Any, ...]],
    begin: Callable[..., None] | None = None,
    given: tuple[Any, ...] = (),
) -> list[Result]:
    """The results of independent jobs, in order; one process a core, or this one alone if there is no more than one.

    Args:
        work: Called with the arguments of each job.
        jobs: Their arguments.
        begin: Called once in every process with what is `given`, before any work.
        given: What all jobs share.

    Raises:
        StageError: A process was killed.
    """
    if min(cores(), len(jobs)) < 2:
        if begin:
            begin(*given)
        return [work(*job) for job in jobs]
    size = min(cores(), len(jobs))
    try:
        with ProcessPoolExecutor(size, get_context("spawn"), _start, (begin, given)) as pool:
            return list(pool.map(work, *zip(*jobs, strict=True)))
    except BrokenProcessPool as err:
        raise StageError(KILLED) from err


@contextmanager
def aside(work: Callable[..., Result], *args: Any) -> Iterator[Callable[[], Result]]:
    """Let another process work meanwhile, if there is another core; what is yielded waits for its result.

    Raises:
        StageError: The process was killed.
    """
    if cores() < 2:
        yield lambda: work(*args)
        return
    with ProcessPoolExecutor(1, get_context("spawn"), _start, (None, ())) as pool:
        future = pool.submit(work, *args)
        try:
            yield future.result
        except BrokenProcessPool as err:
            raise StageError(KILLED) from err


def _start(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    end_with_parent()
    if begin:
        begin(*given)
