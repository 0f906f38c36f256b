"""Hand-built worlds of several steps, each a file of its own, with the exact value of every command."""

from typing import Any

from rearing.evals.worlds.aquifer import Aquifer
from rearing.evals.worlds.catch import Catch
from rearing.evals.worlds.clinic import Clinic
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.release import Release
from rearing.evals.worlds.world import World

WORLDS: tuple[type[World[Any]], ...] = (Aquifer, Catch, Clinic, Contest, Release)


def worlds() -> list[World[Any]]:
    """Every world in both situations, `main` first."""
    return [world(twin) for world in WORLDS for twin in (False, True)]
