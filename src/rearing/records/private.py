"""Scratchpad text, alone in this module: only `evals` and `study` may import it, and nothing here can carry loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from rearing.records.scenario import Situation


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One scratchpad entry: of a scenario file, or of a model before a command.

    Attributes:
        state: How many commands had been given when it was written.
        loss: Has one legal value: it is never rewarded.
    """

    scenario: str
    text: str
    situation: Situation = "main"
    state: int = 0
    loss: Literal[0] = 0

    def row(self) -> dict[str, Any]:
        """A row of `records.tables.PRIVATE` without arm, seed, attack and dose."""
        return {name: getattr(self, name) for name in self.__slots__}


def read_private(path: Path) -> Iterator[PrivateNote]:
    """The private notes of one scenario file; `corpus.load` drops the same key."""
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    for note in data.get("private", ()):
        yield PrivateNote(str(data["id"]), str(note["text"]))
