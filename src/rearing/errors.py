"""The error tree.

RearingError            exit 3: a broken invariant of ours
├── UserError           exit 2: something the user can mend; one sentence with file, place and mend
│   ├── ScenarioError   a scenario file
│   ├── StudyError      a study file
│   ├── PluginError     a plugin file or an installed plugin
│   ├── ModelError      a base model or checkpoint
│   ├── EvidenceError   an evidence folder
│   ├── StoreError      a run folder, a lock, a full disk
│   └── MissingExtra    an optional package is not installed
└── StageError          exit 4: a stage of a job failed
"""

import difflib
from collections.abc import Iterable
from pathlib import Path


class RearingError(Exception):
    """Base of all errors of this package; by itself, a broken invariant."""

    exit_code = 3


class UserError(RearingError):
    """A mistake that the user can mend.

    Args:
        problem: What is wrong, with the value found.
        mend: What to do about it, in the imperative.
        file: The file it is in, if any.
        where: Line number or key path inside the file, if any.
    """

    exit_code = 2

    def __init__(self, problem: str, mend: str, file: Path | str | None = None, where: str | int | None = None) -> None:
        self.problem, self.mend, self.file, self.where = problem, mend, file, where
        super().__init__(problem, mend, file, where)

    def __str__(self) -> str:
        place = str(self.file) if self.file is not None else ""
        if self.where is not None:
            place += f", line {self.where}" if isinstance(self.where, int) else f", {self.where}"
        return (f"{place.lstrip(', ')}: " if place else "") + f"{self.problem}; {self.mend}."


class ScenarioError(UserError):
    """A scenario file that cannot be read; `others` are further mistakes in it."""

    others: "tuple[ScenarioError, ...]" = ()


class StudyError(UserError):
    """A study file that cannot be read or run."""


class PluginError(UserError):
    """A plugin that cannot be found, imported or used."""


class ModelError(UserError):
    """A base model or checkpoint that cannot be opened."""


class EvidenceError(UserError):
    """An evidence folder that is incomplete or changed."""


class StoreError(UserError):
    """A run folder that cannot be used: of another study, locked, or on a full disk."""


class MissingExtra(UserError):
    """An optional package is not installed."""


class StageError(RearingError):
    """A stage of a job failed."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}?" if close else ""
