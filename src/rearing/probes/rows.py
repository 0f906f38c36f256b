"""Rows of `records.tables.READINGS` without arm, seed, attack and dose; no torch, so that a plugin can import it."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rearing.records.scenario import Situation

DEPTH = 2 / 3
# Stands behind every action in the sentence format.
CARRIER = " The clock on the wall shows half past four."
Floats = NDArray[np.float64]
Rows = Iterator[dict[str, Any]]


class Asked(Protocol):
    """What was read: one situation of one scenario."""

    @property
    def scenario(self) -> str:
        """Its id."""

    @property
    def situation(self) -> Situation:
        """`main` or `twin`."""


def row(reading: str, site: str, asked: Asked, value: float, depth: float = DEPTH) -> dict[str, Any]:
    """One row; `value` in [0, 1], a half where the model knows nothing."""
    return {
        "reading": reading,
        "site": site,
        "depth": depth,
        "wording": "mf",
        "scenario": asked.scenario,
        "situation": asked.situation,
        "value": value,
    }


def share(x: Floats | float) -> Floats:
    """1 where positive, 0 where negative, a half at zero."""
    signs: Floats = 0.5 + 0.5 * np.sign(np.asarray(x, dtype=np.float64))
    return signs
