"""Where a plugin comes from: a file or an installed package, known by the sha256 of its Python text."""

import ast
import hashlib
import sys
import traceback
import types
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from rearing.errors import PluginError

PRIVATE = "rearing.records.private"
NOTED = (  # what writes scratchpads or shows them
    PRIVATE,
    "rearing.evals.noted",
    "rearing.evals.worlds.model",
    "rearing.evals.families.play",
    "rearing.evals.families.noted",
    "rearing.evals.families.model",
    "rearing.evals.transcripts.episode_transcripts",
    "rearing.evals.transcripts.write_notes",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin file, or the folder of a package, and the sha256 of its Python text."""

    path: Path
    sha256: str


def read_file(file: "Path | str | Source") -> tuple[Source, bytes]:
    """The source of a plugin file and its text; a source that was read before must still have the same text.

    Raises:
        PluginError: It is not there, cannot be read, or was changed in between.
    """
    path = Path(file.path if isinstance(file, Source) else file)
    try:
        text = path.read_bytes()
    except OSError as err:
        mend = "give its path under `plugins`, seen from the folder of the study file"
        raise PluginError(f"this plugin cannot be read ({err.strerror})", mend, path) from err
    source = Source(path, hashlib.sha256(text).hexdigest())
    if isinstance(file, Source) and file != source:
        raise PluginError("this plugin was changed while the study ran", "run the same command again", path)
    return source, text


def run_file(source: Source, text: bytes) -> tuple[Any, ...]:
    """What a plugin file adds: its PLUGINS.

    Raises:
        PluginError: It cannot be run, adds nothing, or reads the private channel.
    """
    module = types.ModuleType(f"rearing_plugin_{source.sha256[:12]}")
    module.__file__ = str(source.path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        code = compile(text, str(source.path), "exec")
        refuse_private(text, source.path)
        exec(code, module.__dict__)
    except PluginError:
        raise
    except Exception as err:
        raise explained(err, source.path) from err
    found = module.__dict__.get("PLUGINS")
    if not isinstance(found, tuple) or not found:
        raise PluginError("this file adds nothing", "end it with PLUGINS = (..., ), what it adds", source.path)
    return found


def load_installed(entry: EntryPoint) -> tuple[Any, Source]:
    """What an entry point of an installed package names, and all Python text of that package.

    Raises:
        PluginError: It cannot be imported, or reads the private channel.
    """
    try:
        thing = entry.load()
        top = sys.modules[entry.module.partition(".")[0]]
        file = Path(top.__file__ or sys.modules[entry.module].__file__ or "")
        root = file.parent if file.name == "__init__.py" else file
        hashed = hashlib.sha256()
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            text = path.read_bytes()
            refuse_private(text, path)
            hashed.update(f"{path.relative_to(root)}\n".encode() + text)
    except PluginError:
        raise
    except Exception as err:
        problem = f"the installed plugin {entry.value} cannot be imported ({type(err).__name__}: {err})"
        raise PluginError(problem, "mend or remove the package that has it") from err
    return thing, Source(root, hashed.hexdigest())


def refuse_private(text: bytes, path: Path) -> None:
    """Never reward the private channel: no plugin imports what holds scratchpads, or writes and shows them.

    Raises:
        PluginError: It does.
    """
    for name in _imports(ast.parse(text)):
        closed = PRIVATE if name.endswith(".PrivateNote") else _closed(name)
        if closed:
            raise PluginError(f"imports {closed}, which no plugin may read", "leave scratchpads alone", path)


def _closed(name: str) -> str:
    """What an import of this name reaches of `NOTED`; `*` reaches all of a module."""
    whole = name.removesuffix("*")
    return next((n for n in NOTED if f"{name}.".startswith(f"{n}.") or (whole != name and n.startswith(whole))), "")


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def explained(err: BaseException, path: Path) -> PluginError:
    """An exception of a plugin in one sentence, with the line of the plugin that raised it."""
    at, line = path, None
    if isinstance(err, SyntaxError) and err.filename == str(path):
        said, line, text = err.msg, err.lineno, err.text or ""
    else:
        said, text = " ".join(str(err).split()), ""
        for frame in traceback.extract_tb(err.__traceback__):
            if Path(frame.filename).is_relative_to(path):
                at, line, text = Path(frame.filename), frame.lineno, frame.line or ""
    shown = f" in `{text.strip()}`" if text.strip() else ""
    return PluginError(f"{type(err).__name__}: {said}{shown}", "mend that line", at, line)
