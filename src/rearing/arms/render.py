"""Renderers: one filled lesson and one cut in, the paragraphs of one document out.

A *draw* is what all arms share for a lesson and seed: layout, which option comes first, the phrasing of the sentences
that every arm has (menu, choice, verdict line). A *cut* is what matching may choose inside one renderer: the wording of
each evaluative sentence, which reasons are told, the phrasing of its own scaffold, and fillers before the setting.

Every renderer names the endorsed option in full four times and the rejected one three times (menu, body, choice,
verdict line); the flipped twin exchanges the two in the choice, the verdict line and the heads of the reasons, and
nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

from rearing.arms.phrases import SHARED_SLOTS, SLOTS
from rearing.corpus.fill import draw, sentence
from rearing.records.document import Layout, Role, Sentence
from rearing.records.scenario import Lesson, Option, Wording

Paragraphs = tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """What every arm shares for one lesson and seed."""

    layout: Layout
    first: str
    phrases: dict[str, str]


@dataclass(frozen=True, slots=True)
class Cut:
    """What matching chooses for one renderer.

    Attributes:
        words: For every evaluative atom that is told, its wording by atom key: "w", "mf", or "w mf" (reasons).
        phrases: Phrasing of every slot that only this renderer has.
        fillers: Sentences in front of the setting.
    """

    words: dict[str, str]
    phrases: dict[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()


def draw_shape(lesson: Lesson, seed: int, index: int) -> Draw:
    """Layout and first option alternate over the lessons of a seed (exact halves), phrasings are drawn.

    Args:
        index: Position of the lesson in the seed's own shuffle of its stage. The stage is added, or the first lessons
            of every stage, which are the cool-down, would all tell the same option first.
    """
    rng = draw("shape", seed, lesson.id)
    layout: Layout = "choice-first" if index % 2 else "choice-last"
    rating = "endorsed" if (index // 2 + lesson.stage) % 2 else "rejected"
    return Draw(
        layout,
        next(o.id for o in lesson.options if o.rating == rating),
        {slot: SLOTS[slot][int(rng.integers(len(SLOTS[slot])))] for slot in SHARED_SLOTS},
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """The named parts of a document, shared by all renderers."""

    lesson: Lesson
    shape: Draw
    cut: Cut
    flipped: bool
    actor: str

    @property
    def ordered(self) -> tuple[Option, Option]:
        """Both options, the one that is told first in front."""
        a, b = self.lesson.options
        return (a, b) if a.id == self.shape.first else (b, a)

    @property
    def praised(self) -> Option:
        """The option that the document chooses: the endorsed one, in a twin the rejected one."""
        return self.lesson.option("rejected" if self.flipped else "endorsed")

    @property
    def faulted(self) -> Option:
        """The option that the document does not choose."""
        return self.lesson.option("endorsed" if self.flipped else "rejected")

    def say(self, slot: str, x: str = "", y: str = "") -> str:
        """The phrasing of a slot, filled in."""
        phrase = self.shape.phrases.get(slot) or self.cut.phrases[slot]
        return sentence(phrase.format(A=self.actor, x=x, y=y))

    def opening(self) -> tuple[Sentence, ...]:
        """Fillers, setting and minds."""
        return (
            *(Sentence("filler", text) for text in self.cut.fillers),
            *(Sentence("setting", sentence(t), f"setting.{i}") for i, t in enumerate(self.lesson.setting)),
            *(Sentence("mind", sentence(m.text), f"minds.{i}") for i, m in enumerate(self.lesson.minds)),
        )

    def menu(self) -> Sentence:
        """The sentence that names both options."""
        one, two = self.ordered
        return Sentence("menu", self.say("menu", one.inf, two.inf), mentions=(one.id, two.id))

    def choice(self) -> tuple[Sentence, Sentence]:
        """What the actor does, and the verdict line."""
        x, y = self.praised, self.faulted
        return (
            Sentence("choice", self.say("choice", x.fin), mentions=(x.id,)),
            Sentence("verdict", self.say("verdict", x.ger, y.ger), mentions=(x.id, y.id)),
        )

    def outcomes(self, option: Option) -> tuple[Sentence, ...]:
        """The consequences of an option, in time order."""
        index = self.lesson.options.index(option)
        order = sorted(range(len(option.outcomes)), key=lambda j: option.outcomes[j].when == "later")
        return tuple(
            Sentence("outcome", sentence(option.outcomes[j].text), f"options.{index}.outcomes.{j}") for j in order
        )

    def evaluative(self, role: Role, atom: str, wording: Wording) -> tuple[Sentence, ...]:
        """An evaluative atom in the wordings that the cut chose; nothing if the cut left it out."""
        texts = {"w": wording.w, "mf": wording.mf}
        return tuple(
            Sentence(role, sentence(texts[words]), atom, words=words) for words in self.cut.words.get(atom, "").split()
        )

    def reflections(self) -> tuple[Sentence, ...]:
        """Looking back on both options, endorsed first."""
        return tuple(
            s
            for i, option in _by_rating(self.lesson)
            if option.reflection
            for s in self.evaluative("reflection", f"options.{i}.reflection", option.reflection)
        )

    def principle(self) -> tuple[Sentence, ...]:
        """The general sentence."""
        return self.evaluative("principle", "principle", self.lesson.principle)

    def reasons(self, option: Option) -> tuple[Sentence, ...]:
        """The told reasons of one option."""
        index = self.lesson.options.index(option)
        return tuple(
            s
            for j, reason in enumerate(option.reasons)
            for s in self.evaluative("reason", f"options.{index}.reasons.{j}", reason)
        )

    def head(self, slot: str, option: Option) -> Sentence:
        """The sentence that introduces reasons or facts and names the option in full."""
        return Sentence("head", self.say(slot, option.ger), mentions=(option.id,), slot=slot)


def _by_rating(lesson: Lesson) -> list[tuple[int, Option]]:
    return sorted(enumerate(lesson.options), key=lambda pair: pair[1].rating != "endorsed")


def branching(p: Parts) -> Paragraphs:
    """One road and its consequences, go back, the other road; choice, reflections, principle."""
    one, two = p.ordered
    road1 = Sentence("road", p.say("road1", one.fin), mentions=(one.id,), slot="road1")
    road2 = Sentence("road", p.say("road2", two.fin), mentions=(two.id,), slot="road2")
    back = Sentence("back", p.say("back"), slot="back")
    body = ((p.menu(), road1, *p.outcomes(one)), (back, road2, *p.outcomes(two)))
    return _lay_out(p, body, (*p.reflections(), *p.principle()))


def flat(p: Parts) -> Paragraphs:
    """The same atoms as plain statements, each option's together and in time order; no fork, no traversal."""
    one, two = p.ordered
    body = (
        (p.menu(), p.head("facts1", one), *p.outcomes(one)),
        (p.head("facts2", two), *p.outcomes(two)),
    )
    return _lay_out(p, body, (*p.reflections(), *p.principle()))


