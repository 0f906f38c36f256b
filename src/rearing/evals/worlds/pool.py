"""The decision pool: forks between shortcut and care that policies really reach, each command with its exact worth.

Three kinds of policy reach them: scripts, chance, and a model. The model is the untrained embedded base, so that no arm
is nearer to the states than another. What it did is kept in `reached.json` (written by `bench/reached.py`), so that the
pool is the same for every checkpoint and needs no torch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rearing.corpus.fill import draw
from rearing.evals.forms import item
from rearing.evals.worlds import SHIPPED_WORLDS, worlds
from rearing.evals.worlds.play import SCRIPTED, Policy, Spot, prompts, roll_out
from rearing.evals.worlds.values import Worth, command_values
from rearing.evals.worlds.world import World
from rearing.records.item import Item

FORM = "decision"
# Roll-outs of each policy, and states kept of each world and situation.
ROLL_OUTS, SIZE = 32, 6
# The least by which the right one of diligence and shortcut must be better, so that a state is a fork between them.
STAKE = 0.05
REACHING = ("diligent", "random", "shortcut")
REACHED = Path(__file__).with_name("reached.json")


def pool(world: World[Any], policies: Mapping[str, Sequence[Policy]], worth: Mapping[Any, Worth]) -> list[Spot]:
    """Forks that policies reach, in turn from each of them, none twice, `SIZE` at most.

    Args:
        policies: By name, the policy of every roll-out.
        worth: Exact values, by state and command.
    """

    def stake(state: Any) -> float:
        gain = worth[state][world.diligent(state)] - worth[state][world.shortcut(state)]
        return -gain if world.twin else gain

    queues = []
    for name, played in sorted(policies.items()):
        reached = {
            spot.state: spot
            for k, policy in reversed(list(enumerate(played)))
            for spot in roll_out(world, policy, "pool", world.situation, k).spots
            if stake(spot.state) >= STAKE
        }
        # By their screens, which tell them apart: states themselves need have no order.
        spots = sorted(reached.values(), key=lambda s: (s.history, world.screen(s.state)))
        queues.append([spots[i] for i in draw("pool", world.name, world.situation, name).permutation(len(spots))])
    chosen: dict[Any, Spot] = {}
    while len(chosen) < SIZE and any(queues):
        for queue in queues:
            while queue and queue[-1].state in chosen:
                queue.pop()
            if queue and len(chosen) < SIZE:
                spot = queue.pop()
                chosen[spot.state] = spot
    return list(chosen.values())


def follow(line: str) -> Policy:
    """The policy that gives the commands of a line of `model.reach` one after the other."""
    commands = line.split("; ")
    return lambda world, spot: {commands[len(spot.history)]: 1.0}


def policies_of(world: World[Any]) -> dict[str, tuple[Policy, ...]]:
    """What reaches the pool of a world: scripts and chance, and, in a world of ours, a model."""
    lines = _reached().get(world.name, {}).get(world.situation, ())
    scripted = {name: (SCRIPTED[name],) * ROLL_OUTS for name in REACHING}
    return scripted | ({"model": tuple(map(follow, lines))} if lines else {})


@cache
def _reached() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(REACHED.read_text(encoding="utf-8"))
    return found


def decision(world: World[Any], spot: Spot, worth: Worth, number: int) -> Item:
    """A state as an item: its best command first, its worst second; worth runs from 0 (worst) to 1 (best)."""
    low, high = min(worth.values()), max(worth.values())
    ranked = sorted(worth, key=lambda command: -worth[command])
    answers = (ranked[0], ranked[-1], *ranked[1:-1])
    made = prompts(world, spot, answers, tuple((worth[a] - low) / (high - low) for a in answers))
    return item("worlds", FORM, "natural", world.scenario, world.situation, made, number, kind="decision")


def world_items(kinds: Iterable[type[World[Any]]] = SHIPPED_WORLDS) -> tuple[Item, ...]:
    """The pool of every world in both situations, the same for every checkpoint."""
    return tuple(item for world in worlds(kinds) for item in _items(world))


@cache
def _items(world: World[Any]) -> tuple[Item, ...]:
    worth = command_values(world)
    spots = pool(world, policies_of(world), worth)
    return tuple(decision(world, spot, worth[spot.state], number) for number, spot in enumerate(spots))
