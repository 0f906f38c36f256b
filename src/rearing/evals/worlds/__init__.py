"""Hand-built worlds of several steps, each a file of its own, with the exact value of every command."""

from collections.abc import Iterable
from typing import Any

from rearing.evals.worlds.aquifer import Aquifer
from rearing.evals.worlds.catch import Catch
from rearing.evals.worlds.clinic import Clinic
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.release import Release
from rearing.evals.worlds.world import World
from rearing.plugins import Table

SHIPPED_WORLDS: tuple[type[World[Any]], ...] = (Aquifer, Catch, Clinic, Contest, Release)
WORLDS: Table[type[World[Any]]] = Table(
    "world", lambda thing: isinstance(thing, type) and issubclass(thing, World), SHIPPED_WORLDS
)


def worlds(kinds: Iterable[type[World[Any]]] = SHIPPED_WORLDS) -> list[World[Any]]:
    """Each of these in both situations, `main` first."""
    return [kind(twin) for kind in kinds for twin in (False, True)]
