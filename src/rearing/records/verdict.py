"""What comes out: effects with intervals, and one of four verdicts."""

from dataclasses import dataclass, field
from typing import Literal

Word = Literal["SUPPORTED", "DEMOTED", "INCONCLUSIVE", "INVALID"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One contrast of the structured arm (or twin pair) with a comparator, on one family.

    Attributes:
        family: Gate id, or `normal`.
        contrast: (arm, comparator), full names.
        estimate: Mean difference of scores, arm minus comparator.
        se, df: Crossed seed x scenario standard error and Satterthwaite df (verdict.md section 3).
        low, high: Two one-sided bounds at the plan's alpha.
        p_superior: One-sided p of "difference <= 0".
        p_inferior_margin: One-sided p of "difference <= -delta" (small: non-inferior).
        p_below_margin: One-sided p of "difference >= delta" (small: adds less than delta).
        share_seed, share_item, share_residual: Shares of the variance of the estimate.
        by_seed: The difference of each seed, in the order of the plan.
    """

    family: str
    measure: str
    contrast: tuple[str, str]
    estimate: float
    se: float
    df: float
    low: float
    high: float
    delta: float
    p_superior: float
    p_inferior_margin: float
    p_below_margin: float
    n_seeds: int
    n_scenarios: int
    share_seed: float
    share_item: float
    share_residual: float
    by_seed: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One row of the gate panel: what was required, what was measured, how it stands."""

    row: str
    text: str
    value: str
    state: Literal["ok", "bad", "unresolved", "untested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmScore:
    """Mean score of an arm on a family, with the spread over seeds."""

    arm: str
    family: str
    attack: str
    dose: int
    measure: str
    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict and everything it stands on. `line` is the one sentence that is printed."""

    schema: Literal["rearing.verdict/1"] = "rearing.verdict/1"
    word: Word
    reasons: tuple[str, ...]
    line: str
    sentence: str
    scope: str
    effects: tuple[Effect, ...]
    panel: tuple[GateRow, ...]
    scores: tuple[ArmScore, ...]
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = field(default=())
