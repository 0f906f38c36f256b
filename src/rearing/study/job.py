"""One job: one arm and seed, from base to tables. It runs in a worker and is the same function for every executor.

    train -> examine -> read -> attack (its own examination at every dose)

Every stage is an artifact; a stage that is there is not repeated.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.arms.curriculum import arm, curricula
from rearing.arms.order import core_lessons
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus, load_corpus
from rearing.errors import StudyError
from rearing.evals import bank
from rearing.evals.ask import ask
from rearing.models.identity import base_identity
from rearing.records.document import Curriculum
from rearing.records.item import Item
from rearing.records.recipe import Recipe
from rearing.records.scenario import Scenario, Vignette
from rearing.store.artifacts import Store, digest
from rearing.store.tables import write_table
from rearing.study.schema import Study

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel

UNTRAINED = "untrained"
SNAPSHOT_SECONDS = 120.0
# Bumped by hand when the meaning of a stage's result changes.
VERSIONS = {"train": 1, "examine": 1, "read": 1, "attack": 1}
Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know.

    Attributes:
        arm: Full name, or `untrained` for the base itself, with seed 0.
        attacked: Whether this one is fine-tuned adversarially as well.
        corpus: Digest of the corpus that the study began with.
    """

    study: Study
    arm: str
    seed: int
    attacked: bool
    corpus: str
    snapshot_seconds: float = SNAPSHOT_SECONDS

    @property
    def id(self) -> str:
        """Stable name."""
        return f"{self.arm}/{self.seed}"


class Keys:
    """The digest of every artifact of a job: what it was made from, and nothing else."""

    def __init__(self, job: Job, corpus: Corpus) -> None:
        """Compute nothing yet."""
        self.job, self.corpus = job, corpus

    @cached_property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """What each stage is made from."""
        job, study = self.job, self.job.study
        model: dict[str, Any] = {"base": base_identity(study.base), "arm": job.arm}
        if job.arm != UNTRAINED:
            model |= {
                "version": VERSIONS["train"],
                "seed": job.seed,
                "recipe": asdict(study.recipe.recipe()),
                "fed": curriculum_digest(job_curriculum(job, self.corpus)),
            }
        reared = digest(model)
        asked = {
            "model": reared,
            "examine": study.examine.model_dump(mode="json"),
            "scenarios": self._digests([*study_vignettes(study, self.corpus), *core_lessons(self.corpus.lessons)]),
        }
        attack = study.attack.model_dump(mode="json", exclude={"seeds"})
        return {
            "train": model,
            "examine": asked | {"version": VERSIONS["examine"]},
            "read": asked | {"version": VERSIONS["read"]},
            "attack": asked
            | {"version": VERSIONS["attack"], "attack": attack, "texts": self._digests(self.corpus.attack)},
        }

    def _digests(self, scenarios: Sequence[Scenario]) -> str:
        """What these scenario files say, whatever else the corpus holds."""
        return digest(sorted(self.corpus.sources[s.id].digest for s in scenarios))

    def __getitem__(self, stage: str) -> str:
        return digest(self.inputs[stage])


def stages(job: Job) -> tuple[str, ...]:
    """The table-making stages of a job, in order."""
    trained = () if job.arm == UNTRAINED else ("train",)
    return (*trained, "examine", "read", *(("attack",) if job.attacked else ()))


def missing(job: Job, corpus: Corpus, store: Store) -> list[str]:
    """Stages that are not done yet."""
    keys = Keys(job, corpus)
    return [stage for stage in stages(job) if store.get(stage, keys[stage]) is None]


def run_job(job: Job, root: Path, report: Report) -> None:
    """Do what is missing of a job.

    Args:
        job: Which arm and seed.
        root: Run folder.
        report: Called with a stage and the share of it that was done since the last call.
    """
    from rearing.models.base import single_thread

    single_thread()
    store, corpus = Store(root / "store"), load_corpus(job.study.corpus_folder)
    if corpus.digest != job.corpus:
        raise StudyError(
            "the corpus changed while the study ran", "run the same command again", job.study.corpus_folder
        )
    todo = missing(job, corpus, store)
    if todo:
        _Worker(job, root, store, corpus, report).run(todo)


