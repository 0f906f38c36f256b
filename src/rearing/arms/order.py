"""Orders: one multiset of lessons, four ways to feed it. What is drawn depends on the seed only, never on the arm."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rearing.corpus.fill import draw
from rearing.records.scenario import Lesson

DRAWN_SHARE = 2 / 3
COOLDOWN_SHARE = 0.2
CORE_PER_STAGE = 4


@dataclass(frozen=True, slots=True)
class Schedule:
    """The lessons of one run: `ordered` is the treatment, `cooldown` is common to all arms."""

    ordered: tuple[Lesson, ...]
    cooldown: tuple[Lesson, ...]


def by_stage(lessons: Sequence[Lesson]) -> dict[int, list[Lesson]]:
    """Lessons by stage, sorted by id."""
    groups: dict[int, list[Lesson]] = defaultdict(list)
    for lesson in sorted(lessons, key=lambda x: x.id):
        groups[lesson.stage].append(lesson)
    return dict(sorted(groups.items()))


def core_lessons(lessons: Sequence[Lesson]) -> tuple[Lesson, ...]:
    """The lessons that every seed trains on (four a stage, by hash): the `normal` examination asks about them."""
    chosen: list[Lesson] = []
    for stage, group in by_stage(lessons).items():
        picks = draw("core", stage).permutation(len(group))[:CORE_PER_STAGE]
        chosen += [group[i] for i in sorted(picks)]
    return tuple(chosen)


def draw_lessons(lessons: Sequence[Lesson], seed: int) -> dict[int, list[Lesson]]:
    """A stratified two thirds of the lessons, the core always in it, shuffled within the stage."""
    core = {lesson.id for lesson in core_lessons(lessons)}
    drawn: dict[int, list[Lesson]] = {}
    for stage, group in by_stage(lessons).items():
        rng = draw("lessons", seed, stage)
        size = max(1, round(len(group) * DRAWN_SHARE))
        fixed = [x for x in group if x.id in core][:size]
        rest = [x for x in group if x.id not in core]
        picked = fixed + [rest[i] for i in rng.permutation(len(rest))[: size - len(fixed)]]
        drawn[stage] = [picked[i] for i in rng.permutation(len(picked))]
    return drawn


def _developmental(stages: dict[int, list[Lesson]], seed: int) -> list[Lesson]:
    return [lesson for stage in sorted(stages) for lesson in stages[stage]]


def _shuffled(stages: dict[int, list[Lesson]], seed: int) -> list[Lesson]:
    flat = _developmental(stages, seed)
    return [flat[i] for i in draw("shuffled", seed).permutation(len(flat))]


ORDERS: dict[str, Callable[[dict[int, list[Lesson]], int], list[Lesson]]] = {
    "developmental": _developmental,
    "shuffled": _shuffled,
}


def schedule(stages: dict[int, list[Lesson]], order: str, seed: int) -> Schedule:
    """Split a fifth of every stage off for the common cool-down and put the rest in order.

    Args:
        stages: Drawn lessons by stage, in the seed's own within-stage order.
        order: A key of `ORDERS`.
    """
    late: list[Lesson] = []
    early: dict[int, list[Lesson]] = {}
    for stage, group in stages.items():
        n = round(len(group) * COOLDOWN_SHARE)
        late += group[:n]
        early[stage] = group[n:]
    mixed = draw("cooldown", seed).permutation(len(late))
    return Schedule(tuple(ORDERS[order](early, seed)), tuple(late[i] for i in mixed))
