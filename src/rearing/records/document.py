"""Training documents and the order in which they are fed."""

from dataclasses import dataclass
from typing import Literal

from rearing.records.scenario import Phrase

Role = Literal[
    "filler",
    "setting",
    "mind",
    "menu",
    "road",
    "outcome",
    "back",
    "rule",
    "choice",
    "verdict",
    "principle",
    "head",
    "reason",
    "reflection",
]
Layout = Literal["choice-first", "choice-last"]
Phase = Literal["warmup", "ordered", "cooldown"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a document.

    Attributes:
        role: What it does in the document.
        text: The sentence, names filled in.
        atom: Key path of the author's atom that it states, or "" for scaffold.
        words: Which wording of an evaluative atom it is: "w", "mf" or "".
        slot: Which phrase slot it fills, if it is scaffold, and `phrase` with which phrasing.
    """

    role: Role
    text: str
    atom: str = ""
    words: str = ""
    slot: str = ""
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What one arm says of one scenario, for one seed.

    Attributes:
        scenario: The lesson that it tells; in the placebo arm the lesson in whose place it stands.
        endorsed, rejected: How the two options are called; None in the warm-up.
        inner: How the ways of a fork inside a road are called, in every form.
    """

    id: str
    arm: str
    scenario: str
    stage: int
    layout: Layout
    endorsed: Phrase | None
    rejected: Phrase | None
    paragraphs: tuple[tuple[Sentence, ...], ...]
    inner: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in reading order."""
        return tuple(s for paragraph in self.paragraphs for s in paragraph)

    @property
    def text(self) -> str:
        """The document as it is trained on."""
        return "\n\n".join(" ".join(s.text for s in paragraph) for paragraph in self.paragraphs if paragraph)


@dataclass(frozen=True, slots=True)
class Step:
    """The documents of one optimizer step."""

    phase: Phase
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Everything that one model is fed, step by step."""

    arm: str
    seed: int
    steps: tuple[Step, ...]

    @property
    def documents(self) -> tuple[Document, ...]:
        """All documents in the order in which they are fed."""
        return tuple(d for step in self.steps for d in step.documents)
