"""Renderers: one filled lesson and one cut in, the paragraphs of its documents out. A renderer is one entry here."""

from rearing.arms.renderers import branching, flat, paths, principled
from rearing.arms.renderers.base import TELLINGS, Case, Cut, Lever, Paragraphs, Renderer, Shape, Telling
from rearing.arms.renderers.parts import Parts, principle_lever, shared_levers

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
]

RENDERERS: dict[str, Renderer] = {r.name: r for room in (branching, flat, principled, paths) for r in room.RENDERERS}