class _Worker:
    def __init__(self, job: Job, root: Path, store: Store, corpus: Corpus, report: Report) -> None:
        self.job, self.root, self.store, self.corpus, self.report = job, root, store, corpus, report
        self.keys = Keys(job, corpus)
        self.who = {"arm": job.arm, "seed": job.seed}

    def run(self, todo: list[str]) -> None:
        """Do the stages `todo`, reared weights held once."""
        weights = self.job.arm == UNTRAINED or self.store.get("weights", self.keys["train"]) is not None
        if "train" in todo or not weights:
            self._train()
        from rearing.models.base import compute_in, release_memory

        release_memory()
        lm = self._reared()
        masters = lm.copy_weights() if "attack" in todo else {}
        compute_in(lm.model, self.job.study.examine.dtype)
        for stage in todo:
            if stage == "examine":
                items = self._items(lm)
                rows = self._ask(lm, items, "", 0, stage)
                self._write(stage, {"responses": rows, "items": [item_row(i) for i in items]})
            elif stage == "read":
                self._write(stage, {"readings": self._read(lm)})
            elif stage == "attack":
                self._write(stage, {"responses": self._attack(lm, masters)})
            release_memory()
        if self.job.study.keep == "none":
            self.store.drop("weights", self.keys["train"])

    def _write(self, stage: str, tables: dict[str, list[dict[str, Any]]]) -> None:
        with self.store.create(stage, self.keys[stage], self.keys.inputs[stage]) as folder:
            for table, rows in tables.items():
                write_table(folder, table, rows)

    def _reared(self) -> "LanguageModel":
        """The model of this job in fp32, as it was reared."""
        from rearing.models.base import open_model
        from rearing.training.rear import load_masters

        lm = open_model(self.job.study.base, "fp32")
        if self.job.arm != UNTRAINED:
            folder = self.store.get("weights", self.keys["train"])
            assert folder is not None
            load_masters(lm, folder)
        return lm

    def _train(self) -> None:
        from rearing.models.base import open_model
        from rearing.training.rear import rear, save_masters

        curriculum = job_curriculum(self.job, self.corpus)
        lm = open_model(self.job.study.base, "fp32")
        partial = self.root / "partial" / self.keys["train"][:20]
        masters, fed = rear(
            lm,
            curriculum,
            self.job.study.recipe.recipe(),
            partial,
            self.job.snapshot_seconds,
            lambda share: self.report("train", share),
        )
        inputs = self.keys.inputs["train"]
        with self.store.create("train", self.keys["train"], inputs) as folder:
            write_table(folder, "fed", fed)
            write_table(folder, "documents", document_rows(curriculum, fed))
        with self.store.create("weights", self.keys["train"], inputs) as folder:
            save_masters(masters, folder)
        shutil.rmtree(partial, ignore_errors=True)

    def _items(self, lm: "LanguageModel") -> list[Item]:
        return study_items(self.job.study, self.corpus, lm.chat)

    def _ask(
        self, lm: "LanguageModel", items: list[Item], attack: str, dose: int, stage: str, share: float = 1.0
    ) -> list[dict[str, Any]]:
        total = len({i.scenario for i in items})
        rows = ask(lm, items, self.job.study.examine.rule, lambda n: self.report(stage, share * n / total))
        return [self.who | {"attack": attack, "dose": dose} | row for row in rows]

    def _read(self, lm: "LanguageModel") -> list[dict[str, Any]]:
        from rearing.probes.activations import pair_activations
        from rearing.probes.decode import read

        chosen = study_vignettes(self.job.study, self.corpus)
        pairs = pair_activations(lm, chosen, name_pool(self.job.study), lambda n: self.report("read", n / len(chosen)))
        return [self.who | {"attack": "", "dose": 0} | row for row in read(pairs)]

    def _attack(self, lm: "LanguageModel", masters: "dict[str, Any]") -> list[dict[str, Any]]:
        from rearing.attacks.reversal import attack_steps
        from rearing.models.base import compute_in
        from rearing.training.loop import Trainer, masters_into, supervised_tokens

        table, recipe = self.job.study.attack, self.job.study.recipe.recipe()
        steps = attack_steps(self.corpus.attack, lm, max(table.doses))
        masters_into(lm.model, masters)
        trainer = Trainer(lm, recipe, supervised_tokens(steps) / len(steps))
        items = [i for i in self._items(lm) if i.family == "shift"]
        rows: list[dict[str, Any]] = []
        for dose, step in enumerate(steps, 1):
            trainer.step(step, table.lr)
            if dose in table.doses:
                compute_in(lm.model, self.job.study.examine.dtype)
                rows += self._ask(lm, items, table.name, dose, "attack", 1 / len(table.doses))
                compute_in(lm.model, recipe.dtype)
        return rows


