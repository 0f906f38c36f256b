"""What is brought to an evidence folder stands beside the verdict and changes nothing."""

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter
from tests.acceptance.conftest import rearing
from tests.acceptance.test_light import BLOCK
from tests.plugins.plugin import forgotten, write

from rearing.errors import PluginError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.store.artifacts import file_digest, write_json
from rearing.verdict import bring, hold_beside, judge_evidence
from rearing.verdict.beside import TableCheck
from rearing.verdict.facts import AGENTIC
from rearing.verdict.planted import Truth, planted

__all__ = ["forgotten"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven seeds, so that a leaning is read; agentic differs by ten points."""
    truth = Truth(sealed=False, gains={"BD": {AGENTIC: 0.1}})
    plan, checks, responses, readings = planted(truth, 7, 60, np.random.default_rng(0))
    path = tmp_path / "evidence"
    path.mkdir()
    write_json(path / "plan.json", TypeAdapter(Plan).dump_python(plan, mode="json"))
    write_json(path / "checks.json", TypeAdapter(list[Check]).dump_python(list(checks), mode="json"))
    responses.write_parquet(path / "responses.parquet")
    readings.write_parquet(path / "readings.parquet")
    write_json(path / "manifest.json", {"files": {p.name: file_digest(p) for p in path.iterdir()}})
    return path


def test_a_file_of_each_kind_is_held_beside_without_torch(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    light = {"PYTHONPATH": str(tmp_path)}
    alone = rearing("judge", folder, "--out", tmp_path / "alone.json", env=light)
    files = [x for kind in ("estimator", "check") for x in ("--with", write(tmp_path, kind))]
    ran = rearing("judge", folder, *files, "--out", tmp_path / "beside.json", env=light)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(alone.stdout), "the verdict stays"
    assert (tmp_path / "beside.json").read_bytes() == (tmp_path / "alone.json").read_bytes()
    more = ran.stdout.removeprefix(alone.stdout).splitlines()
    assert more[0].startswith("beside it, toyestimator: INCONCLUSIVE (") and len(more) == 1 + 3 * 2 + 1
    assert more[3].startswith("  agentic            branching-developmental - flat-shuffled  +0.")
    assert more[-1].startswith("beside it, toycheck: 0") and more[-1].endswith("of the scenarios of the gates: holds")
    told = json.loads(rearing("judge", folder, *files, "--json").stdout)
    assert [row["method"] for row in told["beside"][0]] == ["toyestimator"]


def test_our_own_estimator_beside_itself_says_the_same(folder: Path) -> None:
    verdict = judge_evidence(folder)
    (ours, narrow), (menus,) = hold_beside(folder, verdict, *bring(["crossed", "seeds-only", "menu-agreement"]))
    gates = [e for e in verdict.effects if "/" not in e.family and e.family not in ("normal", "capability")]
    assert list(ours.effects) == gates and not ours.changes
    assert f"leaning, had it been sealed: {ours.word} ({', '.join(ours.reasons)})" in verdict.notes
    assert all(n.high - n.low < e.high - e.low for n, e in zip(narrow.effects, gates, strict=True)), "fewer sources"
    assert (menus.kind, menus.required, menus.passed) == ("added", False, True)


def test_with_few_seeds_there_are_intervals_and_no_word(folder: Path) -> None:
    verdict = replace(judge_evidence(folder), seeds=3)
    (one,), _ = hold_beside(folder, verdict, *bring(["crossed"]))
    assert one.word is None and {e.n_seeds for e in one.effects} == {3}


def test_a_check_sees_every_table_but_scratchpads(folder: Path) -> None:
    (folder / "private.parquet").write_bytes(b"nobody reads this")
    seen: list[str] = []
    check = TableCheck("names", "all", lambda plan, tables: (0.0, not seen.extend(tables)))
    hold_beside(folder, judge_evidence(folder), (), [check])
    assert seen == ["responses", "readings"]


def test_what_cannot_be_brought_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no estimator 'seeds-onyl', did you mean 'seeds-only'"):
        bring(["seeds-onyl"])
    ran = rearing("judge", folder, "--with", write(tmp_path, "tactic"))
    assert ran.returncode == 2 and "no estimator" in ran.stderr and len(ran.stderr.splitlines()) == 1
    broken = write(tmp_path, "check", change=("share = float(", "share = 1 / 0 + float("))
    ran = rearing("judge", folder, "--with", broken)
    assert ran.returncode == 2 and "ZeroDivisionError" in ran.stderr and "line 26" in ran.stderr, ran.stderr


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("estimator", ("return crossed(", "return 0.5, crossed("), "'toyestimator' gives back no Contrast but a tuple"),
        ("check", ("return share, share", "return share"), "'toycheck' gives back no value and whether it holds"),
        ("check", ("return share, share", "return str(plan), share"), "'toycheck' gives back no value and whether"),
    ],
)
def test_what_gives_back_something_else_is_named_with_its_file(
    folder: Path, tmp_path: Path, kind: str, change: tuple[str, str], said: str
) -> None:
    path = write(tmp_path, kind, change=change)
    with pytest.raises(PluginError, match=said) as caught:
        hold_beside(folder, judge_evidence(folder), *bring([str(path)]))
    assert str(caught.value).startswith(f"{path}: ") and "; return " in str(caught.value)


GUIDE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


@pytest.fixture
def quick(folder: Path, tmp_path: Path) -> Path:
    """A place where the evidence lies as in the guide."""
    (tmp_path / "runs" / "quick").mkdir(parents=True)
    (tmp_path / "runs" / "quick" / "evidence").symlink_to(folder)
    return tmp_path


def test_the_guide_makes_an_effect_from_rows(quick: Path, folder: Path) -> None:
    script = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert script
    ran = subprocess.run([sys.executable, "-c", script[1]], cwd=quick, capture_output=True, text=True, check=True)
    pair = ("branching-developmental", "principled-shuffled")
    (ours,) = [e for e in judge_evidence(folder).effects if (e.family, e.contrast) == (AGENTIC, pair)]
    assert float(ran.stdout.split()[0]) == pytest.approx(ours.estimate, rel=1e-8)


@pytest.mark.parametrize("tool", ["duckdb", "pandas"])
def test_the_line_of_the_guide_opens_a_table(quick: Path, tool: str) -> None:
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    (line,) = re.findall(rf'^python -c "(import {tool}.*)"$', GUIDE, re.MULTILINE)
    command = [sys.executable, "-c", line.replace('\\"', '"')]
    ran = subprocess.run(command, cwd=quick, capture_output=True, text=True, check=True)
    assert "agentic" in ran.stdout and "branching-developmental" in ran.stdout
