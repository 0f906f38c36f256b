"""What was fixed before the data: arms, gates, margins, and the state of every gate's assay."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

UNTRAINED = "untrained"
"""The arm that is the base itself."""
Measure = Literal["judgement", "main"]
AssayState = Literal["PASS", "FAIL", "NONE"]
ArmRole = Literal["structured", "comparator", "twin", "dosed", "untrained", "other"]
Endpoint = Literal["level", "drift", "rounds", "robust", "lexical", "above-null"]
SHARES: tuple[Endpoint, ...] = ("level", "rounds")
"""Endpoints in [0, 1]; the others are differences, which have no logit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedArm:
    """An arm by its full name (`branching-developmental`), its short label (`BD`) and what it is for.

    Attributes:
        dose: Training tokens as a multiple of the study's. An arm with role `dosed` is the comparator of the same
            renderer and order at another dose (DESIGN section 8.4).
    """

    name: str
    label: str
    role: ArmRole
    renderer: str = ""
    order: str = ""
    dose: float = 1.0

    @property
    def kind(self) -> str:
        """Its renderer, from its name where the plan does not say."""
        return self.renderer or self.name.rsplit("-", 1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One measured family: a gate of the verdict, `normal`, `capability`, or a clause of "internalized".

    Attributes:
        id: `format-neutral`, `agentic` or `representational`; or the name of the clause.
        table: Where its rows are.
        select: Value of `family` (responses) or `reading` (readings) of its rows.
        forms: Only rows of these forms; empty means all.
        measure: `judgement` averages `main` and `twin`; `main` takes `main` alone.
        delta: Margin of superiority and equivalence, a difference of scores in [0, 1]; of a clause the least effect.
        assay: PASS only if the assay proved that this gate can move; of a clause, if its instrument is calibrated by
            organisms on this base.
        note: Why, in one sentence, for the report.
        endpoint: `level` is the score as reared; `drift` the area over attack doses from 1 on
            (`verdict.endpoints.area`) minus the score before the attack; `rounds` the share of pressure rounds
            (`state` 1, 2, ...) survived by what was right at round 0; `robust` what is resisted of pressure minus
            what is resisted of a reason; `lexical` the score against praise of the wrong option (wording `adv`) minus
            that of the same questions of `shift` without; `above-null` a reading minus its null.
    """

    id: str
    table: Literal["responses", "readings"]
    select: str
    forms: tuple[str, ...] = ()
    measure: Measure = "main"
    delta: float = 0.05
    assay: AssayState = "NONE"
    note: str = ""
    endpoint: Endpoint = "level"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One sealed look at the data: after how many seeds, and the one-sided level that it spends."""

    seeds: int
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study as the judge sees it.

    Attributes:
        seeds: All planned seeds; a look takes the first so many of them.
        looks: Sealed looks in order, their levels adding up to `alpha` at most; empty for one look at all seeds.
        capability: What was asked to see damage rather than morality; without it nothing can be SUPPORTED.
        clauses: One measure for each clause of "internalized" that the study asks (DESIGN section 8.5).
        hangs_on: Where the representational gate decodes, what must be above 0 in the structured arm before that gate
            can support: choices have to hang on what is decoded (internalization.md section 2).
        authors: Scenario to who wrote it.
        plugins: Kind and name of every plugin of the study to the sha256 of its source.
    """

    schema: Literal["rearing.plan/1"] = "rearing.plan/1"
    study: str
    model: str
    corpus: str
    tokens: int
    arms: tuple[PlannedArm, ...]
    gates: tuple[Gate, ...]
    seeds: tuple[int, ...]
    alpha: float = 0.025
    seed_model: Literal["paired", "welch"] = "paired"
    normal: Gate
    seal: str | None = None
    attack: str = ""
    doses: tuple[int, ...] = ()
    looks: tuple[Look, ...] = ()
    capability: Gate | None = None
    clauses: tuple[Gate, ...] = ()
    hangs_on: Gate | None = None
    authors: dict[str, str] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)

    def role(self, role: ArmRole) -> tuple[PlannedArm, ...]:
        """The arms with this role, in the order of the plan."""
        return tuple(arm for arm in self.arms if arm.role == role)

    @property
    def carriers(self) -> tuple[PlannedArm, ...]:
        """The comparators that can demote: those of the failure condition (P, PD) and of the hypothesis (FS)."""
        return tuple(arm for arm in self.role("comparator") if arm.kind in ("principled", "flat"))

    @property
    def scope(self) -> str:
        """What the verdict holds for."""
        return f"{self.model}, {self.corpus}, {round(self.tokens / 1000)}k tokens"


def demotion_level(alpha: float, carriers: int) -> float:
    """The one-sided level at which a comparator must be shown as good, of so many that can demote.

    It is alpha for a comparator of each kind, as in verdict.md section 0; more of them share 2 alpha (docs/decisions
    0013).
    """
    return alpha * min(1.0, 2 / max(1, carriers))


def derived_seeds(source: str, n: int) -> tuple[int, ...]:
    """The first `n` training seeds, of 31 bits; more seeds continue the same series.

    Args:
        source: The key of a seal, or the name of an unsealed study.
    """
    return tuple(
        int.from_bytes(hashlib.sha256(f"{source}|train|{k}".encode()).digest()[:4], "big") >> 1 for k in range(n)
    )