def job_curriculum(job: Job, corpus: Corpus) -> Curriculum:
    """What this job is fed. All arms of the study take part in the matching, so equal seeds are matched."""
    key = (corpus.digest, job.study.arms, job.seed, job.study.recipe.recipe())
    if key not in _CURRICULA:
        _CURRICULA[key] = curricula(corpus, [arm(name) for name in job.study.arms], job.seed, key[-1])
    return _CURRICULA[key][job.arm]


_CURRICULA: dict[tuple[str, tuple[str, ...], int, Recipe], dict[str, Curriculum]] = {}


def curriculum_digest(curriculum: Curriculum) -> str:
    """The sha256 of every text that is fed, in order."""
    return digest([[s.phase, [d.text for d in s.documents]] for s in curriculum.steps])


def name_pool(study: Study) -> Pool:
    """Examination names, or those of the dev scenarios."""
    return "exam" if study.examine.split == "held-out" else "dev"


def study_vignettes(study: Study, corpus: Corpus) -> tuple[Vignette, ...]:
    """The vignettes that a study asks about: held-out ones, or one half of the dev scenarios."""
    if study.examine.split == "held-out":
        return bank.pick([v for v in corpus.vignettes if v.split != "dev"], study.examine.vignettes)
    search, confirm = bank.halves([v for v in corpus.vignettes if v.split == "dev"])
    return search if study.examine.split == "dev-search" else confirm


def study_items(study: Study, corpus: Corpus, chat: Callable[[str], str]) -> list[Item]:
    """All items of a study: normal, shift, agentic.

    Held-out vignettes are shared out: the first half is asked in the forms of `shift`, the second in episodes. An assay
    asks every dev scenario of its half in both, since no verdict stands on them.
    """
    chosen = study_vignettes(study, corpus)
    one, two = bank.halves(chosen) if study.examine.split == "held-out" else (chosen, chosen)
    pool = name_pool(study)
    return [
        *bank.normal_items(core_lessons(corpus.lessons), chat),
        *bank.shift_items(one, study.examine.forms, "natural", pool, chat),
        *bank.agentic_items(two, pool),
    ]


def item_row(item: Item) -> dict[str, Any]:
    """An item as it was asked, for the evidence; of a menu, the first order."""
    prompt = item.prompts[0]
    return {
        "item": item.id,
        "family": item.family,
        "form": item.form,
        "kind": item.kind,
        "wording": item.wording,
        "scenario": item.scenario,
        "situation": item.situation,
        "state": item.state,
        "prompt": prompt.text,
        "right": prompt.answers[0],
        "rival": prompt.answers[1],
    }


def document_rows(curriculum: Curriculum, fed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The text of every document that was fed, once."""
    tokens = {row["document"]: row["tokens"] for row in fed}
    return [
        {
            "arm": curriculum.arm,
            "seed": curriculum.seed,
            "document": d.id,
            "scenario": d.scenario,
            "stage": d.stage,
            "layout": d.layout,
            "tokens": tokens[d.id],
            "text": d.text,
        }
        for d in {d.id: d for d in curriculum.documents}.values()
    ]


def read_stage(job: Job, corpus: Corpus, store: Store, stage: str) -> Path:
    """The folder of a finished stage."""
    folder = store.get(stage, Keys(job, corpus)[stage])
    assert folder is not None, f"{job.id}: {stage} is not done"
    return folder