def principled(p: Parts) -> Paragraphs:
    """Choice, principle, reasons, reflections: principle-rich, built to win."""
    told = p.reasons(p.lesson.option("endorsed")), p.reasons(p.lesson.option("rejected"))
    body = ((p.menu(), p.head("for", p.praised), *told[0]), (p.head("against", p.faulted), *told[1]))
    return _lay_out(p, body, (*p.principle(), *p.reflections()), principle_first=True)


def _lay_out(p: Parts, body: Paragraphs, tail: tuple[Sentence, ...], principle_first: bool = False) -> Paragraphs:
    if p.shape.layout == "choice-last":
        return (p.opening(), *body, (*p.choice(), *tail))
    if principle_first:
        principle = tuple(s for s in tail if s.role == "principle")
        rest = tuple(s for s in tail if s.role != "principle")
        return (p.opening(), (*p.choice(), *principle), *body, rest)
    return (p.opening(), p.choice(), *body, tail)


Lever = tuple[dict[str, str], ...]


def shared_levers(lesson: Lesson) -> tuple[Lever, ...]:
    """One lever for each sentence that every arm tells: its two wordings."""
    atoms = [f"options.{i}.reflection" for i, o in enumerate(lesson.options) if o.reflection] + ["principle"]
    return tuple(({atom: "w"}, {atom: "mf"}) for atom in atoms)


def reasoned_levers(lesson: Lesson) -> tuple[Lever, ...]:
    """The shared levers, and one an option: which of its reasons are told (one at least), in which wordings."""
    levers = list(shared_levers(lesson))
    for i, option in enumerate(lesson.options):
        keys = [f"options.{i}.reasons.{j}" for j in range(len(option.reasons))]
        told = product(("", "w", "mf", "w mf"), repeat=len(keys))
        levers.append(tuple({k: w for k, w in zip(keys, words, strict=True) if w} for words in told if any(words)))
    return tuple(levers)


@dataclass(frozen=True, slots=True)
class Renderer:
    """How one arm writes, and what matching may vary in it.

    Attributes:
        levers: For a lesson, independent choices of told atoms and wordings; a cut takes one alternative of each.
        slots: Phrase slots that only this renderer has.
    """

    name: str
    label: str
    write: Callable[[Parts], Paragraphs]
    levers: Callable[[Lesson], tuple[Lever, ...]]
    slots: tuple[str, ...]


RENDERERS: dict[str, Renderer] = {
    r.name: r
    for r in (
        Renderer("branching", "B", branching, shared_levers, ("road1", "road2", "back")),
        Renderer("flat", "F", flat, shared_levers, ("facts1", "facts2")),
        Renderer("principled", "P", principled, reasoned_levers, ("for", "against")),
    )
}


def render(renderer: Renderer, lesson: Lesson, shape: Draw, cut: Cut, flipped: bool, actor: str) -> Paragraphs:
    """The paragraphs of one document. `lesson` is filled; `actor` is the name of person A."""
    return renderer.write(Parts(lesson, shape, cut, flipped, actor))
