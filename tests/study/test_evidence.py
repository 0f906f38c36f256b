"""What lies in an evidence folder is of this study."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpus_fixture import small_corpus
from tests.planted_study import seal_anyway

from rearing.errors import StudyError
from rearing.store.tables import frame
from rearing.study import sealing
from rearing.study.evidence import audit_study, write_evidence
from rearing.study.planning import build_plan
from rearing.study.schema import Study
from rearing.study.sealing import seal_into
from rearing.verdict.ledger import LEDGER, last, read_ledger
from rearing.verdict.seal import SEALED

ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled")
STUDY = Study(name="mine", base="tiny", arms=ARMS)
TABLES = {name: frame(name, ()) for name in ("responses", "losses")}


def test_tables_of_an_earlier_study_of_the_same_name_are_not_certified(tmp_path: Path) -> None:
    study, corpus = STUDY, small_corpus()
    plan = build_plan(study, corpus, 0, {})
    for names in (("responses", "losses"), ("responses",)):
        write_evidence(tmp_path, study, corpus, plan, [], [], {}, {name: frame(name, ()) for name in names})
        made = json.loads((tmp_path / "manifest.json").read_text())["files"]
        assert {name for name in made if name.endswith(".parquet")} == {f"{name}.parquet" for name in names}
    assert not (tmp_path / "losses.parquet").exists()


class KilledError(Exception):
    """Stands for kill -9."""


def kill_at(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """When for the nth time a file is written whole."""
    moved, really = [], os.replace

    def killed(*args: str) -> None:
        moved.append(args)
        if len(moved) == nth:
            raise KilledError
        really(*args)

    monkeypatch.setattr("os.replace", killed)


@pytest.mark.parametrize("nth", range(1, 8))
def test_no_score_is_there_before_the_ledger_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    corpus = small_corpus()
    sealed = seal_anyway(tmp_path, STUDY, corpus)
    plan = build_plan(sealed, corpus, 0, {})
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        kill_at(patch, nth)
        write_evidence(tmp_path, sealed, corpus, plan, [], [], {}, TABLES)
    assert last(read_ledger(tmp_path), "unblinded") is not None or not list(tmp_path.glob("*.parquet"))
    assert not (tmp_path / "manifest.json").exists()
    write_evidence(tmp_path, sealed, corpus, plan, [], [], {}, TABLES)
    assert [e["event"] for e in read_ledger(tmp_path)] == ["sealed", "unblinded"], "it says it once"
    assert SEALED in json.loads((tmp_path / "manifest.json").read_text())["files"]


def test_evidence_that_was_cut_short_is_data_from_before_any_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, corpus = tmp_path / "mine" / "evidence", small_corpus()
    plan = build_plan(STUDY, corpus, 0, {})
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        kill_at(patch, 1 + 4 + len(TABLES))
        write_evidence(folder, STUDY, corpus, plan, [], [], {}, TABLES)
    with pytest.raises(StudyError, match=r"there are data of this study already, from before any seal"):
        seal_into(folder, STUDY, corpus, {})
    assert not (folder / LEDGER).exists()
    seen = sealing._seen(tmp_path / "other" / "evidence", plan)
    assert seen == ("mine: unsealed data, cut short",)


@pytest.mark.parametrize("vignettes", [0, 1])
def test_an_audit_of_too_few_vignettes_is_refused_in_a_sentence(vignettes: int) -> None:
    corpus = small_corpus()
    few = replace(corpus, vignettes=corpus.vignettes[:vignettes])
    with pytest.raises(StudyError, match=f"has {vignettes} vignettes in split held-out"):
        audit_study(STUDY, few)
