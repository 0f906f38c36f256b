"""What other people's tools read, written into a folder: the same bytes for the same corpus."""

import json
from collections.abc import Sequence
from pathlib import Path

from rearing.corpus.bank import BankRow
from rearing.corpus.dataset.card import CARD, card
from rearing.corpus.dataset.croissant import CROISSANT, croissant
from rearing.corpus.dataset.table import JSONL, PARQUET, jsonl, parquet
from rearing.corpus.load import Corpus
from rearing.corpus.twine.story import file_stem, write_story
from rearing.records.scenario import Scenario
from rearing.store.artifacts import disk_errors

README = "README.md"


def descriptions(corpus: Corpus, balance: Sequence[BankRow]) -> dict[str, bytes]:
    """Card and Croissant of a corpus, by file name."""
    about = json.dumps(croissant(corpus), indent=1, ensure_ascii=False) + "\n"
    return {CARD: card(corpus, balance).encode(), CROISSANT: about.encode()}


def describe(corpus: Corpus, balance: Sequence[BankRow]) -> list[Path]:
    """Write card and Croissant into the folder of the corpus.

    Args:
        corpus: What they are about.
        balance: The rows of `check_corpus`.

    Returns:
        The files written.
    """
    return _write(corpus.root, descriptions(corpus, balance))


def stale(corpus: Corpus, balance: Sequence[BankRow]) -> Path | None:
    """A card or Croissant in the folder of the corpus that says something else than the corpus; None if none does."""
    wanted = descriptions(corpus, balance)
    found = (corpus.root / name for name in wanted)
    return next((path for path in found if path.exists() and path.read_bytes() != wanted[path.name]), None)


def export_corpus(corpus: Corpus, balance: Sequence[BankRow], folder: Path) -> list[Path]:
    """Write the corpus as a data set: rows, stories, card and Croissant.

    Args:
        corpus: What to write.
        balance: The rows of `check_corpus`, for the card.
        folder: Becomes a data set as Hugging Face reads one: the card is its README.

    Returns:
        The files written.

    Raises:
        ScenarioError: A sentence cannot be told in Twine.
        StoreError: The folder cannot be written.
    """
    about = descriptions(corpus, balance)
    files = {README: about[CARD], CROISSANT: about[CROISSANT], JSONL: jsonl(corpus), PARQUET: parquet(corpus)}
    return [*_write(folder, files), *export_stories(corpus.scenarios, folder / "twee", corpus)]


def export_stories(scenarios: Sequence[Scenario], folder: Path, corpus: Corpus | None = None) -> list[Path]:
    """Write each scenario as a Twee file with its id."""
    return _write(folder, {f"{file_stem(s.id)}.twee": write_story(s, corpus).encode() for s in scenarios})


def _write(folder: Path, files: dict[str, bytes]) -> list[Path]:
    # Not one by one through `write_atomic`: 600 waits for the disk, for what the same command writes again.
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    return [folder / name for name in files]
