"""Log-likelihoods of answers after prompts, with every shared beginning computed once.

A prompt and its answers are encoded as lm-eval does (trailing spaces of the prompt move to the answer, the pair is
encoded together), so that the numbers are the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from rearing.models.base import LanguageModel
from rearing.models.packed import logits
from rearing.models.trees import ROW_TOKENS, grow, plant, row_batches

CHUNK = 128
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Summed log-probability of an answer in nats, its tokens and its UTF-8 bytes."""

    total: float
    tokens: int
    bytes: int


def encode_pair(lm: LanguageModel, prompt: str, answer: str) -> tuple[list[int], int]:
    """Token ids of prompt and answer together, and how many of them belong to the prompt.

    Source: `lm_eval.api.model.TemplateLM._encode_pair`.
    """
    spaces = len(prompt) - len(prompt.rstrip())
    if spaces:
        prompt, answer = prompt[:-spaces], prompt[-spaces:] + answer
    whole, start = lm.encode(prompt + answer), len(lm.encode(prompt))
    return whole, start


@torch.inference_mode()
def likelihoods(
    lm: LanguageModel,
    groups: Sequence[Sequence[tuple[str, str]]],
    row_tokens: int = ROW_TOKENS,
    progress: Progress | None = None,
) -> list[list[Likelihood]]:
    """Log-likelihood of every answer.

    Args:
        lm: The model asked.
        groups: Groups of (prompt, answer); the pairs of a group share one tree, so put what begins alike together.
        row_tokens: Tokens of a row; memory grows with it.
        progress: Called with the number of groups that a row finished.

    Returns:
        The same shape as `groups`.
    """
    encoded = [[encode_pair(lm, prompt, answer) for prompt, answer in group] for group in groups]
    trees = [grow([ids[:-1] for ids, _ in group]) for group in encoded]
    results: list[list[Likelihood]] = [[] for _ in groups]
    for batch in row_batches(trees, row_tokens):
        row, starts = plant([trees[i] for i in batch])
        asked = [(i, start, k) for i, start in zip(batch, starts, strict=True) for k in range(len(groups[i]))]
        positions: list[int] = []
        tokens: list[int] = []
        sizes: list[int] = []
        for i, start, k in asked:
            ids, first = encoded[i][k]
            span = range(max(first, 1), len(ids))
            positions += [start + trees[i].paths[k][p - 1] for p in span]
            tokens += ids[span.start :]
            sizes.append(len(span))
        wanted = sorted(set(positions))
        row_of = {position: r for r, position in enumerate(wanted)}
        out_SV = logits(lm.model, row, torch.tensor(wanted))
        parts = torch.split(token_logprobs(out_SV, [row_of[p] for p in positions], tokens), sizes)
        for (i, _, k), part in zip(asked, parts, strict=True):
            results[i].append(Likelihood(part.sum().item(), len(part), len(groups[i][k][1].encode())))
        if progress:
            progress(len(batch))
    return results


def token_logprobs(logits_SV: torch.Tensor, rows: Sequence[int], tokens: Sequence[int]) -> torch.Tensor:
    """Log-probability of `tokens[i]` by row `rows[i]` of the logits, in fp32; the whole table is never copied.

    Returns:
        (N,), on the CPU.
    """
    parts = []
    for begin in range(0, len(rows), CHUNK):
        at = torch.tensor(rows[begin : begin + CHUNK], device=logits_SV.device)
        chosen = torch.tensor(tokens[begin : begin + CHUNK], device=logits_SV.device)
        chunk = logits_SV[at].float()
        parts.append(chunk.gather(1, chosen[:, None])[:, 0] - chunk.logsumexp(dim=1))
    return torch.cat(parts).cpu()
