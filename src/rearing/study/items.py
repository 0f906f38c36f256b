"""Which items a study asks."""

import re
from collections.abc import Sequence
from typing import Any

from rearing.arms.order import core_lessons
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.evals import bank
from rearing.evals.families import INSTRUMENTS, Material, build
from rearing.evals.forms import Chat
from rearing.evals.pressure import TACTICS
from rearing.evals.worlds import WORLDS
from rearing.plugins import digests
from rearing.probes.probe import PROBES
from rearing.probes.sequences import menu_sequences, pair_sequences
from rearing.records.item import BARE, Item
from rearing.records.scenario import Vignette
from rearing.store.artifacts import digest
from rearing.study.schema import LEAST_VIGNETTES, Study

# Every how many scenarios bf16 decisions are compared with fp32.
PRECISION_STRIDE = 4
DEV_HALVES = ("dev-search", "dev-confirm")
READ_AS = (pair_sequences, menu_sequences)


def name_pool(study: Study) -> Pool:
    """Examination names, or those of the dev scenarios."""
    return "exam" if study.examine.split == "held-out" else "dev"


def study_vignettes(study: Study, corpus: Corpus) -> tuple[Vignette, ...]:
    """The vignettes that a study asks about: held-out ones, or one half of the dev scenarios; none is contested."""
    settled = [v for v in corpus.vignettes if v.review.status != "contested"]
    if study.examine.split == "held-out":
        return bank.pick([v for v in settled if v.split != "dev"], study.examine.vignettes, *_drawn_by(study))
    search, confirm = bank.halves([v for v in settled if v.split == "dev"])
    return search if study.examine.split == "dev-search" else confirm


def need_vignettes(study: Study, corpus: Corpus) -> None:
    """Refuse a corpus with fewer vignettes than the least that a study can ask for.

    Raises:
        StudyError: It has too few.
    """
    if (n := len(study_vignettes(study, corpus))) < LEAST_VIGNETTES:
        split = study.examine.split
        problem = f"has {n} vignettes in split {split} that are not contested"
        raise StudyError(problem, f"{LEAST_VIGNETTES} are the least that can be asked; write more", corpus.root)


def study_halves(study: Study, corpus: Corpus) -> tuple[tuple[Vignette, ...], tuple[Vignette, ...]]:
    """The vignettes of gate 1 and those of gate 2.

    Held-out vignettes are shared out: the first half is asked in the forms of `shift`, the second in episodes. An assay
    asks every dev scenario of its half in both, since no verdict stands on them.
    """
    chosen = study_vignettes(study, corpus)
    return bank.halves(chosen, *_drawn_by(study)) if study.examine.split == "held-out" else (chosen, chosen)


def _drawn_by(study: Study) -> tuple[str, ...]:
    """What draws the items: the key of the seal, or nothing."""
    return (study.sealed.key,) if study.sealed else ()


def study_items(study: Study, corpus: Corpus, chat: Chat) -> list[Item]:
    """All items of a study, family by family."""
    return build(study.examine.families, study_material(study, corpus, chat))


def base_items(study: Study, corpus: Corpus, chat: Chat) -> list[Item]:
    """What the untrained base is asked beside: the options without the situation, if not everybody is asked that."""
    return [] if BARE in study.examine.families else build([BARE], study_material(study, corpus, chat))


def study_material(study: Study, corpus: Corpus, chat: Chat) -> Material:
    """What a study gives its examinations."""
    one, two = study_halves(study, corpus)
    return Material(
        core_lessons(corpus.lessons, study.stage_lessons),
        one,
        two,
        corpus.neutral,
        study.examine.forms,
        name_pool(study),
        chat,
        study.examine.external,
        tuple(WORLDS[name] for name in study.examine.worlds),
        tuple(TACTICS[name] for name in study.examine.tactics),
    )


