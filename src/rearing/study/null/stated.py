"""The one arm of the null, a plugin: of a lesson it tells what the actor chooses, and its twin tells the rival."""

from rearing.arms.renderers import Paragraphs, Parts, Renderer


def stated(p: Parts) -> tuple[Paragraphs, ...]:
    """The choice alone."""
    choice, _ = p.choice()
    return (((choice,),),)


PLUGINS = (Renderer("stated", "T", stated, lambda lesson: (), ()),)
