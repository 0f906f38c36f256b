"""From a seal to a verdict that anybody can check: planted scores, all else as `rearing seal` and `run` do it."""

import json
import re
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter
from tests.acceptance.conftest import STUDY as TINY
from tests.acceptance.conftest import rearing
from tests.acceptance.test_light import BLOCK
from tests.corpus_fixture import commons
from tests.planted_study import TRUTHS, plant_study, seal_anyway, write_study

from rearing.errors import StudyError
from rearing.records.plan import Plan
from rearing.study.planning import load_assay
from rearing.study.schema import Study, load_study
from rearing.study.sealing import seal_into, under_seal
from rearing.study.seeds import training_seeds
from rearing.verdict import judge_evidence
from rearing.verdict.evidence import broken, read_sealed
from rearing.verdict.ledger import LEDGER, read_ledger
from rearing.verdict.seal import SEALED, seal_of, sealed_plan, sealing


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("sealed"))


@pytest.fixture(scope="module")
def sealed(study: Path) -> Path:
    """The run folder of a study that was sealed and has no data."""
    run = study.parent / "runs" / "sealed"
    ran = rearing("seal", study, "--out", run)
    assert ran.returncode == 0, ran.stderr
    seal = sha256((run / "evidence" / SEALED).read_bytes()).hexdigest()
    assert ran.stdout.startswith(f"sealed: {seal}\n") and "attempt 1" in ran.stdout and "DEMOTED 1.00" in ran.stdout
    return run


@pytest.fixture(scope="module")
def planted(study: Path, sealed: Path) -> dict[str, Path]:
    """The evidence folder of every verdict."""
    folders = {}
    for word in TRUTHS:
        run = study.parent / "planted" / word  # not beside the sealed one, of which it is a copy
        shutil.copytree(sealed, run)
        assert plant_study(study, run, word).word == word
        folders[word] = run / "evidence"
    return folders


@pytest.fixture
def folder(planted: dict[str, Path], tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(planted["DEMOTED"], tmp_path / "evidence"))


# numpy and its BLAS as on a processor of 2008: no kernel of theirs is the one that made the verdict.
OLD_MACHINE = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])),
    "OPENBLAS_CORETYPE": "Nehalem",
    "POLARS_MAX_THREADS": "1",
}


@pytest.mark.parametrize("word", TRUTHS)
def test_every_verdict_comes_from_a_sealed_study_and_is_the_same_anywhere_without_torch(
    planted: dict[str, Path], word: str, tmp_path: Path
) -> None:
    moved = shutil.copytree(planted[word], tmp_path / "elsewhere")
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    ran = rearing("judge", moved, "--out", tmp_path / "again.json", env=OLD_MACHINE | {"PYTHONPATH": str(tmp_path)})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"verdict: {word} for tiny, commons") and "attempt 1 on this claim" in ran.stdout
    assert (tmp_path / "again.json").read_bytes() == (planted[word] / "verdict.json").read_bytes()
    assert broken(moved) == []
    page = (planted[word].parent / "report.html").read_text()
    assert "attempt 1 on this claim" in page and json.loads((moved / "plan.json").read_text())["seal"] in page


def test_what_is_invalid_names_what_was_wrong(planted: dict[str, Path]) -> None:
    assert judge_evidence(planted["INVALID"]).reasons == ("order:as_planned",)


def test_a_changed_byte_in_any_file_is_invalid_by_its_name(folder: Path) -> None:
    files = sorted(p for p in folder.iterdir())
    assert len(files) == 13 and {SEALED, LEDGER, "verdict.json", "manifest.json"} <= {p.name for p in files}
    for path in files:
        whole = path.read_bytes()
        for at in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            found = judge_evidence(folder)
            assert found.word == "INVALID" and not found.effects, (path.name, at)
            assert any(r.startswith(f"changed:{path.name}") for r in found.reasons), (path.name, at, found.reasons)
            assert any(path.name in line for line in broken(folder))
        path.write_bytes(whole)
    assert judge_evidence(folder).word == "DEMOTED"


