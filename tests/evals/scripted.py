"""Policies without morals, as the likelihoods that a model with that policy would give."""

from collections.abc import Callable, Iterable

from rearing.evals.ask import response
from rearing.models.score import Likelihood
from rearing.records.item import Item, Prompt

Policy = Callable[[Item, Prompt], int]


def chat(text: str) -> str:
    return f"<user>{text}</user><assistant>"


def answer(item: Item, policy: Policy) -> float:
    """The score of an item for a model that puts nearly all its probability on the answer that the policy picks.

    A policy gives the index of an answer, or -1 if it has no preference between the two options.
    """
    likelihoods = []
    for prompt in item.prompts:
        pick = policy(item, prompt)
        likelihoods.append(
            [
                Likelihood(-1.0 if i == pick else -8.0, len(a.split()), len(a.encode()))
                for i, a in enumerate(prompt.answers)
            ]
        )
    return float(response(item, likelihoods, "sum")["score"])


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
