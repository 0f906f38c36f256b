"""One arm under three names."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from rearing.errors import EvidenceError
from rearing.verdict.evidence import Evidence
from rearing.verdict.null import null_table, nulls
from rearing.verdict.planted import Truth, everywhere, planted


def evidence(truth=None, seeds=12, scenarios=100):
    return Evidence(*planted(truth or Truth(sealed=False), seeds, scenarios, np.random.default_rng(0)))


def test_nothing_is_supported_and_tests_keep_their_size():
    found = nulls(evidence(Truth(sealed=False, gains={"BD": everywhere(0.2)})), repeats=10)
    assert [(n.arm, n.seeds, sum(n.words.values())) for n in found] == [("BD", 4, 10), ("FS", 4, 10), ("P", 4, 10)]
    assert not any("SUPPORTED" in n.words for n in found)
    assert np.mean([n.superior for n in found]) < 0.1
    assert all(0.005 < gap < 0.1 for n in found for gap in n.gap.values())
    assert "4 seeds a name" in null_table(found)


def test_it_would_notice_a_judge_that_finds_everything(monkeypatch):
    from rearing.verdict import null

    def credulous(plan, checks, exam):
        up = [
            replace(g, arms={n: replace(m, values=m.values + 0.3 * (n == null.NAMES[0])) for n, m in g.arms.items()})
            for g in exam.gates
        ]
        return conclude(plan, checks, replace(exam, gates=tuple(up)))

    conclude = null.conclude
    monkeypatch.setattr(null, "conclude", credulous)
    assert all(
        n.words.get("SUPPORTED", 0) >= 3 for n in nulls(evidence(Truth(seed_sd=0.005), scenarios=400), repeats=4)
    )


def test_an_arm_needs_seeds_for_three_names():
    whole = evidence(seeds=6, scenarios=10)
    few = replace(whole.plan, seeds=whole.plan.seeds[:5])
    rows = (pl.col("seed") < 5) | (pl.col("arm") == "untrained")
    with pytest.raises(EvidenceError, match="6 seeds"):
        nulls(replace(whole, plan=few, responses=whole.responses.filter(rows), readings=whole.readings.filter(rows)))
