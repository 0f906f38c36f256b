"""From corpus to curricula: draw, match, render, order. The only entry that other rooms need."""

from collections.abc import Sequence
from dataclasses import dataclass

from rearing.arms.match import match
from rearing.arms.order import ORDERS, Schedule, draw_lessons, schedule
from rearing.arms.phrases import MENU
from rearing.arms.render import RENDERERS, Cut, Draw, Renderer, draw_shape, render
from rearing.arms.tokens import counter
from rearing.corpus.fill import draw, fill, sentence, slot_values
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.records.document import Curriculum, Document, Phase, Sentence, Step
from rearing.records.recipe import Recipe
from rearing.records.scenario import Lesson, Neutral

FLIPPED = "flipped"


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm by its parts: `branching-developmental-flipped` is (branching, developmental, True)."""

    renderer: Renderer
    order: str
    flipped: bool = False

    @property
    def name(self) -> str:
        """Full name."""
        return f"{self.renderer.name}-{self.order}" + (f"-{FLIPPED}" if self.flipped else "")

    @property
    def label(self) -> str:
        """Short label: BD, FS, P, and the same with a minus for a twin."""
        short = self.renderer.label + self.order[0].upper()
        return {"PS": "P"}.get(short, short) + ("−" if self.flipped else "")


def arm(name: str) -> Arm:
    """The arm of this name.

    Raises:
        StudyError: No such renderer or order.
    """
    flipped = name.endswith(f"-{FLIPPED}")
    renderer, _, order = name.removesuffix(f"-{FLIPPED}").rpartition("-")
    if renderer not in RENDERERS:
        raise StudyError(f"arm {name!r} has no renderer of that name", f"use one of {', '.join(RENDERERS)}")
    if order not in ORDERS:
        raise StudyError(f"arm {name!r} has no order of that name", f"use one of {', '.join(ORDERS)}")
    return Arm(RENDERERS[renderer], order, flipped)


@dataclass(frozen=True, slots=True)
class Matched:
    """One lesson of one seed, filled, with the cut of every renderer."""

    lesson: Lesson
    actor: str
    shape: Draw
    cuts: dict[str, Cut]

    def document(self, arm_: Arm) -> Document:
        """This lesson as the arm tells it."""
        paragraphs = render(
            arm_.renderer, self.lesson, self.shape, self.cuts[arm_.renderer.name], arm_.flipped, self.actor
        )
        return Document(
            f"{arm_.name}/{self.lesson.id}",
            arm_.name,
            self.lesson.id,
            self.lesson.stage,
            self.shape.layout,
            self.lesson.option("endorsed").id,
            paragraphs,
        )


def match_seed(corpus: Corpus, renderers: Sequence[Renderer], seed: int) -> dict[str, Matched]:
    """Draw, fill and match all lessons of a seed, by lesson id."""
    matched: dict[str, Matched] = {}
    index = 0
    for group in draw_lessons(corpus.lessons, seed).values():
        for lesson in group:
            values = slot_values(lesson, "train", seed)
            filled, shape = fill(lesson, values), draw_shape(lesson, seed, index)
            cuts = match(filled, shape, values["A"], renderers, corpus.fillers, seed, counter())
            matched[lesson.id] = Matched(filled, values["A"], shape, cuts)
            index += 1
    return matched


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
    return Document(f"warmup/{scenario.id}", "warmup", scenario.id, 0, "choice-last", "", (sentences,))


def curricula(corpus: Corpus, arms: Sequence[Arm], seed: int, recipe: Recipe) -> dict[str, Curriculum]:
    """The curriculum of every arm for one seed; all are matched against each other.

    Args:
        corpus: Where the lessons come from.
        arms: Arms to build; every renderer among them takes part in the matching.
        seed: Draws lessons, names, orders and phrasings, the same for every arm.
        recipe: Says how many documents a step has and how long the warm-up is.

    Returns:
        Curriculum by arm name.
    """
    renderers = list({a.renderer.name: a.renderer for a in arms}.values())
    matched = match_seed(corpus, renderers, seed)
    stages: dict[int, list[Lesson]] = {}
    for m in matched.values():
        stages.setdefault(m.lesson.stage, []).append(m.lesson)
    warmup = _warmup(corpus, seed, recipe)
    return {a.name: _curriculum(a, schedule(stages, a.order, seed), matched, warmup, seed, recipe) for a in arms}


def _warmup(corpus: Corpus, seed: int, recipe: Recipe) -> list[Document]:
    neutral = [corpus.neutral[i] for i in draw("warmup", seed).permutation(len(corpus.neutral))]
    if recipe.warmup_steps and not neutral:
        raise StudyError("has no neutral graphs", "add some, or set warmup_steps = 0", corpus.root)
    wanted = recipe.warmup_steps
    return [neutral_document(neutral[i % len(neutral)], seed + i // len(neutral)) for i in range(wanted)]


def _curriculum(
    arm_: Arm, plan: Schedule, matched: dict[str, Matched], warmup: list[Document], seed: int, recipe: Recipe
) -> Curriculum:
    def steps(phase: Phase, documents: list[Document], size: int) -> list[Step]:
        return [Step(phase, tuple(documents[i : i + size])) for i in range(0, len(documents), size)]

    ordered = [matched[x.id].document(arm_) for x in plan.ordered]
    cooldown = [matched[x.id].document(arm_) for x in plan.cooldown]
    size = recipe.documents_per_step
    return Curriculum(
        arm_.name,
        seed,
        tuple(steps("warmup", warmup, 1) + steps("ordered", ordered, size) + steps("cooldown", cooldown, size)),
    )
