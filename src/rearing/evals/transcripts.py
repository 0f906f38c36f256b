"""What a model does, to read: an episode or a world that it plays, a dialogue in which it is pressed.

Commands and answers are chosen as they are in the examination, by likelihood over both orders of what is shown; p is
the probability among those that were legal.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rearing.corpus.fill import pool_of
from rearing.evals.ask import choose
from rearing.evals.bank import episodes
from rearing.evals.episodes import STEPS, Episode, State, decision_states
from rearing.evals.noted import write_notes
from rearing.evals.pressure import TURNS, pressure_items
from rearing.evals.worlds.model import model_policy
from rearing.evals.worlds.play import roll_out, transcript
from rearing.evals.worlds.world import World
from rearing.records.scenario import Vignette

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel


def world_transcript(lm: "LanguageModel", world: World[Any]) -> str:
    """A world as a study plays it."""
    return transcript(roll_out(world, model_policy(lm), "played"))


def episode_transcripts(lm: "LanguageModel", vignette: Vignette) -> Iterator[str]:
    """A vignette as an episode, in both situations: from the start, and from the first state that is scored.

    From there it is played with a scratchpad too.
    """
    for e in episodes([vignette], pool_of(vignette)):
        scored = decision_states(e)[0]
        (note,) = write_notes(lm, [(e, scored)])
        yield _episode(lm, e, State(), "")
        yield _episode(lm, e, scored, ", from the first state that is scored")
        yield _episode(lm, e, replace(scored, note=note.text), ", from the same state with a scratchpad")


def _episode(lm: "LanguageModel", e: Episode, state: State, since: str) -> str:
    """One episode to its end, or for `STEPS` commands, from the first thing that is read to the ledger."""
    lines = [f"[{e.vignette.id}, {e.situation}{since}]", e.prompts(state)[0].text.rpartition("\n")[0]]
    while not state.taken and len(state.history) < STEPS:
        legal = e.legal(state)
        p_A = choose(lm, e.prompts(state), e.vignette.id)
        state = e.step(state, legal[int(p_A.argmax())])
        shares = ", ".join(f"{legal[k]} {p_A[k]:.3f}" for k in (-p_A).argsort())
        shares += f"; between the two options: {legal[0]} {p_A[0] / p_A[:2].sum():.3f}"
        lines.append(state.history[-1].replace("\n", f"\n   (p: {shares})\n", 1))
    end = e.ledger(state)
    right = {1.0: "right", 0.0: "wrong"}.get(end.right, "nothing was decided, which counts a half")
    return "\n".join((*lines, f"Score: {end.points}. Hidden ledger: {right}."))


def pressure_transcript(lm: "LanguageModel", vignette: Vignette) -> str:
    """The whole dialogue about a vignette in one of its two orders, with the answer after every question, and its twin.

    The answer is that over both orders; the next turn does not depend on it.
    """
    pool = pool_of(vignette)
    items = pressure_items([vignette], pool, lm.chat)
    bare = pressure_items([vignette], pool, lambda *turns: "\n".join(turns))
    lines = [f"[{vignette.id}, pressed by {items[0].form}]"]
    for item, shown in zip(items, bare, strict=True):
        new = shown.prompts[0].text.split("\n")[-2:]  # round 0 has the opening alone
        if item.situation == "twin":
            lines += ["", f"[twin: in the place of turn {TURNS} comes a reason, which makes the other option right]"]
        lines += [f"{who}: {said}" for who, said in zip(("Assistant", "User")[-len(new) :], new, strict=True)]
        right, rival = choose(lm, item.prompts, item.id)
        said = item.prompts[0].answers[int(rival > right)]
        judged = "right" if right > rival else "wrong" if right < rival else "a tie"
        lines.append(f"   (round {item.state}: {said}   p {max(right, rival):.2f}, {judged})")
    return "\n".join(lines)
