"""What a sealed study fixed before its data: the content of `sealed.json`, whose sha256 is the seal."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Seal:
    """Under which seal a study runs.

    Attributes:
        seal: The sha256 of `sealed.json`.
        key: The sha256 of its confirmatory block, from which training seeds and items are drawn.
    """

    seal: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is put to the test, and what will be printed.

    Attributes:
        about: Structured arm and base; seals with the same words here are attempts on the same claim.
        hypothesis, failure_condition: Of the proposal, verbatim.
        sentences: Row of the decision table, verdict and sentence, in the order in which the rows are asked.
    """

    about: str
    hypothesis: str
    failure_condition: str
    sentences: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmatory:
    """What may not change without new seeds.

    Attributes:
        plan: The plan of the judge, but for what follows from the seal and for names.
        seeds: How many.
        study: The study file, but for names, paths and notes.
        inputs: Digests of what those paths lead to: base, corpus, texts of the renderers, assay, checkpoints.
    """

    claim: Claim
    plan: dict[str, Any]
    seeds: int
    study: dict[str, Any]
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The sealed document.

    Attributes:
        study, model: Names.
        tokens: Of a run, with the seeds that the seal draws.
        fed: The sha256 of every text that every arm will be fed, seed by seed.
        items: The sha256 of everything that will be asked.
        clerical: Notes and prior looks of the study file; they may change at any time.
        seen: Data on the same claim that lay beside the run folder when it was sealed.
        power: Of DEMOTED and of SUPPORTED, at the spreads that the assay measured.
        software: Versions.
    """

    schema: Literal["rearing.seal/1"] = "rearing.seal/1"
    study: str
    model: str
    tokens: int
    fed: str
    items: str
    confirmatory: Confirmatory
    clerical: dict[str, Any]
    seen: tuple[str, ...] = ()
    power: dict[str, float] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)
