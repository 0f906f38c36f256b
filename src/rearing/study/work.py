"""What every stage of a job computes, counted before it runs: tokens as the engine will compute them.

A prompt is not counted whole: what shares a beginning is computed once (`models.trees`). Counts are exact where the
base has the shipped tokenizer and template, but for what is played, which depends on the model
(`families.play_tokens`).
Training tokens are those of one seed; the arms are matched, so those of other seeds are nearly the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from rearing.arms.order import told_documents
from rearing.arms.tokens import Encode, encoder
from rearing.attacks.texts import ATTACKS, RECOVERY, attack_texts
from rearing.corpus.load import Corpus
from rearing.evals.families import play_tokens
from rearing.evals.forms import Chat
from rearing.models.identity import shipped_chat, tokenizer_file
from rearing.models.trees import computed_tokens
from rearing.probes.probe import PROBES
from rearing.probes.sequences import beside_tokens, held_tokens, read_tokens
from rearing.records.item import Item
from rearing.records.plan import UNTRAINED
from rearing.study.curricula import seed_curricula, study_count, told
from rearing.study.items import (
    base_items,
    compared_items,
    name_pool,
    need_vignettes,
    study_items,
    study_material,
    study_vignettes,
)
from rearing.study.job import Job, stages
from rearing.study.schema import Study


@dataclass(frozen=True, slots=True)
class Work:
    """What one stage computes.

    Attributes:
        trained: Tokens computed with gradients.
        scored: Tokens computed without, in the type of the examination.
        exact: Tokens computed in fp32 beside that, where bf16 is compared with it.
        opened: Times that a model is opened, or made ready for an attack.
    """

    trained: int = 0
    scored: int = 0
    exact: int = 0
    opened: int = 0


class Counts:
    """The work of the jobs of a study; the items are built and counted once."""

    def __init__(self, study: Study, corpus: Corpus, seed: int) -> None:
        """Count.

        Args:
            study: What is run.
            corpus: Its scenarios.
            seed: Of the curricula that are counted.

        Raises:
            StudyError: The corpus has too few vignettes.
        """
        need_vignettes(study, corpus)
        count, chat = study_count(study), partial(shipped_chat, study.base)
        self.encode = encode = encoder(tokenizer_file(study.base))
        built = seed_curricula(study, corpus, seed)
        items = study_items(study, corpus, chat)
        self.fed = {name: sum(count(d.text) for d in c.documents) for name, c in built.items()}
        self.retained = {name: sum(count(d.text) for d, _ in told_documents(c)) for name, c in built.items()}
        self.asked = asked_tokens(items, encode)
        self.asked += play_tokens(study.examine.families, study_material(study, corpus, chat), encode)
        self.compared = asked_tokens(compared_items(items), encode) if study.examine.dtype == "bf16" else 0
        self.of_base = asked_tokens(base_items(study, corpus, chat), encode)
        readings = study.examine.readings
        self.read = Work(*read_tokens(encode, study_vignettes(study, corpus), name_pool(study), readings))
        self.study, self.corpus, self.built = study, corpus, built
        self._beside = dict[tuple[str, tuple[str, ...]], int]()
        self.attacked = _attacked(study, corpus, chat, items, encode) if study.attack.seeds else Work()

    def beside(self, job: Job, readings: Sequence[str]) -> int:
        """Tokens that these readings of a job compute beside the bank."""
        if (key := (job.arm, tuple(readings))) not in self._beside:
            known = told(self.built[job.arm], self.corpus) if job.trained else None
            self._beside[key] = beside_tokens(self.encode, known.lessons if known else (), readings)
        return self._beside[key]

    def of(self, job: Job) -> dict[str, Work]:
        """The work of a job by stage."""
        attack, beside = self.study.attack, partial(self.beside, job)
        again = len(attack.names) * len(attack.doses) * beside(attack.readings)
        asked = self.asked + (self.of_base if job.arm == UNTRAINED else 0)
        all_stages = {
            "train": Work(self.fed.get(job.arm, 0), self.retained.get(job.arm, 0) if job.retains else 0, opened=1),
            "examine": Work(scored=asked, exact=self.compared if job.compares_precision else 0, opened=1),
            "read": replace(self.read, scored=self.read.scored + beside(self.study.examine.readings)),
            "attack": replace(self.attacked, scored=self.attacked.scored + again),
        }
        return {stage: all_stages[stage] for stage in stages(job)}


def _attacked(study: Study, corpus: Corpus, chat: Chat, items: Sequence[Item], encode: Encode) -> Work:
    """Every attack of one model: its ladder, what is examined at every dose, and the recovery after it."""
    table, count = study.attack, study_count(study)
    ladders = [attack_texts(ATTACKS[name], corpus, chat, max(table.doses)) for name in table.names]
    if table.recovery:
        ladders += [attack_texts(RECOVERY, corpus, chat, max(table.recovery))] * len(table.names)
    told = [[text for step in steps for text in step] for steps in ladders]
    asked = asked_tokens([i for i in items if i.family in table.families], encode)
    asked += play_tokens(table.families, study_material(study, corpus, chat), encode)
    vignettes, pool = study_vignettes(study, corpus), name_pool(study)
    held = [name for name in table.readings if PROBES[name].on_before]
    back, forth = read_tokens(encode, vignettes, pool, table.readings)
    examined = len(table.names) * len(table.doses)
    losses = sum(sum(map(count, dict.fromkeys(texts))) for texts in told[: len(table.names)])
    return Work(
        trained=sum(sum(map(count, texts)) for texts in told) + examined * back,
        scored=asked * (examined + len(table.names) * len(table.recovery))
        + losses * (1 + len(table.doses))
        + examined * forth
        + sum(held_tokens(encode, v, pool, held) for v in vignettes),
        opened=len(table.names),
    )


def asked_tokens(items: Sequence[Item], encode: Encode) -> int:
    """Tokens that asking these items computes."""
    return computed_tokens(encode, [(p.text, answer) for i in items for p in i.prompts for answer in p.answers])
