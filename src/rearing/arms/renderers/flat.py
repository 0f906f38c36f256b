"""The same atoms as plain statements: no fork, no traversal; with reasons; and in other words."""

from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, principle_lever, shared_levers, told_levers
from rearing.records.scenario import Lesson, Neutral

AGAIN = "-again"


def facts(p: Parts, again: str = "") -> Paragraphs:
    """The menu, and the consequences of each option together and in time order."""
    one, two = p.ordered
    return (
        (p.menu("menu" + again), p.finite("head", "facts1" + again, one), *p.outcomes(one)),
        (p.finite("head", "facts2" + again, two), *p.outcomes(two)),
    )


def flat(p: Parts) -> tuple[Paragraphs, ...]:
    """Facts; choice, reflections, principle."""
    return p.laid_out(facts(p), p.choice(), (*p.reflections(), *p.principle()))


def paraphrase(p: Parts) -> tuple[Paragraphs, ...]:
    """What `flat` says in other words: what two arms differ by when nothing but the wording differs."""
    choice = p.choice("choice" + AGAIN, "verdict" + AGAIN)
    return p.laid_out(facts(p, AGAIN), choice, (*p.reflections(), *p.principle()))


def flat_principled(p: Parts) -> tuple[Paragraphs, ...]:
    """Facts; choice, principle, and the reasons for and against it in place of the reflections."""
    reasons = tuple(s for option in p.ordered for s in p.reasons(option))
    return p.laid_out(facts(p), p.choice(), (*p.principle(), *reasons))


def reason_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """Which reasons of an option are told (one at least), in which wording; and the principle."""
    return (*principle_lever(lesson), *told_levers(lesson))


AGAIN_SLOTS = tuple(slot + AGAIN for slot in ("menu", "choice", "verdict", "facts1", "facts2"))
RENDERERS = (
    Renderer("flat", "F", flat, shared_levers, ("facts1", "facts2")),
    Renderer("flat-principled", "FP", flat_principled, reason_levers, ("facts1", "facts2")),
    Renderer("paraphrase", "PP", paraphrase, shared_levers, AGAIN_SLOTS),
)
