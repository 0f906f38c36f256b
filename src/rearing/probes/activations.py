"""Residual-stream activations of the two options of every scenario, in the format of `probes.sequences`.

Read after block round(2/3 * depth), at the full stop of the action and at that of the carrier; `by_block` reads others,
and `save` writes them for other tools.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save as to_bytes

from rearing import __version__
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus
from rearing.models.base import LanguageModel
from rearing.models.identity import base_identity
from rearing.models.packed import pack, plant
from rearing.models.trees import Tree, grow, row_batches
from rearing.probes.residual import Span, block_of, forward, forward_all
from rearing.probes.rows import CARRIER, DEPTH, Floats
from rearing.probes.sequences import Asked, pair_sequences
from rearing.records.scenario import Lesson, Situation, Vignette
from rearing.store.artifacts import write_atomic

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


def pair_activations(
    lm: LanguageModel,
    vignettes: Sequence[Vignette] | Sequence[Lesson],
    pool: Pool,
    progress: Callable[[int], None] | None = None,
) -> list[PairActivations]:
    """Activations of every vignette in both situations, or of lessons, wording `mf`.

    Of a row, the residual stream after one block is kept, and logits are made at the tokens of the actions alone.
    """
    block = block_of(lm)
    return by_block(lm, vignettes, pool, [block], progress)[block]


@torch.inference_mode()
def by_block(
    lm: LanguageModel,
    vignettes: Sequence[Vignette] | Sequence[Lesson],
    pool: Pool,
    blocks: Sequence[int],
    progress: Callable[[int], None] | None = None,
) -> dict[int, list[PairActivations]]:
    """As `pair_activations`, after each of these blocks (0: the embeddings), from one pass."""
    jobs = [(grow(sequences), asked) for sequences, asked in (pair_sequences(lm.encode, v, pool) for v in vignettes)]
    found: dict[int, list[PairActivations]] = {block: [] for block in blocks}
    for batch in row_batches([len(tree) for tree, _ in jobs]):
        row, starts = plant([jobs[i][0] for i in batch])
        planted = [(i, start, a) for i, start in zip(batch, starts, strict=True) for a in jobs[i][1]]
        spans = [span for i, start, a in planted for span in _spans(jobs[i][0], start, a)]
        held, told = forward_all(lm, row, spans, blocks)
        sums = told.tolist()
        for block, residual_TD in held.items():
            hidden_TD = residual_TD.float().cpu()
            for n, (i, start, a) in enumerate(planted):
                found[block].append(_pair(hidden_TD, sums[2 * n : 2 * n + 2], start, jobs[i][0], a, vignettes[i].id))
        if progress:
            progress(len(batch))
    return found


@torch.inference_mode()
def text_activations(lm: LanguageModel, texts: Sequence[str]) -> dict[str, Floats]:
    """Activations of texts by themselves, which end in the carrier, at the same sites, (S, D) each."""
    sequences = [lm.encode(text) for text in texts]
    stops = [len(lm.encode(text.removesuffix(CARRIER))) - 1 for text in texts]
    found = {}
    for batch in row_batches([len(s) for s in sequences]):
        packed = pack([sequences[i] for i in batch])
        # One log-probability is asked for, since a forward has to be asked something.
        hidden_TD, _ = forward(lm, packed, [([0], [sequences[batch[0]][1]])])
        for i, segment in zip(batch, packed.segments, strict=True):
            found[texts[i]] = hidden_TD[[segment.start + stops[i], segment.stop - 1]].double().cpu().numpy()
    return found


def save(
    path: Path,
    lm: LanguageModel,
    corpus: Corpus,
    vignettes: Sequence[Vignette],
    pool: Pool = "exam",
    depths: Sequence[float] = (0, 1 / 4, 1 / 2, DEPTH, 1),
) -> None:
    """Write what a model holds of both options of every vignette as safetensors.

    Tensors: `right` and `rival`, (K, B, S, D) in fp32, of K situations (both of every vignette), B blocks, S sites and
    width D; `margin`, (K,), of the choice, in nats per byte. The header says in JSON what K, B and S are, the token ids
    of either option in its situation, where the sites lie in them, and of what model and corpus it is.

    Args:
        path: Of the file.
        lm: The model.
        corpus: Where the vignettes are from.
        vignettes: Some of it.
        pool: Of the names in them.
        depths: Shares of the depth; block 0 holds the embeddings, the last one what enters the final norm.

    Raises:
        StoreError: It cannot be written.
    """
    blocks = sorted({round(depth * lm.depth) for depth in depths})
    found = by_block(lm, vignettes, pool, blocks)
    rows = list(zip(*found.values(), strict=True))
    arrays = {
        "right": np.array([[p.right_SD for p in row] for row in rows], dtype=np.float32),
        "rival": np.array([[p.rival_SD for p in row] for row in rows], dtype=np.float32),
        "margin": np.array([row[0].margin for row in rows], dtype=np.float32),
    }
    read = [
        (sequences, a) for v in vignettes for sequences, asked in [pair_sequences(lm.encode, v, pool)] for a in asked
    ]
    said = {
        "rows": [[row[0].scenario, row[0].situation] for row in rows],
        "blocks": blocks,
        "sites": SITES,
        "tokens": [[sequences[k] for k in a.paths] for sequences, a in read],
        "at": [
            [[stop - 1, len(sequences[k]) - 1] for k, stop in zip(a.paths, a.stops, strict=True)]
            for sequences, a in read
        ],
        "corpus": [corpus.name, corpus.version, corpus.digest],
        "model": [lm.ref, base_identity(lm.ref)],
        "rearing": __version__,
    }
    write_atomic(path, to_bytes(arrays, {name: json.dumps(value) for name, value in said.items()}))


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
