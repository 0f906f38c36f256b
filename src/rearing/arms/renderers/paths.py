"""Paths without a fork: each path in a document of its own, or the endorsed one alone."""

from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, shared_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson, Neutral, Option


def paths(p: Parts) -> tuple[Paragraphs, ...]:
    """One document an option: its consequences, whether it was right, its reflection, the principle.

    The twin calls the endorsed path wrong and the other one right.
    """
    return tuple(_path(p, option, slot) for option, slot in zip(p.ordered, ("path1", "path2"), strict=True))


def _path(p: Parts, option: Option, slot: str) -> Paragraphs:
    verdict = p.scaffold("verdict", "right" if option.id == p.praised.id else "wrong", option.ger)
    return _told(p, p.finite("choice", slot, option), option, verdict)


def linear(p: Parts) -> tuple[Paragraphs, ...]:
    """The endorsed path only. The twin names the other option in choice and verdict line, before the same events."""
    endorsed = p.lesson.option("endorsed")
    choice, verdict = p.finite("choice", "choice", p.praised), p.scaffold("verdict", "right", p.praised.ger)
    return (_told(p, choice, endorsed, verdict),)


def _told(p: Parts, choice: Sentence, option: Option, verdict: Sentence) -> Paragraphs:
    """A path with its verdict line straight after the choice, or after the consequences."""
    tail = (*p.reflection(option), *p.principle())
    if p.shape.layout == "choice-first":
        return (p.opening(), (choice, verdict), p.outcomes(option), tail)
    return (p.opening(), (choice, *p.outcomes(option)), (verdict, *tail))


def endorsed_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """The shared levers, without the reflection on the other path."""
    untold = f"options.{lesson.options.index(lesson.option('rejected'))}.reflection"
    return tuple(lever for lever in shared_levers(lesson) if untold not in lever[0])


RENDERERS = (
    Renderer("paths", "PA", paths, shared_levers, ("path1", "path2", "right", "wrong"), matched=False),
    Renderer("linear", "L", linear, endorsed_levers, ("right",), matched=False),
)
