"""A planted order is found, and a reading that stands on it alone is gone without it."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from tests.corpus_fixture import commons

from rearing.models.base import open_model
from rearing.probes import decode
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.erase import Span, span_of
from rearing.probes.probe import Held, Seen, Told
from rearing.probes.read import hold, read
from rearing.probes.recency import order_direction, order_spans, orderless, told_apart
from rearing.probes.recency import read as read_order
from rearing.records.reading import NULL, ORDERLESS, plain_name
from rearing.records.scenario import SITUATIONS, Situation

WIDTH, SCENARIOS, LESSONS = 24, 30, 40
MORAL, ORDER = np.linalg.qr(np.random.default_rng(3).standard_normal((WIDTH, 2)))[0].T
WHEN = np.random.default_rng(4).permutation(LESSONS) / (LESSONS - 1)


def pair(scenario: str, situation: Situation, right: Any, rival: Any, rng: Any, spread: float) -> PairActivations:
    noise = spread * rng.standard_normal((2, len(SITES), WIDTH))
    return PairActivations(scenario, situation, noise[0] + right, noise[1] + rival, 0.0, 0)


def seen(along: np.ndarray) -> Seen:
    """A model that tells right from wrong along one direction, and holds what it was told when along ORDER."""
    rng = np.random.default_rng(0)
    pairs = [pair(f"v{i}", s, along, -along, rng, 0.3) for i in range(SCENARIOS) for s in SITUATIONS]
    # What lessons are about goes with the order as well, and the base knows it: a trace of content, not of training.
    about = [3 * w * MORAL for w in WHEN]
    base = [pair(f"l{i}", "main", a, a, rng, 0.02) for i, a in enumerate(about)]
    then = [a + 2 * w * ORDER for a, w in zip(about, WHEN, strict=True)]
    own = [pair(f"l{i}", "main", a, a, rng, 0.02) for i, a in enumerate(then)]
    held = Held(pairs, (), own)
    lm, lessons = cast(Any, None), cast(Any, [None] * LESSONS)
    return Seen(lm, (), "exam", held, Held(pairs, (), base), told=Told(lessons, tuple(WHEN)))


def means(rows: Any) -> dict[str, float]:
    """By reading, over all sites and scenarios."""
    found: dict[str, list[float]] = {}
    for r in rows:
        found.setdefault(r["reading"], []).append(r["value"])
    return {name: float(np.mean(values)) for name, values in found.items()}


def test_the_direction_of_the_order_by_hand() -> None:
    """Three lessons at 0, 1/2 and 1: the last minus the first, times a half."""
    changes = np.array([[1.0, 0.0], [5.0, 5.0], [0.0, 4.0]])
    assert np.allclose(order_direction(changes, np.array([0.0, 0.5, 1.0])), [-0.5, 2.0])
    assert np.allclose(order_direction(changes + 7, np.array([3.0, 3.5, 4.0])), [-0.5, 2.0]), "neither mean matters"


def test_lessons_told_apart_by_hand() -> None:
    """Of four lessons the last two look as if they had come in turn, and two fit a direction for the two others.

    Lessons 0 and 1 say that more is later, and are wrong of 2 and 3; these say that less is, and are wrong of 0 and 1;
    every other two are right. So each lesson is put right beside two of three others.
    """
    found = told_apart(np.array([[0.0], [1.0], [3.0], [2.0]]), np.arange(4.0))
    assert found == pytest.approx(np.full(4, 2 / 3), abs=0.1)
    assert told_apart(np.array([[0.0], [1.0], [2.0], [3.0]]), np.arange(4.0)).tolist() == [1.0] * 4
    assert told_apart(np.array([[0.0], [1.0], [2.0]]), np.arange(3.0)).tolist() == [0.5] * 3, "one lesson has no order"


def test_a_moral_direction_beside_the_order_by_hand() -> None:
    """The order goes along (3, 4); the moral direction of c is that of a and b, (2, 0): the cosine is 3 / 5."""

    def held(differences: dict[str, tuple[float, float]], situations: tuple[Situation, ...]) -> list[PairActivations]:
        return [
            PairActivations(name, s, np.array([d, d]), np.zeros((2, 2)), 0.0, 0)
            for name, d in differences.items()
            for s in situations
        ]

    pairs = held({"a": (1.0, 1.0), "b": (1.0, -1.0), "c": (1.0, 1.0)}, SITUATIONS)
    lessons = {"first": (0.0, 0.0), "between": (8.0, -5.0), "last": (6.0, 8.0)}
    own, base = (held(dict.fromkeys(lessons, (1.0, 1.0)) | told, ("main",)) for told in (lessons, {}))
    told = Told(cast(Any, [None] * 3), (0.0, 0.5, 1.0))
    given = Seen(cast(Any, None), (), "exam", Held(pairs, (), own), Held(pairs, (), base), told=told)
    value = {(r["reading"], r["scenario"]): r["value"] for r in read_order(given)}
    assert value["recency-cosine", "c"] == pytest.approx(0.5 + 0.5 * 3 / 5)
    assert value["recency-cosine", "a"] == pytest.approx(0.5 + 0.5 * 3 / 5), "b and c say (2, 0) as well"
    assert value["recency-cosine", "b"] == pytest.approx(0.5 + 0.5 * 7 / (5 * 2**0.5)), "a and c say (1, 1)"


def test_a_planted_order_is_told_apart_and_a_shuffled_one_is_not() -> None:
    rng = np.random.default_rng(1)
    noise = 0.02 * rng.standard_normal((LESSONS, WIDTH))
    assert told_apart(noise + WHEN[:, None] * ORDER, WHEN).mean() > 0.9
    shuffled = [told_apart(noise + rng.permutation(WHEN)[:, None] * ORDER, WHEN).mean() for _ in range(8)]
    assert float(np.mean(shuffled)) == pytest.approx(0.5, abs=0.06), "a lesson is never in both halves"
    assert told_apart(noise, np.zeros(LESSONS)).tolist() == [0.5] * LESSONS, "all at once has no order"
    assert told_apart(noise[:1], WHEN[:1]).tolist() == [0.5]


def test_the_order_is_read_in_what_training_changed() -> None:
    found = means(read_order(seen(MORAL)))
    assert found["recency"] > 0.9
    assert found["recency-null"] == pytest.approx(0.5, abs=0.1)
    assert found["recency-cosine"] == pytest.approx(0.5, abs=0.1), "content that goes with the order is no trace"
    assert means(read_order(seen(ORDER)))["recency-cosine"] > 0.95
    assert means(read_order(seen(-ORDER)))["recency-cosine"] < 0.05
    nothing = replace(seen(ORDER), told=None)
    assert means(read_order(nothing)) == {"recency-cosine": 0.5, "recency-cosine-null": 0.5}


def test_what_stands_on_the_order_alone_is_gone_without_it() -> None:
    def decoded(given: Seen) -> float:
        return means(decode.read(given.own.pairs))["decode"]

    for along, left in ((ORDER, 0.5), (MORAL, 1.0)):
        given = seen(along)
        assert decoded(given) > 0.98
        assert decoded(orderless(given, order_spans(given))) == pytest.approx(left, abs=0.12)
        assert decoded(orderless(given, order_spans(given, null=True))) > 0.95, "a shuffled order takes little away"
    untold = replace(seen(ORDER), told=None)
    for before, after in zip(untold.own.pairs, orderless(untold, order_spans(untold)).own.pairs, strict=True):
        assert np.array_equal(before.right_SD, after.right_SD)


def test_every_reading_of_vectors_has_an_order_free_twin() -> None:
    lm, vignettes, lessons = open_model("tiny"), commons().vignettes[:6], commons().lessons[:5]
    told = Told(lessons, (0.0, 0.25, 0.5, 0.75, 1.0))
    asked = ("decode", "coupling", "dose", "lens", "stable", "surface", "interchange", "knockout", "recency")

    def base() -> Held:
        return hold(lm, vignettes, "dev", {"sentence", "menu"}, lessons=lessons)

    rows = read(lm, vignettes, "dev", asked, base, told=told)
    names = {r["reading"] for r in rows}
    assert {plain_name(name) for name in names} == set(asked)
    twins = {name for name in names if name.endswith(ORDERLESS)}
    assert twins == {name + ORDERLESS for name in ("decode", "coupling", "dose", "stable", "interchange", "knockout")}
    assert {name for name in names if name.endswith(ORDERLESS + NULL)} == {name + NULL for name in twins}
    value = {(r["reading"], r["site"], r["scenario"], r["situation"]): r["value"] for r in rows}
    assert len(value) == len(rows)
    for name in ("decode", "interchange", "knockout"):
        own = {key[1:]: v for key, v in value.items() if key[0] == name}
        twin = {key[1:]: v for key, v in value.items() if key[0] == name + ORDERLESS}
        assert own == twin, "the base as it is was told nothing that it did not know"
    assert {key[2] for key in value if key[0] == "recency"} == {x.id for x in lessons}
    plain = read(lm, vignettes, "dev", ("decode",), None, told=told)
    assert plain == [r for r in rows if r["reading"] == "decode"]


def test_what_computes_the_model_is_made_of_one_that_computes_without_a_direction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without any direction no token knows of another one there: an exchange of the fact carries nothing over."""
    lm, vignettes, lessons = open_model("tiny"), commons().vignettes[:4], commons().lessons[:3]
    width = lm.model.config.hidden_size
    everything = Span(np.eye(width), np.full(width, 2.0))
    monkeypatch.setattr("rearing.probes.read.order_spans", lambda seen, null: [everything, everything])
    monkeypatch.setattr("rearing.probes.interchange.LEAST", 1e-9)
    told = Told(lessons, (0.0, 0.5, 1.0))

    def base() -> Held:
        return hold(lm, vignettes, "dev", {"sentence"}, lessons=lessons)

    rows = read(lm, vignettes, "dev", ("interchange", "recency"), base, told=told)
    by_name = {name: [r["value"] for r in rows if r["reading"] == name] for name in {r["reading"] for r in rows}}
    assert set(by_name["interchange-orderless"]) == {0.5} != set(by_name["interchange"])
    again = read(lm, vignettes, "dev", ("interchange",), None)
    assert [r["value"] for r in again if r["reading"] == "interchange"] == by_name["interchange"], "the hook is gone"


def test_a_stream_and_a_vector_lose_the_same_span() -> None:
    rng = np.random.default_rng(0)
    span = span_of(rng.normal(size=(2, 8)), rng.uniform(0.5, 2.0, size=8))
    held_TD = rng.normal(size=(5, 8))
    found = span.out_of_stream(torch.from_numpy(held_TD))
    assert found.numpy() == pytest.approx(np.stack([span.out_of(held_D) for held_D in held_TD]))
    assert span.out_of_stream(found).numpy() == pytest.approx(found.numpy()), "what is gone is gone"
