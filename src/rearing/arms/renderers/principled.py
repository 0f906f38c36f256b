"""Principle-rich text, built to win; and bare rules."""

from itertools import product

from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, principle_lever, shared_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson, Neutral, Option


def principled(p: Parts) -> tuple[Paragraphs, ...]:
    """Choice, principle, reasons for and against, reflections."""
    one, two = p.ordered
    body = ((p.menu(), _head(p, one), *p.reasons(one)), (_head(p, two), *p.reasons(two)))
    if p.shape.layout == "choice-last":
        return ((p.opening(), *body, (*p.choice(), *p.principle(), *p.reflections())),)
    return ((p.opening(), (*p.choice(), *p.principle()), *body, p.reflections()),)


def _head(p: Parts, told: Option) -> Sentence:
    """The sentence that introduces the reasons of an option; in a twin it names the other one."""
    if told.rating == "endorsed":
        return p.finite("head", "for", p.praised)
    return p.finite("head", "against", p.faulted)


def reasoned_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """The shared levers, and one an option: which of its reasons are told (one at least), in which wordings."""
    levers = list(shared_levers(lesson))
    for i, option in enumerate(lesson.options):
        keys = [f"options.{i}.reasons.{j}" for j in range(len(option.reasons))]
        told = product(("", "w", "mf", "w mf"), repeat=len(keys))
        levers.append(tuple({k: w for k, w in zip(keys, words, strict=True) if w} for words in told if any(words)))
    return tuple(levers)


def rules(p: Parts) -> tuple[Paragraphs, ...]:
    """What to do and what not to do, in the imperative; no reason and no consequence."""
    orders = (p.scaffold("rule", "do", p.praised.inf), p.scaffold("rule", "do-not", p.faulted.inf))
    told_first = p.ordered[0].rating == "endorsed"
    return p.laid_out((orders if told_first else orders[::-1],), p.choice(), p.principle())


RENDERERS = (
    Renderer("principled", "P", principled, reasoned_levers, ("for", "against")),
    Renderer("rules", "R", rules, principle_lever, ("do", "do-not"), matched=False),
)
