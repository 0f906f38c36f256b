"""Orders: one multiset of lessons, four ways to feed it. What is drawn depends on the seed only, never on the arm."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import factorial, prod

import numpy as np

from rearing.corpus.fill import draw
from rearing.errors import PluginError
from rearing.plugins import Table
from rearing.records.document import Curriculum, Document
from rearing.records.scenario import Lesson

DRAWN_SHARE = 2 / 3
COOLDOWN_SHARE = 0.2
CORE_PER_STAGE = 4
ASKED_AGAIN = 4
RARE = Fraction(1, 1000)
"""A shuffle that is in blocks by chance less often than this is no shuffle."""
Stages = dict[int, list[Lesson]]
"""Lessons by stage, in the seed's own order within the stage."""


@dataclass(frozen=True, slots=True)
class Order:
    """How the lessons of the ordered phase are arranged.

    Attributes:
        name: One word, since it follows the last dash in the name of an arm.
        label: A letter or two; an arm is labelled by that of its renderer and this.
        arrange: Lessons by stage and the seed in, one sequence out.
        holds: Whether the stages of a run, in the order fed, are what this order promises.
    """

    name: str
    label: str
    arrange: Callable[[Stages, int], list[Lesson]]
    holds: Callable[[Sequence[int]], bool]

    def __post_init__(self) -> None:
        """Refuse a name that an arm cannot carry.

        Raises:
            ValueError: There is a dash in it.
        """
        if "-" in self.name:
            raise ValueError(f"the name of an order is one word, without a dash: {self.name!r}")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lessons of one run: `ordered` is the treatment, `cooldown` is common to all arms."""

    ordered: tuple[Lesson, ...]
    cooldown: tuple[Lesson, ...]


def by_stage(lessons: Sequence[Lesson]) -> Stages:
    """Lessons by stage, sorted by id."""
    groups: Stages = defaultdict(list)
    for lesson in sorted(lessons, key=lambda x: x.id):
        groups[lesson.stage].append(lesson)
    return dict(sorted(groups.items()))


def core_lessons(lessons: Sequence[Lesson], most: int | None = None) -> tuple[Lesson, ...]:
    """The lessons that every seed trains on (four a stage, by hash): the `normal` examination asks about them.

    Args:
        most: As of `draw_lessons`; where fewer than four of a stage are drawn, no more are asked about.
    """
    chosen: list[Lesson] = []
    for stage, group in by_stage(lessons).items():
        picks = draw("core", stage).permutation(len(group))[:CORE_PER_STAGE]
        chosen += [group[i] for i in sorted(picks)[: _drawn_size(group, most)]]
    return tuple(chosen)


def _drawn_size(group: Sequence[Lesson], most: int | None) -> int:
    """How many lessons of a stage a run tells."""
    return min(max(1, round(len(group) * DRAWN_SHARE)), most or len(group))


def draw_lessons(lessons: Sequence[Lesson], seed: int, most: int | None = None) -> Stages:
    """A stratified two thirds of the lessons, the core first, shuffled within the stage.

    Args:
        most: No more lessons of a stage than this.
    """
    core = {lesson.id for lesson in core_lessons(lessons, most)}
    drawn: Stages = {}
    for stage, group in by_stage(lessons).items():
        rng = draw("lessons", seed, stage)
        size = _drawn_size(group, most)
        fixed = [x for x in group if x.id in core]
        rest = [x for x in group if x.id not in core]
        picked = fixed + [rest[i] for i in rng.permutation(len(rest))[: size - len(fixed)]]
        drawn[stage] = [picked[i] for i in rng.permutation(len(picked))]
    return drawn


def _blocks(order: Sequence[int], stages: Stages) -> list[Lesson]:
    return [lesson for stage in order for lesson in stages[stage]]


def _shuffled(stages: Stages, seed: int) -> list[Lesson]:
    flat = _blocks(sorted(stages), stages)
    return [flat[i] for i in draw("shuffled", seed).permutation(len(flat))]


def _blocked(stages: Stages, seed: int) -> list[Lesson]:
    order = sorted(stages)
    return _blocks([order[i] for i in draw("blocked", seed).permutation(len(order))], stages)


def _in_blocks(stages: Sequence[int]) -> bool:
    return len(list(groupby(stages))) == len(set(stages))


def _mixed(stages: Sequence[int]) -> bool:
    """Not in blocks, where chance leaves blocks less often than `RARE`: k! prod(n!) of the N! sequences have them."""
    sizes = Counter(stages).values()
    in_blocks = factorial(len(sizes)) * prod(map(factorial, sizes))
    return in_blocks > RARE * factorial(len(stages)) or not _in_blocks(stages)


ORDERS: Table[Order] = Table(
    "order",
    lambda thing: isinstance(thing, Order),
    (
        Order("developmental", "D", lambda stages, _: _blocks(sorted(stages), stages), lambda s: list(s) == sorted(s)),
        Order("shuffled", "S", _shuffled, _mixed),
        Order(
            "reversed",
            "R",
            lambda stages, _: _blocks(sorted(stages, reverse=True), stages),
            lambda s: list(s) == sorted(s, reverse=True),
        ),
        Order("blocked", "B", _blocked, _in_blocks),
    ),
)


def split(stages: Stages) -> tuple[list[Lesson], Stages]:
    """A fifth of every stage for the common cool-down, and the rest by stage."""
    late: list[Lesson] = []
    early: Stages = {}
    for stage, group in stages.items():
        n = round(len(group) * COOLDOWN_SHARE)
        late += group[:n]
        early[stage] = group[n:]
    return late, early


def schedule(stages: Stages, order: str, seed: int, tellings: int = 1) -> Schedule:
    """Keep the common cool-down apart, mixed, and put the rest in order.

    Args:
        stages: Drawn lessons.
        order: A key of `ORDERS`.
        seed: Of the run; moves shuffles and stage orders.
        tellings: How often every lesson comes.

    Raises:
        PluginError: The order adds or loses lessons.
    """
    late, early = split(stages)
    late *= tellings
    early = {stage: group * tellings for stage, group in early.items()}
    mixed = draw("cooldown", seed).permutation(len(late))
    ordered = ORDERS[order].arrange(early, seed)
    if Counter(x.id for x in ordered) != Counter(x.id for group in early.values() for x in group):
        raise PluginError(f"order {order!r} adds or loses lessons", "give back all that come in", ORDERS.file(order))
    return Schedule(tuple(ordered), tuple(late[i] for i in mixed))


def told_documents(curriculum: Curriculum) -> list[tuple[Document, float]]:
    """Of every stage at most four documents of the ordered phase, the same lessons in every order, and their places.

    They are spread evenly over the ids; places go from 0, the first document of that phase, to 1, the last.
    """
    ordered = [d for step in curriculum.steps if step.phase == "ordered" for d in step.documents]
    stages: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for k, document in enumerate(ordered):
        stages[document.stage].append((document.id, k))
    chosen: list[int] = []
    for _, group in sorted(stages.items()):
        chosen += [sorted(group)[int(i)][1] for i in np.linspace(0, len(group) - 1, min(ASKED_AGAIN, len(group)))]
    return [(ordered[k], k / max(1, len(ordered) - 1)) for k in chosen]
