"""Scratchpad text, alone in this module: only `evals` and `study` may import it, and nothing here can carry loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ruamel.yaml import YAML


@dataclass(frozen=True, slots=True)
class PrivateNote:
    """One scratchpad entry of a scenario. `loss` has one legal value: it is never rewarded."""

    scenario: str
    text: str
    loss: Literal[0] = 0


def read_private(path: Path) -> Iterator[PrivateNote]:
    """The private notes of one scenario file; `corpus.load` drops the same key."""
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    for note in data.get("private", ()):
        yield PrivateNote(str(data["id"]), str(note["text"]))
