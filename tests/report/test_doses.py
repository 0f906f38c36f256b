"""Arms at other doses have rows where a dose is the question, and are no further arm anywhere else."""

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.report.evidence import plan, write_evidence
from tests.report.test_beside import full
from tests.report.test_outlook import drifts, squeezed
from tests.report.test_report import rewrite_plan, written

from rearing.records.plan import PlannedArm
from rearing.records.verdict import Survival, Verdict
from rearing.report.arms import lessons
from rearing.report.evidence import open_evidence
from rearing.store.tables import read_table, write_table

P = "principled-shuffled"
DOUBLE = PlannedArm(name=f"{P}-x2", label="Px2", role="dosed", renderer="principled", order="shuffled", dose=2.0)
DOSED = replace(plan(), arms=(*plan().arms, DOUBLE))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """P once more as an arm that was told all of it twice."""
    folder = write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)
    rewrite_plan(folder, arms=[asdict(arm) for arm in DOSED.arms])
    for name in ("responses", "documents", "fed"):
        rows = read_table(folder, name).to_dicts()
        write_table(folder, name, rows + [row | {"arm": DOUBLE.name} for row in rows if row["arm"] == P])
    return folder


def told() -> Verdict:
    """All that can be said of P, said of the other dose as well."""
    made = replace(full(), drift=(*drifts(), replace(drifts()[0], arm=P)))
    (one, *_) = made.survival

    def survivors(arm: str) -> Survival:
        return replace(one, arm=arm)

    scores = [s for s in made.scores if s.arm == P]
    return replace(
        made,
        scores=(*made.scores, *(replace(s, arm=DOUBLE.name, mean=s.mean + 0.1) for s in scores)),
        survival=(*made.survival, survivors(P), survivors(DOUBLE.name)),
        drift=(*made.drift, replace(made.drift[-1], arm=DOUBLE.name)),
    )


def test_another_dose_is_drawn_nowhere_and_no_column_of_the_profile(small: Path) -> None:
    made = told()
    found, page = written(small, scores=made.scores, survival=made.survival, drift=made.drift)
    ends = re.findall(r' end">([^<]+)<', found)
    assert "P" in ends and DOUBLE.label not in ends
    for legend in re.findall(r'<div class="legend">(.*?)</div>', found, re.S):
        assert DOUBLE.label not in legend
    assert DOUBLE.label not in page.texts["profile"] + page.texts["trap"]
    assert DOUBLE.label in page.texts["survival"] and DOUBLE.label in page.texts["fed"], "it has its rows"


def test_another_dose_tells_no_lesson_again_and_takes_no_room(small: Path) -> None:
    evidence = open_evidence(small)
    without = replace(evidence, plan=plan())
    room = sum(len(text) + 2 for x in lessons(without, 10**6).shown for own in x.texts.values() for text in own)
    assert lessons(evidence, room) == lessons(without, room) and lessons(without, room).left_out == 0


def test_scores_by_dose_stand_beside_the_arms(small: Path) -> None:
    made = told()
    page = written(small, scores=made.scores)[1]
    table = page.texts["arms"].split("Comparators at other doses")[1]
    rows = {s.arm: s for s in made.scores if (s.family, s.attack, s.measure) == ("normal", "", "main")}
    for label, arm, dose in (("BD", "branching-developmental", 1), ("P", P, 1), ("Px2", DOUBLE.name, 2)):
        mean = f"{rows[arm].mean:.3f}".removeprefix("0")
        assert f"{label}{arm}\u00d7{dose}1{mean}" in squeezed(table), label
    assert "FS" not in table.split("One lesson")[0], "it has no other dose"
    rewrite_plan(small, arms=[asdict(arm) for arm in plan().arms])
    assert "other doses" not in written(small)[1].texts["arms"]
