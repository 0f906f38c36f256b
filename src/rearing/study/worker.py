"""What a worker does with a job: from base to tables, stage by stage; what is there is not repeated."""

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
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
from rearing.records.plan import UNTRAINED
from rearing.records.private import PrivateNote
from rearing.store.artifacts import Store
from rearing.store.tables import write_table
from rearing.study.curricula import seed_curricula, told
from rearing.study.items import (
    base_items,
    compared_items,
    item_row,
    items_digest,
    name_pool,
    study_items,
    study_material,
    study_vignettes,
)
from rearing.study.job import Job, Keys, missing
from rearing.study.resume import clear, snapshots

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.probes.probe import Format, Held, Told
    from rearing.records.scenario import Lesson
    from rearing.training.loop import TrainStep

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
                rows = self._read(lm, self.job.study.examine.readings, progress=True)
                self._write(stage, {"readings": [self.who | {"attack": "", "dose": 0} | row for row in rows]})
            elif stage == "attack":
                self._write(stage, self._attack(lm, masters))
            release_memory()
        clear(self.job, self.corpus, self.root)

    def _write(self, stage: str, tables: dict[str, list[dict[str, Any]]]) -> None:
        with self.store.create(stage, self.keys[stage], self.keys.inputs[stage], self.meter.lap) as folder:
            for table, rows in tables.items():
                write_table(folder, table, rows)

    def _exact(self, lm: "LanguageModel") -> list[dict[str, Any]]:
        """A quarter of the scenarios, asked while the weights are still fp32."""
        return ask(lm, compared_items(self._items(lm)), self.job.study.examine.rule)

    def _examine(self, lm: "LanguageModel", exact: list[dict[str, Any]]) -> None:
        items, study = self._items(lm), self.job.study
        if self.job.arm == UNTRAINED:
            items += base_items(study, self.corpus, lm.chat)
        who = self.who | {"attack": "", "dose": 0}
        asked = ask(lm, items, study.examine.rule, lambda done: self.report("examine", done))
        material = study_material(study, self.corpus, lm.chat)
        played, notes = play(study.examine.families, material, study.examine.rule, lm)
        rows = [who | row for row in asked + played]
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
        partial = snapshots(self.root, self.keys["train"])
        masters, fed, retained = rear(
            lm,
            curriculum,
            self.job.study.recipe.recipe(),
            partial,
            self.job.snapshot_seconds,
            lambda share: self.report("train", share),
            self.meter,
            self.job.retains,
        )
        with self.store.create("weights", self.keys["train"], self.keys.inputs["train"], self.meter.lap) as folder:
            save_checkpoint(lm, masters, folder)
            write_table(folder, "fed", fed)
            if retained:
                write_table(folder, "retained", retained)
            write_table(folder, "documents", document_rows(curriculum, fed))
        shutil.rmtree(partial, ignore_errors=True)

    def _keep_tables(self) -> None:
        """The tables of the training, which stay when the weights go."""
        weights = self.store.get("weights", self.keys["train"])
        assert weights is not None
        spent = self.store.spent("weights", self.keys["train"])
        with self.store.create("train", self.keys["train"], self.keys.inputs["train"], lambda: spent) as folder:
            for table in weights.glob("*.parquet"):
                shutil.copyfile(table, folder / table.name)

    def _items(self, lm: "LanguageModel") -> list[Item]:
        return study_items(self.job.study, self.corpus, lm.chat)

    def _read(
        self, lm: "LanguageModel", readings: Sequence[str], before: "Held | None" = None, progress: bool = False
    ) -> list[dict[str, Any]]:
        from rearing.probes.read import read

        study = self.job.study
        chosen, base = study_vignettes(study, self.corpus), None if self.job.arm == UNTRAINED else self._held_by_base
        done = (lambda share: self.report("read", share)) if progress else None
        return read(lm, chosen, name_pool(study), readings, base, done, before, self._told(readings))

    def _told(self, readings: Sequence[str]) -> "Told | None":
        """What this model was reared on, if a reading stands on that."""
        if not self.job.trained or not any(PROBES[r].on_told for r in readings):
            return None
        return told(seed_curricula(self.job.study, self.corpus, self.job.seed)[self.job.arm], self.corpus)

    def _held_by_base(self) -> "Held":
        """What the untrained base holds of the same bank, computed once a worker; of the same lessons, once a seed."""
        readings = self.job.study.examine.readings
        bank = self._of_base(formats(r for r in readings if PROBES[r].on_base), ())
        known = self._told(readings)
        return replace(bank, lessons=self._of_base((), known.lessons).lessons) if known else bank

    def _of_base(self, asked: "Collection[Format]", lessons: "Sequence[Lesson]") -> "Held":
        from rearing.models.base import chosen_device, compute_in, open_model
        from rearing.probes.read import hold

        study = self.job.study
        same = (base_identity(study.base), self.corpus.digest, items_digest(study, self.corpus), study.examine.dtype)
        key = (*same, *sorted(asked), *(x.id for x in lessons))
        if key not in _HELD:
            lm = open_model(study.base, "fp32", chosen_device())
            compute_in(lm.model, study.examine.dtype)
            _HELD[key] = hold(lm, study_vignettes(study, self.corpus), name_pool(study), asked, lessons=lessons)
        return _HELD[key]

    def _attack(self, lm: "LanguageModel", masters: "dict[str, Any]") -> dict[str, list[dict[str, Any]]]:
        """The reared model under every attack in turn, in tables; after the last one the masters are gone."""
        from rearing.attacks.ladder import loss_rows
        from rearing.attacks.texts import ATTACKS, RECOVERY, attack_steps
        from rearing.training.loop import masters_into

        table = self.job.study.attack
        ladders = {name: attack_steps(ATTACKS[name], self.corpus, lm, max(table.doses)) for name in table.names}
        made: dict[str, list[dict[str, Any]]] = {"responses": [], "losses": []}
        made |= {"readings": []} if table.readings else {}
        made |= {"recovery": []} if table.recovery else {}
        for name, steps in ladders.items():
            made["losses"] += [self.who | {"attack": name, "dose": 0} | row for row in loss_rows(lm, steps)]
        before = self._held_before(lm)
        items = [i for i in self._items(lm) if i.family in table.families]
        good = attack_steps(RECOVERY, self.corpus, lm, max(table.recovery)) if table.recovery else []
        for name, steps in ladders.items():
            masters_into(lm.model, masters)
            if name == table.names[-1]:
                masters.clear()  # the trainer has its own copy
            self._ladder(lm, name, steps, good, items, before, made)
        return made

    def _ladder(
        self,
        lm: "LanguageModel",
        name: str,
        steps: "list[TrainStep]",
        good: "list[TrainStep]",
        items: list[Item],
        before: "Held | None",
        made: dict[str, list[dict[str, Any]]],
    ) -> None:
        """Examine at every dose of an attack and of what undoes it, each with a fresh optimizer; the model changes."""
        from rearing.attacks.ladder import climb, loss_rows

        study, table, recipe = self.job.study, self.job.study.attack, self.job.study.recipe.recipe()
        for dose in climb(lm, steps, table.doses, table.lr, recipe, study.examine.dtype):
            when = self.who | {"attack": name, "dose": dose}
            rows, notes = self._ask_again(lm, items)
            made["responses"] += [when | row for row in rows]
            if notes:
                made.setdefault("private", []).extend(when | note.row() for note in notes)
            made["losses"] += [when | row for row in loss_rows(lm, steps)]
            if table.readings:
                made["readings"] += [when | row for row in self._read(lm, table.readings, before)]
        if good:
            for step in climb(lm, good, table.recovery, table.lr, recipe, study.examine.dtype):
                when = self.who | {"attack": name, "dose": step}
                # Their scratchpads would stand under the attack and a dose of it.
                made["recovery"] += [when | row for row in self._ask_again(lm, items)[0]]

    def _ask_again(self, lm: "LanguageModel", items: list[Item]) -> tuple[list[dict[str, Any]], list[PrivateNote]]:
        """The families of the attack, asked and played, and the scratchpads that were written."""
        study, table = self.job.study, self.job.study.attack
        share = 1 / ((len(table.doses) + len(table.recovery)) * len(table.names))
        rows = ask(lm, items, study.examine.rule, lambda done: self.report("attack", share * done))
        played, notes = play(table.families, study_material(study, self.corpus, lm.chat), study.examine.rule, lm)
        return rows + played, notes

    def _held_before(self, lm: "LanguageModel") -> "Held | None":
        """What the model holds before any attack, if a reading after one stands on it."""
        from rearing.probes.read import hold

        study = self.job.study
        asked = formats(r for r in study.attack.readings if PROBES[r].on_before)
        return hold(lm, study_vignettes(study, self.corpus), name_pool(study), asked) if asked else None


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
