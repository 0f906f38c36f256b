"""What is kept of parsed files changes nothing but the time."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.corpus_fixture import lesson, write, write_corpus

from rearing.corpus import load
from rearing.corpus.load import load_corpus
from rearing.corpus.parsed import parsed_files

SECRET = "Nobody may keep this."


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache of its own; leave none of it to the next test."""
    monkeypatch.setenv("REARING_CACHE", str(tmp_path / "cache"))
    parsed_files.cache_clear()
    yield
    parsed_files.cache_clear()


def cached(folder: Path) -> Path:
    (path,) = (folder / "cache").iterdir()
    return path


def count_parses(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    parses: list[Path] = []
    parse = load._parse
    monkeypatch.setattr(load, "_parse", lambda raw, path: parses.append(path) or parse(raw, path))
    return parses


def test_a_file_is_parsed_once_and_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, parses = write_corpus(tmp_path / "corpus"), count_parses(monkeypatch)
    first = load_corpus(root)
    assert len(parses) == len(first.scenarios) + 2
    parsed_files.cache_clear()  # as in the next process
    parses.clear()
    again = load_corpus(root)
    assert again == first and again.sources == first.sources and not parses
    changed = next((root / "lessons").glob("*.yaml"))
    changed.write_text(changed.read_text() + "# a comment\n")
    assert load_corpus(root).digest != first.digest and parses == [changed]


def test_nothing_private_is_kept(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "corpus")
    write(lesson(0) | {"private": [{"text": SECRET, "loss": 0}]}, root / "lessons")
    load_corpus(root)
    assert SECRET not in cached(tmp_path).read_text()


@pytest.mark.parametrize("found", ["{", "[]", json.dumps({"said": 1})])
def test_a_damaged_cache_is_no_cache(found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, parses = write_corpus(tmp_path / "corpus"), count_parses(monkeypatch)
    first = load_corpus(root)
    cached(tmp_path).write_text(found)
    parsed_files.cache_clear()
    parses.clear()
    assert load_corpus(root) == first and parses


def test_where_nothing_may_be_written_files_are_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REARING_CACHE", str(tmp_path / "file"))
    root = write_corpus(tmp_path / "corpus")
    assert load_corpus(root) == load_corpus(root)


def test_what_json_would_change_is_not_kept(tmp_path: Path) -> None:
    said = ({"title": "a", "people": {1: "she"}}, {("title",): 1})
    parsed_files().put("0" * 64, *said)
    assert parsed_files().get("0" * 64) is None
