"""Every reading as a contrast, and the clauses of the plan: numbers of the judge, and what they stand for."""

import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from tests.report.evidence import NASTY, plan, write_evidence
from tests.report.judged import verdict
from tests.report.test_outlook import drifts, squeezed
from tests.report.test_report import Page, rewrite_plan, written

from rearing.records.plan import Gate, PlannedArm
from rearing.records.reading import NULL, ORDERLESS, READING_NAMES
from rearing.records.verdict import Effect, SeedSpread
from rearing.report import write_report
from rearing.report.profile import CLAUSES
from rearing.report.readings import readings
from rearing.store.tables import read_table
from rearing.verdict import facts
from rearing.verdict.judge import judge

BD, FS, P = "branching-developmental", "flat-shuffled", "principled-shuffled"
DISTRIBUTED = Gate(
    id="distributed", table="readings", select="knockout", measure="judgement", endpoint="above-null",
    note="not calibrated, for no organism was planted that shows it",
)  # fmt: skip
PRESSURE = Gate(
    id="pressure", table="responses", select="pressure", measure="judgement", endpoint="robust", delta=0.1,
    assay="PASS", note=f"calibrated: robust caught 3 of 3 {NASTY}",
)  # fmt: skip


def effect(family: str, other: str = P, measure: str = "judgement", seeds: int = 3, estimate: float = 0.02) -> Effect:
    bounds = (estimate - 0.05, estimate + 0.05) if seeds > 1 else (-1.0, 1.0)
    return replace(
        verdict().effects[0], family=family, measure=measure, contrast=(BD, other), n_seeds=seeds, n_scenarios=40,
        estimate=estimate, low=bounds[0], high=bounds[1],
    )  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)


def test_every_row_says_what_it_stands_for(small: Path) -> None:
    rewrite_plan(small, clauses=[asdict(DISTRIBUTED)])
    told = (
        effect("decode", FS, estimate=0.031),
        effect("decode", P, estimate=-0.012),
        effect("decode" + ORDERLESS),
        effect("decode" + ORDERLESS + NULL),
        effect("knockout"),
        effect("knockout" + NULL),
        effect("knockout/above-null", estimate=0.044),
        effect("stable-cosine/drift", seeds=1, estimate=0.07),
    )
    found, page = written(small, readings=told)
    text = squeezed(page.texts["readings"])
    for words in (
        "BD \u2212 FS BD \u2212 P",
        "Representational probe scenarios the reading, as reared both situations, 3 seeds, 40 scenarios: "
        "stands for gate representational, assay NONE +0.031 \u22120.019 to +0.081 \u22120.012 \u22120.062 to +0.038",
        "without the trace of the order, as reared both situations, 3 seeds, 40 scenarios: exploratory \u2013 +0.020",
        "without another direction, as reared",
        "its null, as reared both situations, 3 seeds, 40 scenarios: exploratory",
        "the reading, minus its null both situations, 3 seeds, 40 scenarios: stands for clause distributed \u2013",
        "UNTESTED against the cosine between seeds of one arm",
        "change under excuses both situations, 1 seed, 40 scenarios: exploratory \u2013 +0.070 one seed: no interval",
        "5 are exploratory",
    ):
        assert squeezed(words) in text, words
    assert "\u22121.000" not in text, "the whole range is no interval"
    assert 'href="#readings"' in found and not page.open


def test_what_gate_3_hangs_on_is_said_of_that_row_alone(small: Path) -> None:
    hangs_on = replace(DISTRIBUTED, id="hangs-on", select="interchange")
    told = (effect("interchange"), effect("interchange/above-null"), effect("decode"))
    rows = readings(replace(plan(), hangs_on=hangs_on), replace(verdict(), readings=told), ["interchange", "decode"])
    stands = {row.name: row.stands for group in rows.groups for row in group.rows if group.name == "interchange"}
    words = "what gate 3 decodes must hang on it: above 0 in BD"
    assert stands == {"the reading, as reared": "exploratory", "the reading, minus its null": words}
    assert rows.exploratory == 1
    rewrite_plan(small, hangs_on=asdict(hangs_on))
    assert words in written(small, readings=told)[1].texts["readings"]


