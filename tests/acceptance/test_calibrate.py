"""`rearing calibrate` from the command line."""

import json

import numpy as np
import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from rearing.cli import app
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.store.artifacts import file_digest, write_json
from rearing.verdict import calibrate, characteristics, power
from rearing.verdict.evidence import NEEDED
from rearing.verdict.planted import Truth, planted
from rearing.verdict.truths import TRUTHS, Limit, Planted

runner = CliRunner()


@pytest.fixture
def one_row(monkeypatch):
    """A single planted truth, a handful of studies, one process."""

    def use(limit):
        row = Planted("C1", TRUTHS[0].text, Truth(seed_sd=0.005), (limit,))
        monkeypatch.setattr(calibrate, "TRUTHS", (row,))
        monkeypatch.setattr(calibrate, "INSTRUMENTS", {})

    monkeypatch.setattr(calibrate, "QUICK", 3)
    monkeypatch.setattr(calibrate, "FULL", 3)
    return use


def test_kept_limits_end_well_and_a_missed_one_does_not(one_row):
    one_row(Limit("DEMOTED", least=0.9))
    good = runner.invoke(app, ["calibrate", "--quick"])
    assert good.exit_code == 0 and "1 limits, all kept" in good.output
    as_json = json.loads(runner.invoke(app, ["calibrate", "--quick", "--json"]).output)
    assert as_json[0]["id"] == "C1" and as_json[0]["passed"] is True
    one_row(Limit("SUPPORTED", least=0.9))
    bad = runner.invoke(app, ["calibrate", "--quick"])
    assert bad.exit_code == 1 and "MISS" in bad.output


def test_full_writes_the_page(one_row, monkeypatch, tmp_path):
    one_row(Limit("DEMOTED", least=0.9))
    monkeypatch.setattr(characteristics, "characteristics", lambda text: f"# page\n{text}\n")
    done = runner.invoke(app, ["calibrate", "--full", "--out", str(tmp_path / "new")])
    assert done.exit_code == 0
    assert "1 limits, all kept" in (tmp_path / "new" / "operating-characteristics.md").read_text()


def test_plan_proposes_a_size_from_evidence(monkeypatch, tmp_path):
    plan, checks, responses, readings = planted(Truth(sealed=False), 3, 30, np.random.default_rng(0))
    write_json(tmp_path / "plan.json", TypeAdapter(Plan).dump_python(plan, mode="json"))
    write_json(tmp_path / "checks.json", TypeAdapter(list[Check]).dump_python(list(checks), mode="json"))
    responses.write_parquet(tmp_path / "responses.parquet")
    readings.write_parquet(tmp_path / "readings.parquet")
    write_json(tmp_path / "manifest.json", {"files": {n: file_digest(tmp_path / n) for n in NEEDED}})
    monkeypatch.setattr(power, "SEEDS", (8, 16))
    monkeypatch.setattr(power, "SCENARIOS", (400,))
    monkeypatch.setattr(power, "VARIANTS", (1,))
    done = runner.invoke(app, ["calibrate", "--plan", str(tmp_path), "--power", "0.5"])
    assert done.exit_code == 0 and "scenarios a gate" in done.output
    found = json.loads(runner.invoke(app, ["calibrate", "--plan", str(tmp_path), "--power", "0.5", "--json"]).output)
    assert [p["scenarios"] for p in found["proposals"]] == [400] and "agentic" in found["measured"]


@pytest.mark.parametrize(
    ("work", "options"),
    [
        ("rearing.study.assay.run_assay", ["--assay", "studies/assay.toml"]),
        ("rearing.study.null.run.run_null", ["--null"]),
        ("rearing.organisms.run.run_organisms", ["--organisms"]),
    ],
)
def test_no_progress_stands_in_the_json(monkeypatch, work, options):
    told = []

    def stopped(what, out, quiet):
        told.append(quiet)
        raise KeyboardInterrupt

    monkeypatch.setattr(work, stopped)
    for more in ([], ["--json"]):
        runner.invoke(app, ["calibrate", *options, *more])
    assert told == [False, True]


@pytest.mark.parametrize(
    "options", [[], ["--quick", "--full"], ["--quick", "--plan", "x"], ["--null", "--aa", "x"], ["--null", "--full"]]
)
def test_it_does_one_thing_at_a_time(options):
    assert runner.invoke(app, ["calibrate", *options]).exit_code == 2
