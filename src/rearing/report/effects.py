"""Effects in pictures and in words: the forest plot, and what would change the verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from scipy.special import stdtrit

from rearing.records.plan import Plan, demotion_level
from rearing.records.verdict import MISLED, ROUNDS, Effect, Verdict
from rearing.report import charts
from rearing.report.charts import signed

WORDS = {
    MISLED: " where the options alone mislead the untrained model",
    ROUNDS: "rounds survived under pressure, of dialogues that both had right before it",
}


@dataclass(frozen=True, slots=True)
class ForestLine:
    """One contrast, drawn and in numbers."""

    effect: Effect
    contrast: str
    picture: Markup
    estimate: str
    interval: str
    p_superior: str
    p_inferior: str
    p_below: str


@dataclass(frozen=True, slots=True)
class ForestGroup:
    """The contrasts of one gate or of the normal condition."""

    family: str
    heading: str
    silent: str
    lines: tuple[ForestLine, ...]


@dataclass(frozen=True, slots=True)
class Forest:
    """The forest plot: what the verdict stands on, and the other contrasts."""

    groups: tuple[ForestGroup, ...]
    others: tuple[ForestGroup, ...]
    axis: Markup


def forest(plan: Plan, verdict: Verdict) -> Forest:
    """Gates, their value effects, normal and capability first; apart clauses, rounds, and gates on a part of items.

    The axis is that of what the verdict stands on: an attack of one seed has no interval but the whole range.
    """
    apart = {ROUNDS} | {gate.id for gate in plan.clauses} | {gate.id + MISLED for gate in plan.gates}
    finite = [v for e in verdict.effects if e.family not in apart for v in (e.low, e.high, e.delta, *e.by_seed)]
    reach = charts.forest_reach(finite)
    main = [e for e in verdict.effects if is_main(plan, e) and e.family not in apart]
    others = [e for e in verdict.effects if e not in main]
    return Forest(_groups(plan, main, reach), _groups(plan, others, reach), charts.forest_axis(reach))


def is_main(plan: Plan, effect: Effect) -> bool:
    """Whether a structured arm is held against a comparator: a contrast that the verdict stands on."""
    roles = {arm.name: arm.role for arm in plan.arms}
    arm, comparator = effect.contrast
    return roles.get(arm) == "structured" and roles.get(comparator) == "comparator"


def _groups(plan: Plan, effects: Sequence[Effect], reach: float) -> tuple[ForestGroup, ...]:
    assays = {gate.id: gate.assay for gate in (*plan.gates, *plan.clauses)}
    families = [gate.id for gate in plan.gates] + [plan.normal.id]
    families += [e.family for e in effects if e.family not in families]
    made = []
    for family in dict.fromkeys(families):
        own = [e for e in effects if e.family == family]
        if own:
            measures = ", ".join(dict.fromkeys(e.measure for e in own))
            silent = "contributes to neither side" if assays.get(family.split("/")[0], "PASS") != "PASS" else ""
            silent = "decides nothing" if family.endswith(tuple(WORDS)) else silent
            lines = tuple(_line(plan, e, reach) for e in own)
            made.append(ForestGroup(family, f"{in_words(family)} ({measures})", silent, lines))
    return tuple(made)


def _line(plan: Plan, e: Effect, reach: float) -> ForestLine:
    return ForestLine(
        e,
        contrast(plan, e),
        charts.forest_row(e.estimate, e.low, e.high, e.delta, e.by_seed, reach),
        signed(e.estimate),
        f"{signed(e.low)} to {signed(e.high)}",
        p_value(e.p_superior),
        p_value(e.p_inferior_margin),
        p_value(e.p_below_margin),
    )


def in_words(family: str) -> str:
    """The family of an effect as a heading."""
    for end, said in WORDS.items():
        family = family.replace(end, said)
    return family.replace("-", " ")


def contrast(plan: Plan, effect: Effect) -> str:
    """`BD − P`, by the arms' labels."""
    labels = {arm.name: arm.label for arm in plan.arms}
    arm, comparator = effect.contrast
    return f"{labels.get(arm, arm)} \u2212 {labels.get(comparator, comparator)}"


