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
    assert [(n.arm, n.seeds, n.deals) for n in found] == [("BD", 4, 10), ("FS", 4, 10), ("P", 4, 10)]
    assert not any(n.supported for n in found)
    assert np.mean([n.superior for n in found]) < 0.1
    assert all(0.005 < gap < 0.1 for n in found for gap in n.gap.values())
    text = null_table(found, "a study")
    assert "planted BD, 4 seeds a name" in text and text.endswith("SUPPORTED 0 of 30, allowed 0")


def test_evidence_that_was_made_to_be_dealt_out_is_taken_as_it_is():
    """An assay that did not pass and a check that failed are as they are, unless the study is of another purpose."""
    silent = evidence(Truth(sealed=False, assays={"agentic": "FAIL"}), scenarios=20)
    broken = evidence(Truth(sealed=False, failed_check="audit:tokens"), scenarios=20)
    for made, end in ((silent, "INCONCLUSIVE (agentic:untested)"), (broken, "INVALID (audit:tokens)")):
        assert [list(n.ends) for n in nulls(made, 2, as_it_is=True)] == [[end]] * 3
        assert all(end not in n.ends for n in nulls(made, 2))


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
    found = nulls(evidence(Truth(seed_sd=0.005), scenarios=400), repeats=4)
    assert all(n.supported >= 3 for n in found) and null_table(found, "a study").endswith("MISS")


def test_an_arm_needs_seeds_for_three_names():
    whole = evidence(seeds=6, scenarios=10)
    few = replace(whole.plan, seeds=whole.plan.seeds[:5])
    rows = (pl.col("seed") < 5) | (pl.col("arm") == "untrained")
    with pytest.raises(EvidenceError, match="6 seeds"):
        nulls(replace(whole, plan=few, responses=whole.responses.filter(rows), readings=whole.readings.filter(rows)))
