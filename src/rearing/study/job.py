"""One job: one arm and seed, from base to tables, and the digest of everything it makes.

    train -> examine -> read -> attack (its own examination at every dose)

Every stage is an artifact; a stage that is there is not repeated.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rearing.arms.curriculum import arm
from rearing.attacks.texts import ATTACKS, RECOVERY, Attack
from rearing.corpus.fill import draw
from rearing.corpus.load import Corpus
from rearing.evals.episodes import NOTE_TOKENS
from rearing.models.identity import base_identity
from rearing.probes.probe import PROBES
from rearing.records.plan import UNTRAINED
from rearing.records.reading import DEFAULT_READINGS
from rearing.records.scenario import Scenario
from rearing.store.artifacts import Store, digest
from rearing.study.curricula import arm_plugins, curriculum_digest, seed_curricula, told
from rearing.study.items import (
    asked_plugins,
    bare_chat,
    base_items,
    items_digest,
    read_digest,
    read_plugins,
    texts_digest,
)
from rearing.study.schema import AttackTable, Study

SNAPSHOT_SECONDS = 120.0
# Bumped by hand when the meaning of a stage's result changes.
VERSIONS = {"train": 1, "retained": 1, "examine": 1, "read": 2, "attack": 2}


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know.

    Attributes:
        arm: Full name; `untrained` for the base itself, or the name of a checkpoint, both with seed 0.
        attacked: Whether this one is fine-tuned adversarially as well.
        first: Whether this is the first seed of its arm.
    """

    study: Study
    arm: str
    seed: int
    attacked: bool
    first: bool = True
    snapshot_seconds: float = SNAPSHOT_SECONDS

    @property
    def compares_precision(self) -> bool:
        """Whether bf16 decisions are compared with fp32 here: on the base and on the first structured arm."""
        return self.study.examine.dtype == "bf16" and self.first and self.arm in (UNTRAINED, self.study.structured)

    @property
    def trained(self) -> bool:
        """Whether this model is reared here; the base and checkpoints are examined as they are."""
        return self.arm in self.study.arms

    @property
    def retains(self) -> bool:
        """Whether it is asked what is left of the ordered phase: some arm differs from it in order alone."""
        return self.trained and any(arm(self.arm).reordered(arm(name)) for name in self.study.arms)

    @property
    def checkpoint(self) -> Path | None:
        """The folder of the checkpoint that this job examines, if it is one."""
        return next((c.path for c in self.study.checkpoints if c.name == self.arm), None)

    @property
    def id(self) -> str:
        """Stable name."""
        return f"{self.arm}/{self.seed}"

    @property
    def shown(self) -> str:
        """The name in a progress display; under a seal the arm is masked, for nobody is to know yet which is which."""
        if self.study.sealed is None:
            return self.id
        names = (*self.study.arms, *(c.name for c in self.study.checkpoints), UNTRAINED)
        order = draw("mask", self.study.sealed.key).permutation(len(names))
        return f"A{order[names.index(self.arm)] + 1}/{self.seed}"


