"""The decision pool: forks between shortcut and care that policies really reach, each command with its exact worth."""

from collections.abc import Iterable, Mapping
from functools import cache
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


def pool(
    world: World[Any], policies: Mapping[str, Policy], worth: Mapping[Any, Worth], roll_outs: int = ROLL_OUTS
) -> list[Spot]:
    """Forks that policies reach, in turn from each of them, none twice, `SIZE` at most.

    Args:
        policies: Scripted ones, or that of a model.
        worth: Exact values, by state and command.
        roll_outs: Of every policy.
    """

    def stake(state: Any) -> float:
        gain = worth[state][world.diligent(state)] - worth[state][world.shortcut(state)]
        return -gain if world.twin else gain

    queues = []
    for name, policy in sorted(policies.items()):
        reached = {
            spot.state: spot
            for k in reversed(range(roll_outs))
            for spot in roll_out(world, policy, "pool", world.situation, k).spots
            if stake(spot.state) >= STAKE
        }
        spots = sorted(reached.values(), key=lambda s: (s.history, s.state))
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
    spots = pool(world, {name: SCRIPTED[name] for name in REACHING}, worth)
    return tuple(decision(world, spot, worth[spot.state], number) for number, spot in enumerate(spots))
