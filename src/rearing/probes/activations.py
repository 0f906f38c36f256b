"""Residual-stream activations of the two options of every scenario, in the format of `probes.sequences`.

Read after block round(2/3 * depth), at the full stop of the action and at the full stop of the carrier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from rearing.corpus.fill import Pool
from rearing.models.base import LanguageModel
from rearing.models.packed import plant
from rearing.models.trees import Tree, grow, row_batches
from rearing.probes.residual import Span, forward
from rearing.probes.rows import Floats
from rearing.probes.sequences import Asked, pair_sequences
from rearing.records.scenario import Situation, Vignette

SITES = ("action", "carrier")


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


@torch.inference_mode()
def pair_activations(
    lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, progress: Callable[[int], None] | None = None
) -> list[PairActivations]:
    """Activations of every vignette in both situations, wording `mf`.

    Of a row, the residual stream after one block is kept, and logits are made at the tokens of the actions alone.
    """
    jobs = [(grow(sequences), asked) for sequences, asked in (pair_sequences(lm.encode, v, pool) for v in vignettes)]
    found: list[PairActivations] = []
    for batch in row_batches([len(tree) for tree, _ in jobs]):
        row, starts = plant([jobs[i][0] for i in batch])
        planted = [(i, start, a) for i, start in zip(batch, starts, strict=True) for a in jobs[i][1]]
        spans = [span for i, start, a in planted for span in _spans(jobs[i][0], start, a)]
        residual_TD, told = forward(lm, row, spans)
        hidden_TD, sums = residual_TD.float().cpu(), told.tolist()
        for n, (i, start, a) in enumerate(planted):
            found.append(_pair(hidden_TD, sums[2 * n : 2 * n + 2], start, jobs[i][0], a, vignettes[i].id))
        if progress:
            progress(len(batch))
    return found


def _spans(tree: Tree, start: int, a: Asked) -> list[Span]:
    """Of both actions, the positions that predict their tokens, and the tokens."""
    spans: list[Span] = []
    for path, stop in zip((tree.paths[k] for k in a.paths), a.stops, strict=True):
        span = range(a.starts, stop)
        spans.append(([start + path[p - 1] for p in span], [tree.tokens[path[p]] for p in span]))
    return spans


def _pair(
    hidden_TD: torch.Tensor, sums: Sequence[float], start: int, tree: Tree, a: Asked, scenario: str
) -> PairActivations:
    right, rival = (
        hidden_TD[[start + path[stop - 1], start + path[-1]]].double().numpy()
        for path, stop in zip((tree.paths[k] for k in a.paths), a.stops, strict=True)
    )
    margin = sums[0] / a.sizes[0] - sums[1] / a.sizes[1]
    return PairActivations(scenario, a.situation, right, rival, margin, a.sizes[0] - a.sizes[1])
