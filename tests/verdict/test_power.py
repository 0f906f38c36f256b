"""Spreads that were planted are measured, and a study of the proposed size has the power."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from pydantic import TypeAdapter

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Look, Plan
from rearing.store.artifacts import file_digest, write_json
from rearing.verdict.evidence import Evidence
from rearing.verdict.facts import GATES
from rearing.verdict.judge import judge_evidence
from rearing.verdict.planted import Truth, plan_of, planted
from rearing.verdict.power import GAINS, Proposal, Spread, Spreads, power_of, powers, size_table, spreads


def evidence(S=12, N=300, K=3, seed_sd=0.03, noise=0.1, within=0.2, seed=0):
    """Scores that are sums of normal parts: by seed, by scenario and arm, by cell, and by item inside a cell."""
    rng = np.random.default_rng(seed)
    plan, checks, responses, readings = planted(Truth(sealed=False), S, N, rng)

    def drawn(frame, value):
        out = []
        for (arm, *_), part in frame.sort("seed", "scenario").group_by(["arm", "family"], maintain_order=True):
            runs = 1 if arm == "untrained" else S
            base = 0.35 if arm == "untrained" else 0.5
            cell = base + 0.03 * rng.normal(size=(1, N)) + seed_sd * rng.normal(size=(runs, 1))
            cell = cell + noise * rng.normal(size=(runs, N))
            for k in range(K):
                score = np.clip(cell + within * rng.normal(size=cell.shape), 0, 1).ravel()
                name = pl.col("item") + f"/{k}"
                out.append(part.with_columns(name, pl.Series(value, score)))
        return pl.concat(out)

    responses = drawn(responses, "score")
    levels = rng.normal(size=readings.height)
    arm = pl.when(pl.col("arm") == "untrained").then(0.35).otherwise(0.5)
    readings = readings.with_columns((arm + 0.05 * pl.Series("value", levels)).alias("value"))
    return Evidence(plan, checks, responses, readings)


def written(folder, plan, checks, responses, readings):
    """An evidence folder."""
    write_json(folder / "plan.json", TypeAdapter(Plan).dump_python(plan, mode="json"))
    write_json(folder / "checks.json", TypeAdapter(list[Check]).dump_python(list(checks), mode="json"))
    responses.write_parquet(folder / "responses.parquet")
    readings.write_parquet(folder / "readings.parquet")
    write_json(folder / "manifest.json", {"files": {p.name: file_digest(p) for p in sorted(folder.iterdir())}})
    return folder


def test_planted_spreads_are_measured():
    found = spreads(evidence())
    assert set(found) == {"normal", "capability", *GATES}
    one = found["format-neutral"]
    assert one.gain == pytest.approx(0.15, abs=0.02) and one.level == pytest.approx(0.5, abs=0.03)
    assert one.seed == pytest.approx(2 * 0.03**2, rel=0.8)
    assert one.item == pytest.approx(2 * 0.03**2, rel=0.3)
    assert one.residual == pytest.approx(2 * (0.1**2 + 0.2**2 / 3), rel=0.1)
    assert one.within_residual == pytest.approx(2 * 0.2**2 / 3, rel=0.1)
    assert found["representational"].within_residual == 0, "one reading a scenario"
    assert found["representational"].residual == pytest.approx(2 * 0.05**2, rel=0.1)


def test_spreads_need_a_complete_study():
    whole = evidence(S=3, N=10)
    with pytest.raises(EvidenceError, match="two seeds"):
        spreads(replace(whole, plan=replace(whole.plan, seeds=(0,))))
    with pytest.raises(EvidenceError, match="agentic are not complete"):
        spreads(replace(whole, responses=whole.responses.filter(pl.col("family") != "agentic")))


def known(seed=0.0004, item=0.01, residual=0.3, gain=0.14, within=0.2, truth=Truth()):
    one = Spread(0.05, 0.7, gain, seed, item, residual, 0.0, within)
    return Spreads(plan_of(truth, 3), {"normal": one, **dict.fromkeys(GATES, one)})


def test_power_grows_with_seeds_scenarios_and_variants():
    small = powers(known(), 8, 100, replicates=60)
    assert all(a > b + 0.1 for a, b in zip(powers(known(), 16, 100, replicates=60), small, strict=True))
    assert all(a > b + 0.1 for a, b in zip(powers(known(), 8, 400, replicates=60), small, strict=True))
    assert all(a > b + 0.1 for a, b in zip(powers(known(), 8, 100, variants=4, replicates=60), small, strict=True))


def test_what_cannot_be_demoted_has_no_power():
    demoted, _ = powers(known(gain=0.05), 16, 400, replicates=40)
    assert demoted == 0, "P is not above U by more than the margin"


def test_the_power_is_that_of_the_arms_and_the_level_that_were_planned():
    """Four comparators must all be beaten, and share the level of a demotion; clauses and looks do not enter."""
    four = Truth(arms=("BD", "P", "PD", "FS", "FPS"), sealed=False, assays=dict.fromkeys(GATES, "NONE"))
    more = replace(four, clauses=("causal",), looks=(Look(seeds=3, alpha=0.001),))
    both = powers(known(), 10, 200, replicates=60)
    shared = powers(known(truth=four), 10, 200, replicates=60)
    assert shared == powers(known(truth=more), 10, 200, replicates=60)
    assert shared[1] < both[1] - 0.05, "SUPPORTED needs two more comparators to be beaten"
    measured = known()
    decoding = replace(measured, plan=replace(measured.plan, hangs_on=measured.plan.gates[2]))
    assert powers(decoding, 10, 200, replicates=60) == both, "what gate 3 hangs on has no spread, and costs none"
    strict = replace(measured, plan=replace(measured.plan, alpha=0.001))
    assert all(a > b + 0.1 for a, b in zip(both, powers(strict, 10, 200, replicates=60), strict=True))


def test_a_lead_must_be_shown_in_values_on_as_many_seeds_as_twins_have():
    """SUPPORTED asks of a gate that V is above that of the comparator too; a demotion asks nothing of twins."""
    noisy = Truth(twin_drops=dict.fromkeys(("BD", "P", "FS"), 0.0))
    measured = known(seed=0.002, truth=noisy)
    few, all_of_them = (powers(replace(measured, twin_seeds=n), 16, 200, replicates=60) for n in (2, None))
    assert few[1] < all_of_them[1] - 0.2, "two seeds show no value effect"
    assert few[0] == pytest.approx(all_of_them[0], abs=0.1)
    there = Evidence(*planted(replace(noisy, twin_seeds=4), 6, 10, np.random.default_rng(0)))
    assert spreads(there).twin_seeds == 4 and spreads(evidence(S=6, N=10)).twin_seeds is None


def test_a_study_without_one_of_the_gates_has_no_size():
    whole = evidence(S=3, N=10)
    with pytest.raises(EvidenceError, match="the plan has no gate representational"):
        spreads(replace(whole, plan=replace(whole.plan, gates=whole.plan.gates[:2])))


def test_the_curve_rises_with_the_lead_and_falls_with_it(tmp_path):
    folder = written(tmp_path, *planted(Truth(sealed=False, scoring="probability"), 10, 150, np.random.default_rng(1)))
    found = power_of(folder, judge_evidence(folder), replicates=30)
    at = {p.gain: p for p in found.points}
    assert tuple(at) == GAINS and found.replicates == 30
    assert at[0.0].demoted > 0.7 and at[0.0].supported == 0
    assert at[3.0].supported > 0.5 and at[3.0].demoted == 0
    assert at[0.5].demoted < at[0.0].demoted and at[1.0].supported < at[3.0].supported
    assert found == power_of(folder, judge_evidence(folder), replicates=30), "the same draws each time"


def test_a_study_that_can_find_nothing_by_rule_or_has_no_spreads_has_no_curve(tmp_path):
    few = written(tmp_path / "few", *planted(Truth(sealed=False), 4, 10, np.random.default_rng(1)))
    found = power_of(few, judge_evidence(few))
    assert found.points == () and "fewer than 5 seeds" in found.lacking
    plan, *rest = planted(Truth(sealed=False), 6, 10, np.random.default_rng(1))
    less = written(tmp_path / "less", replace(plan, gates=plan.gates[:2]), *rest)
    found = power_of(less, judge_evidence(less))
    assert found.points == () and "has no gate representational" in found.lacking


def test_the_proposal_is_the_cheapest_that_is_enough():
    found = [Proposal(100, 1, None, 0.2, 0.3), Proposal(200, 1, 12, 0.8, 0.9), Proposal(400, 1, 8, 0.9, 0.9)]
    more = [Proposal(200, 2, 8, 0.85, 0.9), Proposal(150, 2, 8, 0.85, 0.9)]
    text = size_table(known(), [*found, *more], 0.8)
    assert text.endswith("proposed: 8 seeds, 150 scenarios a gate, items a scenario x 2") and "> 24" in text
    assert "+0.140" in text and "nothing can be DEMOTED" not in text
    idle = size_table(known(gain=0.05), found[:1], 0.8)
    assert "none of these" in idle and "agentic, representational: nothing can be DEMOTED" in idle
