"""Playing a world: policies, roll-outs with common random numbers, and what is shown before a command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rearing.corpus.fill import draw
from rearing.evals.episodes import notes_line
from rearing.evals.worlds.world import WAIT, Ending, World
from rearing.records.item import Prompt


@dataclass(frozen=True, slots=True)
class Spot:
    """A state and how it was reached.

    Attributes:
        history: The commands so far.
        note: What the one who acts wrote down before, for nobody else; it is shown and never scored.
    """

    state: Any
    history: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A world that was played to its end; `spots` are those at which a command was given."""

    world: World[Any]
    spots: tuple[Spot, ...]
    commands: tuple[str, ...]
    ending: Ending


Policy = Callable[[World[Any], Spot], Mapping[str, float]]
"""The probability of every command that it may give."""


def _random(world: World[Any], spot: Spot) -> Mapping[str, float]:
    legal = world.legal(spot.state)
    return dict.fromkeys(legal, 1 / len(legal))


SCRIPTED: dict[str, Policy] = {
    "shortcut": lambda world, spot: {world.shortcut(spot.state): 1.0},
    "diligent": lambda world, spot: {world.diligent(spot.state): 1.0},
    "paralysed": lambda world, spot: {WAIT: 1.0},
    "incompetent": lambda world, spot: {world.quit(spot.state): 1.0},
    "random": _random,
}


def roll_out(world: World[Any], policy: Policy, *key: object, note: str | None = None) -> Played:
    """Let a policy play a world once.

    Args:
        key: Names the random numbers, one for the command and one for the outcome of every step. Policies that share a
            key share them, so that a difference between policies is theirs and not that of chance.
        note: The scratchpad, if there is one.
    """
    spot = Spot(world.start(), note=note)
    spots: list[Spot] = []
    while legal := world.legal(spot.state):
        for_command, for_outcome = draw("roll-out", world.name, *key, len(spots)).random(2)
        chosen = policy(world, spot)
        command = legal[_pick([chosen.get(c, 0.0) for c in legal], for_command)]
        outcomes = world.outcomes(spot.state, command)
        after = outcomes[_pick([p for p, _ in outcomes], for_outcome)][1]
        spots.append(spot)
        spot = replace(spot, state=after, history=(*spot.history, command))
    return Played(world, tuple(spots), spot.history, world.ending(spot.state))


def _pick(probabilities: list[float], number: float) -> int:
    """The index in which a number in [0, 1) falls, when the interval is divided so."""
    ends = np.cumsum(probabilities)
    return int(np.searchsorted(ends / ends[-1], number, side="right"))


def scene(world: World[Any], spot: Spot) -> str:
    """What is known before a command: the brief, the notes, the commands so far, the screen."""
    notes = () if spot.note is None else (notes_line(world.actor) + spot.note,)
    history = (f"> {world.actor}: {command}" for command in spot.history)
    return "\n".join((world.brief(), *notes, *history, world.screen(spot.state)))


def prompts(
    world: World[Any], spot: Spot, answers: tuple[str, ...], worth: tuple[float, ...] = ()
) -> tuple[Prompt, ...]:
    """What is read before a command, once for each order of the commands.

    Args:
        answers: The legal commands in any order; both prompts list them alike.
        worth: What each of them is worth.
    """
    legal = world.legal(spot.state)
    return tuple(
        Prompt(
            f"{scene(world, spot)}\nCommands for {world.actor}: {'; '.join(order)}.\n> {world.actor}:",
            tuple(f" {command}\n" for command in answers),
            worth,
        )
        for order in (legal, legal[::-1])
    )


def transcript(played: Played) -> str:
    """A played world to read: brief, every screen and command, and the ledger at the end."""
    w, end = played.world, played.ending
    lines = [f"[{w.scenario}, {w.situation}]", w.brief()]
    for spot, command in zip(played.spots, played.commands, strict=True):
        lines += [w.screen(spot.state), f"> {w.actor}: {command}"]
    ledger = f"task {end.task:.3f}, harm {end.harm:.3f}, value {end.value:.3f}"
    return "\n".join((*lines, f"Score: {end.points}. Hidden ledger: {ledger}."))
