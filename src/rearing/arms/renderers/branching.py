"""One road and its consequences, go back, the other road; and the same without stakes."""

from rearing.arms.renderers.base import Paragraphs, Renderer
from rearing.arms.renderers.parts import Parts, shared_levers
from rearing.records.document import Sentence
from rearing.records.scenario import Option

FORK_SLOTS = ("road1", "road2", "back", "aside", "other", "eyes1", "eyes2")
INNER_SLOTS = ("inner-road1", "inner-road2", "inner-back")


def fork(p: Parts) -> Paragraphs:
    """Both roads with their consequences, told in the way that the shape asks for (by roads where nobody watches)."""
    one, two = p.ordered
    if p.shape.telling == "aside":
        aside, road = p.finite("road", "aside", two), p.finite("road", "road1", one)
        return (p.menu(), aside, road, *_road(p, one)), (p.scaffold("back", "other"), *_road(p, two))
    watched = p.witness if p.shape.telling == "eyes" else ""
    slots = ("eyes1", "eyes2") if watched else ("road1", "road2")
    roads = [p.finite("road", slot, option) for slot, option in zip(slots, (one, two), strict=True)]
    return (
        (p.menu(), roads[0], *_road(p, one, watched)),
        (p.scaffold("back", "back"), roads[1], *_road(p, two, watched)),
    )


def _road(p: Parts, option: Option, witness: str = "") -> tuple[Sentence, ...]:
    """The consequences of an option, and the fork inside, one way and back and the other way."""
    back = (p.scaffold("back", "inner-back"),) if option.then else ()
    return (*p.outcomes(option, witness), *p.inner(option, p.lived("road", "inner-road{}"), back))


def branching(p: Parts) -> tuple[Paragraphs, ...]:
    """The fork; choice, reflections, principle."""
    return p.laid_out(fork(p), p.choice(), (*p.reflections(), *p.principle()))


def neutral(p: Parts) -> tuple[Paragraphs, ...]:
    """A fork at which nothing is at stake: the format alone, in its shortest cut, not aimed at a length."""
    return p.laid_out(fork(p), p.choice(verdict="taken"), ())


RENDERERS = (
    Renderer("branching", "B", branching, shared_levers, (*FORK_SLOTS, *INNER_SLOTS)),
    Renderer("neutral", "N", neutral, shared_levers, (*FORK_SLOTS, "taken"), matched=False, stakes=False),
)
