"""What was fixed before the data: arms, gates, margins, and the state of every gate's assay."""

from dataclasses import dataclass
from typing import Literal

Measure = Literal["judgement", "main"]
AssayState = Literal["PASS", "FAIL", "NONE"]
ArmRole = Literal["structured", "comparator", "twin", "untrained", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedArm:
    """An arm by its full name (`branching-developmental`), its short label (`BD`) and what it is for."""

    name: str
    label: str
    role: ArmRole
    renderer: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One of the three families that the verdict stands on.

    Attributes:
        id: `format-neutral`, `agentic` or `representational`.
        table: Where its rows are.
        select: Value of `family` (responses) or `reading` (readings) of its rows.
        forms: Only rows of these forms; empty means all.
        measure: `judgement` averages `main` and `twin`; `main` takes `main` alone.
        delta: Margin of superiority and equivalence, a difference of scores in [0, 1].
        assay: PASS only if the assay proved that this gate can move.
        note: Why, in one sentence, for the report.
    """

    id: str
    table: Literal["responses", "readings"]
    select: str
    forms: tuple[str, ...] = ()
    measure: Measure = "main"
    delta: float = 0.05
    assay: AssayState = "NONE"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study as the judge sees it."""

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

    def role(self, role: ArmRole) -> tuple[PlannedArm, ...]:
        """The arms with this role, in the order of the plan."""
        return tuple(arm for arm in self.arms if arm.role == role)

    @property
    def scope(self) -> str:
        """What the verdict holds for."""
        return f"{self.model}, {self.corpus}, {round(self.tokens / 1000)}k tokens"
