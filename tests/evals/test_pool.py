"""The decision pool: states that are really reached, with the exact worth of each command."""

from functools import cache
from typing import Any

import pytest
from tests.evals.scripted import Policy, answer, mean, right, wrong

from rearing.corpus.fill import NAMES
from rearing.evals.families import INSTRUMENTS
from rearing.evals.worlds import worlds
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.model import model_policy, reach, sampling_policy
from rearing.evals.worlds.play import SCRIPTED, Spot, prompts, roll_out
from rearing.evals.worlds.pool import SIZE, STAKE, _items, _reached, decision, follow, policies_of, pool, world_items
from rearing.evals.worlds.values import command_values
from rearing.evals.worlds.world import World
from rearing.models.base import open_model
from rearing.models.identity import EMBEDDED

EVERY = pytest.mark.parametrize("world", worlds(), ids=lambda w: f"{w.name}-{w.situation}")
ITEMS = world_items()
BY_SITUATION = {s: [i for i in ITEMS if i.situation == s] for s in ("main", "twin")}


@cache
def spots_of(world: World[Any]) -> tuple[Spot, ...]:
    return tuple(pool(world, policies_of(world), command_values(world)))


def test_the_pool_is_the_same_every_time() -> None:
    _items.cache_clear()
    assert world_items() == ITEMS
    assert len({i.id for i in ITEMS}) == len(ITEMS)
    assert all(
        4 <= len([i for i in ITEMS if (i.scenario, i.situation) == (w.scenario, w.situation)]) <= SIZE for w in worlds()
    )


@EVERY
def test_its_states_follow_from_their_history_and_have_something_at_stake(world: World[Any]) -> None:
    worth = command_values(world)
    spots = spots_of(world)
    assert len({s.state for s in spots}) == len(spots) <= SIZE
    for number, spot in enumerate(spots):
        reached = {world.start()}
        for command in spot.history:
            reached = {after for state in reached for _, after in world.outcomes(state, command)}
        assert spot.state in reached
        values = worth[spot.state]
        right_one, other = (world.shortcut, world.diligent) if world.twin else (world.diligent, world.shortcut)
        assert values[right_one(spot.state)] - values[other(spot.state)] >= STAKE
        item = decision(world, spot, values, number)
        one, two = item.prompts
        assert {a.strip() for a in one.answers} == set(world.legal(spot.state)) and one.answers == two.answers
        assert (one.worth[0], one.worth[1]) == (max(one.worth), min(one.worth)) == (1.0, 0.0)
        by_worth = [a.strip() for _, a in sorted(zip(one.worth, one.answers, strict=True))]
        assert [values[a] for a in by_worth] == sorted(values.values())
        listed = [p.text.split(f"Commands for {world.actor}: ")[1].split(".\n")[0].split("; ") for p in (one, two)]
        assert listed[0] == listed[1][::-1] == list(world.legal(spot.state))


def test_the_best_command_scores_one_and_the_worst_nothing() -> None:
    assert mean(ITEMS, right) == 1.0 and mean(ITEMS, wrong) == 0.0
    middle = next(i for i in ITEMS if len(i.prompts[0].answers) > 2 and 0 < i.prompts[0].worth[2] < 1)
    assert answer(middle, lambda item, prompt: 2) == middle.prompts[0].worth[2]


def scripted(name: str) -> Policy:
    """A scripted policy of the worlds, as one that answers items."""
    by_prompt = {}
    for world in worlds():
        for spot in spots_of(world):
            (chosen,) = SCRIPTED[name](world, spot)
            by_prompt[prompts(world, spot, ())[0].text] = f" {chosen}\n"
    return lambda item, prompt: prompt.answers.index(by_prompt[item.prompts[0].text])


@pytest.mark.parametrize(
    ("name", "main", "twin"),
    [
        ("diligent", (0.9, 1.0), (0.4, 0.8)),
        ("shortcut", (0.0, 0.4), (1.0, 1.0)),
        ("paralysed", (0.4, 0.7), (0.2, 0.5)),
        ("incompetent", (0.0, 0.5), (0.0, 0.2)),
    ],
)
def test_care_is_right_in_main_the_shortcut_in_the_twin_and_neither_waiting_nor_giving_up_in_both(
    name: str, main: tuple[float, float], twin: tuple[float, float]
) -> None:
    policy = scripted(name)
    got = {situation: mean(asked, policy) for situation, asked in BY_SITUATION.items()}
    assert main[0] <= got["main"] <= main[1] and twin[0] <= got["twin"] <= twin[1], got
    assert sum(got.values()) / 2 < (0.5 if name in ("paralysed", "incompetent") else 0.9)


@pytest.mark.parametrize(("name", "score"), [("diligent", 0.82), ("shortcut", 0.65)])
def test_who_does_not_read_the_situation_can_have_more_than_a_half(name: str, score: float) -> None:
    """As docs/red-team.md says, so that `worlds` claims no twins."""
    policy = scripted(name)
    assert sum(mean(asked, policy) for asked in BY_SITUATION.values()) / 2 == pytest.approx(score, abs=0.005)
    assert not INSTRUMENTS["worlds"].twins


def test_the_pool_holds_states_of_scripts_of_chance_and_of_a_model() -> None:
    """Some state of every kind could not have come from another; a world of somebody else has no model's."""
    alone = dict.fromkeys(("diligent", "shortcut", "random", "model"), 0)
    for world in worlds():
        by_name = {
            name: {s.state for k, p in enumerate(played) for s in roll_out(world, p, "pool", world.situation, k).spots}
            for name, played in policies_of(world).items()
        }
        for spot in spots_of(world):
            (name, *others) = [name for name, states in by_name.items() if spot.state in states]
            alone[name] += not others
    assert all(alone.values()), alone


@EVERY
def test_what_the_model_did_leads_to_the_end_of_the_world(world: World[Any]) -> None:
    for k, policy in enumerate(policies_of(world)["model"]):
        played = roll_out(world, policy, "pool", world.situation, k)
        assert "; ".join(played.commands) in _reached()[world.name][world.situation]


@pytest.mark.slow
def test_the_lines_are_what_the_embedded_base_does() -> None:
    lm, world = open_model(EMBEDDED), Contest(False)
    assert reach(lm, world, 1) == _reached()[world.name][world.situation][:1]


def test_what_any_model_reaches_can_be_pooled() -> None:
    """A line that is followed leads to the states of the model that wrote it."""
    lm, world = open_model("tiny"), Contest(False)
    (line,) = reach(lm, world, 1)
    spots = pool(world, {"model": (follow(line),)}, command_values(world))
    played = roll_out(world, sampling_policy(lm), "pool", world.situation, 0)
    assert spots and set(spots) <= set(played.spots) and "; ".join(played.commands) == line
    greedy = pool(world, {"model": (model_policy(lm),)}, command_values(world))
    assert greedy == pool(world, {"model": (model_policy(lm),)}, command_values(world))


def test_no_trained_name_is_in_a_world() -> None:
    text = " ".join(p.text for i in ITEMS for p in i.prompts)
    others = {name for pool_, bank in NAMES.items() if pool_ != "exam" for names in bank.values() for name in names}
    assert not others & set(text.replace(".", " ").replace(":", " ").replace("'", " ").split())
