"""Charts: labels keep apart, bands only where there are seeds, nothing leaves its picture, text is escaped."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rearing.report.charts import (
    FOREST_WIDTH,
    Line,
    Point,
    Style,
    forest_axis,
    forest_reach,
    forest_row,
    signed,
    spread,
    strip,
    trap,
)
from rearing.report.curves import loss

STOPS = ("normal", "shift", "agentic", "dose\n1", "dose\n2")


def line(label: str, *points: Point, index: int = 0) -> Line:
    return Line(label, Style.of(index), points)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=12))
def test_labels_keep_apart_and_in_order(places: list[float]) -> None:
    moved = spread(places, 16, 0, 300)
    assert all(b - a >= 16 - 1e-6 for a, b in pairwise(sorted(moved)))
    assert -1e-6 <= min(moved) and max(moved) <= 300 + 1e-6
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    assert order == sorted(range(len(places)), key=lambda i: moved[i])


def test_labels_that_do_not_collide_stay() -> None:
    assert spread([10, 100, 40], 16, 0, 300) == [10, 100, 40]


def test_a_single_seed_draws_no_band() -> None:
    seeds = [Point(float(i), 0.6, 0.55, 0.65) for i in range(3)]
    single = [Point(float(i), 0.6, 0.6, 0.6) for i in (3, 4)]
    drawn = trap(STOPS, 3, [line("BD", *seeds, *single)], 760, 430)
    bands = re.findall(r'<path d="([^"]+)" class="arm-0 band"', drawn)
    assert len(bands) == 1
    assert bands[0].count(" ") == 6, "three upper and three lower corners"
    assert "band" not in trap(STOPS, 3, [line("BD", *single)], 760, 430)


def test_what_was_reared_and_what_was_attacked_are_two_lines_with_a_link() -> None:
    points = [Point(float(i), 0.5) for i in range(5)]
    drawn = trap(STOPS, 3, [line("BD", *points)], 760, 430)
    assert len(re.findall('class="arm-0 stroke line"', drawn)) == 2
    assert len(re.findall('class="arm-0 stroke link"', drawn)) == 1
    assert "link" not in trap(STOPS[:3], 3, [line("BD", *points[:3])], 760, 430)


def test_higher_scores_are_drawn_higher_and_chance_is_in_the_middle() -> None:
    drawn = trap(STOPS, 3, [line("A", Point(0.0, 0.9)), line("B", Point(0.0, 0.1), index=4)], 760, 430)
    (high,) = re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', drawn)
    (low,) = re.findall(r'<path d="M[\d.]+ ([\d.]+)l', drawn)
    (chance,) = re.findall(r'd="M[\d.]+ ([\d.]+)H[\d.]+" class="chance"', drawn)
    assert float(high) < float(chance) < float(low)


@pytest.mark.parametrize("value", [-9.0, -0.02, 0.0, 0.3, 9.0])
def test_nothing_in_the_forest_leaves_its_picture(value: float) -> None:
    drawn = forest_row(value, value - 1, value + 1, 0.05, [value, -value], 0.2)
    for x in re.findall(r'(?:[MH]|cx=")(-?[\d.]+)', drawn):
        assert 0 <= float(x) <= FOREST_WIDTH


def test_the_axis_reaches_every_bound_and_its_labels_do_not_touch() -> None:
    for largest in (0.01, 0.07, 0.12, 0.19, 0.33, 0.8, 1.0):
        reach = forest_reach([largest, float("nan"), -largest / 2])
        assert reach >= largest
        places = [float(x) for x in re.findall(r'<text x="([\d.]+)"', forest_axis(reach))]
        assert len(places) >= 3
        assert all(b - a >= 40 for a, b in pairwise(places))


def test_the_strip_shows_the_order_that_was_fed() -> None:
    drawn = strip([1, 1, 2, 1], {"warmup": (0, 2), "ordered": (2, 4)})
    paths = dict(re.findall(r'<path d="([^"]+)" class="(stage-\d)"', drawn))
    assert {css: d for d, css in paths.items()} == {
        "stage-1": "M0.0 0H350.0V30H0.0zM525.0 0H700.0V30H525.0z",
        "stage-2": "M350.0 0H525.0V30H350.0z",
    }
    assert re.findall(r'<path d="M([\d.]+) 0V30" class="phase"', drawn) == ["350.0"]


def test_loss_without_a_number_draws_nothing() -> None:
    assert loss([], 760, 260) == ""
    assert loss([line("BD", Point(0.0, float("nan")))], 760, 260) == ""
    assert "<svg" in loss([line("BD", Point(0.0, 2.0), Point(1.0, 2.0))], 760, 260)


def test_labels_are_escaped() -> None:
    drawn = trap(("<b>",), 1, [line("<script>", Point(0.0, 0.5))], 760, 430)
    assert "<script" not in drawn and "<b>" not in drawn


def test_differences_carry_a_sign_and_a_real_minus() -> None:
    assert [signed(v) for v in (0.0312, -0.0312, -0.0001, float("inf"))] == ["+0.031", "\u22120.031", "0.000", "\u2013"]