def test_a_file_that_is_gone_is_invalid_by_its_name(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.name != "verdict.json":  # anybody can make it again
            whole = path.read_bytes()
            path.unlink()
            assert any(r == f"changed:{path.name}" for r in judge_evidence(folder).reasons), path.name
            path.write_bytes(whole)


def test_the_ledger_names_the_entry_that_was_changed_moved_or_taken_out(folder: Path) -> None:
    path = folder / LEDGER
    lines = path.read_bytes().splitlines(keepends=True)
    assert [e["event"] for e in read_ledger(folder)] == ["sealed", "unblinded", "judged"]
    spoiled = {1: [lines[1], lines[2]], 2: [lines[0], lines[2]], 3: [lines[0], lines[1], lines[2][:-1]]}
    spoiled[2] = [lines[0], lines[1].replace(b'"seeds":8', b'"seeds":9'), lines[2]]
    for number, left in spoiled.items():
        path.write_bytes(b"".join(left))
        assert judge_evidence(folder).reasons == (f"changed:{LEDGER}:{number}",)
    path.write_bytes(b"".join(lines[:2]))  # a ledger that was cut does not know of the verdict
    assert judge_evidence(folder).reasons == ("changed:verdict.json",)


def test_check_lists_every_changed_file(folder: Path) -> None:
    for name in ("readings.parquet", "checks.json"):
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    ran = rearing("check", folder)
    assert ran.returncode == 1 and len(ran.stdout.strip().splitlines()) == 2
    assert "readings.parquet" in ran.stdout and "checks.json" in ran.stdout


def test_a_second_look_at_finished_data_changes_nothing(study: Path, planted: dict[str, Path], tmp_path: Path) -> None:
    run = Path(shutil.copytree(planted["DEMOTED"].parent, tmp_path / "run"))
    before = {p.name: p.read_bytes() for p in (run / "evidence").iterdir()}
    plant_study(study, run, "DEMOTED")
    assert {p.name: p.read_bytes() for p in (run / "evidence").iterdir()} == before


def test_a_study_that_differs_from_its_seal_does_not_run(study: Path, sealed: Path, tmp_path: Path) -> None:
    other = tmp_path / "study.toml"
    shutil.copy(study.parent / "assay.json", tmp_path)
    other.write_text(study.read_text().replace("seeds = 8", "seeds = 8\nmargin = 0.04"))
    ran = rearing("run", other, "--out", sealed)
    assert ran.returncode == 2 and len(ran.stderr.strip().splitlines()) == 1
    told = "the study is not what was sealed: plan.gates, plan.normal.delta, study.margin changed"
    assert told in ran.stderr
    ran = rearing("plan", other, "--out", sealed)
    assert ran.returncode == 0 and f"(by the name of the study and by no seal: {told})" in ran.stdout


def changed(study: Path, *change: str) -> Study:
    """The study with a change of its file."""
    path = study.parent / "changed.toml"
    path.write_text(study.read_text().replace(*change))
    return load_study(path)


def test_a_sealed_run_is_masked_unblinds_itself_and_says_it_once(tmp_path: Path) -> None:
    """On the tiny model, too small to be sealed by `rearing seal`: which is what its verdict says."""
    path, run = tmp_path / "tiny.toml", tmp_path / "run"
    path.write_text(TINY)
    sealed = seal_anyway(run / "evidence", load_study(path), commons())
    ran = rearing("run", path, "--out", run)
    assert ran.returncode == 0, ran.stderr
    assert "verdict: INVALID for tiny" in ran.stdout and "attempt 1 on this claim" in ran.stdout
    assert "protocol:seeds, protocol:scenarios" in ran.stdout
    shown = re.findall(r"^ *\d+%  (\S+)/", ran.stdout, flags=re.MULTILINE)
    assert shown and all(re.fullmatch(r"A[1-3]", name) for name in shown), ran.stdout
    before = (run / "evidence" / LEDGER).read_bytes()
    assert [e["event"] for e in read_ledger(run / "evidence")] == ["sealed", "unblinded", "judged"]
    assert {p.name for p in (run / "store" / "train").iterdir()} and broken(run / "evidence") == []
    fed = pl.read_parquet(run / "evidence" / "fed.parquet")
    assert set(fed["seed"]) == set(training_seeds(sealed))
    planned = json.loads(rearing("plan", path, "--out", run, "--json").stdout)
    assert planned["seeds"] == list(training_seeds(sealed)) and planned["seal"] == sealed.sealed.seal
    assert {row["stage"] for row in planned["finished"]} == {"train", "examine", "read", "attack"}
    again = rearing("run", path, "--out", run)
    assert "0 jobs run, 5 reused" in again.stdout and (run / "evidence" / LEDGER).read_bytes() == before


MARGIN = ("seeds = 8", "seeds = 8\nmargin = 0.048")
NOTES = ('notes = "planted"', 'notes = "planted, and a typo mended"')


def test_what_is_changed_before_a_score_was_seen_is_logged_by_its_class(
    study: Path, sealed: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sealed, tmp_path / "run")) / "evidence"
    assay, first = load_assay(load_study(study)), (folder / SEALED).read_bytes()
    noted, narrower = changed(study, *NOTES), changed(study, *MARGIN)
    assert seal_into(folder, load_study(study), commons(), assay) == "already sealed"
    with pytest.raises(StudyError, match=r"seal\.notes changed since.*it is clerical"):
        seal_into(folder, noted, commons(), assay)
    assert seal_into(folder, noted, commons(), assay, "a typo") == "amended, class A"
    assert seal_into(folder, noted, commons(), assay) == "already sealed", "as it was amended"
    assert (folder / SEALED).read_bytes() == first, "a changed note is logged and rerolls nothing"
    with pytest.raises(StudyError, match=r"study\.margin changed since.*a new seal and new seeds"):
        seal_into(folder, narrower, commons(), assay)
    assert seal_into(folder, narrower, commons(), assay, "P gained less than we thought") == "amended, class B"
    events = [(e["event"], e.get("class")) for e in read_ledger(folder)]
    assert events == [("sealed", None), ("amended", "A"), ("amended", "B")]
    document = read_sealed(folder)
    assert document is not None
    assert read_ledger(folder)[2]["parent"] == sha256(first).hexdigest()
    assert not set(sealed_plan(document).seeds) & set(json.loads(first)["confirmatory"]["plan"].get("seeds", ()))
    assert sealing(document, read_ledger(folder)).attempts == 2
    assert under_seal(narrower, commons(), assay, folder).sealed == seal_of(document)


