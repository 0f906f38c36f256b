"""Measured tables of this repository make the record that stands beside them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rearing.study.assay import run_assay

LAB = Path("lab/assay-thrice")


def test_the_record_of_three_tellings_is_made_of_its_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def trained(*_: Any) -> None:
        raise AssertionError("a table is missing or of another key: this would train for hours")

    monkeypatch.setattr("rearing.study.assay.execute", trained)
    shutil.copytree(LAB / "store", tmp_path / "store")
    shutil.copy(LAB / "run.json", tmp_path)
    made = run_assay(Path("studies/assay-thrice.toml"), tmp_path, quiet=True)
    assert json.loads(json.dumps(made.record)) == json.loads((LAB / "assay.json").read_text(encoding="utf-8"))
    page = (LAB / "assay.md").read_text(encoding="utf-8")
    assert (tmp_path / "assay.md").read_text(encoding="utf-8") == page
    told = Path("docs/assay.md").read_text(encoding="utf-8")
    for line in page[page.index("| format-neutral") :].strip().splitlines():
        assert line.rsplit(" | ", 1)[0] in told, "docs/assay.md has its table, without the reasons"
