"""Principle-rich text, built to win; and bare rules."""

from rearing.arms.renderers.base import Lever, Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, inner_levers, principle_lever, shared_levers, told_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Lesson, Neutral, Option, Way


def principled(p: Parts) -> tuple[Paragraphs, ...]:
    """Choice, principle, reasons for and against, reflections."""
    one, two = p.ordered
    body = ((p.menu(), *_case(p, one)), _case(p, two))
    if p.shape.layout == "choice-last":
        return ((p.opening(), *body, (*p.choice(), *p.principle(), *p.reflections())),)
    return ((p.opening(), (*p.choice(), *p.principle()), *body, p.reflections()),)


def _case(p: Parts, option: Option) -> tuple[Sentence, ...]:
    """What speaks for or against an option, and at a fork after it for and against the ways on."""
    return (
        _head(p, option),
        *p.reasons(option),
        *p.inner(option, lambda way, key, _: _inner_case(p, option, way, key)),
    )


def _inner_case(p: Parts, option: Option, way: Way, key: str) -> tuple[Sentence, ...]:
    """The reason for or against a way on; in a twin its head names the other one."""
    ways = option.then.options if option.then else ()
    named = next(w for w in ways if (w.rating == way.rating) != p.flipped)
    slot = "inner-for" if way.rating == "endorsed" else "inner-against"
    return (p.finite("head", slot, named), *p.inner_reason(way, key))


def _head(p: Parts, told: Option) -> Sentence:
    """The sentence that introduces the reasons of an option; in a twin it names the other one."""
    if told.rating == "endorsed":
        return p.finite("head", "for", p.praised)
    return p.finite("head", "against", p.faulted)


def reasoned_levers(lesson: Lesson | Neutral) -> tuple[Lever, ...]:
    """The shared levers, and one an option: which of its reasons are told, in which wordings; in both if all are told.

    On the rejected option P reflects in moral words alone: the other wording looks back on what came of it as on a
    fact, and P has told neither that road nor its end.
    """
    rejected = next((f"options.{i}.reflection" for i, o in enumerate(lesson.options) if o.rating == "rejected"), "")
    shared = (tuple(cut for cut in lever if cut.get(rejected) != "mf") for lever in shared_levers(lesson))
    return (*shared, *told_levers(lesson, ("w", "mf", "w mf")), *inner_levers(lesson))


def rules(p: Parts) -> tuple[Paragraphs, ...]:
    """What to do and what not to do, in the imperative; no reason and no consequence."""
    orders = (p.scaffold("rule", "do", p.praised.inf), p.scaffold("rule", "do-not", p.faulted.inf))
    told_first = p.ordered[0].rating == "endorsed"
    return p.laid_out((orders if told_first else orders[::-1],), p.choice(), p.principle())


RENDERERS = (
    Renderer("principled", "P", principled, reasoned_levers, ("for", "against", "inner-for", "inner-against")),
    Renderer("rules", "R", rules, principle_lever, ("do", "do-not"), matched=False),
)
