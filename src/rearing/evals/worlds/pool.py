"""The decision pool: states that policies really reach, each command with its exact worth."""

from collections.abc import Mapping
from typing import Any

from rearing.corpus.fill import draw
from rearing.evals.worlds import worlds
from rearing.evals.worlds.play import SCRIPTED, Policy, Spot, prompts, roll_out
from rearing.evals.worlds.values import Worth, command_values
from rearing.evals.worlds.world import World
from rearing.records.item import Item

FORM = "decision"
# Roll-outs of each policy, states kept of each world and situation, and the least that must be at stake in one.
ROLL_OUTS, SIZE, STAKE = 8, 8, 0.1
REACHING = ("diligent", "random", "shortcut")


def pool(world: World[Any], policies: Mapping[str, Policy], worth: Mapping[Any, Worth], size: int = SIZE) -> list[Spot]:
    """States that policies reach, in turn from each of them, none twice.

    Args:
        policies: Scripted ones, or that of a model.
        worth: Exact values, by state and command; states with less than `STAKE` between best and worst stay out.
        size: How many at most.
    """
    queues = []
    for name, policy in sorted(policies.items()):
        reached = {
            spot.state: spot
            for k in reversed(range(ROLL_OUTS))
            for spot in roll_out(world, policy, "pool", world.situation, k).spots
            if max(worth[spot.state].values()) - min(worth[spot.state].values()) >= STAKE
        }
        spots = sorted(reached.values(), key=lambda s: (s.history, s.state))
        queues.append([spots[i] for i in draw("pool", world.name, world.situation, name).permutation(len(spots))])
    chosen: dict[Any, Spot] = {}
    while len(chosen) < size and any(queues):
        for queue in queues:
            while queue and queue[-1].state in chosen:
                queue.pop()
            if queue and len(chosen) < size:
                spot = queue.pop()
                chosen[spot.state] = spot
    return list(chosen.values())


def decision(world: World[Any], spot: Spot, worth: Worth, number: int) -> Item:
    """A state as an item: its best command first, its worst second; worth runs from 0 (worst) to 1 (best)."""
    low, high = min(worth.values()), max(worth.values())
    ranked = sorted(worth, key=lambda command: -worth[command])
    answers = (ranked[0], ranked[-1], *ranked[1:-1])
    made = prompts(world, spot, answers, tuple((worth[a] - low) / (high - low) for a in answers))
    name = "/".join(("worlds", FORM, "natural", world.scenario, world.situation, str(number)))
    return Item(name, "worlds", FORM, "decision", "natural", world.scenario, world.situation, number, made)


def world_items() -> list[Item]:
    """The pool of every world in both situations, the same for every checkpoint."""
    made = []
    for world in worlds():
        worth = command_values(world)
        spots = pool(world, {name: SCRIPTED[name] for name in REACHING}, worth)
        made += [decision(world, spot, worth[spot.state], number) for number, spot in enumerate(spots)]
    return made
