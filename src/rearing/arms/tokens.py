"""Token counts without torch: the shipped tokenizer of SmolLM2, checked by hash."""

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from rearing.errors import RearingError

TOKENIZER = Path(__file__).parent / "data" / "smollm2-tokenizer.json"
TOKENIZER_SHA256 = "bf346d64f6f0fbcefb4c1b6928a98241467dff36c6fbae5fe1785c4ff90667f4"
TOKENIZER_NAME = "smollm2"
Count = Callable[[str], int]


@cache
def counter() -> Count:
    """A function that gives the number of tokens of a text.

    Raises:
        RearingError: The shipped file was changed.
    """
    from tokenizers import Tokenizer

    raw = TOKENIZER.read_bytes()
    if hashlib.sha256(raw).hexdigest() != TOKENIZER_SHA256:
        raise RearingError(f"{TOKENIZER} is not the tokenizer that this release ships; reinstall rearing")
    tokenizer = Tokenizer.from_str(raw.decode("utf-8"))

    @lru_cache(maxsize=200_000)
    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return count
