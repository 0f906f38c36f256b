"""`rearing new`."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def new(
    what: Annotated[Literal["scenario"], typer.Argument(help="What to begin.")],
    name: Annotated[str, typer.Argument(metavar="ID", help="l or v, the stage, a few words: l2-borrowed-bike.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the file.")] = Path("."),
    story: Annotated[Path | None, typer.Option("--from", metavar="TWEE", help="Begin with a story from Twine.")] = None,
) -> None:
    """Begin a scenario: a file with comments, in which you replace everything in <angle brackets>."""
    from datetime import UTC, datetime

    from rearing.corpus.scaffold import scaffold
    from rearing.corpus.twine.draft import import_twee
    from rearing.errors import ScenarioError
    from rearing.store.artifacts import write_atomic

    today = f"{datetime.now(UTC):%Y-%m-%d}"
    text = import_twee(story, name, today) if story else scaffold(name, today)
    path = out / f"{name}.yaml"
    if path.exists():
        raise ScenarioError("is there already", "choose another id or another --out", path)
    write_atomic(path, text.encode())
    print(f"{path}: replace everything in <angle brackets>, then: rearing check {path}")
