"""`rearing new`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

What = Literal["scenario", "instrument", "world", "tactic", "renderer", "order", "probe", "estimator", "check"]


def new(
    what: Annotated[What, typer.Argument(help="What to begin.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="l2-borrowed-bike for a scenario, my-own for a plugin.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the file.")] = Path("."),
    story: Annotated[Path | None, typer.Option("--from", metavar="TWEE", help="Begin with a story from Twine.")] = None,
) -> None:
    """Begin a scenario, whose <angle brackets> you replace, or a plugin in one file, which works as it is."""
    if story and what != "scenario":
        raise typer.BadParameter("a story from Twine can only become a scenario")
    from rearing.errors import UserError
    from rearing.store.artifacts import write_atomic

    text, file, then = _scenario(name, story) if what == "scenario" else _plugin(what, name)
    path = out / file
    if path.exists():
        raise UserError("is there already", "choose another id or another --out", path)
    write_atomic(path, text.encode())
    if what != "scenario":
        _try(path, what, name)
    print(f"{path}: {then} {path}")


def _scenario(name: str, story: Path | None) -> tuple[str, str, str]:
    """Text, file name, and what to do with the file."""
    from datetime import UTC, datetime

    from rearing.corpus.lint import BLANK
    from rearing.corpus.scaffold import scaffold
    from rearing.corpus.twine.draft import import_twee

    today = f"{datetime.now(UTC):%Y-%m-%d}"
    text = import_twee(story, name, today) if story else scaffold(name, today)
    first = "replace everything in <angle brackets>, then: " if BLANK.search(text) else ""
    return text, f"{name}.yaml", f"{first}rearing check"


def _plugin(kind: str, name: str) -> tuple[str, str, str]:
    import rearing.testing  # noqa: F401  with it every table of plugins is there
    from rearing.plugins.scaffold import file_name, scaffold_plugin

    file = file_name(name)
    use = f'in a study: plugins = ["{file}"]'
    use = f"rearing judge EVIDENCE --with {file}" if kind in ("estimator", "check") else use
    then = f"it works as it is; change it; {use}; try: rearing check"
    return scaffold_plugin(kind, name), file, then


def _try(path: Path, kind: str, name: str) -> None:
    """Load a new plugin; a name that is taken, or that its kind refuses, leaves no file."""
    from rearing.errors import PluginError
    from rearing.plugins import load

    try:
        load([path])
    except PluginError as err:
        path.unlink()
        raise PluginError(f"{name!r} cannot be the name of this {kind} ({err.problem})", "choose another id") from err
