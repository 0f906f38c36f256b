"""Token counts without torch: the shipped tokenizer of SmolLM2, checked by hash."""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rearing.errors import RearingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = Path(__file__).parent / "data" / "smollm2-tokenizer.json"
TOKENIZER_SHA256 = "bf346d64f6f0fbcefb4c1b6928a98241467dff36c6fbae5fe1785c4ff90667f4"
END_OF_TEXT = "<|im_end|>"
Count = Callable[[str], int]


def ids_digest(ids: Sequence[int]) -> str:
    """The sha256 of token ids."""
    return hashlib.sha256(json.dumps(list(ids)).encode()).hexdigest()


@cache
def _tokenizer() -> "Tokenizer":
    """The shipped tokenizer.

    Raises:
        RearingError: The shipped file was changed.
    """
    from tokenizers import Tokenizer

    raw = TOKENIZER.read_bytes()
    if hashlib.sha256(raw).hexdigest() != TOKENIZER_SHA256:
        raise RearingError(f"{TOKENIZER} is not the tokenizer that this release ships; reinstall rearing")
    return Tokenizer.from_str(raw.decode("utf-8"))


def encode(text: str) -> list[int]:
    """Token ids, no special token added."""
    ids: list[int] = _tokenizer().encode(text, add_special_tokens=False).ids
    return ids


@cache
def counter() -> Count:
    """A function that gives the number of tokens of a text."""

    @lru_cache(maxsize=200_000)
    def count(text: str) -> int:
        return len(encode(text))

    return count


def document_digest(text: str) -> str:
    """`ids_digest` of a document as it is fed: its tokens and the end-of-text token."""
    return ids_digest(encode(text) + encode(END_OF_TEXT))
