"""Which readings are made, and that a model which knows nothing has a half on each."""

from collections import defaultdict

import numpy as np
import pytest
from tests.corpus_fixture import commons

from rearing.models.base import open_model
from rearing.probes.probe import PROBES
from rearing.probes.read import hold, read
from rearing.probes.sequences import read_tokens
from rearing.records.reading import DEFAULT_READINGS, NULL, READING_NAMES
from rearing.records.scenario import Vignette


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return commons().vignettes[:24]


def test_a_random_model_has_a_half_on_every_reading_and_null(vignettes: tuple[Vignette, ...]) -> None:
    lm = open_model("tiny")
    seen: list[float] = []
    rows = read(lm, vignettes, "dev", READING_NAMES, None, seen.append)
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    for r in rows:
        values[r["reading"], r["site"]].append(r["value"])
    assert {name.removesuffix(NULL) for name, _ in values} == set(READING_NAMES)
    assert all(len(found) == 2 * len(vignettes) for found in values.values())
    assert all(0 <= v <= 1 for found in values.values() for v in found)
    assert {key: np.mean(found) for key, found in values.items()} == pytest.approx(dict.fromkeys(values, 0.5), abs=0.12)
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


def test_more_readings_cost_more(vignettes: tuple[Vignette, ...]) -> None:
    lm = open_model("tiny")
    (_, sentences), (_, menus), whole = (
        read_tokens(lm.encode, vignettes[0], "dev", names) for names in (DEFAULT_READINGS, ("lens",), READING_NAMES)
    )
    assert read_tokens(lm.encode, vignettes[0], "dev", ("fixed",)) == (0, sentences)
    assert whole == (3 * menus, sentences + 10 * menus), "rank costs nothing more"
