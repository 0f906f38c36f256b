"""Plugin files for tests: written, loaded, and forgotten again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rearing.plugins import load
from rearing.plugins.scaffold import file_name, scaffold_plugin

KINDS = ("renderer", "order", "instrument", "world", "tactic", "probe", "estimator", "check")


def write(folder: Path, kind: str, name: str = "", change: tuple[str, str] = ("", "")) -> Path:
    """A new plugin as `rearing new` writes it, with one change."""
    name = name or f"toy{kind}"
    text = scaffold_plugin(kind, name)
    assert change[0] in text
    path = folder / file_name(name)
    path.write_text(text.replace(*change), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What a test loads is gone after it."""
    yield
    load(())
