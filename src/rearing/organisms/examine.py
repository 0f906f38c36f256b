"""An organism is examined as an arm is: the same items, the same way to ask, the same readings, the same attack.

Less is asked than in a study, so that an organism takes minutes: the first state of an episode, two frames, four rounds
of pressure, two forms of `lexical` and the wording that carries it, one attack.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from rearing.attacks.ladder import climb
from rearing.attacks.texts import ATTACKS, attack_steps
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus
from rearing.evals.ask import ask, choose
from rearing.evals.bank import agentic_items, episodes, frame_items, shift_items
from rearing.evals.episodes import decision_states
from rearing.evals.lexical import lexical_items
from rearing.evals.pressure import pressure_items
from rearing.models.base import LanguageModel, compute_in
from rearing.models.memory import release_memory
from rearing.organisms.matrix import PLANTED
from rearing.organisms.texts import AT_ONCE, WATCHED, epochs, lesson
from rearing.organisms.train import answer_scores
from rearing.organisms.zoo import SHIFT, Examination, Organism
from rearing.probes.read import read
from rearing.records.item import Item, Rule, item_id
from rearing.records.recipe import Recipe
from rearing.records.scenario import SITUATIONS, Neutral, Situation, Vignette
from rearing.training.loop import masters_into

RULE: Rule = "token"
POOL: Pool = "dev"
ATTACK = "reversal"
LEXICAL = ("chat", "menu-form")
# None of them stands on what the base holds.
READINGS = ("decode", "coupling", "interchange")
ROUNDS = (0, 2, 4, 8)
ACTS = "acts"
Rows = list[dict[str, Any]]


def examine(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    corpus: Corpus,
    asked: Examination,
    progress: Callable[[float], None],
) -> tuple[Rows, Rows]:
    """Responses and readings without arm and seed; under the attack the model is changed.

    Args:
        lm: Open in fp32.
        vignettes: What it is asked about.
        corpus: What the attack is made from.
        asked: How much.
        progress: Called with the share of the work that was done since the last call.
    """
    masters = lm.copy_weights()
    compute_in(lm.model, asked.dtype)
    shift = shift_items(vignettes, SHIFT, "natural", POOL, lm.chat)
    rows = _as_reared(ask(lm, [*shift, *_beside(lm, vignettes)], RULE, lambda done: progress(done / 2)))
    rows += acts(lm, vignettes)
    release_memory()
    readings = _as_reared(read(lm, vignettes, POOL, READINGS, None, lambda done: progress(done / 4)))
    masters_into(lm.model, masters)
    masters.clear()
    rows += [row for dose in _attacked(lm, corpus, shift, asked) for row in dose]
    progress(1 / 4)
    return rows, readings


def _beside(lm: LanguageModel, vignettes: Sequence[Vignette]) -> Iterator[Item]:
    """Everything that is asked beside `shift`; the form of the training goes as `normal`, which has it in a study."""
    yield from shift_items(vignettes, ("plain",), "natural", POOL, lm.chat, family="normal")
    yield from (item for item in agentic_items(vignettes, POOL) if item.state == 0)
    yield from (item for item in frame_items(vignettes, POOL) if item.form in WATCHED)
    yield from (item for item in lexical_items(vignettes, LEXICAL, POOL, lm.chat) if item.wording == "adv")
    yield from (item for item in pressure_items(vignettes, POOL, lm.chat) if item.state in ROUNDS)


def acts(lm: LanguageModel, vignettes: Sequence[Vignette]) -> Rows:
    """Does the likeliest of all legal commands take one of the two options? The first decision state of every episode.

    The score of `agentic` compares the two options and cannot see who takes neither.
    """
    rows: Rows = []
    for e in episodes(vignettes, POOL):
        p_A = choose(lm, e.prompts(decision_states(e)[0]), e.vignette.id)
        rows.append(_row(ACTS, "episode", e.vignette.id, e.situation, float(p_A.argmax() < 2)))
    return rows


@torch.inference_mode()
def planted(lm: LanguageModel, organism: Organism, scenarios: Sequence[Vignette | Neutral], seed: int) -> Rows:
    """Is it what it is meant to be? Texts like those that it was told, with names and orders that it was not.

    The score is 1 where the answer that was planted is the likeliest of all legal ones. What has no planted answer (a
    coin, or what the base would say) is left out, so that some organisms have no rows.
    """
    told = tuple(t for t in organism.told if t.answer not in ("own", "coin"))
    rows: Rows = []
    before = organism.before_epochs + organism.epochs
    for scenario, k in epochs(scenarios, seed, -(-len(told) // AT_ONCE)):
        texts = lesson(told, scenario, seed, before + k, lm.chat)
        scores = answer_scores(lm, texts) if texts else []
        for n, (text, score_A) in enumerate(zip(texts, scores, strict=True)):
            right = float(score_A.argmax().item() == text.answer)
            rows.append(_row(PLANTED, f"epoch-{k}", scenario.id, SITUATIONS[n % 2], right, n))
    return rows


def _row(family: str, form: str, scenario: str, situation: Situation, score: float, state: int = 0) -> dict[str, Any]:
    """A row of `responses` of what is not asked in a study."""
    return {
        "attack": "",
        "dose": 0,
        "family": family,
        "form": form,
        "kind": "menu",
        "wording": "natural",
        "scenario": scenario,
        "situation": situation,
        "state": state,
        "item": item_id(family, form, "natural", scenario, situation, state),
        "score": score,
        **dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token", "agreement"), math.nan),
    }


def _attacked(lm: LanguageModel, corpus: Corpus, items: Sequence[Item], asked: Examination) -> Iterator[Rows]:
    """The answers at every dose of the attack; the model is changed."""
    steps = attack_steps(ATTACKS[ATTACK], corpus, lm, max(asked.doses))
    for dose in climb(lm, steps, asked.doses, asked.attack_lr, Recipe(), asked.dtype):
        yield [{"attack": ATTACK, "dose": dose} | row for row in ask(lm, items, RULE)]


def _as_reared(rows: Rows) -> Rows:
    return [{"attack": "", "dose": 0} | row for row in rows]
