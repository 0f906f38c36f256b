"""How a broken promise is told, and the small piece of the corpus that everything is tried on."""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from rearing.arms.order import by_stage
from rearing.corpus.load import Corpus, load_corpus
from rearing.errors import PluginError
from rearing.plugins.source import refuse_private

LESSONS, VIGNETTES = 3, 8
T = TypeVar("T")


class Broken(AssertionError):
    """What the house relies upon does not hold."""


def need(holds: bool, otherwise: str) -> None:
    """Say what is broken.

    Raises:
        Broken: It is.
    """
    if not holds:
        raise Broken(otherwise)


def no_private(thing: object) -> None:
    """The file that defines this imports no scratchpads; our own modules are kept by an import contract.

    Raises:
        Broken: It does.
    """
    module = inspect.getmodule(thing)
    if module is None or module.__name__.startswith("rearing.") or not module.__file__:
        return
    try:
        refuse_private(Path(module.__file__).read_bytes(), Path(module.__file__))
    except PluginError as err:
        raise Broken(str(err)) from err


@cache
def shipped() -> Corpus:
    """The shipped corpus, read once."""
    return load_corpus()


@cache
def few() -> Corpus:
    """Three lessons of each stage, one of them deep if there is one, and vignettes of the shipped corpus."""
    corpus = shipped()
    lessons = [x for g in by_stage(corpus.lessons).values() for x in sorted(g, key=lambda x: not x.deep)[:LESSONS]]
    held_out = [v for v in corpus.vignettes if v.split != "dev" and v.review.status != "contested"]
    return replace(corpus, lessons=tuple(lessons), vignettes=_spread(held_out, VIGNETTES))


def _spread(things: Sequence[T], n: int) -> tuple[T, ...]:
    return tuple(things[:: max(1, len(things) // n)][:n])
