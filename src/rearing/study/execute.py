"""The local executor: one single-threaded worker a core, progress with an estimate, plain lines off a terminal.

Two one-thread workers beat one two-thread worker on this work, and one thread gives the same bytes on any core count.
"""

import gc
import multiprocessing
import os
import queue
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rearing.corpus.load import Corpus
from rearing.errors import RearingError, StageError
from rearing.models.identity import DEVICE
from rearing.models.memory import HUGE_PAGES
from rearing.plugins import blame
from rearing.store.workers import WORKERS, cores, end_with_parent
from rearing.study.worker import run_job

Events = Any
_corpus: Corpus | None = None  # of a worker
PLAIN_SECONDS = 20.0


class Shown(Protocol):
    """What workers do."""

    @property
    def shown(self) -> str:
        """Its name in a progress display."""


AnyJob = TypeVar("AnyJob", bound=Shown)
Work = Callable[[AnyJob, Corpus, Path, Callable[[str, float], None]], None]


class Display(Protocol):
    """Where progress goes."""

    def advance(self, seconds: float, text: str) -> None:
        """This many seconds of forecast work were done, by this job and stage."""

    def close(self) -> None:
        """Nothing more comes."""


class Quiet:
    """No progress at all."""

    def advance(self, seconds: float, text: str) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing to close."""


class Plain:
    """A line now and then, for logs and pipes."""

    def __init__(self, total: float) -> None:
        """Expect `total` forecast seconds of work."""
        self.total, self.done, self.started, self.last = total, 0.0, time.monotonic(), 0.0

    def advance(self, seconds: float, text: str) -> None:
        """Print a line if the last one is old enough."""
        self.done += seconds
        now = time.monotonic()
        if now - self.last >= PLAIN_SECONDS:
            self.last = now
            share = min(self.done / self.total, 1.0) if self.total else 1.0
            left = (now - self.started) * (1 - share) / share if share > 0.02 else float("nan")
            print(f"{share:4.0%}  {text}" + (f"  about {left / 60:.0f} min left" if left == left else ""), flush=True)

    def close(self) -> None:
        """Nothing to close."""


class Bar:
    """A rich progress bar with the time left."""

    def __init__(self, total: float) -> None:
        """Expect `total` forecast seconds of work."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.percentage:3.0f}%"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self.progress.start()
        self.task = self.progress.add_task("starting", total=total)

    def advance(self, seconds: float, text: str) -> None:
        """Move the bar."""
        self.progress.update(self.task, advance=seconds, description=text)

    def close(self) -> None:
        """Take the bar away."""
        self.progress.stop()


def display(total: float, quiet: bool) -> Display:
    """The display that fits where we run."""
    if quiet:
        return Quiet()
    return Bar(total) if sys.stdout.isatty() else Plain(total)


def worker_count() -> int:
    """One worker a core that this process may use, one alone on a GPU, or REARING_WORKERS."""
    on_gpu = os.environ.get(DEVICE, "cpu") != "cpu"
    return 1 if on_gpu and not os.environ.get(WORKERS) else cores()


def execute(
    jobs: Sequence[AnyJob],
    corpus: Corpus,
    root: Path,
    costs: Sequence[dict[str, float]],
    quiet: bool,
    work: Work[AnyJob] = run_job,  # type: ignore[assignment]
) -> None:
    """Run all jobs; the first failure stops the rest, finished stages stay.

    Args:
        jobs: What to run, in this order.
        corpus: What all of them draw on; handed to every worker once.
        root: Run folder.
        costs: Forecast seconds by stage, one a job, for the progress display.
        quiet: No progress display.
        work: What a worker does with a job; a function of a module.

    Raises:
        RearingError: A job failed.
    """
    total = sum(sum(stages.values()) for stages in costs) / max(1, min(len(jobs), worker_count()))
    shown = display(total, quiet)
    workers = min(worker_count(), len(jobs))
    context = multiprocessing.get_context("spawn")
    for name, setting in HUGE_PAGES.items():
        os.environ.setdefault(name, setting)  # workers inherit it
    manager = SyncManager(ctx=context)
    manager.start(end_with_parent)
    with manager:
        events = manager.Queue()
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(corpus,))
        try:
            futures = [pool.submit(_work, index, job, root, events, work) for index, job in enumerate(jobs)]

            def show(index: int, stage: str, share: float) -> None:
                shown.advance(costs[index].get(stage, 0.0) * share / workers, f"{jobs[index].shown} {stage}")

            _watch(futures, events, show)
        except BaseException:
            _stop(pool)
            raise
        finally:
            shown.close()
            pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(corpus: Corpus) -> None:
    """Keep the corpus, and import what every job needs."""
    end_with_parent()
    global _corpus
    _corpus = corpus
    import rearing.models.base  # noqa: F401

    gc.freeze()  # what stays is not gone through whenever a model is dropped


def _work(index: int, job: AnyJob, root: Path, events: Events, work: Work[AnyJob]) -> None:
    assert _corpus is not None
    try:
        work(job, _corpus, root, lambda stage, share: events.put((index, stage, share)))
    except RearingError:
        raise
    except Exception as err:  # the traceback, which tells whose line it is, stays in this process
        if blamed := blame(err):
            raise blamed from err
        raise


def _watch(futures: Sequence["Future[None]"], events: Events, show: Callable[[int, str, float], None]) -> None:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
        while True:
            try:
                show(*events.get_nowait())
            except queue.Empty:
                break
        for future in done:
            _check(future)


def _check(future: "Future[None]") -> None:
    try:
        future.result()
    except BrokenProcessPool as err:
        raise StageError(
            "a worker was killed, perhaps for want of memory; run the same command again to go on"
        ) from err
    except RearingError:
        raise
    except Exception as err:
        raise StageError(f"a job failed: {type(err).__name__}: {err}") from err


def _stop(pool: ProcessPoolExecutor) -> None:
    for process in list((pool._processes or {}).values()):
        process.terminate()
