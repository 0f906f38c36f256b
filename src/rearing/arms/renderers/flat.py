"""The same atoms as plain statements: no fork, no traversal; with reasons; and in other words."""

from rearing.arms.phrases import INNER_SLOT
from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, inner_levers, principle_lever, shared_levers, told_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson, Neutral, Option

AGAIN = "-again"


def facts(p: Parts, again: str = "") -> Paragraphs:
    """The menu, and the consequences of each option together and in time order."""
    one, two = p.ordered
    return (
        (p.menu("menu" + again), p.finite("head", "facts1" + again, one), *_all_outcomes(p, one, again)),
        (p.finite("head", "facts2" + again, two), *_all_outcomes(p, two, again)),
    )


def _all_outcomes(p: Parts, option: Option, again: str) -> tuple[Sentence, ...]:
    inner = p.inner(option, p.lived("head", "inner-facts{}" + again), menu=INNER_SLOT + again)
    return (*p.outcomes(option), *inner)


def flat(p: Parts) -> tuple[Paragraphs, ...]:
    """Facts; choice, reflections, principle."""
    return p.laid_out(facts(p), p.choice(), (*p.reflections(), *p.principle()))


def paraphrase(p: Parts) -> tuple[Paragraphs, ...]:
    """What `flat` says in other words: what two arms differ by when nothing but the wording differs."""
    choice = p.choice("choice" + AGAIN, "verdict" + AGAIN)
    return p.laid_out(facts(p, AGAIN), choice, (*p.reflections(), *p.principle()))


def flat_principled(p: Parts) -> tuple[Paragraphs, ...]:
    """Facts; choice, principle, and the reasons for and against it in place of the reflections."""
    reasons = tuple(s for option in p.ordered for s in (*p.reasons(option), *p.inner_reasons(option)))
    return p.laid_out(facts(p), p.choice(), (*p.principle(), *reasons))


def reason_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """Which reasons of an option are told (one at least), in which wording; and the principle."""
    return (*principle_lever(lesson), *told_levers(lesson), *inner_levers(lesson, ({},)))


FACTS_SLOTS = ("facts1", "facts2", "inner-facts1", "inner-facts2")
AGAIN_SLOTS = tuple(slot + AGAIN for slot in ("menu", "choice", "verdict", INNER_SLOT, *FACTS_SLOTS))
RENDERERS = (
    Renderer("flat", "F", flat, shared_levers, FACTS_SLOTS),
    Renderer("flat-principled", "FP", flat_principled, reason_levers, FACTS_SLOTS),
    Renderer("paraphrase", "PP", paraphrase, shared_levers, AGAIN_SLOTS),
)
