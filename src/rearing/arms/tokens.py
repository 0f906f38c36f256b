"""Token counts without torch: by the shipped tokenizer of SmolLM2, or by a tokenizer.json that is named."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rearing.errors import ModelError, RearingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER = Path(__file__).parent / "data" / "smollm2-tokenizer.json"
TOKENIZER_SHA256 = "bf346d64f6f0fbcefb4c1b6928a98241467dff36c6fbae5fe1785c4ff90667f4"
END_OF_TEXT = "<|im_end|>"
Count = Callable[[str], int]
Encode = Callable[[str], list[int]]
# Where the tokenizer splits ASCII text: GPT-2's pattern (openai/gpt-2, encoder.py). Other text, and what may hold a
# special token, is left to the tokenizer.
WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+")
UNUSUAL = re.compile(r"[^\x00-\x7f]|<")


def ids_digest(ids: Sequence[int]) -> str:
    """The sha256 of token ids."""
    return hashlib.sha256(json.dumps(list(ids)).encode()).hexdigest()


@cache
def _tokenizer(file: Path) -> "Tokenizer":
    """The tokenizer of a file.

    Raises:
        RearingError: The shipped file was changed.
        ModelError: Another file is no tokenizer.
    """
    from tokenizers import Tokenizer

    raw = file.read_bytes()
    if file == TOKENIZER and hashlib.sha256(raw).hexdigest() != TOKENIZER_SHA256:
        raise RearingError(f"{file} is not the tokenizer that this release ships; reinstall rearing")
    try:
        return Tokenizer.from_str(raw.decode("utf-8"))
    except Exception as err:  # the library raises no narrower one
        raise ModelError(f"is no tokenizer ({err})", "save it again with `tokenizer.save_pretrained`", file) from err


@cache
def encoder(file: Path = TOKENIZER) -> Encode:
    """A function that gives the token ids of a text, no special token added."""

    def encode(text: str) -> list[int]:
        ids: list[int] = _tokenizer(file).encode(text, add_special_tokens=False).ids
        return ids

    return encode


@cache
def counter(file: Path = TOKENIZER) -> Count:
    """A function that gives the number of tokens of a text.

    The BPE of the shipped tokenizer never joins what its own pattern splits, so that the length of every word is asked
    once. Of another tokenizer nothing is known, and it is asked about whole texts.
    """
    encode = encoder(file)

    @lru_cache(maxsize=100_000)
    def length(word: str) -> int:
        return len(encode(word))

    @lru_cache(maxsize=200_000)
    def count(text: str) -> int:
        return length(text) if UNUSUAL.search(text) else sum(map(length, WORDS.findall(text)))

    return count if file == TOKENIZER else length


def following(count: Count, text: str) -> int:
    """Tokens that a text adds behind a sentence, with the space or blank line it begins with.

    Some tokenizers join the blank line to the full stop before it, some put a space in front of every text: so what
    stands before is counted and taken off again.
    """
    return count("." + text) - count(".")


def document_digest(text: str) -> str:
    """`ids_digest` of a document as it is fed to a shipped base: its tokens and the end-of-text token."""
    encode = encoder()
    return ids_digest(encode(text) + encode(END_OF_TEXT))
