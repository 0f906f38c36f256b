"""A model plays: it gives the likeliest legal command, with and without a scratchpad."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rearing.arms.tokens import Encode
from rearing.evals.ask import choose
from rearing.evals.episodes import NOTE_TOKENS, notes_line
from rearing.evals.worlds.play import SCRIPTED, Played, Policy, Spot, prompts, roll_out, scene
from rearing.evals.worlds.world import World
from rearing.models.trees import computed_tokens
from rearing.records.item import item_id
from rearing.records.private import PrivateNote

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel

PLAYED, NOTED = "played", "played-noted"


def sampling_policy(lm: "LanguageModel") -> Policy:
    """Every legal command with its probability: normalised over the legal ones, mean over both orders."""

    def policy(world: World[Any], spot: Spot) -> Mapping[str, float]:
        legal = world.legal(spot.state)
        p_A = choose(lm, prompts(world, spot, legal), world.scenario)
        return dict(zip(legal, p_A.tolist(), strict=True))

    return policy


def model_policy(lm: "LanguageModel") -> Policy:
    """The likeliest command."""
    probable = sampling_policy(lm)

    def policy(world: World[Any], spot: Spot) -> Mapping[str, float]:
        p = probable(world, spot)
        return {max(p, key=p.__getitem__): 1.0}

    return policy


def reach(lm: "LanguageModel", world: World[Any], roll_outs: int) -> list[str]:
    """What a model does in a world when commands are drawn by their probability: a line a roll-out.

    The random numbers are those of `pool.pool`, which meets the same states when it follows the lines.
    """
    policy = sampling_policy(lm)
    return ["; ".join(roll_out(world, policy, "pool", world.situation, k).commands) for k in range(roll_outs)]


def write_notes(lm: "LanguageModel", among: Sequence[World[Any]]) -> list[PrivateNote]:
    """What a model writes on its scratchpad before the first command of each world."""
    from rearing.models.write import write_lines

    lines = write_lines(lm, [note_prompt(world) for world in among], NOTE_TOKENS)
    return [PrivateNote(w.scenario, line, w.situation) for w, line in zip(among, lines, strict=True)]


def note_prompt(world: World[Any]) -> str:
    """What a model reads before it writes on its scratchpad."""
    return f"{scene(world, Spot(world.start()))}\n{notes_line(world.actor)}"


def play_worlds(lm: "LanguageModel", among: Sequence[World[Any]]) -> tuple[list[dict[str, Any]], list[PrivateNote]]:
    """These worlds played once without and once with a scratchpad.

    Returns:
        Rows of `records.tables.RESPONSES` without arm, seed, attack and dose, whose score is the moral value of the
        ending; and the notes.
    """
    policy = model_policy(lm)
    notes = write_notes(lm, among)
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
