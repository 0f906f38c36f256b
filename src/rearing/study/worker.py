"""What a worker does with a job: from base to tables, stage by stage; what is there is not repeated."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.corpus.load import Corpus
from rearing.evals.ask import ask
from rearing.evals.families import play
from rearing.models.identity import base_identity
from rearing.plugins import load
from rearing.probes.probe import PROBES, formats
from rearing.records.document import Curriculum
from rearing.records.item import Item
from rearing.store.artifacts import Store
from rearing.store.tables import write_table
from rearing.study.curricula import seed_curricula
from rearing.study.items import (
    compared_items,
    item_row,
    items_digest,
    name_pool,
    study_items,
    study_material,
    study_vignettes,
)
from rearing.study.job import Job, Keys, missing
from rearing.study.schema import UNTRAINED

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.probes.probe import Held

Report = Callable[[str, float], None]
_HELD: "dict[tuple[object, ...], Held]" = {}


def run_job(job: Job, corpus: Corpus, root: Path, report: Report) -> None:
    """Do what is missing of a job.

    Args:
        job: Which arm and seed.
        corpus: As the study began with it; its files are read once a study.
        root: Run folder.
        report: Called with a stage and the share of it that was done since the last call.
    """
    from rearing.models.base import single_thread

    load(job.study.plugins)
    single_thread()
    store = Store(root / "store")
    todo = missing(job, corpus, store)
    if todo:
        _Worker(job, root, store, corpus, report).run(todo)


class _Worker:
    def __init__(self, job: Job, root: Path, store: Store, corpus: Corpus, report: Report) -> None:
        from rearing.models.meter import Meter

        self.job, self.root, self.store, self.corpus, self.report = job, root, store, corpus, report
        self.keys = Keys(job, corpus)
        self.who = {"arm": job.arm, "seed": job.seed}
        self.meter = Meter()

    def run(self, todo: list[str]) -> None:
        """Do the stages `todo`, reared weights held once."""
        if self.job.trained and self.store.get("weights", self.keys["train"]) is None:
            self._train()
        if "train" in todo:
            self._keep_tables()
        from rearing.models.base import compute_in
        from rearing.models.memory import release_memory

        release_memory()
        lm = self._reared()
        masters = lm.copy_weights() if "attack" in todo else {}
        exact = self._exact(lm) if "examine" in todo and self.job.compares_precision else []
        compute_in(lm.model, self.job.study.examine.dtype)
        for stage in todo:
            if stage == "examine":
                self._examine(lm, exact)
            elif stage == "read":
                self._write(stage, {"readings": self._read(lm)})
            elif stage == "attack":
                self._write(stage, {"responses": self._attack(lm, masters)})
            release_memory()
        if self.job.study.keep == "none":
            self.store.drop("weights", self.keys["train"])

    def _write(self, stage: str, tables: dict[str, list[dict[str, Any]]]) -> None:
        with self.store.create(stage, self.keys[stage], self.keys.inputs[stage], self.meter.lap) as folder:
            for table, rows in tables.items():
                write_table(folder, table, rows)

    def _exact(self, lm: "LanguageModel") -> list[dict[str, Any]]:
        """A quarter of the scenarios, asked while the weights are still fp32."""
        return ask(lm, compared_items(self._items(lm)), self.job.study.examine.rule)

    def _examine(self, lm: "LanguageModel", exact: list[dict[str, Any]]) -> None:
        items, study = self._items(lm), self.job.study
        rows = self._ask(lm, items, "", 0, "examine")
        who = self.who | {"attack": "", "dose": 0}
        material = study_material(study, self.corpus, lm.chat)
        played, notes = play(study.examine.families, material, study.examine.rule, lm)
        rows += [who | row for row in played]
        compared = precision_rows(self.who, exact, rows)
        tables = {"responses": rows, "items": [item_row(i) for i in items], "precision": compared}
        if notes:
            tables["private"] = [who | note.row() for note in notes]
        self._write("examine", tables)

    def _reared(self) -> "LanguageModel":
        """The model of this job in fp32: reared, the base as it is, or somebody's checkpoint."""
        from rearing.models.base import chosen_device, open_checkpoint, open_model
        from rearing.training.rear import load_masters

        if self.job.checkpoint is not None:
            lm = open_checkpoint(self.job.checkpoint, self.job.study.base, chosen_device())
        else:
            lm = open_model(self.job.study.base, "fp32", chosen_device())
        self.meter.watch(lm.model)
        if self.job.trained:
            folder = self.store.get("weights", self.keys["train"])
            assert folder is not None
            load_masters(lm, folder)
        return lm

    def _train(self) -> None:
        from rearing.models.base import chosen_device, open_model
        from rearing.training.rear import rear, save_checkpoint

        curriculum = seed_curricula(self.job.study, self.corpus, self.job.seed)[self.job.arm]
        lm = open_model(self.job.study.base, "fp32", chosen_device())
        self.meter.watch(lm.model)
        partial = self.root / "partial" / self.keys["train"][:20]
        masters, fed = rear(
            lm,
            curriculum,
            self.job.study.recipe.recipe(),
            partial,
            self.job.snapshot_seconds,
            lambda share: self.report("train", share),
        )
        with self.store.create("weights", self.keys["train"], self.keys.inputs["train"], self.meter.lap) as folder:
            save_checkpoint(lm, masters, folder)
            write_table(folder, "fed", fed)
            write_table(folder, "documents", document_rows(curriculum, fed))
        shutil.rmtree(partial, ignore_errors=True)

    def _keep_tables(self) -> None:
        """The tables of the training, which stay when the weights go."""
        weights = self.store.get("weights", self.keys["train"])
        assert weights is not None
        spent = self.store.spent("weights", self.keys["train"])
        with self.store.create("train", self.keys["train"], self.keys.inputs["train"], lambda: spent) as folder:
            for name in ("fed", "documents"):
                shutil.copyfile(weights / f"{name}.parquet", folder / f"{name}.parquet")

    def _items(self, lm: "LanguageModel") -> list[Item]:
        return study_items(self.job.study, self.corpus, lm.chat)

    def _ask(
        self, lm: "LanguageModel", items: list[Item], attack: str, dose: int, stage: str, share: float = 1.0
    ) -> list[dict[str, Any]]:
        rows = ask(lm, items, self.job.study.examine.rule, lambda done: self.report(stage, share * done))
        return [self.who | {"attack": attack, "dose": dose} | row for row in rows]

    def _read(self, lm: "LanguageModel") -> list[dict[str, Any]]:
        from rearing.probes.read import read

        study = self.job.study
        chosen, base = study_vignettes(study, self.corpus), None if self.job.arm == UNTRAINED else self._held_by_base
        rows = read(
            lm, chosen, name_pool(study), study.examine.readings, base, lambda share: self.report("read", share)
        )
        return [self.who | {"attack": "", "dose": 0} | row for row in rows]

    def _held_by_base(self) -> "Held":
        """What the untrained base holds of the same bank; computed once a worker."""
        from rearing.models.base import chosen_device, compute_in, open_model
        from rearing.probes.read import hold

        study = self.job.study
        asked = formats(r for r in study.examine.readings if PROBES[r].on_base)
        key = (base_identity(study.base), items_digest(study, self.corpus), *sorted(asked), study.examine.dtype)
        if key not in _HELD:
            lm = open_model(study.base, "fp32", chosen_device())
            compute_in(lm.model, study.examine.dtype)
            _HELD[key] = hold(lm, study_vignettes(study, self.corpus), name_pool(study), asked)
        return _HELD[key]

    def _attack(self, lm: "LanguageModel", masters: "dict[str, Any]") -> list[dict[str, Any]]:
        """The reared model under every attack in turn; after the last one the masters are gone."""
        from rearing.training.loop import masters_into

        names = self.job.study.attack.names
        items = [i for i in self._items(lm) if i.family == "shift"]
        rows: list[dict[str, Any]] = []
        for name in names:
            masters_into(lm.model, masters)
            if name == names[-1]:
                masters.clear()  # the trainer has its own copy
            rows += self._ladder(lm, name, items)
        return rows

    def _ladder(self, lm: "LanguageModel", name: str, items: list[Item]) -> list[dict[str, Any]]:
        """The answers at every dose of an attack, with a fresh optimizer; the model is changed."""
        from rearing.attacks.texts import ATTACKS, attack_steps
        from rearing.models.memory import release_memory
        from rearing.training.loop import Trainer, supervised_tokens

        table, recipe = self.job.study.attack, self.job.study.recipe.recipe()
        steps = attack_steps(ATTACKS[name], self.corpus, lm, max(table.doses))
        trainer = Trainer(lm, recipe, supervised_tokens(steps) / len(steps))
        share = 1 / (len(table.doses) * len(table.names))
        rows: list[dict[str, Any]] = []
        for dose, step in enumerate(steps, 1):
            trainer.step(step, table.lr)
            if dose in table.doses:
                trainer.publish(self.job.study.examine.dtype)
                release_memory()
                rows += self._ask(lm, items, name, dose, "attack", share)
                trainer.publish(recipe.dtype)
        return rows


def precision_rows(
    who: dict[str, Any], exact: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Score of every item that was asked in both types."""
    in_fp32 = {row["item"]: row["score"] for row in exact}
    return [
        who | {"item": row["item"], "bf16": row["score"], "fp32": in_fp32[row["item"]]}
        for row in rows
        if row["item"] in in_fp32
    ]


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
