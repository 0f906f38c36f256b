"""Shapes: what every arm shares for a lesson and seed, in exact shares over the lessons of a run."""

from rearing.arms.phrases import INNER_SLOT, SHARED_SLOTS, SLOTS
from rearing.arms.renderers import TELLINGS, Shape
from rearing.corpus.fill import draw
from rearing.records.document import Layout
from rearing.records.scenario import Lesson, Neutral

LAYOUTS: tuple[Layout, ...] = ("choice-last", "choice-first")
COMBINATIONS = len(LAYOUTS) * 2 * len(TELLINGS)
"""Of layout, first option and telling; so many lessons after each other have each of them once."""


def draw_shape(lesson: Lesson | Neutral, seed: int, index: int, forks: int = 0) -> Shape:
    """Layout, first option and telling go round over the lessons of a run; so do the phrasings, in a drawn order.

    Args:
        index: Position of the lesson in the run: those of the cool-down first, then stage by stage, so that every part
            of a run has each combination equally often.
        forks: How many deep lessons come before it, which alone have a phrasing for the fork inside a road.
    """
    endorsed, rejected = _pair(lesson)
    return Shape(
        LAYOUTS[index % 2],
        (rejected, endorsed)[index // 2 % 2],
        TELLINGS[index // 4 % 3],
        {slot: _in_turn(slot, seed, index) for slot in SHARED_SLOTS} | {INNER_SLOT: _in_turn(INNER_SLOT, seed, forks)},
    )


def _pair(lesson: Lesson | Neutral) -> tuple[str, str]:
    return lesson.option("endorsed").id, lesson.option("rejected").id


def _in_turn(slot: str, seed: int, index: int) -> str:
    """The phrasing whose turn it is: every run of as many lessons as there are phrasings has each of them once."""
    bank = SLOTS[slot]
    cycle, position = divmod(index, len(bank))
    return bank[int(draw("phrase", seed, slot, cycle).permutation(len(bank))[position])]
