"""The calibration itself: it sends studies through the real judge, and it can fail."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rearing.verdict import calibrate as module
from rearing.verdict.calibrate import Measured, bounded, calibrate, studies, table
from rearing.verdict.characteristics import characteristics
from rearing.verdict.conclude import conclude
from rearing.verdict.instruments import INSTRUMENTS
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, checks_of, everywhere, plan_of, plant, tables_of
from rearing.verdict.rule import TABLE
from rearing.verdict.truths import TRUTHS, Limit, Planted


@pytest.mark.parametrize("row", [r for r in TRUTHS if not r.truth.looks], ids=lambda r: r.id)
def test_matrices_and_tables_give_the_same_verdict(row):
    """What calibrate judges is what a study of rows would be judged as."""
    plan, checks = plan_of(row.truth, 8), checks_of(row.truth)
    exam = plant(row.truth, plan, 100, np.random.default_rng(1))
    ours = conclude(plan, checks, exam)
    whole = judge(plan, checks, *tables_of(plan, exam), alternatives=False)
    assert (whole.word, whole.reasons) == (ours.word, ours.reasons)


def test_every_limit_names_an_end_that_exists():
    reasons = ("narrow", "representation_untested", "internalisation_shown", "dose_matched", "learned_more", "exposure")
    ends = {row.name for row in TABLE} | {row.word for row in TABLE} | set(reasons)
    assert {limit.ends for row in TRUTHS for limit in row.limits} <= ends
    assert {f"C{k}" for k in range(1, 22)} - {"C12"} <= {
        re.sub("[a-z]$", "", i) for i in [r.id for r in TRUTHS] + [*INSTRUMENTS]
    }


def test_a_limit_that_is_not_kept_is_a_miss(monkeypatch):
    wrong = Planted("C99", "nothing, called something", Truth(seed_sd=0.01), (Limit("SUPPORTED", least=0.9),))
    monkeypatch.setattr(module, "TRUTHS", (wrong,))
    monkeypatch.setenv("REARING_WORKERS", "1")
    found = calibrate(5, ["C99"])
    assert [m.passed for m in found] == [False]
    text = table(found, 5)
    assert "MISS" in text and text.endswith("1 limits, 1 missed")


@pytest.mark.parametrize(
    ("share", "least", "most", "passed"),
    [
        (0.09, 0.0, 0.05, False),
        (0.07, 0.0, 0.05, True),
        (0.875, 0.9, 1.0, True),
        (0.8, 0.9, 1.0, False),
        (0.01, 0.0, 0.0, False),
    ],
)
def test_limits_are_widened_by_two_standard_errors(share, least, most, passed):
    assert bounded("C0", "text", "DEMOTED", share, 400, least, most).passed is passed


def test_a_row_has_its_own_stream():
    """The same studies whichever rows run, and other studies for another row."""
    first, again, other = ([f.measured.effects for f in studies(Truth(), 6, 20, 2, s)] for s in ("C1", "C1", "C2"))
    assert first == again and first[0] != first[1] and first != other


def test_planted_rates_are_met():
    """Mean of 40 studies of every arm, within three standard errors of about half a point."""
    truth = Truth(gains={"BD": everywhere(0.1, "normal")}, base={"normal": 0.8}, twin_drops={"BD": 0.2}, seed_sd=0.01)
    plan = plan_of(truth, 4)
    exams = [plant(truth, plan, 200, np.random.default_rng(k)) for k in range(40)]
    for arm, expected in (("BD", 0.7), ("BD-", 0.5), ("P", 0.6), ("U", 0.46)):
        name = next(a.name for a in plan.arms if a.label == arm)
        mean = np.mean([e.gates[1].arms[name].values.mean() for e in exams])
        assert mean == pytest.approx(expected, abs=0.015), arm


@pytest.mark.parametrize("scoring", ["four rollouts", "probability"])
def test_finer_scores_spread_less(scoring):
    plan = plan_of(Truth(), 4)

    def spread(truth):
        return plant(truth, plan, 400, np.random.default_rng(0)).gates[0].arms["flat-shuffled"].values.var()

    assert spread(replace(Truth(), scoring=scoring)) < 0.8 * spread(Truth())


def test_seeds_shared_by_the_arms_are_correlated():
    def correlation(pairing):
        truth = Truth(seed_sd=0.2, pairing=pairing)
        exam = plant(truth, plan_of(truth, 400), 40, np.random.default_rng(0))
        a, b = (exam.gates[0].arms[n].values.mean(axis=1) for n in ("flat-shuffled", "principled-shuffled"))
        return np.corrcoef(a, b)[0, 1]

    assert abs(correlation(0.0)) < 0.15 and correlation(0.8) > 0.5


def test_the_page_of_characteristics_has_every_table(monkeypatch):
    from rearing.verdict import characteristics as page

    monkeypatch.setattr(page, "SEEDS", (8,))
    monkeypatch.setattr(page, "SCENARIOS", (100,))
    monkeypatch.setattr(page, "on_all_cores", lambda work, jobs: [_fake(work) for _ in jobs])
    text = characteristics("C1 ok", replicates=1)
    assert text.count("\n## ") == 7 and "C1 ok" in text and "DEMOTED" in text
    assert all(line.count("|") == text_before.count("|") for text_before, line in _table_lines(text))


def _fake(work):
    from rearing.verdict.characteristics import Shares

    return Shares(0.5, 0.25, 8.0) if work.__name__ == "shares" else ["8 x 200", "1", "2", "3", "4"]


def _table_lines(text):
    lines = text.splitlines()
    return [(a, b) for a, b in itertools.pairwise(lines) if a.startswith("|") and b.startswith("|")]


def test_the_table_says_id_and_text_once():
    found = [
        Measured("C1", "nothing", "DEMOTED >= 90 %", 0.95, True),
        Measured("C1", "nothing", "seeds used <= 12", 10.5, True),
    ]
    lines = table(found, 400).splitlines()
    assert sum("nothing" in line for line in lines) == 1
    assert any(line.endswith("95.0 %") for line in lines) and any(line.endswith("10.5") for line in lines)


def test_the_published_page_is_of_this_rule():
    page = Path(__file__).parents[2] / "docs" / "operating-characteristics.md"
    text = page.read_text(encoding="utf-8")
    for row in TRUTHS:
        assert re.search(rf"^{row.id} +{re.escape(row.text)}", text, flags=re.MULTILINE), row.id
    assert "MISS" not in text
    printed = _by_id(text.split("```")[1])
    assert set(printed) == {row.id for row in TRUTHS} | set(INSTRUMENTS)
    for id, (what, _) in INSTRUMENTS.items():
        assert printed[id][0].startswith(f"{id:<5} {what:<66} "), id
    for row in TRUTHS:
        assert printed[row.id] == _by_id(table(module._row(row, 1), 1))[row.id], "every limit, as it is printed"


def _by_id(printed):
    """The lines of the table of every row, without what was found."""
    lines, id = {}, ""
    for line in printed.splitlines():
        id = line[:5].strip() if line.startswith("C") else id
        if id and line:
            lines.setdefault(id, []).append(re.sub(r" +[\d.]+( %)?( MISS)?$", "", line))
        elif lines:
            return lines
    return lines