def p_value(p: float) -> str:
    """Three digits, never a bare 0."""
    if not math.isfinite(p):
        return "\u2013"
    return "< .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1) if p < 1 else "1"


@dataclass(frozen=True, slots=True)
class Change:
    """How far one contrast is from each of its limits, in words, and the level of the bound that they tell of."""

    contrast: str
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class GateChanges:
    """The distances on one gate; they count only where its assay is PASS."""

    family: str
    counts: bool
    changes: tuple[Change, ...]


def changes(plan: Plan, verdict: Verdict) -> tuple[GateChanges, ...]:
    """For every gate and comparator, the distance of each bound to its limit."""
    made = []
    for gate in plan.gates:
        own = [e for e in verdict.effects if e.family == gate.id and is_main(plan, e)]
        known = [e for e in own if all(map(math.isfinite, (e.low, e.high, e.estimate)))]
        if known:
            words = tuple(_change(plan, e, verdict.alpha) for e in known)
            made.append(GateChanges(gate.id.replace("-", " "), gate.assay == "PASS", words))
    return tuple(made)


def bounds(e: Effect, alpha: float, level: float) -> tuple[float, float]:
    """The bounds of a contrast at `level`, made from its own at `alpha`; of one seed they stay the whole range."""
    wider = float(stdtrit(e.df, 1 - level) / stdtrit(e.df, 1 - alpha)) if e.n_seeds > 1 else 1.0
    return e.estimate - wider * (e.estimate - e.low), e.estimate + wider * (e.high - e.estimate)


def _change(plan: Plan, e: Effect, alpha: float) -> Change:
    """Every bound at the level at which the rule takes it (`verdict.facts`)."""
    shared, half = demotion_level(alpha, len(plan.carriers)), alpha / 2
    (low, _), (_, high) = bounds(e, alpha, half), bounds(e, alpha, shared)
    return Change(contrast(plan, e), ((_below(e, high), shared), (_above(e, low), half), (_not_worse(e), alpha)))


def _below(e: Effect, high: float) -> str:
    """Where the upper bound stands to the margin."""
    if high < e.delta:
        return f"Adds less than the margin {e.delta:.3g}: shown, with {e.delta - high:.3f} to spare."
    if e.estimate < e.delta:
        return (
            f"The upper bound is {high - e.delta:.3f} above the margin {e.delta:.3g}. At this estimate the interval "
            f"would have to be {_narrower(high - e.estimate, e.delta - e.estimate)} narrower to show that it adds "
            "less."
        )
    here = f"The estimate itself is at or above the margin {e.delta:.3g}"
    return f"{here}: more of the same data would not show that it adds less."


def _above(e: Effect, low: float) -> str:
    """Where the lower bound stands to zero, and the estimate to the margin."""
    short = (
        ""
        if e.estimate >= e.delta
        else f" The estimate is {e.delta - e.estimate:.3f} short of the margin that SUPPORTED asks for."
    )
    if low > 0:
        return f"Better: shown, the lower bound is {low:.3f} above 0.{short}"
    if e.estimate > 0:
        return (
            f"The lower bound is {-low:.3f} below 0. At this estimate the interval would have to be "
            f"{_narrower(e.estimate - low, e.estimate)} narrower to show that it is better.{short}"
        )
    return "The estimate is not above 0: more of the same data would not show that it is better."


def _not_worse(e: Effect) -> str:
    """Where the lower bound stands to minus the margin."""
    if e.low > -e.delta:
        return f"Not worse by the margin: shown, with {e.low + e.delta:.3f} to spare."
    if e.estimate > -e.delta:
        return (
            f"The lower bound is {-e.delta - e.low:.3f} beyond minus the margin: a loss of that size is not excluded."
        )
    return "The estimate is a loss of the margin or more."


def _narrower(half: float, wanted: float) -> str:
    """How much narrower a half interval must become."""
    share = 1 - wanted / half if half > 0 else 0.0
    return "a little" if share < 0.01 else f"{min(share, 0.99):.0%}"
