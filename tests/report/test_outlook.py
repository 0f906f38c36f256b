"""What the study could have found, the doses of an attack and the profile: numbers as planted, drawn where they lie."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.report.evidence import plan, write_evidence
from tests.report.judged import verdict
from tests.report.test_beside import asked, full, plant, planted
from tests.report.test_report import Page, written

from rearing.records.plan import PlannedArm, demotion_level
from rearing.records.verdict import AtMargin, Band, Drift, Effect, GateRow, Power, PowerPoint
from rearing.report import write_report
from rearing.report.charts import Line, Point, Style
from rearing.report.curves import Segment, dose, margin_strip, power
from rearing.report.effects import changes
from rearing.report.power import outlook, smallest
from rearing.verdict.crossed import Contrast
from rearing.verdict.effects import as_effect

BD, FS = "branching-developmental", "flat-shuffled"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_evidence(tmp_path / "evidence", scenarios=4, lessons=3)


def effect(**changes: object) -> Effect:
    return replace(verdict().effects[0], **{"contrast": (BD, FS), **changes})


def squeezed(text: str) -> str:
    """Without spaces, which the cells of a table may have between them or not."""
    return re.sub(r"\s+", "", text)


def simulated(*shares: tuple[float, float, float]) -> Power:
    points = tuple(PowerPoint(gain=g, demoted=d, supported=s) for g, d, s in shares)
    return Power(points=points, replicates=100)


def drifts() -> tuple[Drift, ...]:
    def one(arm: str, scores: tuple[float, ...], half: float = 0.0, family: str = "shift") -> Drift:
        curve = tuple(Band(s, s - half, s + half) for s in scores)
        area = (scores[1] + 2 * scores[2] + scores[3]) / 4
        fall = area - scores[0]
        return Drift(
            arm=arm, attack="excuses", family=family, measure="main", doses=(0, 5, 10, 20), curve=curve,
            area=Band(area, area, area), fall=Band(fall, fall - half, fall + half), logit=Band(-1.25, -2.0, -0.5),
            half_dose=7.46 if arm == FS else None, is_reading=family == "decode",
        )  # fmt: skip

    return (
        one(BD, (0.7, 0.68, 0.66, 0.6), 0.02),
        one(FS, (0.68, 0.6, 0.5, 0.4)),
        one(BD, (0.6, 0.6, 0.6, 0.54), family="decode"),
    )


def test_the_smallest_effect_is_found_in_four_of_five_studies() -> None:
    """Against the noncentral t: the power at that difference is .80, but for the usual approximation."""
    e = effect(se=0.02, df=9.0)
    least = smallest(e, 0.025)
    found = stats.nct.sf(stats.t.ppf(0.975, 9), 9, least / 0.02)
    assert found == pytest.approx(0.8, abs=0.02)
    assert smallest(e, 0.001) > least > smallest(replace(e, se=0.01), 0.025)
    assert smallest(replace(e, n_seeds=1), 0.025) == math.inf
    assert smallest(replace(e, se=math.nan), 0.025) == math.inf


def test_what_the_curve_says_is_said_in_words(small: Path) -> None:
    curve = simulated((0.0, 0.93, 0.0), (1.0, 0.1, 0.4), (1.5, 0.0, 0.81), (2.0, 0.0, 0.95))
    path = write_report(small, verdict(), small.parent / "r.html", curve)
    text = Page(path.read_text(encoding="utf-8")).texts["power"]
    assert "power .80 from a true lead of 1.5 margins on" in text
    assert "truly adds nothing, DEMOTED has probability .93" in text and "100 simulated studies" in text
    never = simulated((0.0, 0.0, 0.0), (3.0, 0.0, 0.12))
    path = write_report(small, verdict(), small.parent / "r.html", never)
    text = Page(path.read_text(encoding="utf-8")).texts["power"]
    assert "No lead up to 3 margins" in text and "the most is .12" in text
    assert (
        "There is no power curve: too few"
        in Page(
            write_report(small, verdict(), small.parent / "r.html", Power(lacking="too few")).read_text(
                encoding="utf-8"
            )
        ).texts["power"]
    )


def test_every_contrast_has_its_smallest_effect_beside_the_margin(small: Path) -> None:
    blunt, sharp = effect(se=0.05, df=4.0), effect(se=0.005, df=40.0, contrast=(BD, "principled-shuffled"))
    text = written(small, effects=(blunt, sharp))[1].texts["power"]
    rows = dict(re.findall(r"(BD \u2212 (?:FS|P))\D*(\.\d{3}(?: above \u03b4)?)", text))
    assert rows["BD \u2212 FS"] == f"{smallest(blunt, 0.025 / 2):.3f}".removeprefix("0") + " above \u03b4"
    assert rows["BD \u2212 P"] == f"{smallest(sharp, 0.025 / 2):.3f}".removeprefix("0")
    one = written(small, effects=(replace(blunt, n_seeds=1),))[1].texts["power"]
    assert "not known" in one


@pytest.mark.parametrize(
    ("low", "estimate", "high", "p", "told"),
    [
        (-0.02, 0.01, 0.04, 0.3, ["open from 0.01 to 0.04", "adds less from 0.04 to 0.15"]),
        (0.06, 0.08, 0.10, 0.001, ["better by it from 0.01 to 0.08", "open from 0.08 to 0.1", "adds less from 0.1"]),
        (0.01, 0.05, 0.30, 0.02, ["open from 0.01 to 0.15"]),
        (-0.09, -0.05, -0.01, 0.99, ["adds less from 0.01 to 0.15"]),
    ],
)
def test_a_strip_says_what_the_interval_shows_at_every_margin(
    small: Path, low: float, estimate: float, high: float, p: float, told: list[str]
) -> None:
    one = effect(low=low, estimate=estimate, high=high, p_superior=p)
    found = written(small, effects=(one,))[0]
    (label,) = re.findall(r'aria-label="By margin: ([^"]+)"', found)
    assert [label.startswith(told[0]), *(words in label for words in told)] == [True] * (len(told) + 1)
    assert label.count(" from ") == len(told) and label.endswith("the plan has 0.05")


def test_the_verdict_at_other_margins_is_drawn_where_there_is_one(small: Path) -> None:
    words = ["INCONCLUSIVE"] * 4 + ["DEMOTED"] * 11
    margins = tuple(AtMargin(delta=(k + 1) / 100, word=w, reasons=()) for k, w in enumerate(words))
    found, page = written(small, margins=margins)
    assert "a leaning, had it been sealed" in page.texts["power"]
    assert "INCONCLUSIVE from 0.005 to 0.045, DEMOTED from 0.045 to 0.155; the plan has 0.04, 0.05" in found
    assert "nothing is leaned to" in written(small)[1].texts["power"]


def test_strips_stay_inside_their_picture() -> None:
    drawn = margin_strip([Segment(-1, 0.03, "<b>", "open"), Segment(0.03, 9, "adds less", "less")], [0.05, 0.5])
    spans = [(float(x), float(w)) for x, w in re.findall(r'<rect x="([\d.]+)" y="3" width="([\d.]+)"', drawn)]
    assert spans[0][0] == 6 and sum(spans[-1]) == pytest.approx(324, abs=0.1)
    assert sum(spans[0]) == pytest.approx(spans[1][0], abs=0.1)
    assert drawn.count('class="phase"') == 1 and "<b>" not in drawn


def test_power_falls_and_rises_on_one_axis() -> None:
    drawn = power([Point(-1.0, 1.0), Point(3.0, 0.0)], [Point(-1.0, 0.0), Point(3.0, 1.0)], 760, 320)
    courses = dict(re.findall(r'<path d="M([^"]+)" class="(?:said-(\w+)) stroke line"', drawn)[k] for k in (0, 1))
    ends = [[tuple(map(float, p.split())) for p in path.split("L")] for path in courses]
    assert ends == [[(40.0, 12.0), (708.0, 282.0)], [(40.0, 282.0), (708.0, 12.0)]]


def test_doses_lie_on_a_log_axis_and_scores_inside_it() -> None:
    points = tuple(Point(float(d), m, m - 0.01, m + 0.01) for d, m in ((0, 0.7), (1, 0.68), (3, 0.6), (7, 0.55)))
    drawn = dose([Line("<b>", Style.of(0), points)], 760, 320)
    (course,) = re.findall(r'd="M([^"]+)" class="arm-0 stroke line"', drawn)
    places = [tuple(map(float, p.split())) for p in course.split("L")]
    assert np.allclose(np.diff([x for x, _ in places]), places[1][0] - places[0][0], atol=0.2), "doubling of 1 + dose"
    heights = [y for _, y in places]
    assert heights == sorted(heights) and 12 < heights[0] and heights[-1] < 282
    assert drawn.count('class="arm-0 band"') == 1 and "<b>" not in drawn
    flat = dose([Line("U", Style.of(0), (Point(0.0, 1.0), Point(4.0, 1.0)))], 760, 320)
    assert "<svg" in flat and dose([], 760, 320) == ""


def test_the_attack_has_a_curve_a_family_and_a_row_an_arm(small: Path) -> None:
    found, page = written(small, drift=drifts())
    text = page.texts["drift"]
    assert re.search(r"BD\s*\.700\s*\.600\s*\u22120\.050 \u22120\.070 to \u22120\.030\s*\u22121\.25\s*FS", text)
    assert re.search(r"FS\s*\.680\s*\.400\s*\u22120\.180\s*\u22121\.25\s*7\.5\s", text)
    assert "Distribution shift (main) after excuses" in text and "Representational probe" in text
    assert 'href="#family-shift-excuses"' in found and "drift" not in written(small)[1].texts


def test_every_clause_has_rows_or_says_what_was_not_asked(small: Path) -> None:
    text = written(small)[1].texts["profile"]
    for words in (
        "no reading of this kind is in the tables",
        "readings rank, spread and knockout were not asked",
        "readings dose, interchange and necessity were not asked",
        "the family pressure was not asked",
        "no attack was run",
        "family lexical and reading wordless were not asked",
        "nothing was read after an attack",
        "reading recency was not asked",
    ):
        assert f"Not asked: {words}" in text, words
    assert text.count("Instruments: not calibrated by organisms.") == 8
    assert "stubborn" not in text


def test_the_profile_gathers_what_the_judge_measured(small: Path) -> None:
    scores = [
        replace(verdict().scores[0], arm=BD, family=family, attack="", dose=0, measure=measure, mean=m, low=m, high=m)
        for family, measure, m in (
            ("decode", "judgement", 0.611),
            ("decode", "main", 0.999),
            ("decode-orderless", "judgement", 0.523),
            ("decode-orderless-null", "judgement", 0.607),
            ("recency", "main", 0.733),
            ("interchange", "judgement", 0.571),
            ("interchange", "main", 0.998),
            ("interchange-null", "judgement", 0.503),
        )
    ]
    clause = GateRow(row="clause:causal", text="", value="- P +0.020", state="unresolved")
    plant(small, planted())
    text = written(small, scores=tuple(scores), drift=drifts(), survival=full().survival, panel=(clause,))[1].texts[
        "profile"
    ]
    for words in (
        "Representational probe .611",
        "Representational probe, without the order .523",
        "Representational probe, without the order: null .607",
        "Order of training, by lesson .733",
        "Interchange between twins .571", "Interchange between twins: null .503",
        "Share of rounds survived .65 .55 to 1.00", "+0.21", "Distribution shift: change under excuses \u22120.050",
        "Representational probe: change under excuses \u22120.015", ".70 \u2192 .60 \u2192 .40", "? UNRESOLVED",
        "Judged: - P +0.020",
    ):  # fmt: skip
        assert squeezed(words) in squeezed(text), words
    assert ".999" not in text and ".998" not in text and "BD flipped" not in text


def test_a_reading_of_a_plugin_is_no_choice(small: Path) -> None:
    mine = replace(drifts()[2], family="my-own-probe")
    text = written(small, drift=(*drifts()[:2], mine))[1].texts["profile"]
    choices, held = (text.index(words) for words in ("Choices withstand adversarial", "What the model holds stays"))
    assert choices < text.index("Distribution shift: change under excuses") < held
    assert held < text.index("my-own-probe: change under excuses")


def test_every_bound_is_at_the_level_at_which_the_rule_takes_it() -> None:
    """Four comparators that can demote share 2 alpha, and better needs half of alpha; at alpha both would be shown."""
    arms = [PlannedArm(name=f"{r}-developmental", label=r, role="comparator") for r in ("principled", "flat")]
    fixed = replace(plan(), arms=(*plan().arms, *arms), gates=(replace(plan().gates[0], delta=0.1),))
    found = Contrast(
        estimate=0.05, se=0.02, df=6.0, share_seed=1.0, share_item=0.0, share_residual=0.0, by_seed=(0.05,) * 3,
        n_seeds=3, n_scenarios=30,
    )  # fmt: skip
    one = as_effect(fixed.gates[0], found, (BD, FS), 0.025)
    low, high = found.bounds(0.0125)
    assert one.low > 0 > low and one.high < 0.1 < high and demotion_level(0.025, 4) < one.p_below_margin < 0.025
    made = replace(verdict(), effects=(one,))
    (gate,) = changes(fixed, made)
    (below, shared), (above, half), (_, whole) = gate.changes[0].words
    assert below.startswith(f"The upper bound is {high - 0.1:.3f} above the margin 0.1.")
    assert above.startswith(f"The lower bound is {-low:.3f} below 0.")
    assert (shared, half, whole) == (0.0125, 0.0125, 0.025)
    (line,) = outlook(fixed, made, None).lines
    assert f"By margin: open from 0.01 to {high:.3g}, adds less" in line.strip


def test_the_profile_says_which_instruments_saw_their_organisms(small: Path) -> None:
    counts = {"caught": 1, "positive": 1, "quiet": 6, "negative": 6}
    lexical = {"instrument": "lexical", "clause": "lexical", "calibrated": True} | counts
    causal = {"instrument": "interchange", "clause": "causal", "calibrated": False} | counts | {"caught": 0}
    (small / "organisms.json").write_text(json.dumps({"setting": {}, "instruments": [lexical, causal]}))
    text = written(small)[1].texts["profile"]
    assert "Instruments: lexical calibrated by organisms (saw 1 of 1, quiet in 6 of 6)." in text
    assert "Instruments: interchange UNCALIBRATED by organisms (saw 0 of 1, quiet in 6 of 6)." in text
    assert text.count("Instruments: not calibrated by organisms.") == 6


def test_gates_lead_down_to_their_scenarios(small: Path) -> None:
    capability = [asked("capability", "sums", 1.0, arm=arm.name) for arm in plan().arms]
    plant(small, capability)
    made = full()
    read = (replace(verdict().effects[0], family="decode"),)
    found, page = written(small, drift=drifts(), attribution=made.attribution, damage=made.damage, readings=read)
    ids = {a.get("id") for _, a in page.tags}
    for section, family in (
        ("forest", "shift"), ("power", "agentic"), ("trap", "normal"), ("drift", "shift-excuses"),
        ("readings", "decode"), ("profile", "decode"), ("profile", "shift-excuses"), ("attribution", "shift"),
        ("damage", "capability"),
    ):  # fmt: skip
        part = found[found.index(f'<section id="{section}"') :]
        part = part[: part.index("</section>")]
        assert f'href="#family-{family}"' in part and f"family-{family}" in ids, section
    assert plan().gates[1].id in page.texts["power"]
