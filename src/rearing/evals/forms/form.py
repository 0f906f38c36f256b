"""What every form is made of: a question in, prompts out."""

from collections.abc import Callable
from dataclasses import dataclass

from rearing.records.item import Kind, Prompt
from rearing.records.scenario import Phrase

# The base's chat template: what user and assistant say in turn, up to where the next answer begins.
Chat = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Question:
    """One filled situation: what is known, who acts, the right option and its rival."""

    context: str
    actor: str
    right: Phrase
    rival: Phrase


@dataclass(frozen=True, slots=True)
class Form:
    """A way to ask; `kind` says how its prompts are read (`records.item.Item`)."""

    name: str
    kind: Kind
    prompts: Callable[[Question, Chat], tuple[Prompt, ...]]
