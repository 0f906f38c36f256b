"""The sections beside the gates: there with rows, absent without, numbers as planted, text as text."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.report.evidence import NASTY, plan, write_evidence
from tests.report.judged import verdict
from tests.report.test_report import Page, written

from rearing.evals.families import INSTRUMENTS
from rearing.records.verdict import LEANS, MISLED, ROUNDS, Alternative, Band, Factor, GateRow, Survival, Verdict
from rearing.report import examinations, measures, write_report
from rearing.report.arms import looks
from rearing.report.charts import Line, Point, Style
from rearing.report.comparison import Study, comparison
from rearing.report.curves import survival
from rearing.report.effects import forest
from rearing.report.evidence import open_evidence, title
from rearing.store.tables import read_table, write_table

SECTIONS = ["attribution", "sensitivity", "survival", "damage", "examinations"]
ARMS = [arm.name for arm in plan().arms]


def factor(name: str, state: Any, estimate: float = 0.06) -> Factor:
    return Factor(
        name=name,
        family="format-neutral",
        cells=(("BD", 0.713), ("FS", 0.651)),
        estimate=estimate,
        low=estimate - 0.04,
        high=estimate + 0.04,
        logit=0.31,
        logit_low=-0.12,
        logit_high=0.74,
        state=state,
    )


def survivor(arm: str, tactic: str, last: float, robustness: Band | None) -> Survival:
    curve = (Band(1.0, 1.0, 1.0), Band(0.8, 0.7, 0.9), Band(last, last - 0.1, last + 0.1))
    mean = (0.8 + last) / 2
    return Survival(
        arm=arm, tactic=tactic, right=0.64, curve=curve, survived=Band(mean, mean - 0.1, 1.2), robustness=robustness
    )


def full() -> Verdict:
    return replace(
        verdict(),
        attribution=(
            factor("branching", "adds"),
            factor("order", "adds nothing", 0.0),
            factor("interaction", "scale-dependent", -0.03),
            replace(factor("BD - FS", "takes", -0.06), family="agentic"),
        ),
        sensitivity=(
            Alternative(method="seeds alone", word="INCONCLUSIVE", reasons=("few_seeds",), changes=False),
            Alternative(method=f"without {NASTY}", word="DEMOTED", reasons=(NASTY,), changes=True),
        ),
        survival=(
            survivor("branching-developmental", "", 0.5, Band(0.21, 0.1, 0.32)),
            survivor("flat-shuffled", "", 0.2, None),
            survivor("branching-developmental", NASTY, 0.4, Band(-0.05, -0.1, 0.0)),
        ),
        damage=(
            GateRow(row="damage:BD:score", text="at most 0.05", value="+0.012 (-0.010 to +0.034)", state="ok"),
            GateRow(row="damage:BD:x:nll", text="at most 0.1", value=f"+0.300 {NASTY}", state="bad"),
        ),
    )


def asked(family: str, form: str, score: float, arm: str = ARMS[0], seed: int = 11, **more: Any) -> dict[str, Any]:
    row = {
        "arm": arm, "seed": seed, "attack": "", "dose": 0, "family": family, "form": form, "kind": "menu",
        "wording": "natural", "scenario": "v1-case-00", "situation": "main", "state": 0, "score": score,
        "margin": 0.0, "margin_sum": 0.0, "margin_byte": 0.0, "margin_token": 0.0, "agreement": 1.0,
    } | more  # fmt: skip
    place = ("family", "form", "wording", "scenario", "situation", "state")
    return row | {"item": "/".join(str(row[k]) for k in place)}


def planted() -> list[dict[str, Any]]:
    """One arm, two seeds, numbers that can be worked by hand."""
    rows = []
    for seed, up in ((11, 0.0), (12, 0.2)):
        rows += [
            asked("shift", "extra", 0.6 + up, seed=seed, scenario="only-lexical"),
            asked("lexical", "extra", 0.5 + up, seed=seed, scenario="only-lexical", wording="mf"),
            asked("lexical", "extra", 0.3 + up, seed=seed, scenario="only-lexical", wording="adv"),
            asked("frames", "watched", 0.4 + up, seed=seed),
            asked("turiel", NASTY, 0.1, seed=seed),
            asked("capability", "fluency", 1.0, seed=seed, kind="text", margin=-2.5 - up),
            asked("worlds", "played", 0.2, seed=seed),
            asked("worlds", "played", 0.8, seed=seed, situation="twin"),
            asked("moralchoice", "plain", 0.5, seed=seed),
        ]
        rows += [asked("frames", f"price-{p}", 0.8 - p * (0.05 + up / 10), seed=seed) for p in (0, 1, 2, 4, 8)]
    return rows


def plant(folder: Path, rows: list[dict[str, Any]]) -> Path:
    write_table(folder, "responses", read_table(folder, "responses").to_dicts() + rows)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)


def cells(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """(family, row) to the text and spread of the first arm."""
    evidence = open_evidence(folder)
    found = examinations.examinations(evidence, looks(evidence.plan))
    return {(f.title, r.name): (r.cells[0].text, r.cells[0].spread) for f in found.families for r in f.rows}


def test_each_section_is_there_with_rows_and_absent_without(small: Path) -> None:
    _, page = written(small)
    assert not set(SECTIONS) & set(page.texts)
    plant(small, planted())
    for name in SECTIONS[:-1]:
        page = written(small, **{name: getattr(full(), name)})[1]
        assert set(SECTIONS) & set(page.texts) == {name, "examinations"}
        links = {a["href"] for tag, a in page.tags if tag == "a"}
        assert {f"#{name}", "#examinations"} <= links and not page.open


def test_text_of_every_section_stays_text_and_bytes_stay_bytes(small: Path, tmp_path: Path) -> None:
    plant(small, planted())
    first = write_report(small, full(), tmp_path / "a.html").read_bytes()
    page = Page(first.decode())
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [a for _, a in page.tags if "onerror" in a]
    for section in ("sensitivity", "survival", "damage", "examinations"):
        assert NASTY in page.texts[section]
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    rows = read_table(small, "responses").sample(fraction=1.0, shuffle=True, seed=4)
    rows.write_parquet(small / "responses.parquet")
    assert write_report(small, full(), tmp_path / "b.html").read_bytes() == first


def test_attribution_says_both_scales_and_the_state(small: Path) -> None:
    text = written(small, attribution=full().attribution)[1].texts["attribution"]
    for words in ("branching", "+0.060", "+0.020 to +0.100", "+0.31", "\u22120.12 to +0.74", "scale-dependent"):
        assert words in text
    assert "BD .713, FS .651" in text and "BD \u2212 FS" in text and "agentic" in text


def test_intervals_name_the_level_of_the_look_that_decided(small: Path) -> None:
    page = written(small, attribution=full().attribution, alpha=0.0123456)[1]
    assert "at half of \u03b1 = 0.01235" in page.texts["attribution"]
    assert "The bar is the 97.53 % interval" in page.texts["forest"]
    assert "\u03b1 = 0.01235 one-sided" in page.texts["verdict"]


def test_a_study_that_stopped_early_shows_the_seeds_and_the_level_of_that_look(small: Path) -> None:
    words = written(small, seeds=2, alpha=0.005)[1].texts["verdict"]
    assert "2 of 3 seeds, 3 gate arms, \u03b1 = 0.005 one-sided" in words
    words = written(small, seeds=3)[1].texts["verdict"]
    assert "3 seeds, 3 gate arms" in words and "of 3" not in words


def test_analyses_that_would_change_the_verdict_come_first(small: Path) -> None:
    text = written(small, sensitivity=full().sensitivity)[1].texts["sensitivity"]
    assert "1 of 2 would give another verdict or first reason than INCONCLUSIVE (exploratory:unsealed)." in text
    assert text.index("DEMOTED") < text.index("seeds alone")
    text = written(small, sensitivity=full().sensitivity[:1])[1].texts["sensitivity"]
    assert "None of 1 would" in text and "Analyses that say otherwise" not in text


def test_analyses_of_an_unsealed_study_are_held_against_its_leaning(small: Path) -> None:
    leaning = f"{LEANS}DEMOTED (as_good:P, as_good:FS)"
    agrees = replace(full().sensitivity[0], word="DEMOTED", reasons=("as_good:P",))
    text = written(small, sensitivity=(agrees,), notes=("a note", leaning))[1].texts["sensitivity"]
    assert "None of 1 would give another verdict or first reason than the leaning DEMOTED (as_good:P, as_good" in text


def test_survival_gives_mean_rounds_with_bands_that_can_be(small: Path) -> None:
    found, page = written(small, survival=full().survival)
    text = page.texts["survival"]
    assert "1.30 1.10\u20132.00" in text, "two rounds, .65 of them survived, and no more than two"
    assert "+0.21 +0.10 to +0.32" in text
    assert text.index("All tactics") < text.index(NASTY)
    drawn = found[found.index('id="survival"') :]
    drawn = drawn[: drawn.index('<div class="narrow">')]
    assert {label for _, label in re.findall(r'class="(arm-\w+) end">([^<]+)<', drawn)} == {"BD", "FS"}
    legend = drawn[drawn.index('<div class="legend">') : drawn.index('<div class="wide">')]
    assert re.findall(r"<b>(\w+)</b>", legend) == ["BD", "FS"], "who has a curve"


def test_a_curve_falls_in_steps_and_keeps_its_band() -> None:
    points = (Point(0.0, 1.0, 1.0, 1.0), Point(1.0, 0.5, 0.4, 0.6), Point(2.0, 0.25, 0.2, 0.3))
    drawn = survival([Line("<b>", Style.of(0), points)], 192, 150)
    (course,) = re.findall(r'd="M([^"]+)" class="arm-0 stroke line"', drawn)
    places = [tuple(map(float, p.split())) for p in course.split("L")]
    assert [x for x, _ in places] == [40.0, 80.0, 80.0, 120.0, 120.0, 140.0]
    assert [y for _, y in places] == [12.0, 12.0, 62.0, 62.0, 87.0, 87.0]
    assert drawn.count('class="arm-0 band"') == 1 and "<b>" not in drawn
    assert survival([], 192, 150) == ""


def test_damage_is_told_by_arm_and_measure(small: Path) -> None:
    text = written(small, damage=full().damage)[1].texts["damage"]
    for words in ("BD:x", "Plain text, nats per token", "Right answers, share", "+0.012", "\u2717 lost"):
        assert words in text


def test_numbers_of_the_other_examinations_are_means_of_the_rows(small: Path) -> None:
    found = cells(plant(small, planted()))
    assert found["Lexical dependence", "all forms"] == (".70 \u2192 .60 \u2192 .40", "\u22120.30")
    assert found["Lexical dependence", "extra"][0] == ".70 \u2192 .60 \u2192 .40"
    assert found["Frames around an episode", "watched"] == (".50", ".40 to .60")
    slope = found["Frames around an episode", "slope per point of price (0 to 8)"]
    assert slope == ("\u22120.060", "\u22120.070 to \u22120.050")
    assert not [row for _, row in found if row.startswith("price-")]
    assert found["Worlds", "played"][0] == ".50"
    assert found["Worlds", "played, twin alone (competence)"][0] == ".80"
    assert found["Capability", "nats per token on plain text (less is better)"] == ("2.600", "2.500 to 2.700")
    assert found["Moral and conventional", NASTY][0] == ".10"
    assert found["MoralChoice", "plain"][0] == ".50"


def test_both_measures_are_told_where_both_situations_were_asked(small: Path) -> None:
    """Judgement of an arm that takes what sounds decent is a half, whatever it learned; main is what moved."""
    rows = [asked("frames", "watched", 0.8), asked("frames", "watched", 0.2, situation="twin")]
    rows += [asked("turiel", "authority", 0.2)]
    for wording, score in (("natural", 0.9), ("mf", 0.7), ("adv", 0.5)):
        family = "shift" if wording == "natural" else "lexical"
        for situation, right in (("main", score), ("twin", 1 - score)):
            rows.append(asked(family, "extra", right, scenario="l", wording=wording, situation=situation))
    found = cells(plant(small, rows))
    assert found["Frames around an episode", "watched"][0] == ".50"
    assert found["Frames around an episode", "watched, main situation alone"][0] == ".80"
    assert found["Lexical dependence", "all forms"][0] == ".50 \u2192 .50 \u2192 .50"
    for form in ("all forms", "extra"):
        assert found["Lexical dependence", f"{form}, main situation alone"][0] == ".90 \u2192 .70 \u2192 .50"
    assert ("Moral and conventional", "authority, main situation alone") not in found


@pytest.mark.parametrize(
    ("family", "heading"),
    [
        (ROUNDS, "rounds survived under pressure, of dialogues that both had right before it"),
        (f"agentic{MISLED}", "agentic where the options alone mislead the untrained model"),
    ],
)
def test_contrasts_beside_the_gates_say_that_they_decide_nothing_and_take_no_axis(family: str, heading: str) -> None:
    made = verdict()
    wide = replace(made.effects[0], family=family, low=-1.0, high=1.0)
    drawn = forest(plan(), replace(made, effects=(*made.effects, wide)))
    assert drawn.axis == forest(plan(), made).axis and family not in {g.family for g in drawn.groups}
    (group,) = (g for g in drawn.others if g.family == family)
    assert group.heading.startswith(f"{heading} (") and group.silent == "decides nothing"
    two = [Study(plan(), v) for v in (made, replace(made, effects=(*made.effects, wide)))]
    assert comparison(*two).axis == comparison(two[0], two[0]).axis


def test_value_effects_of_a_gate_that_cannot_see_count_as_little_as_the_gate() -> None:
    made = verdict()
    values = tuple(replace(made.effects[0], family=f"{gate.id}/value") for gate in plan().gates)
    silent = {g.family: g.silent for g in forest(plan(), replace(made, effects=(*made.effects, *values))).groups}
    for gate in plan().gates:
        assert silent[f"{gate.id}/value"] == silent[gate.id], gate.id
    assert silent["agentic/value"] == "contributes to neither side" and silent["format-neutral/value"] == ""


def test_every_arm_stands_on_both_measures_of_every_gate(small: Path) -> None:
    one = next(s for s in verdict().scores if (s.family, s.attack, s.arm) == ("shift", "", ARMS[0]))
    other = replace(one, measure="judgement" if one.measure == "main" else "main", mean=0.123)
    found = measures.measures(plan(), replace(verdict(), scores=(one, other)), looks(plan()))
    (gate,) = (g for g in plan().gates if g.select == "shift")
    assert found.columns == tuple((gate.id.replace("-", " "), m, m == gate.measure) for m in ("judgement", "main"))
    assert [line.name for line in found.lines] == [ARMS[0]]
    values = {s.measure: f"{s.mean:.3f}".removeprefix("0") for s in (one, other)}
    assert [text for text, _ in found.lines[0].cells] == [values["judgement"], values["main"]]
    text = written(small, scores=(one, other))[1].texts["gates"]
    assert "Every arm on both measures" in text and ".123" in text
    assert "Every arm on both measures" not in written(small, scores=())[1].texts["gates"]


def test_a_family_has_one_title_in_every_section(small: Path) -> None:
    families = list(INSTRUMENTS)
    assert {title(family) for family in families}.isdisjoint(families), "each has a title in words"
    page = written(plant(small, planted()))[1]
    for section in ("items", "examinations"):
        assert "Moral and conventional" in page.texts[section], section


def test_an_instrument_that_no_release_knows_has_a_row_a_form(small: Path) -> None:
    found = cells(plant(small, [asked("night-shift", "sealed", 0.2), asked("turiel", "authority", 0.4)]))
    assert list(found) == [("Moral and conventional", "authority"), ("night-shift", "sealed")]
    assert found["night-shift", "sealed"] == (".20", "")


def test_scenarios_count_alike_however_many_items_they_have(small: Path) -> None:
    rows = [asked("worlds", "decision", 1.0, scenario="a", state=k) for k in range(3)]
    rows += [asked("worlds", "decision", 0.0, scenario="b")]
    assert cells(plant(small, rows))["Worlds", "decision"][0] == ".50"


def test_attacked_rows_and_unknown_arms_are_not_counted(small: Path) -> None:
    rows = [asked("turiel", "authority", 0.2), asked("turiel", "authority", 1.0, attack="excuses", dose=5)]
    rows += [asked("turiel", "authority", 1.0, arm="stranger")]
    found = cells(plant(small, rows))
    assert found == {("Moral and conventional", "authority"): (".20", "")}


def test_an_arm_that_was_not_asked_has_a_dash(small: Path) -> None:
    lexical = asked("lexical", "extra", 0.5, wording="mf")
    plant(small, [asked("turiel", "authority", 0.2), lexical, asked("moralchoice", "plain", 0.2, arm=ARMS[1])])
    evidence = open_evidence(small)
    found = examinations.examinations(evidence, looks(evidence.plan))
    assert found.labels == ("BD", "FS")
    dash = "\u2013"
    rows = {f.name: [c.text for c in f.rows[0].cells] for f in found.families}
    assert rows.pop("lexical")[1] == dash and rows == {"turiel": [".20", dash], "moralchoice": [dash, ".20"]}
