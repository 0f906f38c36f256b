"""Planted truths through the real judge."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import t

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.verdict.judge import judge
from rearing.verdict.planted import Truth, everywhere, planted

NOTHING = Truth()
STRUCTURE = Truth(gains={"BD": everywhere(0.1)})


def verdict(truth, seeds=10, scenarios=400, seed=0):
    return judge(*planted(truth, seeds, scenarios, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    ("truth", "word", "reason"),
    [
        (NOTHING, "DEMOTED", "as_good:P"),
        (Truth(gains={"BD": everywhere(-0.05)}), "DEMOTED", "as_good:P"),
        (STRUCTURE, "SUPPORTED", "internalisation_not_shown"),
        (
            Truth(gains={"BD": {"format-neutral": 0.1, "representational": 0.1}}),
            "SUPPORTED",
            "internalisation_not_shown",
        ),
        (Truth(gains={"BD": everywhere(0.1), "FS": everywhere(0.1)}), "DEMOTED", "as_good:FS"),
        (Truth(gains={"BD": {"agentic": 0.2}}), "INCONCLUSIVE", "narrow:agentic"),
        (Truth(gains={"BD": everywhere(0.1) | {"normal": 0.09}}), "INCONCLUSIVE", "learned_more"),
        (Truth(gains={"BD": everywhere(0.1) | {"normal": -0.15}}), "INCONCLUSIVE", "normal_inferior"),
        (Truth(gains={"BD": everywhere(0.1) | {"normal": 0.05}}), "INCONCLUSIVE", "trap_unresolved"),
        (
            Truth(gains={"BD": {"format-neutral": 0.12, "agentic": 0.12, "representational": -0.12}}),
            "INCONCLUSIVE",
            "mixed_signs",
        ),
        (Truth(gains={"BD": everywhere(0.1)}, twin_drops={"BD": 0.0, "FS": 0.1, "P": 0.1}), "INCONCLUSIVE", "exposure"),
        (
            Truth(gains={"BD": everywhere(0.1)}, twin_drops={"BD": 0.3, "FS": 0.1, "P": 0.1}),
            "SUPPORTED",
            "internalisation_not_shown",
        ),
        (
            Truth(gains={"BD": everywhere(0.1), "FS": everywhere(-0.14)}),
            "SUPPORTED",
            "internalisation_not_shown",
        ),
        (Truth(gains={"BD": everywhere(0.1) | {"capability": -0.15}}), "INCONCLUSIVE", "capability_lost"),
        (Truth(learned=0.0), "INVALID", "baseline:did_not_learn"),
        (Truth(failed_check="audit:mentions"), "INVALID", "audit:mentions"),
        (replace(STRUCTURE, sealed=False), "INCONCLUSIVE", "exploratory:unsealed"),
        (replace(NOTHING, assays={"representational": "NONE"}), "INCONCLUSIVE", "representation_untested"),
    ],
)
def test_planted_truths_are_found(truth, word, reason):
    found = verdict(replace(truth, seed_sd=0.01))
    assert (found.word, found.reasons[0]) == (word, reason)
    assert found.line == f"verdict: {word} for planted, planted 1, 8k tokens ({', '.join(found.reasons)})"


def test_small_studies_do_not_decide():
    assert verdict(NOTHING, seeds=8, scenarios=100, seed=1).reasons == ("underpowered",)
    small = Truth(gains={"BD": everywhere(0.04)}, seed_sd=0.005)
    assert verdict(small, seeds=16, scenarios=600).reasons == ("small_positive_effect",)


def test_a_sealed_study_has_its_size_and_its_comparators():
    assert verdict(NOTHING, seeds=7, scenarios=100).reasons == ("protocol:seeds",)
    assert verdict(NOTHING, seeds=8, scenarios=90).reasons == ("protocol:scenarios",)
    assert verdict(Truth(arms=("BD", "FS")), seeds=8, scenarios=100).reasons == ("protocol:comparators",)


def test_the_verdict_follows_the_effect():
    words = [verdict(Truth(gains={"BD": everywhere(g)})).word for g in (0.0, 0.04, 0.1)]
    assert words == ["DEMOTED", "INCONCLUSIVE", "SUPPORTED"]


@pytest.mark.parametrize("truth", [NOTHING, STRUCTURE])
@pytest.mark.parametrize("state", ["FAIL", "NONE"])
@pytest.mark.parametrize(
    ("gate", "reason"),
    [
        ("format-neutral", "format_neutral:untested"),
        ("agentic", "agentic:untested"),
        ("representational", "representation_untested"),
    ],
)
def test_a_gate_without_assay_never_decides(truth, state, gate, reason):
    found = verdict(replace(truth, assays={gate: state}))
    assert (found.word, found.reasons) == ("INCONCLUSIVE", (reason,))
    assert any(note.startswith("tested gates, BD - P") and gate not in note for note in found.notes)


@pytest.mark.parametrize("truth", [NOTHING, STRUCTURE, Truth(gains={"BD": everywhere(-0.1)})])
def test_unsealed_never_decides(truth):
    found = verdict(replace(truth, sealed=False))
    assert (found.word, found.reasons) == ("INCONCLUSIVE", ("exploratory:unsealed",))
    assert any(note.startswith("leaning") for note in found.notes)
    few = verdict(replace(truth, sealed=False), seeds=3)
    assert "no leaning" in few.sentence and not any(note.startswith("leaning") for note in few.notes)


def test_not_having_learned_is_a_note_in_a_small_unsealed_study():
    unsealed = Truth(learned=0.0, sealed=False)
    assert verdict(unsealed, seeds=10).reasons == ("baseline:did_not_learn",)
    small = verdict(unsealed, seeds=3)
    assert small.word == "INCONCLUSIVE" and any("P is not proven better" in note for note in small.notes)


def test_row_order_does_not_matter():
    plan, checks, responses, readings = planted(
        Truth(twin_drops={"BD": 0.1, "P": 0.1}), 6, 100, np.random.default_rng(5)
    )
    noise = pl.Series("score", np.random.default_rng(1).random(responses.height))
    responses = responses.with_columns(noise)
    one = judge(plan, checks, responses, readings)
    for seed in range(3):
        shuffled = (t.sample(fraction=1.0, shuffle=True, seed=seed) for t in (responses, readings))
        assert judge(plan, checks, *shuffled) == one


def test_names_of_seeds_scenarios_and_arms_do_not_matter():
    plan, checks, responses, readings = planted(Truth(), 6, 100, np.random.default_rng(5))
    one = judge(plan, checks, responses, readings)
    new = {old: 50 - 7 * old for old in plan.seeds}
    trained = pl.col("arm") != "untrained"

    def rename(table):
        seed = pl.when(trained).then(50 - 7 * pl.col("seed")).otherwise("seed").alias("seed")
        return table.with_columns(seed, ("x" + pl.col("scenario").str.reverse()).alias("scenario"))

    renamed = replace(plan, seeds=tuple(new.values()))
    two = judge(renamed, checks, rename(responses), rename(readings))
    assert (two.word, two.reasons, two.effects) == (one.word, one.reasons, one.effects)


def test_effects_panel_and_scores_are_complete():
    plan, checks, responses, readings = planted(
        Truth(twin_drops={"BD": 0.1, "P": 0.1}), 6, 100, np.random.default_rng(5)
    )
    first = (pl.col("seed") == 0) & (pl.col("family") == "shift")
    attacked = responses.filter(first).with_columns(attack=pl.lit("selfish"), score=1 - pl.col("score"))
    doses = [attacked.with_columns(dose=pl.lit(dose, dtype=pl.Int64)) for dose in (0, 30)]
    found = judge(plan, checks, pl.concat([responses, *doses]), readings)
    assert (found.seeds, found.alpha) == (6, 0.025)
    gates = {"format-neutral", "agentic", "representational"}
    seen = {(e.family, e.contrast[1]) for e in found.effects}
    comparators = ("flat-shuffled", "principled-shuffled")
    expected = {(g, c) for g in gates | {"normal", "capability"} for c in comparators}
    assert seen == expected | {(f"{g}/value", "principled-shuffled") for g in gates}
    assert judge(plan, checks, responses, readings).effects == found.effects
    by_key = {(s.arm, s.family, s.attack, s.dose): s for s in found.scores}
    assert {k[1] for k in by_key} == {"normal", "shift", "agentic", "decode", "capability"}
    untrained = by_key["untrained", "shift", "", 0]
    assert untrained.low == untrained.mean == untrained.high and len(untrained.by_seed) == 1
    pressed = by_key["branching-developmental", "shift", "selfish", 30]
    whole = by_key["branching-developmental", "shift", "", 0]
    assert pressed.by_seed == pytest.approx([1 - whole.by_seed[0]])
    assert len(whole.by_seed) == 6 and whole.low < whole.mean < whole.high
    direct = responses.filter((pl.col("arm") == "branching-developmental") & (pl.col("family") == "shift"))[
        "score"
    ].mean()
    assert whole.mean == pytest.approx(direct)
    assert {row.row for row in found.panel} >= {
        "audit:tokens",
        "protocol:missing_cells",
        "learned:P",
        "learned:FS",
        "assay:agentic",
        "normal:P",
        "seeds",
        "seal",
    }


def test_flags_name_the_seed_and_the_form_it_hangs_on():
    plan, checks, responses, readings = planted(replace(NOTHING, sealed=False), 4, 60, np.random.default_rng(2))
    structured, first = pl.col("arm") == "branching-developmental", pl.col("seed") == 0
    lifted = pl.when(structured & first).then(1.0).when(structured).then(0.6).otherwise(0.65).alias("score")
    found = judge(plan, checks, responses.with_columns(lifted), readings)
    assert any("format-neutral, BD - P: without seed 0 the sign turns" in flag for flag in found.flags)
    second = responses.with_columns(pl.col("item") + "/b", pl.lit("b").alias("form"))
    even = responses.with_columns(pl.when(structured).then(0.4).otherwise(0.65).alias("score"))
    second = second.with_columns(pl.when(structured).then(1.0).otherwise(0.6).alias("score"))
    found = judge(plan, checks, pl.concat([even, second]), readings)
    assert any("without form b the sign turns" in flag for flag in found.flags)


def test_gates_that_go_together_count_as_one():
    both = Truth(gains={"BD": {"format-neutral": 0.2, "agentic": 0.2}}, seed_sd=0.04, one_instrument=True)
    merged = verdict(both, seeds=16)
    assert merged.reasons == ("narrow:format-neutral", "narrow:agentic")
    assert any("count as one of three" in note for note in merged.notes)


@pytest.mark.parametrize("seed", range(5))
def test_a_true_effect_in_two_gates_does_not_make_them_one(seed):
    both = Truth(gains={"BD": {"format-neutral": 0.2, "agentic": 0.2}}, seed_sd=0.01)
    found = verdict(both, seed=seed)
    assert found.reasons == ("internalisation_not_shown", "behaviour_only")
    assert not any("count as one" in note for note in found.notes)


def test_a_check_that_is_not_required_is_a_note():
    plan, checks, responses, readings = planted(NOTHING, 8, 100, np.random.default_rng(5))
    soft = Check(kind="order", name="order:not_delivered", value=0.1, limit=">= 0.2", passed=False, required=False)
    found = judge(plan, (*checks, soft), responses, readings)
    assert found.word != "INVALID" and any("order:not_delivered" in note for note in found.notes)
    assert next(row.state for row in found.panel if row.row == "order:not_delivered") == "unresolved"
    hard = judge(plan, (*checks, replace(soft, required=True)), responses, readings)
    assert (hard.word, hard.reasons) == ("INVALID", ("order:not_delivered",))


def test_one_seed_prints_the_whole_range():
    found = verdict(replace(NOTHING, sealed=False), seeds=1, scenarios=20)
    assert found.word == "INCONCLUSIVE" and {(e.low, e.high) for e in found.effects} == {(-1.0, 1.0)}
    assert any(note.startswith("one seed") for note in found.notes)


def test_a_plan_that_cannot_be_judged_is_refused():
    plan, checks, responses, readings = planted(NOTHING, 3, 10, np.random.default_rng(0))
    alone = replace(plan, arms=plan.role("structured") + plan.role("untrained"))
    with pytest.raises(EvidenceError, match="no comparator arm"):
        judge(alone, checks, responses, readings)
    again = replace(plan.arms[1], name="flat-blocked")
    with pytest.raises(EvidenceError, match="FS is there twice"):
        judge(replace(plan, arms=(*plan.arms, again)), checks, responses, readings)
    with pytest.raises(EvidenceError, match="margin of agentic is 0"):
        judge(replace(plan, gates=(plan.gates[0], replace(plan.gates[1], delta=0.0))), checks, responses, readings)


def test_the_room_loads_no_torch():
    code = (
        "import sys, numpy as np\n"
        "import rearing.verdict, rearing.verdict.judge as j, rearing.verdict.planted as p\n"
        "assert 'polars' not in sys.modules, 'polars is imported lazily'\n"
        "j.judge(*p.planted(p.Truth(), 3, 5, np.random.default_rng(0)))\n"
        "rooms = ('models', 'training', 'arms', 'corpus', 'evals', 'attacks', 'probes')\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('torch', 'transformers')]\n"
        "bad += [m for m in sys.modules if m.startswith('rearing.') and m.split('.')[1] in rooms]\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("up", "word", "said"), [(0.2, "SUPPORTED", "counts"), (0.0, "INCONCLUSIVE", "not proven")])
def test_whether_choices_hang_on_what_is_decoded_is_said_and_decides(up, word, said):
    """Agentic and representational are ahead; the reading beside it is `up` above its null in every arm."""
    truth = Truth(gains={"BD": {"agentic": 0.1, "representational": 0.1}}, seed_sd=0.01)
    plan, checks, responses, readings = planted(truth, 10, 200, np.random.default_rng(0))
    decoded = plan.gates[2]
    rows = readings.filter(pl.col("reading") == decoded.select).with_row_index("k")

    def beside(name, level):
        value = level + 0.01 * ((pl.col("k").hash(7) % 7).cast(pl.Float64) - 3)
        return rows.with_columns(reading=pl.lit(name), value=value).drop("k")

    hangs_on = replace(decoded, id="hangs-on", select="interchange", endpoint="above-null")
    tables = pl.concat([readings, beside("interchange", 0.5 + up), beside("interchange-null", 0.5)])
    verdict = judge(replace(plan, hangs_on=hangs_on), checks, responses, tables)
    assert verdict.word == word
    (note,) = (n for n in verdict.notes if n.startswith("interchange in BD, on which gate 3 hangs"))
    assert said in note and f"{up:+.3f}" in note
    assert next(m.word for m in verdict.margins if m.delta == decoded.delta) == word, "no margin forgets it"
    assert not [a for a in verdict.sensitivity if a.method.startswith("without seed") and a.changes]
    none = judge(replace(plan, hangs_on=hangs_on), checks, responses, readings)
    assert none.word == "INCONCLUSIVE" and any("not measured" in n for n in none.notes)


def test_the_bounds_of_what_gate_3_hangs_on_are_at_the_level_that_decides():
    """Above 0 at alpha, and not at its half, which a gate that counts needs."""
    plan, checks, responses, readings = planted(STRUCTURE, 10, 20, np.random.default_rng(0))
    decoded = plan.gates[2]
    rows = readings.filter(pl.col("reading") == decoded.select)
    above = rows.with_columns(reading=pl.lit("interchange"), value=0.58 + 0.1 * (1 - 2 * (pl.col("seed") % 2)))
    null = rows.with_columns(reading=pl.lit("interchange-null"), value=pl.lit(0.5))
    hangs_on = replace(decoded, id="hangs-on", select="interchange", endpoint="above-null")
    found = judge(replace(plan, hangs_on=hangs_on), checks, responses, pl.concat([readings, above, null]))
    whole, half = (t.ppf(1 - level, 9) * 0.1 / 3 for level in (plan.alpha, plan.alpha / 2))
    assert whole < 0.08 < half
    said = f"+0.080 above its null ({0.08 - half:+.3f} to {0.08 + half:+.3f} at half of alpha), not proven above 0"
    assert any(said in note for note in found.notes)
