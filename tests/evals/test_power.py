"""A planted difference of five points is found with as many seeds and scenarios as docs/worlds.md says."""

import re
from pathlib import Path

import numpy as np
from tests.corpus_fixture import commons

from rearing.corpus.fill import draw
from rearing.evals.bank import episodes
from rearing.evals.episodes import Episode, State, play
from rearing.verdict.crossed import Array, crossed

GUIDE = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")
((SEEDS, SCENARIOS),) = [(int(s), int(n)) for s, n in re.findall(r"With (\d+) seeds and (\d+) scenarios a diff", GUIDE)]
REPEATS = 10
EPISODES = episodes([v for v in commons().vignettes if v.split != "dev"][:SCENARIOS], "exam")


def right_in(share: float, numbers: str) -> Array:
    """Scores, seeds x scenarios, of a policy that takes the right option in a share of the episodes."""
    scores = np.zeros((SEEDS, SCENARIOS))
    rows = {v: i for i, v in enumerate(dict.fromkeys(e.vignette.id for e in EPISODES))}
    for seed in range(SEEDS):
        for e in EPISODES:
            number = draw("planted", numbers, seed, e.vignette.id, e.situation).random()

            def policy(e: Episode, s: State, number: float = number) -> str:
                return e.command(e.options[int(number >= share)])

            scores[seed, rows[e.vignette.id]] += play(e, policy).right / 2
    return scores


def test_five_points_are_found_with_common_random_numbers_and_nothing_is_found_where_nothing_is() -> None:
    found, false = 0, 0
    for repeat in range(REPEATS):
        low, high = (right_in(share, f"common {repeat}") for share in (0.60, 0.65))
        found += crossed([high, low], [1, -1]).p_above(0) < 0.025
        false += crossed([right_in(0.60, f"other {repeat}"), low], [1, -1]).p_above(0) < 0.025
    assert found == REPEATS and false <= 1


def test_the_planted_difference_is_five_points() -> None:
    low, high = (right_in(share, "size") for share in (0.60, 0.65))
    assert abs(crossed([high, low], [1, -1]).estimate - 0.05) < 0.02
    assert (high >= low).all(), "the same numbers: the better policy is right wherever the other is"
