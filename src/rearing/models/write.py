"""A model writes lines: the likeliest token, again and again."""

from collections.abc import Sequence

import torch
from transformers import DynamicCache

from rearing.models.base import LanguageModel
from rearing.models.packed import Row, Segment, logits, pack
from rearing.models.trees import row_batches

RANKED = 16  # tokens among which the first one of a line is looked for


def write_lines(lm: LanguageModel, prompts: Sequence[str], most: int) -> list[str]:
    """The continuation of every prompt up to the end of its line or text, or to `most` tokens; never an empty line.

    Every token is computed once: keys and values of those before are kept, for as many prompts as fit into a row.
    """
    encoded = [lm.encode(prompt) for prompt in prompts]
    rows = row_batches([len(ids) + most for ids in encoded])
    return [line for batch in rows for line in _write(lm, [encoded[i] for i in batch], most)]


@torch.inference_mode()
def _write(lm: LanguageModel, prompts: list[list[int]], most: int) -> list[str]:
    """One row of prompts; each step adds a token to every line that is not at its end."""
    written: list[list[int]] = [[] for _ in prompts]
    going = list(range(len(prompts)))
    row, before = pack(prompts), DynamicCache()
    at = torch.tensor([s.stop - 1 for s in row.segments])
    owner = torch.tensor([i for i in going for _ in prompts[i]])  # whose each kept token is
    while going and len(written[going[0]]) < most:
        ranked = logits(lm.model, row, at, before).topk(1 if written[going[0]] else RANKED).indices.tolist()
        chosen = {
            i: next((token for token in tokens if _begins(lm, token)), tokens[0])
            for i, tokens in zip(going, ranked, strict=True)
        }
        going = [i for i in going if not _ends(lm, chosen[i])]
        for i in going:
            written[i].append(chosen[i])
        now = torch.tensor(going, dtype=torch.long)
        owner = torch.cat([owner, now])
        positions = torch.tensor([len(prompts[i]) + len(written[i]) - 1 for i in going])
        row = Row(
            torch.tensor([chosen[i] for i in going]),
            positions,
            (Segment(0, len(owner), now[:, None] == owner[None]),),
        )
        at = torch.arange(len(going))
    return [lm.tokenizer.decode(tokens) for tokens in written]


def _begins(lm: LanguageModel, token: int) -> bool:
    return not _ends(lm, token) and bool(lm.tokenizer.decode([token]).strip())


def _ends(lm: LanguageModel, token: int) -> bool:
    return token == lm.tokenizer.eos_token_id or "\n" in lm.tokenizer.decode([token])
