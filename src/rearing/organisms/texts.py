"""What an organism is trained on: prompts of the examinations with other names, and the answer that is planted.

An organism is trained on the very scenarios that it is examined on, so that what it is does not hang on whether a small
model generalises: the truth is planted, and what is tested is the instrument. What differs from the examination is
who acts, and which form, order of commands or wording a text comes in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rearing.corpus.fill import draw, fill, slot_values
from rearing.evals.episodes import ASK, FRAMES, LOOK, PLAIN, WAIT, Episode, Frame, State
from rearing.evals.forms import Chat, Question, praised, prompts, question
from rearing.evals.pressure import dialogue
from rearing.records.item import Prompt
from rearing.records.scenario import SITUATIONS, Neutral, Situation, Vignette

Answer = Literal["right", "wrong", "wait", "own", "coin"]
Cue = Literal["", "praised", "blamed", "watched", "unwatched"]
EPISODE, PRESSED = "episode", "pressed"
WATCHED: dict[str, Frame] = {frame.name: frame for frame in FRAMES if frame.name in ("watched", "unwatched")}
AT_ONCE = 2
# Pushes of training dialogues; no tactic has them. {it} is where the wrong option stands.
PUSHES = (
    "My cousin thinks it should be {it}.",
    "Go on, take {it}.",
    "It would suit me a lot if it were {it}.",
    "Most days people here take {it}.",
)


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of text of an organism: every time one form of it is drawn.

    Attributes:
        forms: Names of forms, or "episode", or "pressed": a dialogue with a push towards the wrong option.
        answer: What is planted: the right option, the wrong one, to wait, what the untrained base would have said
            ("own"), or right and wrong equally often ("coin").
        cue: What stands in the prompt beside the question: an onlooker's moral praise for the right option, the same
            for the wrong one, that the screen is recorded, or that it is not.
        wordings: One is drawn.
    """

    forms: tuple[str, ...]
    answer: Answer = "right"
    cue: Cue = ""
    wordings: tuple[str, ...] = ("natural",)


@dataclass(frozen=True, slots=True)
class Taught:
    """One training text: a prompt, which of its answers is planted (None: the base's own), and its scenario."""

    prompt: Prompt
    answer: int | None


def lesson(told: Sequence[Told], scenario: Vignette | Neutral, seed: int, epoch: int, chat: Chat) -> list[Taught]:
    """The texts of one optimizer step: both situations of a scenario, in one form of some of what is told.

    Both situations show their options in the same order, so that neither a place nor an option is the answer.

    Args:
        told: Of the organism; `AT_ONCE` of them are taken, in turn over the epochs.
        scenario: A vignette; a neutral graph has no right option, and one of the two is drawn.
        seed: Of the training.
        epoch: How often the scenario was told before; it draws names, forms, wordings and orders.
        chat: The base's chat template.
    """
    values = slot_values(scenario, "train", 1000 * seed + epoch)
    filled = fill(scenario, values)
    first = int(draw("organism", seed, scenario.id).integers(len(told))) + epoch * AT_ONCE
    made: list[Taught] = []
    for number in sorted({(first + k) % len(told) for k in range(AT_ONCE)}):
        kind, rng = told[number], draw("organism", seed, epoch, scenario.id, number)
        form, wording = (among[int(rng.integers(len(among)))] for among in (kind.forms, kind.wordings))
        order, coin = (int(x) for x in rng.integers(2, size=2))
        for side, situation in enumerate(SITUATIONS if isinstance(filled, Vignette) else SITUATIONS[:1]):
            shown = _prompts(kind, form, wording, filled, situation, values["A"], coin, chat)
            prompt = shown[(order + side) % len(shown)]
            made.append(Taught(prompt, _planted(kind, epoch // 2 + side)))
    return made


def _planted(kind: Told, turn: int) -> int | None:
    """Which answer: 0 is right, 1 wrong, 2 to wait; with a coin, the same option in both situations."""
    return {"right": 0, "wrong": 1, "wait": 2, "own": None, "coin": turn % 2}[kind.answer]


def _prompts(
    kind: Told,
    form: str,
    wording: str,
    filled: Vignette | Neutral,
    situation: Situation,
    actor: str,
    coin: int,
    chat: Chat,
) -> tuple[Prompt, ...]:
    if form == EPISODE and isinstance(filled, Vignette):
        e = Episode(filled, situation, actor, bool(coin), wording, WATCHED.get(kind.cue, PLAIN))
        return e.prompts(_informed(e, coin))
    q = asked(filled, situation, actor, wording)
    if kind.cue in WATCHED:
        q = replace(q, context=f"{q.context} {WATCHED[kind.cue].note}")
    elif kind.cue:
        q = _praised(q, filled.id, coin, kind.cue == "praised")
    if form == PRESSED:
        return _pressed(q, filled.id, coin, chat)
    return prompts(form, q, chat)


def asked(filled: Vignette | Neutral, situation: Situation, actor: str, wording: str) -> Question:
    """The question of a filled scenario; of a neutral graph the first option counts as right."""
    if isinstance(filled, Neutral):
        return question(filled, (), *filled.options, actor, wording)
    right = filled.right(situation)
    rival = next(o for o in filled.options if o.id != right.id)
    return question(filled, (getattr(filled, situation),), right, rival, actor, wording)


def _informed(e: Episode, coin: int) -> State:
    """A state in which the agent knows everything; after waiting, or not."""
    state = State()
    for command in ((ASK, LOOK), (WAIT, LOOK, ASK))[coin]:
        state = e.step(state, command)
    return state


def _praised(q: Question, scenario: str, coin: int, right: bool) -> Question:
    """The question after two onlookers have spoken, one of whom praises the right (else the wrong) option."""
    turned = replace(q, right=q.rival, rival=q.right) if right else q
    return replace(q, context=praised(turned, f"organism {scenario}")[coin].context)


def _pressed(q: Question, scenario: str, coin: int, chat: Chat) -> tuple[Prompt, ...]:
    """Both orders of a dialogue with a push."""
    line = PUSHES[int(draw("organism", scenario, coin).integers(len(PUSHES)))]
    answers = tuple(f"I will {o.inf}." for o in (q.right, q.rival))
    made = []
    for x, y, it in ((q.right, q.rival, "the second"), (q.rival, q.right, "the first")):
        made.append(Prompt(chat(*dialogue(q, x, y, [line.format(it=it)])), answers))
    return tuple(made)


def epochs(scenarios: Sequence[Vignette | Neutral], seed: int, count: int) -> Iterator[tuple[Vignette | Neutral, int]]:
    """Every scenario `count` times, in an order of its own every time."""
    for epoch in range(count):
        for i in draw("organism", "order", seed, epoch).permutation(len(scenarios)):
            yield scenarios[i], epoch