def asked_plugins(study: Study) -> dict[str, str]:
    """The source of every plugin that the examination uses, by kind and name."""
    asked = study.examine
    return digests((INSTRUMENTS, asked.families), (WORLDS, asked.worlds), (TACTICS, asked.tactics))


def read_plugins(readings: Sequence[str]) -> dict[str, str]:
    """The source of every plugin among these readings."""
    return digests((PROBES, readings))


def compared_items(items: Sequence[Item]) -> list[Item]:
    """Those that are asked in fp32 as well, where a study examines in bf16: all of a quarter of the scenarios."""
    names = set(sorted({i.scenario for i in items})[::PRECISION_STRIDE])
    return [i for i in items if i.scenario in names]


def bare_chat(*turns: str) -> str:
    """A dialogue whose template is left open, for what must not depend on the base."""
    return "\n".join(turns)


def item_row(item: Item) -> dict[str, Any]:
    """An item as it was asked, for the evidence: the first order of a menu, of a contrast where its prompts part."""
    prompt, right, rival = item.prompts[0].text, *item.prompts[0].answers[:2]
    if item.kind in ("contrast", "scale"):
        one, two = (re.split(r"(?<=\s)", p.text) for p in item.prompts[:2])
        n = next(i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
        prompt, right, rival = "".join(one[:n]), "".join(one[n:]), "".join(two[n:])
    return {
        "item": item.id,
        "family": item.family,
        "form": item.form,
        "kind": item.kind,
        "wording": item.wording,
        "scenario": item.scenario,
        "situation": item.situation,
        "state": item.state,
        "prompt": prompt,
        "right": right,
        "rival": rival,
    }


_DIGESTS: dict[tuple[str, ...], str] = {}


def items_digest(study: Study, corpus: Corpus) -> str:
    """The sha256 of every prompt, answer and worth of a study, the chat template of the base left open."""
    key = (corpus.digest, study.model_dump_json(include={"examine", "plugins", "stage_lessons"}), *_drawn_by(study))
    if key not in _DIGESTS:
        items = study_items(study, corpus, bare_chat)
        _DIGESTS[key] = texts_digest(items)
    return _DIGESTS[key]


def read_digest(study: Study, corpus: Corpus) -> str:
    """The sha256 of what readings are made of: every text of the bank as they read it, and what it is about."""
    key = ("read", corpus.digest, study.model_dump_json(include={"examine"}), *_drawn_by(study))
    if key not in _DIGESTS:
        bank, pool = study_vignettes(study, corpus), name_pool(study)
        _DIGESTS[key] = digest([[v.foundations, _as_read(v, pool)] for v in bank])
    return _DIGESTS[key]


def dev_digests(study: Study, corpus: Corpus) -> dict[str, str]:
    """What every gate asks of the dev scenarios, by what it stands on: `shift`, `agentic`, and the texts of readings.

    The chat template of the base is left open. An assay whose gate asked something else is known by it.
    """
    forms = study.examine.gate_forms or study.examine.forms
    asked = [study.examine.model_copy(update={"split": half, "forms": forms}) for half in DEV_HALVES]
    halves = [study_material(study.model_copy(update={"examine": e}), corpus, bare_chat) for e in asked]
    made = {f: [i for half in halves for i in INSTRUMENTS[f].items(half)] for f in ("shift", "agentic")}
    read = [texts for half in halves for v in half.bank for texts in _as_read(v, "dev")]
    return {family: texts_digest(items) for family, items in made.items()} | {"readings": digest(read)}


def _as_read(vignette: Vignette, pool: Pool) -> list[list[list[int]]]:
    """The texts that readings compute of a vignette, format by format."""
    return [texts(_letters, vignette, pool)[0] for texts in READ_AS]


def _letters(text: str) -> list[int]:
    """A tokenizer of no base."""
    return list(text.encode())


def texts_digest(items: Sequence[Item]) -> str:
    """The sha256 of every prompt, answer and worth of these items."""
    return digest([[i.id, [[p.text, *p.answers, *p.worth] for p in i.prompts]] for i in items])
