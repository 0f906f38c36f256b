"""An organism is examined as an arm is: the same items, the same way to ask, the same readings, the same attack.

Less is asked than in a study, so that an organism takes minutes: two frames, two forms of `lexical`, one attack.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rearing.attacks.texts import ATTACKS, attack_steps
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus
from rearing.evals.ask import ask, choose
from rearing.evals.bank import agentic_items, episodes, frame_items, shift_items
from rearing.evals.episodes import decision_states
from rearing.evals.lexical import lexical_items
from rearing.evals.pressure import pressure_items
from rearing.models.base import Dtype, LanguageModel, compute_in
from rearing.models.memory import release_memory
from rearing.organisms.texts import WATCHED
from rearing.organisms.zoo import SHIFT
from rearing.probes.probe import Held
from rearing.probes.read import read
from rearing.records.item import Item, Rule, item_id
from rearing.records.recipe import Recipe
from rearing.records.scenario import Vignette
from rearing.training.loop import Trainer, masters_into, supervised_tokens

RULE: Rule = "token"
POOL: Pool = "dev"
ATTACK = "reversal"
LEXICAL = ("chat", "menu-form")
READINGS = ("decode", "coupling", "interchange")
ACTS = "acts"
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Examination:
    """How much is asked.

    Attributes:
        doses: Steps of the attack after which `shift` is asked again.
        attack_lr: Its learning rate.
        dtype: In which answers are scored and activations read.
    """

    doses: tuple[int, ...] = (2, 8)
    attack_lr: float = 1e-4
    dtype: Dtype = "bf16"


def examine(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    corpus: Corpus,
    asked: Examination,
    base: Callable[[], Held] | None,
    progress: Callable[[float], None],
) -> tuple[Rows, Rows]:
    """Responses and readings without arm and seed; under the attack the model is changed.

    Args:
        lm: Open in fp32.
        vignettes: What it is asked about.
        corpus: What the attack is made from.
        asked: How much.
        base: What the untrained base holds, as `probes.read.read` wants it.
        progress: Called with the share of the work that was done since the last call.
    """
    masters = lm.copy_weights()
    compute_in(lm.model, asked.dtype)
    shift = shift_items(vignettes, SHIFT, "natural", POOL, lm.chat)
    rows = _as_reared(ask(lm, [*shift, *_beside(lm, vignettes)], RULE, lambda done: progress(done / 2)))
    rows += _as_reared(acts(lm, vignettes))
    release_memory()
    readings = _as_reared(read(lm, vignettes, POOL, READINGS, base, lambda done: progress(done / 4)))
    masters_into(lm.model, masters)
    masters.clear()
    rows += [row for dose in _attacked(lm, corpus, shift, asked) for row in dose]
    progress(1 / 4)
    return rows, readings


def _beside(lm: LanguageModel, vignettes: Sequence[Vignette]) -> Iterator[Item]:
    """Everything that is asked beside `shift`; the form of the training goes as `normal`, which has it in a study."""
    yield from shift_items(vignettes, ("plain",), "natural", POOL, lm.chat, family="normal")
    yield from agentic_items(vignettes, POOL)
    yield from (item for item in frame_items(vignettes, POOL) if item.form in WATCHED)
    yield from lexical_items(vignettes, LEXICAL, POOL, lm.chat)
    yield from pressure_items(vignettes, POOL, lm.chat)


def acts(lm: LanguageModel, vignettes: Sequence[Vignette]) -> Rows:
    """Does the likeliest of all legal commands take one of the two options? The first decision state of every episode.

    The score of `agentic` compares the two options and cannot see who takes neither.
    """
    rows: Rows = []
    for e in episodes(vignettes, POOL):
        p_A = choose(lm, e.prompts(decision_states(e)[0]), e.vignette.id)
        name = item_id(ACTS, "episode", "natural", e.vignette.id, e.situation)
        rows.append(
            {
                "family": ACTS,
                "form": "episode",
                "kind": "menu",
                "wording": "natural",
                "scenario": e.vignette.id,
                "situation": e.situation,
                "state": 0,
                "item": name,
                "score": float(p_A.argmax() < 2),
                **dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token", "agreement"), math.nan),
            }
        )
    return rows


def _attacked(lm: LanguageModel, corpus: Corpus, items: Sequence[Item], asked: Examination) -> Iterator[Rows]:
    """The answers at every dose of the attack, as `study.worker` gives it: a fresh optimizer, the model is changed."""
    recipe = Recipe()
    steps = attack_steps(ATTACKS[ATTACK], corpus, lm, max(asked.doses))
    trainer = Trainer(lm, recipe, supervised_tokens(steps) / len(steps))
    for dose, step in enumerate(steps, 1):
        trainer.step(step, asked.attack_lr)
        if dose in asked.doses:
            trainer.publish(asked.dtype)
            release_memory()
            yield [{"attack": ATTACK, "dose": dose} | row for row in ask(lm, items, RULE)]
            trainer.publish(recipe.dtype)


def _as_reared(rows: Rows) -> Rows:
    return [{"attack": "", "dose": 0} | row for row in rows]
