"""A model writes a line: the likeliest token, again and again."""

import torch
from transformers import DynamicCache

from rearing.models.base import LanguageModel
from rearing.models.packed import Row, Segment, logits, pack


@torch.inference_mode()
def write_line(lm: LanguageModel, prompt: str, most: int) -> str:
    """The continuation of a prompt up to the end of its line or text, or to `most` tokens.

    Every token is computed once: keys and values of those before are kept.
    """
    row, before = pack([lm.encode(prompt)]), DynamicCache()
    written: list[int] = []
    while len(written) < most:
        end = row.segments[-1].stop
        token = int(logits(lm.model, row, torch.tensor([len(row.ids_T) - 1]), before)[0].argmax())
        if token == lm.tokenizer.eos_token_id or "\n" in lm.tokenizer.decode([token]):
            break
        written.append(token)
        row = Row(torch.tensor([token]), torch.tensor([end]), (Segment(0, end + 1, torch.ones(1, end + 1).bool()),))
    text: str = lm.tokenizer.decode(written)
    return text
