"""Readings of a checkpoint's representations, by name (`internalization.md` section 2)."""

from typing import Literal, get_args

ReadingName = Literal[
    "decode",
    "coupling",
    "fixed",
    "choice-coupling",
    "dose",
    "interchange",
    "lens",
    "rank",
    "rank-random",
    "spread",
    "knockout",
    "necessity",
    "stable",
    "stable-cosine",
    "wordless",
    "surface",
    "control",
    "decode-transfer",
    "mdl",
    "recency",
    "recency-cosine",
]
READING_NAMES: tuple[ReadingName, ...] = get_args(ReadingName)
DEFAULT_READINGS: tuple[ReadingName, ...] = ("decode", "coupling")
# What they say before an attack is known.
STABLE: tuple[ReadingName, ...] = ("stable", "stable-cosine")
# What the order of training leaves, and what depends on no model.
ORDER: tuple[ReadingName, ...] = ("recency", "recency-cosine")
OF_TEXT: tuple[ReadingName, ...] = ("surface",)
# A row of a reading's null has its name with this behind it.
NULL = "-null"
# The same reading with the trace of the training order projected out; its null has a shuffled order (`probes.recency`).
ORDERLESS = "-orderless"


def plain_name(reading: str) -> str:
    """The name of the reading to which a row belongs that may be of its null or of its order-free twin."""
    return reading.removesuffix(NULL).removesuffix(ORDERLESS)
