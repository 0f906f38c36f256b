"""Which readings are made, and that a model which knows nothing has a half on each."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from tests.corpus_fixture import commons

from rearing.models.base import open_model
from rearing.probes.probe import FEW, PROBES, Told, few
from rearing.probes.read import hold, read
from rearing.probes.sequences import beside_tokens, read_tokens
from rearing.records.reading import DEFAULT_READINGS, NULL, ORDERLESS, READING_NAMES, plain_name
from rearing.records.scenario import Vignette


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return commons().vignettes[:10]


def test_a_random_model_has_a_half_on_every_reading_and_null(vignettes: tuple[Vignette, ...]) -> None:
    lm = open_model("tiny")
    seen: list[float] = []
    told = Told(commons().lessons[:8], [k / 7 for k in range(8)])
    rows = read(lm, vignettes, "dev", READING_NAMES, None, seen.append, told=told)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for r in rows:
        values[r["reading"], r["site"]].append(r["value"])
    assert {plain_name(name) for name, _ in values} == set(READING_NAMES)
    lessons = {name for name, _ in values if name.removesuffix(NULL) == "recency"}
    assert all(len(found) == (8 if name in lessons else 2 * len(vignettes)) for (name, _), found in values.items())
    assert all(0 <= v <= 1 for found in values.values() for v in found)
    turned = [key for key in values if key[0].removesuffix(NULL).removesuffix(ORDERLESS) == "stable-cosine"]
    assert all(np.allclose(values.pop(key), 1) for key in turned if not key[0].endswith("cosine-null")), "not attacked"
    assert {key: np.mean(found) for key, found in values.items()} == pytest.approx(dict.fromkeys(values, 0.5), abs=0.14)
    assert sum(seen) == pytest.approx(1.0)


def test_every_reading_that_the_judge_knows_is_a_probe() -> None:
    assert tuple(PROBES) == READING_NAMES


def test_what_is_not_asked_for_is_not_made(vignettes: tuple[Vignette, ...]) -> None:
    lm, some = open_model("tiny"), vignettes[:4]

    def never() -> None:
        raise AssertionError("the base was read")

    rows = read(lm, some, "dev", ("decode",), never)  # type: ignore[arg-type]
    assert {r["reading"] for r in rows} == {"decode"}
    assert hold(lm, some, "dev", {"menu"}).pairs == ()
    assert {r["reading"] for r in read(lm, some, "dev", ("dose",), lambda: hold(lm, some, "dev", {"menu"}))} == {
        "dose",
        "dose-null",
    }


def test_what_costs_most_is_made_on_some_of_a_bank(vignettes: tuple[Vignette, ...]) -> None:
    bank = [replace(vignettes[0], id=f"v{i}") for i in range(FEW + 30)]
    some = few(bank)
    assert len(some) == FEW and some[0] is bank[0] and few(bank[:7]) == bank[:7]
    assert [int(v.id[1:]) for v in some] == sorted({int(v.id[1:]) for v in some}) and some[-1] in bank[-2:]
    lm = open_model("tiny")
    (_, menus), (_, more), (back, _) = (
        read_tokens(lm.encode, bank, "dev", names) for names in (("lens",), ("necessity",), ("spread",))
    )
    once = read_tokens(lm.encode, some, "dev", ("lens",))[1]
    assert once < menus and more - menus == 7 * once and back == once


def test_more_readings_cost_more(vignettes: tuple[Vignette, ...]) -> None:
    lm = open_model("tiny")
    (_, sentences), (_, menus), whole = (
        read_tokens(lm.encode, vignettes[:1], "dev", names) for names in (DEFAULT_READINGS, ("lens",), READING_NAMES)
    )
    assert read_tokens(lm.encode, vignettes[:1], "dev", ("fixed",)) == (0, sentences)
    assert read_tokens(lm.encode, vignettes[:1], "dev", ("decode-transfer",)) == (0, sentences + menus)
    ordered = {name for name in READING_NAMES if PROBES[name].on_told}
    untold = read_tokens(lm.encode, vignettes[:1], "dev", [name for name in READING_NAMES if name not in ordered])
    assert untold == (3 * menus, sentences + 16 * menus), "rank costs nothing more"
    # Two twins: the menus, 16 passes over them, and two back.
    assert whole == (untold[0] + 2 * 2 * menus, untold[1] + 2 * (1 + 16) * menus)
    lessons = commons().lessons[:2]
    words, told, both = (
        beside_tokens(lm.encode, lessons, names) for names in (("wordless",), ("recency",), ("wordless", "recency"))
    )
    assert beside_tokens(lm.encode, lessons, DEFAULT_READINGS) == 0 < words < both == words + told, "words once"
