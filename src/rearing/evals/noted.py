"""Episodes with a scratchpad: a model writes a line for itself, reads it again, and gives its command.

Form `noted` of family `frames`: the first decision state of every episode. What is written is logged apart and never
scored; the command alone is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rearing.arms.tokens import Encode
from rearing.corpus.fill import Pool
from rearing.evals.ask import ask
from rearing.evals.bank import episodes
from rearing.evals.episodes import NOTE_TOKENS, Episode, State, decision_states, notes_line
from rearing.evals.forms import item
from rearing.models.trees import computed_tokens
from rearing.records.item import Item, Rule
from rearing.records.private import PrivateNote
from rearing.records.scenario import Vignette

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel

FORM = "noted"


def play_noted(
    lm: "LanguageModel", vignettes: Sequence[Vignette], pool: Pool, rule: Rule
) -> tuple[list[dict[str, Any]], list[PrivateNote]]:
    """Every episode decided with a scratchpad: response rows like those of `ask`, and the notes."""
    places = list(_places(vignettes, pool))
    notes = write_notes(lm, places)
    asked = [noted_item(e, replace(state, note=note.text)) for (e, state), note in zip(places, notes, strict=True)]
    return ask(lm, asked, rule), notes


def write_notes(lm: "LanguageModel", places: Sequence[tuple[Episode, State]]) -> list[PrivateNote]:
    """What a model writes on its scratchpad in each of these places."""
    from rearing.models.write import write_lines

    lines = write_lines(lm, [note_prompt(e, state) for e, state in places], NOTE_TOKENS)
    return [
        PrivateNote(e.vignette.id, line, e.situation, len(state.history))
        for (e, state), line in zip(places, lines, strict=True)
    ]


def play_tokens(vignettes: Sequence[Vignette], pool: Pool, encode: Encode) -> int:
    """Tokens that `play_noted` computes if every scratchpad is filled."""
    places, filled = list(_places(vignettes, pool)), NOTE_TOKENS * " and"
    asked = [p for e, state in places for p in noted_item(e, replace(state, note=filled)).prompts]
    written = sum(len(encode(note_prompt(e, state))) + NOTE_TOKENS - 1 for e, state in places)
    return written + computed_tokens(encode, [(p.text, answer) for p in asked for answer in p.answers])


def note_prompt(episode: Episode, state: State) -> str:
    """What a model reads before it writes: the story so far, and neither commands nor points."""
    return f"{episode.scene(state)}\n{notes_line(episode.actor)}"


def noted_item(episode: Episode, state: State) -> Item:
    """The decision after a note, as an item."""
    vignette = episode.vignette.id
    return item("frames", FORM, episode.wording, vignette, episode.situation, episode.prompts(state))


def _places(vignettes: Sequence[Vignette], pool: Pool) -> Iterator[tuple[Episode, State]]:
    for e in episodes(vignettes, pool):
        yield e, decision_states(e)[0]
