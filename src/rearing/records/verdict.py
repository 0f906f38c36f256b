"""What comes out: effects with intervals, and one of four verdicts."""

from dataclasses import dataclass, field
from typing import Literal

Word = Literal["SUPPORTED", "DEMOTED", "INCONCLUSIVE", "INVALID"]
FactorState = Literal["adds", "adds nothing", "takes", "unclear", "scale-dependent", "not delivered"]
First = Literal["reading", "choices", "together", "neither"]
MISLED = "/misled"
"""What the family ends with of a contrast on the items on which the options alone mislead the untrained base."""
ROUNDS = "pressure/rounds"
"""The family of a contrast of the rounds survived under pressure."""
LEANS = "leaning, had it been sealed: "
"""What the note begins with that tells the leaning of an unsealed study: its word, and the reasons in brackets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One contrast of the structured arm (or twin pair) with a comparator, on one family.

    Attributes:
        family: Gate id, with `/value` or `/misled` behind it for value effects and for a part of its items; or
            `normal`, `capability`, `pressure/rounds`, or the id of a clause.
        contrast: (arm, comparator), full names.
        estimate: Mean difference of scores, arm minus comparator.
        se, df: Crossed seed x scenario standard error and Satterthwaite df (verdict.md section 3).
        low, high: Two one-sided bounds at the alpha of the look that decided.
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
class Factor:
    """What branching, order or both together add on one gate, on the scale of scores and on the logit scale.

    Attributes:
        name: `branching`, `order`, `interaction` or `joint`, or a simple effect `BD - BS`.
        cells: Label of every arm that enters, and its mean score.
        low, high: Two one-sided bounds, main effects at half the alpha of the look that decided.
    """

    name: str
    family: str
    cells: tuple[tuple[str, float], ...]
    estimate: float
    low: float
    high: float
    logit: float
    logit_low: float
    logit_high: float
    state: FactorState


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """The verdict that another estimator, or a part of the data, would give. It never changes the verdict."""

    method: str
    word: Word
    reasons: tuple[str, ...]
    changes: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A mean with its band over seeds at the plan's alpha; low = high = mean with one seed."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """How long the right choices of an arm last under pressure.

    Attributes:
        tactic: Of the pressure; empty for all together.
        right: Share of scenarios that were right before any pressure; only these have rounds to survive.
        curve: Share of them still right after 0, 1, ... rounds.
        survived: Rounds survived / all rounds.
        robustness: Resistance to pressure minus resistance to a reason, in [-1, 1]; stubbornness has 0. None if no
            dialogue ended with a reason.
    """

    arm: str
    tactic: str
    right: float
    curve: tuple[Band, ...]
    survived: Band
    robustness: Band | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How the score of an arm moves under adversarial fine-tuning, always the same items and seeds.

    Attributes:
        family: Of the items, or the name of a reading (`is_reading`).
        doses: Optimizer steps of the attack; 0, before it, comes first.
        curve: Mean score at every dose.
        area: Under the score over the logarithm of the doses from 1 on, as a mean score (`verdict.endpoints.area`).
        fall: The area minus the score at dose 0.
        logit: The same of the logit of the mean over scenarios.
        floor: The score of U at dose 0, if it was attacked as well.
        half_dose: Where the score is half-way down to the floor; None if nowhere in the ladder, or if there is nothing
            to lose.
        half_band: Its interval over seeds, None for an end that is not in the ladder; None with one seed, or if there
            is nothing to lose.
        nll: Mean nats per token of the texts of the attack at every dose; empty if they were not measured.
        at_nats: Score where the model has learned `nats` nats per token of those texts, minus the score at dose 0.
        nats: As many as every model that was asked learns at some dose; the same for all arms.
        steps: Optimizer steps on good documents after the last dose.
        regained: Score after them, minus that at the last dose.
        half_back: Steps after which half of what was lost by the last dose is back; None if it is not, or if nothing
            was lost.
        seeds: That were attacked.
        by_seed: The curve of each, a mean over scenarios.
    """

    arm: str
    attack: str
    family: str
    measure: str
    doses: tuple[int, ...]
    curve: tuple[Band, ...]
    area: Band
    fall: Band
    logit: Band
    half_dose: float | None
    half_band: tuple[float | None, float | None] | None = None
    floor: float | None = None
    nll: tuple[Band, ...] = ()
    at_nats: Band | None = None
    nats: float = 0.0
    steps: tuple[int, ...] = ()
    regained: tuple[Band, ...] = ()
    half_back: float | None = None
    is_reading: bool = False
    seeds: tuple[int, ...] = ()
    by_seed: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedSpread:
    """Standard deviation over the training seeds of an arm of what a clause of "internalized" stands on."""

    clause: str
    arm: str
    sd: float
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What gives way first under an attack, a reading or the choices: which is the first half-way down to U.

    Attributes:
        reading, family: Both lie above U before the attack, so that both have something to lose.
        held, chosen: The dose at which each is half-way down; None if nowhere in the ladder.
        first: By these two, which are of mean curves.
        seeds: At which both lie above U before the attack.
        by_seed: What gives way first at each of them.
        doublings: How much earlier (below 0) or later the reading is half-way down than the choices, in doublings of
            the dose, with its interval over seeds; None with one seed, or if one of both is not half-way down at one.
    """

    arm: str
    attack: str
    reading: str
    family: str
    held: float | None
    chosen: float | None
    first: First
    seeds: tuple[int, ...] = ()
    by_seed: tuple[First, ...] = ()
    doublings: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMargin:
    """The verdict that the same data would give if every margin were `delta`. It never changes the verdict."""

    delta: float
    word: Word
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """What simulated studies said where the structured arm truly leads by `gain` margins in every gate: shares."""

    gain: float
    demoted: float
    supported: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a sealed study of this size could find at the spreads measured here, if every gate could see.

    Attributes:
        points: By gain; empty if the spreads cannot be measured.
        replicates: Simulated studies a point.
        lacking: Why there are no points.
    """

    points: tuple[PowerPoint, ...] = ()
    replicates: int = 0
    lacking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What seal and ledger say beside the verdict of a sealed study.

    Attributes:
        attempts: Seals on the same claim so far, this one included.
        looks: After how many seeds scores were looked at by arm.
        prior: What had been seen before, as the study says and as it lay beside the run folder.
        deviations: What was changed after sealing, with its class and why.
    """

    seal: str
    attempts: int
    looks: tuple[int, ...]
    prior: tuple[str, ...]
    deviations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict and everything it stands on. `line` is the one sentence that is printed.

    Attributes:
        seeds: How many seeds it was made of: those of the look that decided.
        alpha: The one-sided level of that look.
        sealing: None if the study was not sealed.
        readings: Every reading as a contrast (`verdict.readings`); those on which no gate and no clause stands are
            exploratory.
        spreads: Of P, a clause each.
        margins: Of an unsealed study its leaning; empty under five seeds.
    """

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
    attribution: tuple[Factor, ...] = ()
    sensitivity: tuple[Alternative, ...] = ()
    survival: tuple[Survival, ...] = ()
    damage: tuple[GateRow, ...] = ()
    drift: tuple[Drift, ...] = ()
    leads: tuple[Lead, ...] = ()
    readings: tuple[Effect, ...] = ()
    spreads: tuple[SeedSpread, ...] = ()
    margins: tuple[AtMargin, ...] = ()
    seeds: int = 0
    alpha: float = 0.025
    sealing: Sealing | None = None
