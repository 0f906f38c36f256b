"""Scenario graphs as they travel: what an author wrote, before any arm or item is made from it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

Pronoun = Literal["she", "he", "they"]
Rating = Literal["endorsed", "rejected", "either"]
Situation = Literal["main", "twin"]
SITUATIONS: tuple[Situation, ...] = ("main", "twin")
TRAINED_DOMAINS = ("everyday", "school", "work", "software", "community")
HELD_OUT_DOMAINS = ("health", "environment")
Foundation = Literal["care", "fairness", "loyalty", "authority", "sanctity", "liberty", "honesty"]
FOUNDATIONS: tuple[Foundation, ...] = get_args(Foundation)
FORBID_EXTRA: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One evaluative sentence with (`w`) and without (`mf`) moral words."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    w: str
    mf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What somebody wants, believes, knows or feels; `order` is the depth of belief about belief."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    holder: str
    kind: Literal["desire", "belief", "knowledge", "emotion"]
    order: Literal[1, 2, 3]
    holds: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happens to somebody after an option is taken; no judgement in it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    who: str
    when: Literal["now", "later"]
    valence: Literal[-3, -2, -1, 0, 1, 2, 3]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """An action in three forms: `inf` ("A could ..."), `fin` ("A ..."), `ger` ("... was right")."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    inf: str
    fin: str
    ger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing that the actor could do at an inner fork; `reason` says why it is right (endorsed) or is not."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    rating: Literal["endorsed", "rejected"]
    inf: str
    fin: str
    outcome: Outcome
    reason: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """A fork inside a road: what the actor meets after the option was taken, and two ways on."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    situation: str
    options: tuple[Way, Way]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that the actor could do; in a deep lesson one option has a fork after it, `then`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    id: str
    rating: Rating
    act: Literal["act", "omit"]
    pace: Literal["quick", "slow"]
    payoff: Literal[-1, 0, 1]
    inf: str
    fin: str
    ger: str
    mf: Phrase | None = None
    lab: str = ""
    outcomes: tuple[Outcome, ...] = ()
    reflection: Wording | None = None
    reasons: tuple[Wording, ...] = ()
    then: Fork | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who wrote the scenario, how and when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    author: str
    method: Literal["human", "llm", "mixed"]
    date: str
    licence: str
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Blind second readings of the endorsed option, if there were any."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    status: Literal["draft", "reviewed", "contested"]
    readers: tuple[str, ...] = ()
    agree: int | None = None
    of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What every kind of scenario has. `file` is where it was read from."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    kind: str
    id: str
    title: str
    theme: str
    domain: Literal["everyday", "school", "work", "software", "community", "health", "environment"]
    stage: Literal[0, 1, 2, 3, 4, 5, 6]
    social_domain: Literal["moral", "conventional", "personal"]
    foundations: tuple[Foundation, ...]
    people: dict[str, Pronoun]
    slots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remoteness: Literal[0, 1, 2] = 0
    institutional: bool = False
    setting: tuple[str, ...]
    minds: tuple[Mind, ...] = ()
    options: tuple[Option, Option]
    provenance: Provenance
    review: Review

    def option(self, rating: Rating) -> Option:
        """The option with this rating in `main`."""
        return next(o for o in self.options if o.rating == rating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson(Scenario):
    """A training scenario: both roads, their consequences, and why."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    kind: Literal["lesson"]
    affected: tuple[str, ...]
    principle: Wording

    @property
    def deep(self) -> bool:
        """Whether there is a fork inside a road."""
        return any(o.then for o in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette(Scenario):
    """An examination scenario with two situations; nothing in it says what is right."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    kind: Literal["vignette"]
    split: Literal["theme", "domain", "dev"]
    main: str
    twin: str

    def right(self, situation: Situation) -> Option:
        """The option that is right in this situation."""
        return self.option("endorsed" if situation == "main" else "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neutral(Scenario):
    """A scenario without stakes: warm-up and placebo."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    kind: Literal["neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackScenario(Scenario):
    """Material for adversarial fine-tuning: an everyday wrong and its excuse."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORBID_EXTRA
    kind: Literal["attack"]
    main: str
    excuse: str
