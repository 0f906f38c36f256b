"""The application, and what its verbs share."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from rearing import __version__
from rearing.errors import MissingExtra, RearingError

app = typer.Typer(
    name="rearing",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Does the shape of moral training data matter? Matched arms, fine-tuned, examined, judged by a fixed rule.",
)
StudyFile = Annotated[Path, typer.Argument(help="Study file (TOML), for example studies/quick.toml.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the run; runs/<study> if not given.")]


def report_error(err: RearingError) -> int:
    """Print an error in one sentence and give its exit code."""
    print(f"rearing: {err}", file=sys.stderr)
    return err.exit_code


def emit(value: Any) -> None:
    """Print a JSON value."""
    print(json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False))


@contextmanager
def resumable() -> Iterator[None]:
    """Say after Ctrl-C that finished work is reused, and exit with 130; typer alone ends without a word."""
    try:
        yield
    except KeyboardInterrupt as err:
        print("stopped; run the same command again to go on", file=sys.stderr)
        raise typer.Exit(130) from err


def need_training_extra() -> None:
    """Say the one line that installs what training needs, if it is not there.

    Raises:
        MissingExtra: torch or transformers is not installed.
    """
    for name in ("torch", "transformers", "safetensors"):
        if not _installed(name):
            raise MissingExtra(
                f"this command needs {name}", "run in a clone of rearing: pip install '.[train]' -c constraints.txt"
            )


def _installed(name: str) -> bool:
    import importlib.util

    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _version(show: bool) -> None:
    if show:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
