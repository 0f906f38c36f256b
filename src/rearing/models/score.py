"""Log-likelihoods of answers after prompts, with every shared beginning computed once.

A prompt and its answers are encoded as lm-eval does (trailing spaces of the prompt move to the answer, the pair is
encoded together), so that the numbers are the same.

Memory has a bound that does not depend on what is asked: a row has at most `row_tokens` tokens, or one longer sequence,
which the context of the model bounds; a mask has at most the square of that; logits are made at answer tokens only, for
at most `row_tokens` positions at once (1024 positions of 49,152 tokens in fp32 are 200 MB).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from rearing.errors import ModelError
from rearing.models.base import LanguageModel
from rearing.models.memory import keep_freed
from rearing.models.packed import Row, logits, plant
from rearing.models.trees import ROW_TOKENS, encode_pair, grow, row_batches, share

CHUNK = 128
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Summed log-probability of an answer in nats, its tokens and its UTF-8 bytes."""

    total: float
    tokens: int
    bytes: int


@torch.inference_mode()
def likelihoods(
    lm: LanguageModel,
    groups: Sequence[Sequence[tuple[str, str]]],
    row_tokens: int = ROW_TOKENS,
    progress: Progress | None = None,
    names: Sequence[str] = (),
) -> list[list[Likelihood]]:
    """Log-likelihood of every answer.

    Args:
        lm: The model asked.
        groups: Groups of (prompt, answer). They shape the result and nothing else: what shares a computed beginning is
            decided over all pairs, by `models.trees.share`.
        row_tokens: Bound of memory, as above.
        progress: Called with the share of the tokens that was computed since the last call.
        names: What each group is called in an error.

    Returns:
        The same shape as `groups`.

    Raises:
        ModelError: A pair is longer than the context of the model.
    """
    keep_freed()
    flat = [(g, *pair) for g, group in enumerate(groups) for pair in group]
    encoded = [encode_pair(lm.encode, prompt, answer) for _, prompt, answer in flat]
    for (g, _, _), (ids, _) in zip(flat, encoded, strict=True):
        _fits(lm, len(ids) - 1, names[g] if names else "a prompt with its answer")
    shares = share([ids[:-1] for ids, _ in encoded], row_tokens)
    total = sum(s.tokens for s in shares)
    found: dict[int, Likelihood] = {}
    for batch in row_batches([s.tokens for s in shares], row_tokens):
        trees = [grow([encoded[k][0][:-1] for k in shares[i].members]) for i in batch]
        row, starts = plant(trees)
        positions: list[int] = []
        tokens: list[int] = []
        sizes: dict[int, int] = {}
        for i, tree, start in zip(batch, trees, starts, strict=True):
            for k, path in zip(shares[i].members, tree.paths, strict=True):
                ids, first = encoded[k]
                span = range(max(first, 1), len(ids))
                positions += [start + path[p - 1] for p in span]
                tokens += ids[span.start :]
                sizes[k] = len(span)
        parts = torch.split(row_logprobs(lm, row, positions, tokens, row_tokens), list(sizes.values()))
        for (k, size), part in zip(sizes.items(), parts, strict=True):
            found[k] = Likelihood(part.sum().item(), size, len(flat[k][2].encode()))
        if progress:
            progress(sum(map(len, trees)) / total)
    queue = (found[k] for k in range(len(flat)))
    return [[next(queue) for _ in group] for group in groups]


def row_logprobs(
    lm: LanguageModel, row: Row, positions: Sequence[int], tokens: Sequence[int], at_once: int = ROW_TOKENS
) -> torch.Tensor:
    """Log-probability of `tokens[i]` after position `positions[i]` of a row, in fp32.

    Logits are made at distinct positions and for `at_once` of them; a row in which more are asked (one answer longer
    than that) is computed again for the rest.

    Returns:
        (N,), on the CPU.
    """
    wanted = sorted(set(positions))
    found = torch.empty(len(positions))
    for begin in range(0, len(wanted), at_once):
        part = wanted[begin : begin + at_once]
        row_of = {position: r for r, position in enumerate(part)}
        here = [i for i, position in enumerate(positions) if position in row_of]
        out_SV = logits(lm.model, row, torch.tensor(part))
        found[here] = token_logprobs(out_SV, [row_of[positions[i]] for i in here], [tokens[i] for i in here])
    return found


def token_logprobs(logits_SV: torch.Tensor, rows: Sequence[int], tokens: Sequence[int]) -> torch.Tensor:
    """Log-probability of `tokens[i]` by row `rows[i]` of the logits, in fp32; the whole table is never copied.

    Returns:
        (N,), on the CPU.
    """
    sums_S = torch.cat([part.float().logsumexp(dim=1) for part in torch.split(logits_SV, CHUNK)])
    at, chosen = (torch.tensor(indices, device=logits_SV.device) for indices in (rows, tokens))
    return (logits_SV[at, chosen].float() - sums_S[at]).cpu()


def _fits(lm: LanguageModel, tokens: int, name: str) -> None:
    if lm.context is not None and tokens > lm.context:
        raise ModelError(
            f"{name} has {tokens:,} tokens, and the context of {lm.ref!r} holds {lm.context:,}",
            "shorten it, leave its form out of the study, or use a base with a longer context",
        )
