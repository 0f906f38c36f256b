import errno
from pathlib import Path

import polars as pl
import pytest

from rearing.errors import EvidenceError, StoreError
from rearing.store.artifacts import Store, digest, write_atomic
from rearing.store.runs import open_run
from rearing.store.tables import read_table, write_table

ROW = {
    "arm": "a",
    "seed": 1,
    "document": "d",
    "scenario": "s",
    "stage": 1,
    "layout": "choice-last",
    "tokens": 3,
    "text": "x",
}


def keep(store: Store, text: str = "payload") -> Path:
    with store.create("train", "k" * 64, {"from": "test"}) as folder:
        (folder / "a.txt").write_text(text)
    found = store.get("train", "k" * 64)
    assert found is not None
    return found


def test_an_artifact_appears_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.create("train", "k" * 64, {}) as folder:
        (folder / "a.txt").write_text("x")
        assert store.get("train", "k" * 64) is None
    assert store.get("train", "k" * 64) is not None


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(ValueError, match="midway"), store.create("train", "k" * 64, {}) as folder:
        (folder / "a.txt").write_text("x")
        raise ValueError("midway")
    assert list((tmp_path / "train").iterdir()) == []


@pytest.mark.parametrize("harm", ["change", "remove", "manifest"])
def test_a_corrupt_artifact_is_set_aside(tmp_path: Path, harm: str) -> None:
    store = Store(tmp_path)
    folder = keep(store)
    if harm == "change":
        (folder / "a.txt").write_text("paylord")
    elif harm == "remove":
        (folder / "a.txt").unlink()
    else:
        (folder / "manifest.json").write_text("{")
    assert store.get("train", "k" * 64) is None
    assert [p.name for p in (tmp_path / "train").iterdir() if ".corrupt-" in p.name]
    assert keep(store) == folder


def test_sweep_removes_what_killed_writers_left(tmp_path: Path) -> None:
    (tmp_path / "train" / ".half-x").mkdir(parents=True)
    Store(tmp_path).sweep()
    assert not (tmp_path / "train" / ".half-x").exists()


def test_a_full_disk_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="disk is full"), Store(tmp_path).create("train", "k" * 64, {}):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_digest_does_not_depend_on_key_order() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1, "b": [3]})


def test_write_atomic_replaces(tmp_path: Path) -> None:
    write_atomic(tmp_path / "f", b"one")
    write_atomic(tmp_path / "f", b"two")
    assert (tmp_path / "f").read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_run_folder_has_one_writer_and_one_study(tmp_path: Path) -> None:
    with (
        open_run(tmp_path / "r", "one"),
        pytest.raises(StoreError, match="in use by another run"),
        open_run(tmp_path / "r", "one"),
    ):
        pass
    with pytest.raises(StoreError, match="'one', not of 'two'"), open_run(tmp_path / "r", "two"):
        pass
    with open_run(tmp_path / "r", "one"):
        pass


def test_tables_keep_their_columns_and_order(tmp_path: Path) -> None:
    write_table(tmp_path, "documents", [ROW | {"document": "z"}, ROW])
    again = tmp_path / "again"
    again.mkdir()
    write_table(again, "documents", [ROW, ROW | {"document": "z"}])
    assert (tmp_path / "documents.parquet").read_bytes() == (again / "documents.parquet").read_bytes()
    assert read_table(tmp_path, "documents")["document"].to_list() == ["d", "z"]


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "documents.parquet")
    with pytest.raises(EvidenceError, match=r"documents\.parquet.*columns"):
        read_table(tmp_path, "documents")


def test_what_an_artifact_cost_is_told_and_is_in_no_digest(tmp_path: Path) -> None:
    store, key = Store(tmp_path), "k" * 64
    assert store.spent("train", key) == {}
    for seconds in (1.5, 2.5):
        with store.create("train", key, {}, lambda took=seconds: {"seconds": took}) as folder:
            (folder / "a.txt").write_text("x")
        assert store.spent("train", key) == {"seconds": seconds}
        assert store.get("train", key) == folder.parent / key[:20]
    with store.create("train", key, {}):
        pass
    assert store.spent("train", key) == {}
