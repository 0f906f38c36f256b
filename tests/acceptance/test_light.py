"""Linting, rendering, auditing, judging and reporting work where torch cannot be imported."""

import json
from pathlib import Path

import pytest
from tests.acceptance.conftest import rearing
from tests.plugins.plugin import write
from tests.report.evidence import write_evidence

BLOCK = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "safetensors", "sklearn"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NoTorch())
"""


@pytest.fixture
def light(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BLOCK)
    return {"PYTHONPATH": str(folder)}


def test_judge_and_report(tmp_path: Path, light: dict[str, str]) -> None:
    evidence = write_evidence(tmp_path / "evidence")
    judged = rearing("judge", evidence, env=light)
    assert judged.returncode == 0, judged.stderr
    assert judged.stdout.startswith("verdict: ")
    page = rearing("report", evidence, "--out", tmp_path / "page.html", env=light)
    assert page.returncode == 0, page.stderr
    assert (tmp_path / "page.html").stat().st_size > 20_000


def test_audit_of_the_quick_study_passes(light: dict[str, str]) -> None:
    ran = rearing("audit", "studies/quick.toml", "--json", env=light)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    rows = {row["name"]: row for row in json.loads(ran.stdout)["rows"]}
    assert rows["tokens"]["gap"] == rows["steps"]["gap"] == 0
    assert {"mentions_endorsed", "mentions_rejected", "distance", "filler", "first_action"} <= rows.keys()


def test_the_shipped_corpus_passes_its_checks(light: dict[str, str]) -> None:
    ran = rearing("check", "--corpus", "commons", env=light)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_plan_says_what_it_costs(light: dict[str, str]) -> None:
    ran = rearing("plan", "studies/quick.toml", "--json", env=light)
    assert ran.returncode == 0, ran.stderr
    plan = json.loads(ran.stdout)
    assert plan["jobs"] == 10
    assert plan["memory_bytes"] < 8 * 2**30
    assert plan["wall_seconds"] > 60
    assert [clause["clause"] for clause in plan["clauses"]] == ["fine-tuning"]
    searched = plan["attack"]
    assert (searched["names"], searched["lr"], searched["fits"]) == (["reversal"], 3e-4, True)
    assert searched["note"] == "the search chose 0.0003 for reversal up to dose 4 on the base smollm2-135m"


def test_run_without_torch_says_the_line_that_installs_it(light: dict[str, str]) -> None:
    ran = rearing("run", "studies/quick.toml", env=light)
    assert ran.returncode == 2
    assert "pip install" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_probe_is_tried_on_a_model_so_its_check_says_that_line_too(tmp_path: Path, light: dict[str, str]) -> None:
    ran = rearing("check", write(tmp_path, "tactic"), env=light)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ran = rearing("check", write(tmp_path, "probe"), env=light)
    assert ran.returncode == 2 and ran.stdout == ""
    assert ran.stderr.startswith("rearing: this command needs torch; run in a clone of rearing: pip install ")
