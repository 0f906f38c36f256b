"""Residual-stream activations of the two options of every scenario, in a plain probe format.

Probe format: the situation, then one action as a plain sentence, then a neutral carrier sentence. Read after block
round(2/3 * depth), at the full stop of the action and at the full stop of the carrier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rearing.corpus.fill import Pool, fill, sentence, slot_values
from rearing.models.base import LanguageModel
from rearing.models.packed import logits
from rearing.models.score import token_logprobs
from rearing.models.trees import Tree, grow, plant, row_batches
from rearing.records.scenario import SITUATIONS, Option, Situation, Vignette

CARRIER = " The clock on the wall shows half past four."
DEPTH = 2 / 3
SITES = ("action", "carrier")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairActivations:
    """What a model holds of both options of one scenario in one situation.

    Attributes:
        right_SD, rival_SD: Activations at the S sites, width D.
        margin: Log-probability per byte of the action sentence, right minus rival, in nats.
        bytes: Length difference of the two action sentences, right minus rival.
    """

    scenario: str
    situation: Situation
    right_SD: Floats
    rival_SD: Floats
    margin: float
    bytes: int


def _action(actor: str, option: Option) -> str:
    fin = option.mf.fin if option.mf else option.fin
    return f" {actor} {fin}."


@torch.inference_mode()
def pair_activations(
    lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, progress: Callable[[int], None] | None = None
) -> list[PairActivations]:
    """Activations of every vignette in both situations, wording `mf`."""
    jobs = [_job(lm, v, pool) for v in vignettes]
    block = max(1, round(DEPTH * lm.depth)) - 1
    found: list[PairActivations] = []
    for batch in row_batches([tree for tree, _ in jobs]):
        row, starts = plant([jobs[i][0] for i in batch])
        hidden_TD, out_TV = _forward(lm, row, block)
        for i, start in zip(batch, starts, strict=True):
            tree, asked = jobs[i]
            found += [_pair(hidden_TD, out_TV, start, tree, a, vignettes[i].id) for a in asked]
        if progress:
            progress(len(batch))
    return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """One situation of a vignette: which paths of the tree hold its options, and where their parts begin."""

    situation: Situation
    paths: tuple[int, int]
    starts: int
    stops: tuple[int, int]
    sizes: tuple[int, int]


def _job(lm: LanguageModel, vignette: Vignette, pool: Pool) -> tuple[Tree, list[_Asked]]:
    values = slot_values(vignette, pool, 0)
    filled, actor = fill(vignette, values), values["A"]
    sequences: list[list[int]] = []
    asked: list[_Asked] = []
    carrier = lm.encode(CARRIER)
    for situation in SITUATIONS:
        facts = (*filled.setting, *(m.text for m in filled.minds), getattr(filled, situation))
        context = lm.encode(" ".join(map(sentence, facts)))
        right = filled.right(situation)
        rival = next(o for o in filled.options if o.id != right.id)
        texts = [_action(actor, o) for o in (right, rival)]
        actions = [lm.encode(t) for t in texts]
        first = len(sequences)
        sequences += [context + a + carrier for a in actions]
        stops = (len(context) + len(actions[0]), len(context) + len(actions[1]))
        sizes = (len(texts[0].encode()), len(texts[1].encode()))
        asked.append(_Asked(situation, (first, first + 1), len(context), stops, sizes))
    return grow(sequences), asked


def _forward(lm: LanguageModel, row: Any, block: int) -> tuple[torch.Tensor, torch.Tensor]:
    held: list[torch.Tensor] = []
    layer: torch.nn.Module = lm.model.base_model.layers[block]  # type: ignore[index,assignment]
    hook = layer.register_forward_hook(lambda module, args, out: held.append(out[0] if isinstance(out, tuple) else out))
    try:
        out = logits(lm.model, row, torch.arange(len(row.ids_T)))
    finally:
        hook.remove()
    return held[0].reshape(len(row.ids_T), -1).float().cpu(), out


def _pair(
    hidden_TD: torch.Tensor, out_TV: torch.Tensor, start: int, tree: Tree, a: _Asked, scenario: str
) -> PairActivations:
    states, means = [], []
    for path_index, stop, size in zip(a.paths, a.stops, a.sizes, strict=True):
        path = tree.paths[path_index]
        states.append(hidden_TD[[start + path[stop - 1], start + path[-1]]].double().numpy())
        span = range(a.starts, stop)
        told = token_logprobs(out_TV, [start + path[p - 1] for p in span], [tree.tokens[path[p]] for p in span])
        means.append(told.sum().item() / size)
    return PairActivations(scenario, a.situation, states[0], states[1], means[0] - means[1], a.sizes[0] - a.sizes[1])
