"""From the zoo to the matrix: train, examine, measure; finished organisms are not made again."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rearing.corpus.load import Corpus, load_corpus
from rearing.models.identity import EMBEDDED, base_identity
from rearing.organisms.matrix import calibrations, measure
from rearing.organisms.report import COMMAND, Found, markdown
from rearing.organisms.scenarios import PUBLISHED, World, scenarios
from rearing.organisms.zoo import ORGANISMS, Examination, Organism
from rearing.records.plan import UNTRAINED, derived_seeds
from rearing.records.scenario import Neutral, Vignette
from rearing.store.artifacts import Store, digest, write_atomic, write_json
from rearing.store.runs import open_run
from rearing.store.tables import join, write_table
from rearing.study.execute import execute
from rearing.verdict.scores import check_tables

KIND = "organism"
VERSION = 2  # bumped by hand when the meaning of a table changes


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made.

    Attributes:
        seeds: Of every organism.
        scenarios: Those that organisms are trained and examined on.
        seconds: Forecast of one organism, for the progress display.
    """

    seeds: int
    scenarios: int
    seconds: float


QUICK = Size(seeds=1, scenarios=8, seconds=150)
FULL = replace(QUICK, seeds=3)
"""The organisms of `QUICK` are the first seed of it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One organism of one seed, or the untrained base (seed 0)."""

    organism: Organism | None
    seed: int
    base: str
    vignettes: tuple[Vignette, ...]
    examination: Examination

    @property
    def name(self) -> str:
        """The arm in the tables."""
        return self.organism.name if self.organism else UNTRAINED

    @property
    def shown(self) -> str:
        """The name in a progress display."""
        return f"{self.name}/{self.seed}"

    def inputs(self, corpus: Corpus) -> dict[str, Any]:
        """What the tables are made from."""
        return {
            "version": VERSION,
            "organism": asdict(self.organism) if self.organism else None,
            "seed": self.seed,
            "base": base_identity(self.base),
            "vignettes": [asdict(v) for v in self.vignettes],
            "examination": asdict(self.examination),
            "corpus": corpus.digest,
        }


def run_organisms(
    size: Size,
    out: Path | None = None,
    quiet: bool = False,
    *,
    base: str = EMBEDDED,
    world: World = PUBLISHED,
    among: Sequence[Organism] = ORGANISMS,
    examination: Examination = Examination(),
) -> Found:
    """Train, examine and measure every organism.

    Args:
        size: `QUICK` or `FULL`.
        out: Run folder; `runs/organisms` if None.
        quiet: No progress display.
        base: The base of all of them.
        world: Whose rule; all but `PUBLISHED` are for developing.
        among: The organisms.
        examination: What they are asked.

    Raises:
        StageError: A job failed; run again to go on from there.
    """
    corpus = load_corpus()
    jobs = jobs_of(size, base, world, among, examination)
    with open_run(out or Path("runs") / "organisms", "organisms") as folder:
        store = Store(folder / "store")
        store.sweep()
        todo = [job for job in jobs if store.get(KIND, digest(job.inputs(corpus))) is None]
        if todo:
            stages = {"train": size.seconds / 2, "examine": size.seconds / 2}
            execute(todo, corpus, folder, [stages] * len(todo), quiet, make)
        folders = [store.path(KIND, digest(job.inputs(corpus))) for job in jobs]
        cells = measure(check_tables(join("responses", folders), join("readings", folders)))
        setting = {"base": base, "corpus": f"{corpus.name} {corpus.version}", "world": world, "size": asdict(size)}
        setting["organisms"] = digest([asdict(organism) for organism in among])
        found = Found(tuple(cells), tuple(calibrations(cells)), setting, folder)
        write_json(folder / "organisms.json", found.record())
        write_atomic(folder / "organisms.md", markdown(found, COMMAND + (" --quick" if size == QUICK else "")).encode())
    return found


def jobs_of(size: Size, base: str, world: World, among: Sequence[Organism], examination: Examination) -> list[Job]:
    """The base, then seed by seed every organism."""
    chosen = scenarios(world, size.scenarios)
    made = [Job(None, 0, base, chosen, examination)]
    for seed in derived_seeds(f"organisms {world}", size.seeds):
        made += [Job(organism, seed, base, chosen, examination) for organism in among]
    return made


def make(job: Job, corpus: Corpus, root: Path, report: Callable[[str, float], None]) -> None:
    """What a worker does: plant, examine, keep the tables; the weights are not kept."""
    from rearing.models.base import chosen_device, open_model, single_thread
    from rearing.models.memory import release_memory
    from rearing.organisms.examine import Rows, examine, planted
    from rearing.organisms.train import plant_organism

    single_thread()
    lm = open_model(job.base, "fp32", chosen_device())
    made: Rows = []
    if job.organism is not None:
        about: Sequence[Vignette | Neutral] = job.vignettes
        if job.organism.neutral:
            about = sorted(corpus.neutral, key=lambda s: s.id)[: len(job.vignettes)]
        plant_organism(lm, job.organism, about, job.seed, lambda share: report("train", share))
        made = planted(lm, job.organism, about, job.seed)
        release_memory()
    responses, readings = examine(lm, job.vignettes, corpus, job.examination, lambda done: report("examine", done))
    responses += made
    who = {"arm": job.name, "seed": job.seed}
    inputs = job.inputs(corpus)
    with Store(root / "store").create(KIND, digest(inputs), inputs) as folder:
        write_table(folder, "responses", (who | row for row in responses))
        write_table(folder, "readings", (who | row for row in readings))