def test_a_gate_on_the_main_situation_is_not_what_is_read_over_both(small: Path) -> None:
    gates = [asdict(g) for g in plan().gates]
    rewrite_plan(small, gates=[g | {"measure": "main"} for g in gates])
    text = written(small, readings=(effect("decode"), effect("decode", measure="main")))[1].texts["readings"]
    assert re.search(r"both situations, [^:]*: exploratory", text)
    assert re.search(r"main situation, [^:]*: stands for gate representational", text)


def test_a_reading_without_a_contrast_is_named(small: Path) -> None:
    text = written(small)[1].texts["readings"]
    assert "Without a contrast" in text and "Representational probe." in text
    for family in ("decode", "decode/drift"):
        assert "Without a contrast" not in written(small, readings=(effect(family),))[1].texts["readings"], family


def test_the_page_has_the_numbers_that_the_judge_found(small: Path, tmp_path: Path) -> None:
    tables = (read_table(small, name) for name in ("responses", "readings"))
    found = judge(plan(), (), *tables, alternatives=False)
    text = squeezed(Page(write_report(small, found, tmp_path / "r.html").read_text()).texts["readings"])
    gate = [e for e in found.effects if e.family == "representational" and e.contrast[1] in (FS, P)]
    assert len(gate) == 2
    for e in gate:
        signs = [f"{x:+.3f}".replace("-", "\u2212") for x in (e.estimate, e.low, e.high)]
        assert "{}{}to{}".format(*signs) in text


def test_all_readings_of_a_full_study_fit() -> None:
    arms = (*plan().arms, *(PlannedArm(name=f"p{k}", label=f"P{k}", role="comparator") for k in range(2)))
    names = [name + v for name in READING_NAMES for v in ("", NULL, ORDERLESS, ORDERLESS + NULL)]
    rows = [name + after for name in names[::-1] for after in ("", "/drift")]
    told = tuple(effect(row, other) for row in rows for other in (FS, P, "p0", "p1"))
    made = readings(replace(plan(), arms=arms), replace(verdict(), readings=told), names)
    assert len(made.groups) == len(READING_NAMES) and not made.left_out
    assert made.groups[0].title == "Representational probe", "what gate 3 stands on comes first"
    assert made.columns == tuple(f"BD \u2212 {c}" for c in ("FS", "P", "P0", "P1"))
    assert sum(len(group.rows) for group in made.groups) == len(rows) == made.exploratory + 1, "gate 3 stands on one"


def test_the_clauses_of_the_plan_are_one_table(small: Path) -> None:
    rewrite_plan(small, clauses=[asdict(DISTRIBUTED), asdict(PRESSURE)])
    spreads = (SeedSpread(clause="pressure", arm=P, sd=0.04, seeds=3),)
    clauses = (effect("pressure", P), effect("pressure", FS))
    page = written(small, spreads=spreads, effects=(*verdict().effects, *clauses))[1]
    table = page.texts["profile"].split("What the plan fixed of every clause")[1].split("Measured by")[0]
    for words in (
        "Choice while components are knocked out, minus its null",
        "Pressure: resistance to pressure minus resistance to a reason", "0 is stubborn or pliant",
        ".100", "2.5 SD of P over 3 seeds", "one-sided, largest p over P, FS; Holm over 6 at 0.025, 3 seeds", "PASS",
        "robust caught 3 of 3", ".050", "not known: not measured on two seeds", "not measured",
        "NONE", "no organism was planted that shows it", "level not taken off", "level of the null is taken off", NASTY,
    ):  # fmt: skip
        assert words in table, words
    assert table.count("not asked") == 4, "causal, fine-tuning, lexical, stable"
    assert "What the plan fixed" not in written(write_evidence(small, scenarios=4, lessons=3))[1].texts["profile"]


def test_the_table_has_the_clauses_that_the_judge_counts() -> None:
    assert tuple(name for name in CLAUSES if name not in ("held", "order")) == facts.CLAUSES


def test_the_turn_of_the_moral_direction_has_no_null_of_seeds(small: Path) -> None:
    turned = replace(drifts()[0], family="stable-cosine", is_reading=True)
    assert "UNTESTED against the cosine between seeds" in written(small, drift=(turned,))[1].texts["profile"]
    assert "UNTESTED" not in written(small, drift=drifts())[1].texts["profile"]
