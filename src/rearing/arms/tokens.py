"""Token counts without torch: the shipped tokenizer of SmolLM2, checked by hash."""

import hashlib
import json
import re
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
# Where the tokenizer splits ASCII text: GPT-2's pattern (openai/gpt-2, encoder.py). Other text, and what may hold a
# special token, is left to the tokenizer.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
UNUSUAL = re.compile(r"[^\x00-\x7f]|<")


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
    """A function that gives the number of tokens of a text.

    BPE never joins what the tokenizer's own pattern splits, so that the length of every word is asked once.
    """

    @lru_cache(maxsize=100_000)
    def length(word: str) -> int:
        return len(encode(word))

    @lru_cache(maxsize=200_000)
    def count(text: str) -> int:
        return length(text) if UNUSUAL.search(text) else sum(map(length, WORDS.findall(text)))

    return count


def document_digest(text: str) -> str:
    """`ids_digest` of a document as it is fed: its tokens and the end-of-text token."""
    return ids_digest(encode(text) + encode(END_OF_TEXT))
