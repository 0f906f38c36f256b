"""The named parts of a document, shared by all renderers.

Every matched renderer names the endorsed option in full four times and the rejected one three times: in the menu
(infinitive), in the body and in the choice (finite, after the actor's name), in the verdict line (gerund). The flipped
twin exchanges the two in the choice, the verdict line and the heads of the reasons, and nowhere else. The fork inside a
road of a deep lesson names each of its ways twice: in a menu (infinitive) and in the body (finite).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from rearing.arms.phrases import INNER_SLOT
from rearing.arms.renderers.base import Case, Cut, Lever, Paragraphs, Shape
from rearing.corpus.fill import sentence
from rearing.records.document import Role, Sentence
from rearing.records.scenario import Lesson, Neutral, Option, Way, Wording


@dataclass(frozen=True, slots=True)
class Parts:
    """One case and the cut of one renderer; a twin is flipped."""

    case: Case
    cut: Cut
    flipped: bool = False

    @property
    def lesson(self) -> Lesson | Neutral:
        """The filled scenario."""
        return self.case.lesson

    @property
    def shape(self) -> Shape:
        """What all arms share."""
        return self.case.shape

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

    @property
    def witness(self) -> str:
        """Key of the first affected person who does not act, or "" if there is none."""
        affected = self.lesson.affected if isinstance(self.lesson, Lesson) else ()
        return next((who for who in affected if who != "A" and who in self.case.names), "")

    def scaffold(self, role: Role, slot: str, x: str = "", y: str = "") -> Sentence:
        """The phrasing of a slot, filled in."""
        phrase = self.shape.phrases.get(slot) or self.cut.phrases[slot]
        names = {"A": self.case.names["A"], "B": self.case.names.get(self.witness, "")}
        return Sentence(role, sentence(phrase.format(**names, x=x, y=y)), slot=slot, phrase=phrase)

    def opening(self) -> tuple[Sentence, ...]:
        """Fillers, setting and minds."""
        return (
            *(Sentence("filler", text) for text in self.cut.fillers),
            *(Sentence("setting", sentence(t), f"setting.{i}") for i, t in enumerate(self.lesson.setting)),
            *(Sentence("mind", sentence(m.text), f"minds.{i}") for i, m in enumerate(self.lesson.minds)),
        )

    def menu(self, slot: str = "menu") -> Sentence:
        """The sentence that names both options, the first one first."""
        one, two = self.ordered
        return self.scaffold("menu", slot, one.inf, two.inf)

    def finite(self, role: Role, slot: str, option: Option | Way) -> Sentence:
        """A sentence of the body in which the actor takes an option."""
        return self.scaffold(role, slot, option.fin)

    def choice(self, choice: str = "choice", verdict: str = "verdict") -> tuple[Sentence, Sentence]:
        """What the actor does, and the verdict line."""
        return (
            self.scaffold("choice", choice, self.praised.fin),
            self.scaffold("verdict", verdict, self.praised.ger, self.faulted.ger),
        )

    def outcomes(self, option: Option, witness: str = "") -> tuple[Sentence, ...]:
        """The consequences of an option in time order, those of the witness before the others of the same time."""
        index = self.lesson.options.index(option)
        order = sorted(
            range(len(option.outcomes)),
            key=lambda j: (option.outcomes[j].when == "later", bool(witness) and option.outcomes[j].who != witness),
        )
        return tuple(
            Sentence("outcome", sentence(option.outcomes[j].text), f"options.{index}.outcomes.{j}") for j in order
        )

    def inner(
        self,
        option: Option,
        told: Callable[[Way, str, int], tuple[Sentence, ...]],
        between: tuple[Sentence, ...] = (),
        menu: str = INNER_SLOT,
    ) -> tuple[Sentence, ...]:
        """The fork after an option, nothing if there is none; the way of the other rating than the first road is first.

        Args:
            option: Whose fork it is.
            told: What is said of a way, from the way, its key path and its place, 1 or 2.
            between: What stands between the two.
            menu: Slot of the sentence that names both.
        """
        if option.then is None:
            return ()
        one, two = sorted(option.then.options, key=lambda way: way.rating == self.ordered[0].rating)
        return (
            *self.met(option),
            self.scaffold("menu", menu, one.inf, two.inf),
            *told(one, self.way_key(option, one), 1),
            *between,
            *told(two, self.way_key(option, two), 2),
        )

    def met(self, option: Option) -> tuple[Sentence, ...]:
        """What the actor meets at the fork after an option."""
        at = f"options.{self.lesson.options.index(option)}.then.situation"
        return (Sentence("outcome", sentence(option.then.situation), at),) if option.then else ()

    def way_key(self, option: Option, way: Way) -> str:
        """Key path of a way of the fork after an option."""
        ways = option.then.options if option.then else ()
        return f"options.{self.lesson.options.index(option)}.then.options.{ways.index(way)}"

    def lived(self, role: Role, slots: str) -> Callable[[Way, str, int], tuple[Sentence, ...]]:
        """A way as it is taken and what comes of it; the place of the way stands for {} in `slots`."""
        return lambda way, key, place: (
            self.finite(role, slots.format(place), way),
            Sentence("outcome", sentence(way.outcome.text), f"{key}.outcome"),
        )

    def evaluative(self, role: Role, atom: str, wording: Wording) -> tuple[Sentence, ...]:
        """An evaluative atom in the wordings that the cut chose; nothing if the cut left it out."""
        texts = {"w": wording.w, "mf": wording.mf}
        return tuple(
            Sentence(role, sentence(texts[words]), atom, words=words) for words in self.cut.words.get(atom, "").split()
        )

    def reflection(self, option: Option) -> tuple[Sentence, ...]:
        """Looking back on one option."""
        if option.reflection is None:
            return ()
        index = self.lesson.options.index(option)
        return self.evaluative("reflection", f"options.{index}.reflection", option.reflection)

    def reflections(self) -> tuple[Sentence, ...]:
        """Looking back on both options, in the order in which they were told."""
        return tuple(s for option in self.ordered for s in self.reflection(option))

    def principle(self) -> tuple[Sentence, ...]:
        """The general sentence."""
        if not isinstance(self.lesson, Lesson):
            return ()
        return self.evaluative("principle", "principle", self.lesson.principle)

    def reasons(self, option: Option) -> tuple[Sentence, ...]:
        """The told reasons of one option."""
        index = self.lesson.options.index(option)
        return tuple(
            s
            for j, reason in enumerate(option.reasons)
            for s in self.evaluative("reason", f"options.{index}.reasons.{j}", reason)
        )

    def inner_reason(self, way: Way, key: str) -> tuple[Sentence, ...]:
        """Why a way of an inner fork is right, or is not."""
        return self.evaluative("reason", f"{key}.reason", way.reason)

    def inner_reasons(self, option: Option) -> tuple[Sentence, ...]:
        """The told reasons at the fork after an option."""
        ways = option.then.options if option.then else ()
        return tuple(s for way in ways for s in self.inner_reason(way, self.way_key(option, way)))

    def laid_out(
        self, body: Paragraphs, choice: tuple[Sentence, ...], tail: tuple[Sentence, ...]
    ) -> tuple[Paragraphs, ...]:
        """One document: choice after the body (choice-last) or before it (choice-first)."""
        if self.shape.layout == "choice-last":
            return ((self.opening(), *body, (*choice, *tail)),)
        return ((self.opening(), choice, *body, tail),)


def shared_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """One lever for each reflection and the principle: its two wordings."""
    atoms = [f"options.{i}.reflection" for i, o in enumerate(lesson.options) if o.reflection]
    return tuple(({atom: "w"}, {atom: "mf"}) for atom in (*atoms, *_principle(lesson)))


def principle_lever(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """The two wordings of the principle."""
    return tuple(({atom: "w"}, {atom: "mf"}) for atom in _principle(lesson))


def told_levers(lesson: Lesson | Neutral, wordings: Sequence[str] = ("w", "mf"), more: str = "") -> tuple[Lever, ...]:
    """Of each option, which of its reasons are told, one at least, and in which wording.

    Nothing is told in both wordings as long as another reason is not told at all (decision 0022).

    Args:
        lesson: Whose options are told.
        wordings: What an atom may be told in: "w", "mf", or both, "w mf".
        more: Another evaluative atom of an option that may be told beside its reasons: "reflection".
    """
    levers = []
    for i, option in enumerate(lesson.options):
        own = [more] if more else []
        keys = [f"options.{i}.{key}" for key in (*own, *(f"reasons.{j}" for j in range(len(option.reasons))))]
        told = [t for t in product(("", *wordings), repeat=len(keys)) if any(t) and (all(t) or not _twice(t))]
        levers.append(tuple({k: w for k, w in zip(keys, words, strict=True) if w} for words in told))
    return tuple(levers)


def _twice(words: Sequence[str]) -> bool:
    return any(" " in w for w in words)


def inner_levers(lesson: Lesson | Neutral, more: Sequence[dict[str, str]] = ()) -> tuple[Lever, ...]:
    """One lever for each way of an inner fork: the two wordings of its reason, and `more` that may be told instead."""
    return tuple(
        ({key: "w"}, {key: "mf"}, *more)
        for i, option in enumerate(lesson.options)
        for j, _ in enumerate(option.then.options if option.then else ())
        for key in (f"options.{i}.then.options.{j}.reason",)
    )


def _principle(lesson: Lesson | Neutral) -> tuple[str, ...]:
    return ("principle",) if isinstance(lesson, Lesson) else ()
