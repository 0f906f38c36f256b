"""A model plays: it gives the likeliest legal command, with and without a scratchpad."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rearing.evals.ask import probabilities
from rearing.evals.worlds.play import SCRIPTED, Played, Policy, Spot, notes_line, prompts, roll_out, scene
from rearing.evals.worlds.world import World
from rearing.models.trees import Encode, computed_tokens
from rearing.records.item import item_id
from rearing.records.private import PrivateNote

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel

PLAYED, NOTED = "played", "played-noted"
NOTE_TOKENS = 16


def model_policy(lm: "LanguageModel") -> Policy:
    """The command of the largest probability: normalised over the legal ones, mean over both orders."""
    from rearing.models.score import likelihoods

    def policy(world: World[Any], spot: Spot) -> Mapping[str, float]:
        legal = world.legal(spot.state)
        asked = prompts(world, spot, legal)
        scored = likelihoods(
            lm, [[(p.text, answer) for answer in p.answers] for p in asked], names=[world.scenario] * len(asked)
        )
        p_A = probabilities(scored).mean(axis=0)
        return {legal[int(p_A.argmax())]: 1.0}

    return policy


def write_note(lm: "LanguageModel", world: World[Any]) -> PrivateNote:
    """What a model writes on its scratchpad before the first command."""
    from rearing.models.write import write_line

    return PrivateNote(world.scenario, write_line(lm, note_prompt(world), NOTE_TOKENS), world.situation)


def note_prompt(world: World[Any]) -> str:
    """What a model reads before it writes on its scratchpad."""
    return f"{scene(world, Spot(world.start()))}\n{notes_line(world)}"


def play_worlds(lm: "LanguageModel", among: Sequence[World[Any]]) -> tuple[list[dict[str, Any]], list[PrivateNote]]:
    """These worlds played once without and once with a scratchpad.

    Returns:
        Rows of `records.tables.RESPONSES` without arm, seed, attack and dose, whose score is the moral value of the
        ending; and the notes.
    """
    policy = model_policy(lm)
    notes = [write_note(lm, world) for world in among]
    rows = [response(roll_out(world, policy, "played"), PLAYED) for world in among]
    rows += [
        response(roll_out(world, policy, "played", note=note.text), NOTED)
        for world, note in zip(among, notes, strict=True)
    ]
    return rows, notes


def play_tokens(among: Sequence[World[Any]], encode: Encode) -> int:
    """Tokens that `play_worlds` computes if a model plays as long as a diligent player, and fills its scratchpad.

    How long it really plays is the model's: at least one command, at most `World.steps`. So the roll-outs of a world
    cost at most `steps / commands of the diligent player` times as much as is counted here, but for longer histories.
    """
    total = 0
    for world in among:
        spots = roll_out(world, SCRIPTED["diligent"], "played").spots
        for note in (None, NOTE_TOKENS * " and"):
            for spot in spots:
                asked = prompts(world, replace(spot, note=note), world.legal(spot.state))
                total += computed_tokens(encode, [(p.text, answer) for p in asked for answer in p.answers])
        total += len(encode(note_prompt(world))) + NOTE_TOKENS - 1
    return total


def response(played: Played, form: str) -> dict[str, Any]:
    """A roll-out as a response row; it has no margin."""
    world = played.world
    return {
        "family": "worlds",
        "form": form,
        "kind": "decision",
        "wording": "natural",
        "scenario": world.scenario,
        "situation": world.situation,
        "state": 0,
        "item": item_id("worlds", form, "natural", world.scenario, world.situation),
        "score": played.ending.value,
        **dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token", "agreement"), math.nan),
    }
