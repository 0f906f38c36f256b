"""Tables: everything of one kind by name, shipped, from the files of a study, or installed."""

import inspect
import re
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from rearing.errors import PluginError, nearest
from rearing.plugins.source import Source, explained, load_installed, read_file, run_file

T = TypeVar("T")
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
TABLES: dict[str, "Table[Any]"] = {}
"""Every table by its kind."""


class Table(dict[str, T], Generic[T]):
    """Everything of one kind by name: what is shipped and what the files of the study add.

    `table[name]` also finds what installed packages offer under the entry points `rearing.<kind>s`, and raises a
    `PluginError` with the nearest name where there is nothing.

    Attributes:
        kind: What its things are.
        fits: Whether an object is one of them.
        sources: Where each comes from, of those that are not shipped.
    """

    def __init__(self, kind: str, fits: Callable[[object], bool], shipped: Iterable[T]) -> None:
        """Begin with what is shipped."""
        super().__init__()
        self.kind, self.fits = kind, fits
        self.sources: dict[str, Source] = {}
        for thing in shipped:
            self.add(thing)
        TABLES[kind] = self

    def add(self, thing: Any, source: Source | None = None) -> None:
        """Add a thing under its own name.

        Raises:
            PluginError: Its name or label is none or is taken, or it lacks a method.
        """
        path, name = source.path if source else None, getattr(thing, "name", None)
        if lacking := sorted(getattr(thing, "__abstractmethods__", ())):
            raise PluginError(f"{self.kind} {name!r} lacks {', '.join(lacking)}", "write what is missing", path)
        if not isinstance(name, str) or not NAME.fullmatch(name):
            mend = f"call your {self.kind} in lower-case words with dashes, like my-own"
            raise PluginError(f"{name!r} is no proper name", mend, path)
        label = getattr(thing, "label", "")
        labels = [getattr(other, "label", "") for other in self.values()]
        if taken := name if name in self else label if label and label in labels else "":
            raise PluginError(f"{self.kind} {name!r}: {taken!r} is taken", "choose another one", path)
        self[name] = thing
        if source:
            self.sources[name] = source

    def __missing__(self, name: str) -> T:
        installed = entry_points(group=f"rearing.{self.kind}s")
        found = installed.select(name=name)
        if not found:
            known = [*self, *sorted(installed.names)]
            hint = nearest(name, known)
            raise PluginError(f"there is no {self.kind} {name!r}{hint}", f"use one of {', '.join(known)}")
        thing, source = load_installed(next(iter(found)))
        if not self.fits(thing) or getattr(thing, "name", None) != name:
            raise PluginError(f"what is installed as {self.kind} {name!r} is none of that name", "mend it", source.path)
        self.add(thing, source)
        return self[name]

    def digest(self, name: str) -> str:
        """The sha256 of the source of a plugin; "" of what is shipped."""
        _ = self[name]  # finds what is installed
        return self.sources[name].sha256 if name in self.sources else ""

    def file(self, name: str) -> Path | None:
        """Where a plugin comes from; None of what is shipped."""
        return self.sources[name].path if name in self.sources else None

    def forget(self, sources: Iterable[Source]) -> None:
        """Drop what comes from these sources."""
        gone = set(sources)
        for name in [name for name, source in self.sources.items() if source in gone]:
            del self[name], self.sources[name]


_loaded: tuple[Source, ...] = ()


def load(files: Iterable[Path | str | Source]) -> tuple[Source, ...]:
    """Make the plugins of these files known, and those of files loaded before unknown.

    Args:
        files: Paths; or the sources of an earlier call, whose text must be the same still.

    Returns:
        The source of every file.

    Raises:
        PluginError: A file cannot be read or run, or adds something that does not fit.
    """
    global _loaded
    read = [read_file(file) for file in files]
    sources = tuple(source for source, _ in read)
    if sources != _loaded:
        _forget(_loaded)
        _loaded = sources
        try:
            for source, text in read:
                for thing in run_file(source, text):
                    _table_of(thing, source).add(thing, source)
        except PluginError:
            _forget(sources)
            _loaded = ()
            raise
    return sources


def _forget(sources: tuple[Source, ...]) -> None:
    for table in TABLES.values():
        table.forget(sources)


def _table_of(thing: object, source: Source) -> Table[Any]:
    for table in TABLES.values():
        if table.fits(thing):
            return table
    what = "the class" if inspect.isclass(thing) else "the function" if inspect.isfunction(thing) else "an object of"
    named = thing if inspect.isclass(thing) or inspect.isfunction(thing) else type(thing)
    problem = f"PLUGINS holds {what} {named.__name__}, which is no {', '.join(TABLES)}"
    raise PluginError(problem, "see `rearing new renderer NAME` and the like for files that work", source.path)


def digests(*used: tuple[Table[Any], Iterable[str]]) -> dict[str, str]:
    """The sha256 of the source of every plugin among these names, by kind and name; nothing of what is shipped."""
    found = {f"{table.kind} {name}": table.digest(name) for table, names in used for name in names}
    return {name: sha256 for name, sha256 in sorted(found.items()) if sha256}


def blame(err: BaseException) -> PluginError | None:
    """An exception as one sentence about the plugin that raised it; None if no plugin had a part in it."""
    paths = {source.path for table in TABLES.values() for source in table.sources.values()}
    for frame in reversed(traceback.extract_tb(err.__traceback__)):
        for path in paths:
            if Path(frame.filename).is_relative_to(path):
                return explained(err, path)
    return None
