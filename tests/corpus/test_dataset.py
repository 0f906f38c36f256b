"""The corpus as other tools get it: complete, the same every time, and described by numbers that are true."""

import importlib.util
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.corpus_fixture import commons, lesson, small_corpus, write, write_corpus

from rearing.corpus.bank import check_corpus, in_table
from rearing.corpus.dataset.card import CARD, card
from rearing.corpus.dataset.croissant import CROISSANT, croissant
from rearing.corpus.dataset.files import descriptions, export_corpus, stale
from rearing.corpus.dataset.table import JSONL, MEANING, columns, jsonl, parquet, rows
from rearing.corpus.load import COMMONS, KINDS, Corpus, load_corpus
from rearing.records.scenario import Review


def needs(module: str) -> pytest.MarkDecorator:
    absent = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(absent, reason=f"{module} is not installed: uv pip install --group interop")


def from_row(row: dict[str, Any]) -> Any:
    """The scenario that a row tells."""
    data = {name: value for name, value in row.items() if name not in ("corpus", "version", "digest", "used_for")}
    for name in ("people", "slots"):
        data[name] = {part["name"]: part["value"] for part in data[name]}
    return KINDS[row["kind"]].validate_python({name: value for name, value in data.items() if value is not None})


def test_every_row_tells_its_scenario_in_full() -> None:
    corpus = commons()
    told = [json.loads(line) for line in jsonl(corpus).decode().splitlines()]
    assert [row["id"] for row in told] == sorted(s.id for s in corpus.scenarios)
    assert {row["digest"] for row in told} == {corpus.digest}
    by_id = {s.id: replace(s, options=in_table(s)) for s in corpus.scenarios}
    assert all(from_row(row) == by_id[row["id"]] for row in told)


def test_the_place_of_an_option_in_the_table_does_not_tell_its_rating() -> None:
    """In the files the endorsed option comes first; a tool that takes the first option of a row gets a half."""
    corpus = commons()
    in_files = {s.id: s.options[0].id for s in corpus.scenarios}
    rated = [row for row in rows(corpus) if row["options"][0]["rating"] != "either"]
    first = [row["options"][0]["rating"] == "endorsed" for row in rated]
    assert len(rated) == 580 and 0.45 < sum(first) / len(rated) < 0.55
    (reported,) = (row for row in check_corpus(corpus) if row.name == "first")
    assert reported.value == sum(first) / len(rated) and reported.limit == "reported"
    kept = [row["options"][0]["id"] == in_files[row["id"]] for row in rated]
    assert kept == first, "the files of authors tell the rating by place"
    for used_for in ("train", "exam", "dev"):
        part = [hit for row, hit in zip(rated, first, strict=True) if row["used_for"] == used_for]
        assert 0.35 < sum(part) / len(part) < 0.65, used_for


def test_parquet_has_the_rows_of_jsonl() -> None:
    corpus = commons()
    table = pl.read_parquet(BytesIO(parquet(corpus)))
    assert table.to_dicts() == list(rows(corpus))
    assert parquet(corpus) == parquet(corpus) and jsonl(corpus) == jsonl(corpus)


def test_every_column_is_explained() -> None:
    assert list(columns()) == list(MEANING)


def test_the_card_in_the_corpus_folder_says_what_the_corpus_says() -> None:
    corpus = commons()
    for name, text in descriptions(corpus, check_corpus(corpus)).items():
        mend = f"rearing check --corpus commons --card writes {name} anew"
        assert (COMMONS / name).read_bytes() == text, mend


def test_the_card_counts(tmp_path: Path) -> None:
    corpus = small_corpus()
    text = card(corpus, check_corpus(corpus))
    assert "32 scenarios" in text and "No scenario is contested now." in text and corpus.digest in text
    assert "12 of 12 vignettes and 12 of 12 lessons have no reading" in text
    line = next(line for line in text.splitlines() if line.startswith("| everyday |"))
    assert line.endswith(f"| {sum(s.domain == 'everyday' for s in corpus.scenarios)} |")
    read = [Review(status="reviewed", readers=("Reader",), agree=agree, of=5) for agree in (5, 4)]
    read.append(Review(status="contested", readers=("Reader",), agree=2, of=5))
    first = [v for v in corpus.vignettes if v.stage == 1][:3]
    changed = {v.id: replace(v, review=review) for v, review in zip(first, read, strict=True)}
    later = replace(corpus, vignettes=tuple(changed.get(v.id, v) for v in corpus.vignettes))
    text = card(later, check_corpus(corpus))
    assert f"Contested now: {first[2].id}." in text and "- 3 × Reader" in text
    assert "| stage 1 | 6 | 3 | 11 of 15 | 73.3 % |" in text
    assert "9 of 12 vignettes" in text


