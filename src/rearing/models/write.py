"""A model writes a line: the likeliest token, again and again."""

import torch

from rearing.models.base import LanguageModel
from rearing.models.packed import logits, pack


@torch.inference_mode()
def write_line(lm: LanguageModel, prompt: str, most: int) -> str:
    """The continuation of a prompt up to the end of its line or text, or to `most` tokens.

    Every token is computed from the whole text again, so keep it to a few.
    """
    start = lm.encode(prompt)
    ids = list(start)
    while len(ids) < len(start) + most:
        at = torch.tensor([len(ids) - 1])
        token = int(logits(lm.model, pack([ids]), at)[0].argmax())
        if token == lm.tokenizer.eos_token_id or "\n" in lm.tokenizer.decode([token]):
            break
        ids.append(token)
    text: str = lm.tokenizer.decode(ids[len(start) :])
    return text
