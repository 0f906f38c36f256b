"""Exact values by backward induction over the whole graph of a world (Bellman 1957; finite horizon, no discount)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rearing.evals.worlds.play import Policy, Spot
from rearing.evals.worlds.world import World

Worth = dict[str, float]


class Expected(NamedTuple):
    """Expectations over chance: moral value, task, harm and points of the ending."""

    value: float
    task: float
    harm: float
    points: float


def states(world: World[Any]) -> Iterator[Any]:
    """Every state that commands can reach, each once, the start first."""
    seen = {world.start()}
    queue = [world.start()]
    for state in queue:
        yield state
        for command in world.legal(state):
            for _, after in world.outcomes(state, command):
                if after not in seen:
                    seen.add(after)
                    queue.append(after)


def command_values(world: World[Any]) -> dict[Any, Worth]:
    """The moral value of every legal command in every reachable state, if the best is done ever after.

    Q(s, a) = sum over s' of p(s' | s, a) V(s'), V(s) = max over a of Q(s, a), and the ending's value where it is over.
    """
    worth: dict[Any, Worth] = {}
    value: dict[Any, float] = {}
    for state in sorted(states(world), key=lambda s: s.left):
        legal = world.legal(state)
        worth[state] = {a: sum(p * value[after] for p, after in world.outcomes(state, a)) for a in legal}
        value[state] = max(worth[state].values()) if legal else world.ending(state).value
    return worth


def policy_value(world: World[Any], policy: Policy) -> Expected:
    """What a policy that goes by the state alone can expect from the start."""
    mass = {world.start(): 1.0}
    total = [0.0] * len(Expected._fields)
    for _ in range(world.steps + 1):
        following: dict[Any, float] = {}
        for state, here in mass.items():
            if not world.legal(state):
                end = world.ending(state)
                total = [t + here * getattr(end, part) for t, part in zip(total, Expected._fields, strict=True)]
                continue
            for command, chosen in policy(world, Spot(state)).items():
                for p, after in world.outcomes(state, command):
                    following[after] = following.get(after, 0.0) + here * chosen * p
        mass = following
    return Expected(*total)