def test_the_header_of_the_card_is_read_by_the_hub() -> None:
    from huggingface_hub import DatasetCard

    corpus = commons()
    data = DatasetCard(card(corpus, [])).data.to_dict()
    assert data["license"] == "cc-by-4.0" and data["language"] == ["en"]
    assert data["configs"] == [{"config_name": "default", "data_files": "scenarios.parquet"}]


def test_export_is_the_same_every_time_and_keeps_private_text_out(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "mine")
    hidden = lesson(0) | {"private": [{"text": "nobody must read this"}]}
    write(hidden, root / "lessons")
    corpus = load_corpus(root)
    balance = check_corpus(corpus)
    one, two = (
        [str(path.relative_to(folder)) for path in export_corpus(corpus, balance, folder)]
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two and f"twee/{hidden['id']}.twee" in one
    for name in one:
        data = (tmp_path / "one" / name).read_bytes()
        assert data == (tmp_path / "two" / name).read_bytes(), name
        assert b"nobody must read this" not in data, name
        assert corpus.digest.encode() in data or name.endswith(".parquet"), name


def test_a_card_of_another_state_is_noticed(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "mine")
    corpus = load_corpus(root)
    balance = check_corpus(corpus)
    assert stale(corpus, balance) is None
    for name, text in descriptions(corpus, balance).items():
        (root / name).write_bytes(text)
    assert stale(corpus, balance) is None
    changed = root / "lessons" / "l1-case-0.yaml"
    changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert stale(load_corpus(root), balance) == root / CARD


@needs("datasets")
def test_hugging_face_opens_the_export_as_a_data_set(tmp_path: Path) -> None:
    import datasets

    corpus = small_corpus()
    export_corpus(corpus, check_corpus(corpus), tmp_path / "out")
    table = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"), split="train")
    assert table.to_list() == list(rows(corpus))


def exported(corpus: Corpus, folder: Path) -> Path:
    (folder / JSONL).write_bytes(jsonl(corpus))
    (folder / CROISSANT).write_text(json.dumps(croissant(corpus)))
    return folder / CROISSANT


@needs("mlcroissant")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib, within mlcroissant
def test_mlcroissant_finds_no_fault_and_reads_the_corpus_back(tmp_path: Path) -> None:
    import mlcroissant

    corpus = commons()
    read = mlcroissant.Dataset(jsonld=exported(corpus, tmp_path))
    assert not read.metadata.ctx.issues.errors and not read.metadata.ctx.issues.warnings
    told = [json.loads(json.dumps(record, default=bytes.decode)) for record in read.records("scenarios")]
    assert len(told) == len(corpus.scenarios)
    for row, record in zip(rows(corpus), told, strict=True):
        found = {name.removeprefix("scenarios/"): value for name, value in record.items()}
        assert set(found) == set(row)
        for name, value in found.items():
            assert _pruned(value, f"scenarios/{name}/") == _kept(row[name], value), (row["id"], name)


def _pruned(value: Any, prefix: str) -> Any:
    """A value of a Croissant reader, with short names."""
    if isinstance(value, list):
        return [_pruned(part, prefix) for part in value]
    if isinstance(value, dict):
        return {name.removeprefix(prefix): part for name, part in value.items()}
    return value


def _kept(value: Any, like: Any) -> Any:
    """Of a nested value what Croissant describes: the parts that the reader found."""
    if isinstance(value, list):
        return [_kept(part, other) for part, other in zip(value, like, strict=True)]
    if isinstance(like, dict):
        names = [name.rpartition("/")[2] for name in like]
        return {name: value[name] if value else None for name in names}
    return value
