"""Renderers: one filled lesson and one cut in, the paragraphs of its documents out. Others come as plugins."""

from rearing.arms.renderers import branching, flat, paths, principled
from rearing.arms.renderers.base import TELLINGS, Case, Cut, Lever, Paragraphs, Renderer, Shape, Telling
from rearing.arms.renderers.parts import Parts, principle_lever, shared_levers, told_levers
from rearing.plugins import Table

__all__ = [
    "RENDERERS",
    "TELLINGS",
    "Case",
    "Cut",
    "Lever",
    "Paragraphs",
    "Parts",
    "Renderer",
    "Shape",
    "Telling",
    "principle_lever",
    "shared_levers",
    "told_levers",
]

RENDERERS: Table[Renderer] = Table(
    "renderer",
    lambda thing: isinstance(thing, Renderer),
    (r for room in (branching, flat, principled, paths) for r in room.RENDERERS),
)