class Keys:
    """The digest of every artifact of a job: what it was made from, and a little more that is simpler left in.

    That is the name of the arm, and of what is asked also what this stage does not ask: the key of the readings has the
    items and the answer rule, that of an attack all families.
    """

    def __init__(self, job: Job, corpus: Corpus) -> None:
        """Compute nothing yet."""
        self.job, self.corpus = job, corpus

    @cached_property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """What each stage is made from."""
        job, study = self.job, self.job.study
        model: dict[str, Any] = {"base": base_identity(study.base), "arm": job.arm}
        if job.checkpoint is not None:
            model["checkpoint"] = base_identity(str(job.checkpoint))
        if job.trained:
            model |= {
                "version": VERSIONS["train"],
                "seed": job.seed,
                "recipe": asdict(study.recipe.recipe()),
                "fed": curriculum_digest(seed_curricula(study, self.corpus, job.seed)[job.arm]),
            } | _plugins(arm_plugins(job.arm))
        reared = digest(model)
        # Only the plan is made of gate forms. They were in the keys once, so those of studies that named none stay.
        free = {"external", "readings", "worlds", "tactics", "gate_forms"}
        asked = {
            "model": reared,
            "examine": study.examine.model_dump(mode="json", exclude=free) | {"gate_forms": []},
            "items": items_digest(study, self.corpus),
        } | _plugins(asked_plugins(study))
        return {
            "train": model | ({"retained": VERSIONS["retained"]} if job.retains else {}),
            "examine": asked
            | {"version": VERSIONS["examine"], "precision": job.compares_precision}
            | self._scratchpads(study.examine.families)
            | self._of_base(),
            "read": asked | {"version": VERSIONS["read"]} | self._readings(),
            "attack": asked
            | {
                "version": VERSIONS["attack"],
                "attack": study.attack.model_dump(mode="json", include={"name", "doses", "lr"}),
                "dtype": study.recipe.dtype,
                "texts": self._told(ATTACKS[study.attack.name]),
            }
            | self._beside(),
        }

    def _beside(self) -> dict[str, Any]:
        """What is done beside one attack after which `shift` is asked, if anything."""
        table, made = self.job.study.attack, dict[str, Any]()
        if table.beside:
            made["beside"] = {name: self._told(ATTACKS[name]) for name in table.beside}
        if table.families != AttackTable.model_fields["families"].default:
            made |= {"families": table.families} | self._scratchpads(table.families)
        if table.readings:
            made |= {"readings": table.readings, "reading": VERSIONS["read"]} | _probes(table.readings)
            made |= {"bank": read_digest(self.job.study, self.corpus)} | self._lessons(table.readings)
        if table.recovery:
            made["recovery"] = {"steps": table.recovery, "texts": self._told(RECOVERY)}
        return made

    def _told(self, attack: Attack) -> str:
        return sources_digest(self.corpus, attack.scenarios(self.corpus))

    def _scratchpads(self, families: Sequence[str]) -> dict[str, Any]:
        """What is written and not asked, where a family plays; the items are all that there is to know of another."""
        plays = {"frames", "worlds"} & set(families)
        return {"scratchpad": NOTE_TOKENS} if plays else {}

    def _of_base(self) -> dict[str, Any]:
        """What the untrained base alone is asked."""
        if self.job.arm != UNTRAINED:
            return {}
        return {"bare": texts_digest(base_items(self.job.study, self.corpus, bare_chat))}

    def _readings(self) -> dict[str, Any]:
        """Which readings are made of what, if not the default ones, and by which plugins.

        The base, on which some of them stand, is in `model`.
        """
        readings = self.job.study.examine.readings
        named = {} if readings == DEFAULT_READINGS else {"readings": readings}
        bank = {"bank": read_digest(self.job.study, self.corpus)}
        return bank | named | _probes(readings) | self._lessons(readings)

    def _lessons(self, readings: Sequence[str]) -> dict[str, Any]:
        """What the lessons say that are read, if they are: more than the arm fed of them."""
        if not self.job.trained or not any(PROBES[r].on_told for r in readings):
            return {}
        fed = seed_curricula(self.job.study, self.corpus, self.job.seed)[self.job.arm]
        known = told(fed, self.corpus)
        return {"lessons": sources_digest(self.corpus, known.lessons)} if known else {}

    def __getitem__(self, stage: str) -> str:
        return digest(self.inputs[stage])


def sources_digest(corpus: Corpus, scenarios: Sequence[Scenario]) -> str:
    """What these scenario files say, whatever else the corpus holds."""
    return digest(sorted(corpus.sources[s.id].digest for s in scenarios))


def _plugins(sources: dict[str, str]) -> dict[str, Any]:
    """What is made with plugins is known by their source; the digest of what is not stays as it was."""
    return {"plugins": sources} if sources else {}


def _probes(readings: Sequence[str]) -> dict[str, Any]:
    """By which plugins these readings are made, if by any."""
    return {"probes": found} if (found := read_plugins(readings)) else {}


def stages(job: Job) -> tuple[str, ...]:
    """The table-making stages of a job, in order."""
    return (*(("train",) if job.trained else ()), "examine", "read", *(("attack",) if job.attacked else ()))


def missing(job: Job, corpus: Corpus, store: Store) -> list[str]:
    """Stages that are not done yet; weights that should have been kept and were not are trained again."""
    keys = Keys(job, corpus)
    lost = job.trained and job.study.keep == "final" and store.get("weights", keys["train"]) is None
    return [s for s in stages(job) if store.get(s, keys[s]) is None or (s == "train" and lost)]


def read_stage(job: Job, corpus: Corpus, store: Store, stage: str) -> Path:
    """The folder of a finished stage."""
    folder = store.get(stage, Keys(job, corpus)[stage])
    assert folder is not None, f"{job.id}: {stage} is not done"
    return folder