def test_what_is_changed_after_scores_were_seen_makes_the_verdict_invalid(study: Path, folder: Path) -> None:
    assay, narrower = load_assay(load_study(study)), changed(study, *MARGIN)
    with pytest.raises(StudyError, match="scores were seen: the verdict becomes INVALID"):
        seal_into(folder, narrower, commons(), assay)
    assert seal_into(folder, changed(study, *NOTES), commons(), assay, "a typo") == "amended, class A"
    assert judge_evidence(folder).word == "DEMOTED" and broken(folder) == []
    assert seal_into(folder, narrower, commons(), assay, "it looks better so") == "amended, class C"
    found = judge_evidence(folder)
    assert (found.word, found.reasons) == ("INVALID", ("seal:post_unblinding_change",))
    assert found.sealing and found.sealing.deviations[-1].endswith("study.margin (it looks better so)")
    assert json.loads((folder / "verdict.json").read_text())["word"] == "INVALID"
    assert broken(folder) == [f"{folder}: seal:post_unblinding_change does not hold ({LIMIT})."]


LIMIT = "nothing confirmatory was changed after scores were seen"


def test_attempts_and_data_beside_are_found_and_told(study: Path, sealed: Path, tmp_path: Path) -> None:
    runs = Path(shutil.copytree(sealed.parent, tmp_path / "runs"))
    quick = runs / "quick" / "evidence"
    quick.mkdir(parents=True)
    document = read_sealed(runs / "sealed" / "evidence")
    assert document is not None
    plan = replace(sealed_plan(document), study="quick", seal=None)
    (quick / "plan.json").write_bytes(TypeAdapter(Plan).dump_json(plan))
    (quick / "manifest.json").write_text("{}")
    again = changed(study, 'name = "planted"', 'name = "again"')
    with pytest.raises(StudyError, match=r"there are data of this study already.*prior look"):
        seal_into(quick, again, commons(), load_assay(again))
    folder = runs / "again" / "evidence"
    assert seal_into(folder, again, commons(), load_assay(again)) == "sealed"
    second = read_sealed(folder)
    assert second is not None
    told = sealing(second, read_ledger(folder))
    assert sealed_plan(second).seeds == sealed_plan(document).seeds, "another name rerolls nothing"
    assert told.attempts == 1 and told.prior[0] == "none, the scores are made up"
    assert told.prior[1].startswith("quick: unsealed data, manifest ") and told.prior[2].startswith("planted: sealed ")
    other = changed(study, *MARGIN)
    assert seal_into(runs / "other" / "evidence", other, commons(), load_assay(other)) == "sealed"
    third = read_sealed(runs / "other" / "evidence")
    assert third is not None and sealing(third, read_ledger(runs / "other" / "evidence")).attempts == 2
