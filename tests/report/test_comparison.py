"""Two studies on one page: both verdicts, every key that differs, the same contrasts beside each other."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.report.evidence import NASTY, plan, write_evidence, write_json
from tests.report.judged import verdict
from tests.report.test_report import LOADERS, Page
from typer.testing import CliRunner

from rearing.cli import app
from rearing.records.verdict import Verdict
from rearing.report import write_comparison
from rearing.store.artifacts import file_digest


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    return tuple(write_evidence(tmp_path / name, scenarios=4, lessons=3) for name in ("one", "other"))  # type: ignore[return-value]


def compared(both: tuple[Path, Path], other: Verdict, **changes: object) -> tuple[str, Page]:
    fixed = json.loads((both[1] / "plan.json").read_text())
    write_json(both[1] / "plan.json", fixed | changes)
    found = write_comparison((both[0], verdict()), (both[1], other), both[0].parent / "c.html").read_text("utf-8")
    return found, Page(found)


def rows(text: str) -> dict[str, tuple[str, str]]:
    part = text[text.index('id="plans"') : text.index('id="contrasts"')]
    return {
        key: (left, right)
        for key, left, right in re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', part)
    }


def test_both_verdicts_stand_beside_each_other(both: tuple[Path, Path]) -> None:
    other = replace(verdict(), word="DEMOTED", line=f"verdict: DEMOTED {NASTY}", sentence="Nothing was added.")
    text, page = compared(both, other, study="pilot")
    told = page.texts["verdicts"]
    assert verdict().line in told and verdict().sentence in told
    assert f"verdict: DEMOTED {NASTY}" in told and "Nothing was added." in told
    assert "word-demoted" in text and "word-inconclusive" in text and not page.open
    assert not [tag for tag, _ in page.tags if tag in LOADERS | {"script"}] and "://" not in text


def test_plans_are_compared_key_by_key(both: tuple[Path, Path]) -> None:
    fixed = asdict(plan())
    gates = [g | {"delta": 0.03} if g["id"] == "agentic" else g for g in fixed["gates"]]
    arms = [a for a in fixed["arms"] if a["role"] != "twin"]
    authors = {f"s{k}": name for k, name in enumerate(("Ada", "Ben", "Ada"))}
    text, page = compared(
        both, verdict(), seeds=[11, 12], gates=gates, arms=arms, seal="ab" * 32, authors=authors, model=NASTY
    )
    found = rows(text)
    assert found["seeds"] == ("11, 12, 13", "11, 12")
    assert found["gates \u203a agentic \u203a delta"] == ("0.05", "0.03")
    assert found["seal"] == ("\u2013", "ab" * 32)
    assert found["authors"] == ("0 scenarios by 0 authors", "3 scenarios by 2 authors")
    twin = found["arms \u203a branching-developmental-flipped"]
    assert "label BD flipped" in twin[0] and "role twin" in twin[0] and twin[1] == "\u2013"
    assert len(found) == 6 and "model" in found and NASTY in page.texts["plans"]
    assert "6 keys differ" in page.texts["plans"]


def test_studies_with_the_same_plan_say_so(both: tuple[Path, Path]) -> None:
    page = compared(both, verdict())[1]
    assert re.search(r"Nothing: all \d\d keys are the same", page.texts["plans"])
    assert "Nothing: every row stands as in the other" in page.texts["panels"]


def test_a_contrast_stands_in_both_columns_or_is_not_measured(both: tuple[Path, Path]) -> None:
    first = verdict().effects[0]
    moved = replace(first, estimate=0.111, low=0.05, high=0.17, measure="judgement")
    text, page = compared(both, replace(verdict(), effects=(moved, *verdict().effects[2:])))
    part = text[text.index('id="contrasts"') : text.index('id="panels"')]
    (row,) = re.findall(r'<tr><th scope="row">BD \u2212 FS</th>.*?</tr>', part)[:1]
    assert row.count("<svg") == 2 and "+0.111" in row and "not measured" not in row
    missing = next(r for r in re.findall(r"<tr><th.*?</tr>", part) if "BD \u2212 P" in r)
    assert missing.count("<svg") == 1 and "not measured" in missing
    assert "main in one study, judgement in the other: not the same measure" in page.texts["contrasts"]


def test_rows_of_the_panel_that_stand_otherwise_are_listed(both: tuple[Path, Path]) -> None:
    panel = (replace(verdict().panel[0], state="ok"), *verdict().panel[1:3])
    text = compared(both, replace(verdict(), panel=panel))[1].texts["panels"]
    assert re.search(r"Audit\s*\u2717 failed 1 of 2 pass\s*\u2713 ok 1 of 2 pass", text)
    assert re.search(r"Agentic\s*\u2013 untested FAIL\s*\u2013", text) and "Trap" not in text


def test_the_verb_writes_one_page_of_two_folders(both: tuple[Path, Path], tmp_path: Path) -> None:
    for folder in both:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"] = {name: file_digest(folder / name) for name in manifest["files"]}
        write_json(folder / "manifest.json", manifest)
    target = tmp_path / "both.html"
    ran = CliRunner().invoke(app, ["report", str(both[0]), "--against", str(both[1]), "--out", str(target)])
    assert ran.exit_code == 0, ran.output
    assert ran.output.strip() == f"report: {target}" and "Two studies" in target.read_text("utf-8")
