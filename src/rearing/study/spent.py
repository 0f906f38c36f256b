"""What the finished stages of a run cost, beside their forecast."""

from collections.abc import Sequence
from dataclasses import dataclass

from rearing.corpus.load import Corpus
from rearing.store.artifacts import Store
from rearing.study.forecast import Forecast
from rearing.study.job import Job, Keys, stages


@dataclass(frozen=True, slots=True)
class Spent:
    """One stage of those jobs that have finished it.

    Attributes:
        tokens, seconds: (forecast, real). Seconds are those of one core: of a worker, its CPU seconds.
    """

    stage: str
    jobs: int
    tokens: tuple[int, int]
    seconds: tuple[float, float]

    @property
    def line(self) -> str:
        """For a person."""
        (planned, real), (expected, took) = self.tokens, self.seconds
        return (
            f"{self.stage} x {self.jobs}: {took / 60:.1f} CPU-minutes, forecast {expected / 60:.1f} "
            f"({took / expected - 1:+.0%}); {real:,} tokens, forecast {planned:,} ({real / planned - 1:+.1%})"
        )


def spent(jobs: Sequence[Job], corpus: Corpus, store: Store, cost: Forecast) -> list[Spent]:
    """Stage by stage, over all finished jobs that recorded what they cost."""
    if not store.root.exists():  # the keys of all jobs take a minute
        return []
    rows: dict[str, list[tuple[int, float, float, float]]] = {}
    for job in jobs:
        keys = Keys(job, corpus)
        for stage in stages(job):
            if real := store.spent(stage, keys[stage]):
                planned = cost.work[job.id][stage]
                tokens = planned.trained + planned.scored + planned.exact
                row = (tokens, real["trained"] + real["scored"], cost.seconds[job.id][stage], real["cpu_seconds"])
                rows.setdefault(stage, []).append(row)
    found = []
    for stage, of in rows.items():
        planned_tokens, tokens, expected, seconds = (sum(column) for column in zip(*of, strict=True))
        found.append(Spent(stage, len(of), (int(planned_tokens), int(tokens)), (expected, seconds)))
    return found
