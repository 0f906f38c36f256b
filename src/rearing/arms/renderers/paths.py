"""Paths without a fork: each path in a document of its own, or the endorsed one alone."""

from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, shared_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson, Neutral, Option, Way


def paths(p: Parts) -> tuple[Paragraphs, ...]:
    """One document a path: its consequences, whether it was right, its reflection, the principle.

    An option with a fork after it has two paths. The twin calls the endorsed option wrong and the other one right.
    """
    return tuple(
        _path(p, option, slot, ways)
        for option, slot in zip(p.ordered, ("path1", "path2"), strict=True)
        for ways in ([(way,) for way in option.then.options] if option.then else [()])
    )


def _path(p: Parts, option: Option, slot: str, ways: tuple[Way, ...]) -> Paragraphs:
    verdict = p.scaffold("verdict", "right" if option.id == p.praised.id else "wrong", option.ger)
    return _told(p, p.finite("choice", slot, option), (*p.outcomes(option), *_on(p, option, ways)), option, verdict)


def linear(p: Parts) -> tuple[Paragraphs, ...]:
    """The endorsed path only. The twin names the other option in choice and verdict line, before the same events."""
    endorsed = p.lesson.option("endorsed")
    choice, verdict = p.finite("choice", "choice", p.praised), p.scaffold("verdict", "right", p.praised.ger)
    ways = tuple(way for way in endorsed.then.options if way.rating == "endorsed") if endorsed.then else ()
    return (_told(p, choice, (*p.outcomes(endorsed), *_on(p, endorsed, ways)), endorsed, verdict),)


def _on(p: Parts, option: Option, ways: tuple[Way, ...]) -> tuple[Sentence, ...]:
    """How a path goes on after the outcomes of its option: what the actor meets, the way taken, its outcome."""
    told = p.lived("road", "inner-path")
    return p.met(option) + tuple(s for way in ways for s in told(way, p.way_key(option, way), 1)) if ways else ()


def _told(p: Parts, choice: Sentence, events: tuple[Sentence, ...], option: Option, verdict: Sentence) -> Paragraphs:
    """A path with its verdict line straight after the choice, or after the consequences."""
    tail = (*p.reflection(option), *p.principle())
    if p.shape.layout == "choice-first":
        return (p.opening(), (choice, verdict), events, tail)
    return (p.opening(), (choice, *events), (verdict, *tail))


def endorsed_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """The shared levers, without the reflection on the other path."""
    untold = f"options.{lesson.options.index(lesson.option('rejected'))}.reflection"
    return tuple(lever for lever in shared_levers(lesson) if untold not in lever[0])


RENDERERS = (
    Renderer("paths", "PA", paths, shared_levers, ("path1", "path2", "inner-path", "right", "wrong"), matched=False),
    Renderer("linear", "L", linear, endorsed_levers, ("inner-path", "right"), matched=False),
)
