"""Attacks on the page: what was learned, what came back, and what gives way first, as the judge measured it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.evidence import plan, write_evidence
from tests.report.judged import verdict
from tests.report.test_outlook import BD, FS, drifts
from tests.report.test_readings import P
from tests.report.test_report import written

from rearing.records.verdict import Band, Lead
from rearing.report.arms import looks
from rearing.report.scores import trap


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)


def same(*means: float) -> tuple[Band, ...]:
    return tuple(Band(m, m, m) for m in means)


def test_losses_recovery_and_leads_are_columns_where_they_were_measured(small: Path) -> None:
    one, *others = drifts()
    told = replace(
        one, nll=same(3.25, 3.0, 2.5, 1.75), nats=0.5, at_nats=same(-0.031)[0],
        steps=(2, 4), regained=same(0.01, 0.0234), half_back=3.2, half_dose=7.5, half_band=(4.1, None),
    )  # fmt: skip
    leads = (
        Lead(arm=BD, attack="excuses", reading="decode", family="shift", held=2.0, chosen=7.5, first="reading",
             seeds=(3, 4, 9), by_seed=("reading", "together", "reading"), doublings=Band(-1.25, -2.5, 0.0)),
        Lead(arm=FS, attack="excuses", reading="decode", family="shift", held=None, chosen=None, first="neither",
             seeds=(3,), by_seed=("neither",)),
        Lead(arm=P, attack="excuses", reading="decode", family="shift", held=2.0, chosen=4.5, first="reading"),
    )  # fmt: skip
    text = written(small, drift=(told, *others), leads=leads)[1].texts["drift"]
    for words in ("At equal nats (0.50)", "Regained after 4 steps", "Half back", "What gives way first"):
        assert words in text, words
    assert re.search(r"BD\s.*?3\.25 \u2192 1\.75\s*\u22120\.031\s*\+0\.023\s*3\.2", text, re.S)
    assert re.search(r"7\.5 from 4\.1 on\s*3\.25", text)
    assert re.search(
        r"BD\s*excuses\s*Representational probe\s*2\.0\s*Distribution shift\s*7\.5\s*reading\s*2 of 3\s*reading, "
        r"together, reading\s*\u22121\.25\s*\u22122\.50 to 0\.00",
        text,
    )
    assert re.search(r"FS\s*excuses\s*Representational probe\s*Distribution shift\s*neither\s*0 of 1\s*neither", text)
    assert "one seed: no interval" in text
    assert re.search(r"4\.5\s*reading\s*no seed at which both begin above U", text) and "0 of 0" not in text
    bare = written(small, drift=drifts())[1].texts["drift"]
    assert not any(words in bare for words in ("equal nats", "Regained", "gives way first"))


def test_what_was_attacked_on_fewer_seeds_is_drawn_beside_the_same_seeds_before_it(small: Path) -> None:
    """The lines of BD and FS begin at dose 0 of the drift section; P and U, which were not attacked, have a gap."""
    made = verdict()
    scores = tuple(s if s.attack else replace(s, by_seed=(s.mean,) * 3) for s in made.scores)
    attacked = tuple(replace(d, seeds=(11,)) for d in drifts())
    known = looks(plan())
    found = trap(plan(), replace(made, scores=scores, drift=attacked), known)
    assert found.fewer and found.stops[found.attacked :] == ("dose\n0", "dose\n5", "dose\n10", "dose\n20")
    first = {line.label: {p.x: p.mean for p in line.points}.get(float(found.attacked)) for line in found.lines}
    assert first == {"BD": 0.7, "FS": 0.68, "P": None, "U": None}, "not .6, which is of a reading"
    words = written(small, scores=scores, drift=attacked)[1].texts["trap"]
    assert "asked again of fewer seeds, so compare it with dose 0, the same seeds and items before" in words
    whole = tuple(replace(d, seeds=(11, 12, 13)) for d in drifts())
    assert not trap(plan(), replace(made, scores=scores, drift=whole), known).fewer
    assert "so compare it with shift, not" in written(small, scores=scores, drift=whole)[1].texts["trap"]
