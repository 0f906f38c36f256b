"""Scratchpad text, alone in this module: only `evals` and `study` may import it, and nothing here can carry loss."""

from dataclasses import dataclass
from typing import Any, Literal

from rearing.records.scenario import Situation


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One scratchpad entry: what a model wrote before a command.

    Attributes:
        state: How many commands had been given when it was written.
        loss: Has one legal value: it is never rewarded.
    """

    scenario: str
    text: str
    situation: Situation
    state: int = 0
    loss: Literal[0] = 0

    def row(self) -> dict[str, Any]:
        """A row of `records.tables.PRIVATE` without arm, seed, attack and dose."""
        return {name: getattr(self, name) for name in self.__slots__}
