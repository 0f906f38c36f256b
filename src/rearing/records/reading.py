"""Readings of a checkpoint's representations, by name (`internalization.md` section 2)."""

from typing import Literal, get_args

ReadingName = Literal[
    "decode", "coupling", "fixed", "choice-coupling", "dose", "interchange", "lens", "rank", "spread", "knockout"
]
READING_NAMES: tuple[ReadingName, ...] = get_args(ReadingName)
DEFAULT_READINGS: tuple[ReadingName, ...] = ("decode", "coupling")
# A row of a reading's null has its name with this behind it.
NULL = "-null"
