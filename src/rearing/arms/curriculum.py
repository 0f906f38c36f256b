"""From corpus to curricula: draw, match, render, order. The only entry that other rooms need."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rearing.arms.match import Usage, match
from rearing.arms.order import ORDERS, Schedule, Stages, draw_lessons, schedule, split
from rearing.arms.phrases import MENU
from rearing.arms.renderers import RENDERERS, Case, Cut, Paragraphs, Parts, Renderer
from rearing.arms.shape import draw_shape
from rearing.arms.tokens import Count, counter
from rearing.corpus.fill import draw, fill, sentence, slot_values
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.records.document import Curriculum, Document, Phase, Sentence, Step
from rearing.records.recipe import Recipe
from rearing.records.scenario import Lesson, Neutral, Option, Phrase

FLIPPED = "flipped"
MOST_DOSE = 16
STAND_INS = 1.5
"""Neutral graphs in the place of one lesson: one and two in turn make about as many tokens."""


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm by its parts: `branching-developmental-flipped` is (branching, developmental, True).

    Attributes:
        dose: How often lessons are told as a multiple of the study's tellings: `principled-shuffled-x2` twice as often.
    """

    renderer: Renderer
    order: str
    flipped: bool = False
    dose: float = 1.0

    @property
    def name(self) -> str:
        """Full name."""
        return self.plain + (f"-{FLIPPED}" if self.flipped else f"-x{self.dose:g}" if self.dose != 1 else "")

    @property
    def plain(self) -> str:
        """Full name of the arm whose twin or other dose this is; its own if it is none."""
        return f"{self.renderer.name}-{self.order}"

    @property
    def label(self) -> str:
        """Short label: BD, FS, P, the same with a minus for a twin, Px2 for twice the dose."""
        short = self.renderer.label + ORDERS[self.order].label
        return {"PS": "P"}.get(short, short) + ("−" if self.flipped else f"x{self.dose:g}" if self.dose != 1 else "")

    def reordered(self, other: "Arm") -> bool:
        """Whether the other differs in order alone; a twin and another dose are compared with none."""
        return (self.renderer, self.name, other.name) == (other.renderer, self.plain, other.plain) and self != other


def arm(name: str) -> Arm:
    """The arm of this name.

    Raises:
        PluginError: No such renderer or order.
        StudyError: A dose that has another name, say x2.0, or is none.
    """
    suffix = re.search(rf"(-{FLIPPED}|-x[\d.]+)*$", name)
    assert suffix is not None, "it may be empty"
    renderer, _, order = name[: suffix.start()].rpartition("-")
    if suffix[0] not in ("", suffix[1]):
        raise StudyError(f"{name!r} is no arm", "leave the dose or the twin out: a twin has no other dose")
    flipped = suffix[0] == f"-{FLIPPED}"
    dose = _dose(name, suffix[0].removeprefix("-x")) if suffix[0] and not flipped else 1.0
    made = Arm(RENDERERS[renderer], ORDERS[order].name, flipped, dose)
    if made.name != name:
        raise StudyError(f"{name!r} is no arm", f"write {made.name!r}")
    return made


def _dose(name: str, dose: str) -> float:
    if not (re.fullmatch(r"\d+(\.\d+)?", dose) and 0.01 <= float(dose) <= MOST_DOSE):
        raise StudyError(f"{name!r} has no dose", f"write a number from 0.01 to {MOST_DOSE} behind the x")
    return float(dose)


