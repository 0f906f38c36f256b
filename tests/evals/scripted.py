"""Policies without morals, as the likelihoods that a model with that policy would give."""

from collections.abc import Callable, Iterable
from itertools import cycle

from rearing.evals.ask import response
from rearing.models.score import Likelihood
from rearing.records.item import Item, Prompt

Policy = Callable[[Item, Prompt], int]


def chat(*turns: str) -> str:
    said = zip(cycle(("<user>{}</user>", "<assistant>{}</assistant>")), turns, strict=False)
    return "".join(frame.format(turn) for frame, turn in said) + "<assistant>"


def answer(item: Item, policy: Policy) -> float:
    """The score of an item for a model that puts nearly all its probability on the answer that the policy picks.

    A policy gives the index of an answer, or -1 if it has no preference between the two options.
    """
    if item.kind in ("contrast", "scale"):
        return picked(item, in_turn(item, policy))
    return picked(item, [policy(item, prompt) for prompt in item.prompts])


def picked(item: Item, picks: Iterable[int]) -> float:
    """The score of an item for a model that answers its prompts like this."""
    likelihoods = [
        [Likelihood(-1.0 if i == pick else -8.0, len(a.split()), len(a.encode())) for i, a in enumerate(prompt.answers)]
        for prompt, pick in zip(item.prompts, picks, strict=True)
    ]
    return float(response(item, likelihoods, "sum")["score"])


def in_turn(item: Item, policy: Policy) -> list[int]:
    """What a policy answers when it is asked about each option in turn: the best answer for the one that it prefers."""
    best, worst = (0, 1) if item.kind == "contrast" else (len(item.prompts[0].answers) - 1, 0)
    picks = []
    for right_one, rival in zip(item.prompts[0::2], item.prompts[1::2], strict=True):
        choice = policy(item, Prompt(right_one.text, (right_one.text, rival.text)))
        picks += [best if choice == i else worst for i in (0, 1)]
    return picks


def mean(items: Iterable[Item], policy: Policy) -> float:
    scores = [answer(item, policy) for item in items]
    return sum(scores) / len(scores)


def first_shown(item: Item, prompt: Prompt) -> int:
    """The option that stands first in the prompt; the first letter, where answers are letters."""
    if prompt.answers[0] in ("A", "B"):
        return prompt.answers.index("A")
    places = [prompt.text.rfind(core(a)) for a in prompt.answers[:2]]
    return -1 if -1 in places else places.index(min(places))


def core(text: str) -> str:
    """The words of an answer that a prompt repeats."""
    return text.strip().strip('."').split(" should ")[-1]


def shorter(item: Item, prompt: Prompt) -> int:
    one, two = (len(a) for a in prompt.answers[:2])
    return -1 if one == two else int(two < one)


def alphabetical(item: Item, prompt: Prompt) -> int:
    return int(prompt.answers[1] < prompt.answers[0])


def right(item: Item, prompt: Prompt) -> int:
    return 0


def wrong(item: Item, prompt: Prompt) -> int:
    return 1
