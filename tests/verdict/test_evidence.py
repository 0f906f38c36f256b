import json

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter
from tests.verdict.test_endpoints import attacked

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.tables import LOSSES
from rearing.store.artifacts import file_digest, write_json
from rearing.verdict import judge_evidence, load_evidence, verify, write_verdict
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, planted

NAMES = ["plan.json", "checks.json", "responses.parquet", "readings.parquet"]


def study():
    return planted(Truth(sealed=False), 3, 10, np.random.default_rng(0))


def seal(folder):
    write_json(folder / "manifest.json", {"files": {n: file_digest(folder / n) for n in NAMES}, "machine": "x86_64"})


@pytest.fixture
def folder(tmp_path):
    plan, checks, responses, readings = study()
    write_json(tmp_path / "plan.json", TypeAdapter(Plan).dump_python(plan, mode="json"))
    write_json(tmp_path / "checks.json", TypeAdapter(list[Check]).dump_python(list(checks), mode="json"))
    responses.write_parquet(tmp_path / "responses.parquet")
    readings.write_parquet(tmp_path / "readings.parquet")
    seal(tmp_path)
    return tmp_path


def test_what_is_written_is_read(folder):
    plan, checks, responses, readings = study()
    evidence = load_evidence(folder)
    assert (evidence.plan, evidence.checks) == (plan, checks)
    assert evidence.responses.equals(responses) and evidence.readings.equals(readings)
    assert judge_evidence(folder) == judge(plan, checks, responses, readings)


def test_losses_of_attacks_are_read_where_they_are_there(folder):
    """The curve of the attack itself stands on responses; what it learned is beside it."""
    responses, plan = pl.read_parquet(folder / "responses.parquet"), load_evidence(folder).plan
    pl.concat([responses, attacked(responses, 4, 0.1)]).write_parquet(folder / "responses.parquet")
    who = responses.select("arm", "seed").unique()
    told = [
        who.with_columns(
            attack=pl.lit("selfish"), dose=pl.lit(d), document=pl.lit(0), tokens=pl.lit(9), nll=pl.lit(nll)
        )
        for d, nll in ((0, 3.0), (4, 2.5))
    ]
    pl.concat(told).select(list(LOSSES)).with_columns(
        pl.col("dose", "document", "tokens").cast(pl.Int64)
    ).write_parquet(folder / "losses.parquet")
    write_json(folder / "manifest.json", {"files": {n: file_digest(folder / n) for n in (*NAMES, "losses.parquet")}})
    found = {d.arm: [b.mean for b in d.nll] for d in judge_evidence(folder).drift if d.family == "shift"}
    assert found == {arm.name: [3.0, 2.5] for arm in plan.arms}


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_is_refused_by_name(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(EvidenceError, match="changed") as caught:
        load_evidence(folder)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", [*NAMES, "manifest.json"])
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(EvidenceError, match=r"missing|cannot be read") as caught:
        verify(folder)
    assert name in str(caught.value)


def test_a_manifest_that_leaves_out_or_reaches_out_is_refused(folder):
    files = json.loads((folder / "manifest.json").read_text())["files"]
    (folder / "manifest.json").write_text(json.dumps({"files": {k: v for k, v in files.items() if k != "checks.json"}}))
    with pytest.raises(EvidenceError, match=r"does not name checks\.json"):
        verify(folder)
    (folder / "manifest.json").write_text(json.dumps({"files": files | {"../secret": "0"}}))
    with pytest.raises(EvidenceError, match="not a plain file name"):
        verify(folder)
    (folder / "manifest.json").write_text("[]")
    with pytest.raises(EvidenceError, match="names no files"):
        verify(folder)


def test_a_table_that_the_manifest_does_not_name_is_not_read(folder):
    """What stands beside the verdict (losses, recovery) is hashed like the rest, or is no evidence."""
    (folder / "losses.parquet").write_bytes((folder / "responses.parquet").read_bytes())
    assert judge_evidence(folder).reasons == ("changed:losses.parquet",)


def test_a_key_that_nobody_reads_and_a_wrong_type_are_refused(folder):
    whole = json.loads((folder / "plan.json").read_text())
    whole["gates"][1]["delat"] = 0.3
    (folder / "plan.json").write_text(json.dumps(whole))
    seal(folder)
    with pytest.raises(EvidenceError, match=r"plan\.json, gates\.1\.delat: a key that nobody reads"):
        load_evidence(folder)
    del whole["gates"][1]["delat"]
    whole["gates"][1]["assay"] = "MAYBE"
    (folder / "plan.json").write_text(json.dumps(whole))
    seal(folder)
    with pytest.raises(EvidenceError, match=r"gates\.1\.assay"):
        load_evidence(folder)


def test_what_is_no_table_is_refused(folder):
    (folder / "readings.parquet").write_bytes(b"not a table")
    seal(folder)
    with pytest.raises(EvidenceError, match=r"readings\.parquet: cannot be read"):
        load_evidence(folder)


def test_the_verdict_is_the_same_bytes(folder):
    first = write_verdict(folder, judge_evidence(folder)).read_bytes()
    assert write_verdict(folder, judge_evidence(folder)).read_bytes() == first
    whole = json.loads(first)
    assert whole["word"] == "INCONCLUSIVE" and list(whole) == sorted(whole)
    assert b"NaN" not in first and b"Infinity" not in first


def test_whoever_judges_hashes_every_file_once(folder, monkeypatch):
    seen = []

    def counted(path):
        seen.append(path.name)
        return file_digest(path)

    monkeypatch.setattr("rearing.verdict.evidence.file_digest", counted)
    judge_evidence(folder)
    assert sorted(seen) == sorted(NAMES)