@dataclass(frozen=True, slots=True)
class Matched:
    """One telling of one lesson of one seed, with what every renderer tells in its place.

    Attributes:
        telling: 0 the first time that this lesson is told in a run.
        told: By renderer, filled cases and their cuts: one, but in every other place two neutral ones.
    """

    lesson: Lesson
    told: dict[str, tuple[tuple[Case, Cut], ...]]
    telling: int = 0
    _written: dict[tuple[str, bool], list[tuple[Case, Paragraphs]]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def documents(self, arm_: Arm) -> tuple[Document, ...]:
        """This lesson as the arm tells it; arms that differ in order alone share what is written."""
        if (key := (arm_.renderer.name, arm_.flipped)) not in self._written:
            self._written[key] = [
                (case, paragraphs)
                for case, cut in self.told[arm_.renderer.name]
                for paragraphs in arm_.renderer.write(Parts(case, cut, arm_.flipped))
            ]
        written = self._written[key]
        again = (f"again-{self.telling}",) if self.telling else ()
        return tuple(
            Document(
                "/".join((arm_.name, self.lesson.id, *again, *((str(i),) if len(written) > 1 else ()))),
                arm_.name,
                self.lesson.id,
                self.lesson.stage,
                case.shape.layout,
                _phrase(case.lesson.option("endorsed")),
                _phrase(case.lesson.option("rejected")),
                paragraphs,
                tuple(f for o in case.lesson.options if o.then for way in o.then.options for f in (way.inf, way.fin)),
            )
            for i, (case, paragraphs) in enumerate(written, 1)
        )


def _phrase(option: Option) -> Phrase:
    return Phrase(inf=option.inf, fin=option.fin, ger=option.ger)


def match_seed(
    corpus: Corpus, renderers: Sequence[Renderer], seed: int, telling: int = 0, most: int | None = None, start: int = 0
) -> dict[str, Matched]:
    """Draw, fill and match all lessons of a seed, by lesson id; those of the cool-down come first.

    A later telling has the same lessons with other names, shapes, phrasings and wordings. Shapes begin with the one of
    number `start` (`arms.shape`), which is for a corpus that is no run. Tokens are those of the shipped tokenizer.
    """
    return _matched(corpus, renderers, draw_lessons(corpus.lessons, seed, most), seed, telling, counter(), start)


def _matched(
    corpus: Corpus,
    renderers: Sequence[Renderer],
    stages: Stages,
    seed: int,
    telling: int,
    count: Count,
    start: int = 0,
) -> dict[str, Matched]:
    late, early = split(stages)
    drawn = [*late, *(x for group in early.values() for x in group)]
    usage: Usage = Counter()
    lessons = [r for r in renderers if r.stakes]
    matched: dict[str, Matched] = {}
    seed += telling
    forks = telling * sum(x.deep for x in drawn)
    for index, lesson in enumerate(drawn, start + telling * len(drawn)):
        case = _case(lesson, seed, index, forks)
        forks += lesson.deep
        cuts = match(case, lessons, corpus.fillers, seed, usage, count)
        told: dict[str, tuple[tuple[Case, Cut], ...]] = {name: ((case, cut),) for name, cut in cuts.items()}
        for r in renderers:
            if not r.stakes:
                cases = [_case(graph, turn, k) for k, graph, turn in _stand_ins(corpus, seed, index)]
                told[r.name] = tuple((c, match(c, [r], (), seed, usage, count)[r.name]) for c in cases)
        matched[lesson.id] = Matched(lesson, told, telling)
    return matched


def _case(scenario: Lesson | Neutral, seed: int, index: int, forks: int = 0) -> Case:
    values = slot_values(scenario, "train", seed)
    filled = fill(scenario, values)
    return Case(filled, draw_shape(filled, seed, index, forks), {who: values[who] for who in scenario.people})


def _stand_ins(corpus: Corpus, seed: int, index: int) -> Iterator[tuple[int, Neutral, int]]:
    """The neutral graphs in the place of the index-th lesson, each with its number and the seed of its names.

    Numbers run on through the run, so that shapes take turns; so do the graphs. Which option is taken is drawn.

    Raises:
        StudyError: The corpus has none.
    """
    if not corpus.neutral:
        raise StudyError("has no neutral graphs for the placebo arm", "add some, or leave that arm out", corpus.root)
    mixed = draw("stand-ins", seed).permutation(len(corpus.neutral))
    for k in range(int(index * STAND_INS), int((index + 1) * STAND_INS)):
        again, position = divmod(k, len(mixed))
        graph, turn = corpus.neutral[mixed[position]], seed + again
        taken = int(draw("neutral", turn, graph.id).integers(2))
        one, two = (replace(o, rating="endorsed" if i == taken else "rejected") for i, o in enumerate(graph.options))
        yield k, replace(graph, options=(one, two)), turn


def neutral_document(scenario: Neutral, seed: int) -> Document:
    """A neutral graph as plain prose, the same in every arm."""
    values = slot_values(scenario, "neutral", seed)
    filled, name = fill(scenario, values), values["A"]
    one, two = filled.options
    taken = (one, two)[int(draw("neutral", seed, scenario.id).integers(2))]
    sentences = (
        *(Sentence("setting", sentence(t), f"setting.{i}") for i, t in enumerate(filled.setting)),
        Sentence("menu", MENU[0].format(A=name, x=one.inf, y=two.inf)),
        Sentence("choice", f"{name} {taken.fin}."),
        *(Sentence("outcome", sentence(o.text), "outcomes") for o in taken.outcomes),
    )
    return Document(f"warmup/{scenario.id}", "warmup", scenario.id, 0, "choice-last", None, None, (sentences,))


def curricula(
    corpus: Corpus,
    arms: Sequence[Arm],
    seed: int,
    recipe: Recipe,
    tellings: int = 1,
    most: int | None = None,
    count: Count | None = None,
) -> dict[str, Curriculum]:
    """The curriculum of every arm for one seed; all are matched against each other.

    Args:
        corpus: Where the lessons come from.
        arms: Arms to build; every renderer among them takes part in the matching, beyond dose 1 those that go on.
        seed: Draws lessons, names, orders and phrasings, the same for every arm.
        recipe: Says how many lessons a step has and how long the warm-up is.
        tellings: How often every drawn lesson is told at dose 1, each time in other words.
        most: No more lessons of a stage than this.
        count: Tokens of a text, which the arms get equally many of; by the shipped tokenizer if nothing is given.

    Returns:
        Curriculum by arm name.

    Raises:
        StudyError: A dose that is no whole number of tellings.
    """
    drawn = draw_lessons(corpus.lessons, seed, most)
    told = {a.name: whole_tellings(tellings, a) for a in arms}
    count = count or counter()
    matched = [
        _matched(corpus, _going_on(arms, told, telling), drawn, seed, telling, count)
        for telling in range(max(told.values()))
    ]
    warmup = _warmup(corpus, seed, recipe)
    plans = {a.name: schedule(drawn, a.order, seed, told[a.name]) for a in arms}
    return {a.name: _curriculum(a, plans[a.name], matched, warmup, seed, recipe) for a in arms}


def whole_tellings(tellings: int, arm_: Arm) -> int:
    """How often an arm is told every lesson.

    Raises:
        StudyError: Some lessons more often than others: which, would be a treatment of its own.
    """
    if not (tellings * arm_.dose).is_integer():
        mend = "give another dose, or more tellings of every lesson (tellings = 2 for a half)"
        raise StudyError(f"{arm_.name!r} with tellings = {tellings} tells a part of the lessons", mend)
    return int(tellings * arm_.dose)


def _going_on(arms: Sequence[Arm], told: Mapping[str, int], telling: int) -> list[Renderer]:
    """The renderers of the arms that have so many tellings behind them and more to come."""
    return list({a.renderer.name: a.renderer for a in arms if told[a.name] > telling}.values())


def _warmup(corpus: Corpus, seed: int, recipe: Recipe) -> list[Document]:
    neutral = [corpus.neutral[i] for i in draw("warmup", seed).permutation(len(corpus.neutral))]
    if recipe.warmup_steps and not neutral:
        raise StudyError("has no neutral graphs", "add some, or set warmup_steps = 0", corpus.root)
    wanted = recipe.warmup_steps
    return [neutral_document(neutral[i % len(neutral)], seed + i // len(neutral)) for i in range(wanted)]


def _curriculum(
    arm_: Arm, plan: Schedule, matched: list[dict[str, Matched]], warmup: list[Document], seed: int, recipe: Recipe
) -> Curriculum:
    def steps(phase: Phase, lessons: Sequence[Lesson]) -> list[Step]:
        told: list[tuple[Document, ...]] = []
        seen: Counter[str] = Counter()
        for x in lessons:
            told.append(matched[seen[x.id]][x.id].documents(arm_))
            seen[x.id] += 1
        size = recipe.documents_per_step
        return [Step(phase, tuple(d for ds in told[i : i + size] for d in ds)) for i in range(0, len(told), size)]

    fed = [Step("warmup", (d,)) for d in warmup] + steps("ordered", plan.ordered) + steps("cooldown", plan.cooldown)
    return Curriculum(arm_.name, seed, tuple(fed))
