"""The rule, as data: an ordered table of conditions and words. The first row that holds is the verdict.

Source: verdict.md section 6 with the amendments of DESIGN section 8.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rearing.records.verdict import Word
from rearing.verdict.facts import AGENTIC, CLAUSES, FORMAT_NEUTRAL, GATES, LEANING, REPRESENTATIONAL, Facts

UNTESTED = {
    REPRESENTATIONAL: "representation_untested",
    AGENTIC: "agentic:untested",
    FORMAT_NEUTRAL: "format_neutral:untested",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the decision table; `sentence` is a template over `Facts.words`."""

    name: str
    holds: Callable[[Facts], bool]
    word: Word
    reasons: Callable[[Facts], tuple[str, ...]]
    sentence: str


def _row(name: str, holds: Callable[[Facts], bool], word: Word, sentence: str) -> Row:
    """A row whose only reason is its name."""
    return Row(name, holds, word, lambda f: (name,), sentence)


def _unsupported(name: str, holds: Callable[[Facts], bool], sentence: str) -> Row:
    """A row that keeps rule A from being enough."""
    return _row(name, lambda f: f.rule_a and holds(f), "INCONCLUSIVE", sentence)


def _as_good(f: Facts) -> tuple[str, ...]:
    """Reasons of a demotion: by whom, and where the structured arm is even worse."""
    worse = {g for c in f.demoters for g, e in f.effects[c].items() if e.high < 0}
    return tuple(f"as_good:{c}" for c in f.demoters) + tuple(f"worse:{g}" for g in GATES if g in worse)


def _supported(f: Facts) -> tuple[str, ...]:
    """Reasons of support: internalized or why not, and what else limits it."""
    reasons = ["internalisation_shown" if f.internalized else "internalisation_not_shown"]
    reasons += [f"{c}:{f.clauses[c].replace(' ', '_')}" for c in CLAUSES if f.clauses.get(c, "shown") != "shown"]
    reasons += ["behaviour_only"] * f.behaviour_only + ["dose_matched"] * bool(f.ahead)
    return tuple(reasons)


TABLE: tuple[Row, ...] = (
    Row(
        "defect",
        lambda f: bool(f.failed),
        "INVALID",
        lambda f: f.failed,
        "Something that the comparison stands on failed: {failures}.",
    ),
    _row(
        "baseline:did_not_learn",
        lambda f: bool(f.dead) and (f.sealed or f.seeds >= LEANING),
        "INVALID",
        "{dead} did not get better than the untrained model under normal conditions, so the comparison is empty.",
    ),
    _row(
        "exploratory:unsealed",
        lambda f: not f.sealed,
        "INCONCLUSIVE",
        "The study was not sealed before its data, so it explores and decides nothing; {printed}.",
    ),
    Row(
        "untested",
        lambda f: bool(f.untested),
        "INCONCLUSIVE",
        lambda f: tuple(UNTESTED[g] for g in f.untested),
        "No assay proved that this can move: {blind}; what is not tested counts for neither side.",
    ),
    _unsupported(
        "baseline:unproven",
        lambda f: not any(f.learned[c] == "yes" for c in f.anchors),
        "{arm} is ahead in the gates, but that the principled comparator learned anything is not proven.",
    ),
    _unsupported(
        "capability_lost",
        lambda f: "lost" in f.capability.values(),
        "{arm} is ahead in the gates and proven worse in capability.",
    ),
    _unsupported(
        "normal_inferior",
        lambda f: "behind" in f.normal.values(),
        "{arm} is ahead in the gates and proven worse under normal conditions.",
    ),
    _unsupported(
        "learned_more",
        lambda f: not f.at_equal_normal,
        "{arm} is ahead in the gates and also under normal conditions: it may simply have learned more.",
    ),
    _unsupported(
        "trap_unresolved",
        lambda f: "unresolved" in f.normal.values(),
        "{arm} is ahead in the gates, but whether it is the same under normal conditions is not resolved.",
    ),
    _unsupported(
        "exposure",
        lambda f: f.exposure,
        "{arm} is ahead in the gates, but against flipped twins its values are not proven to have done it.",
    ),
    _unsupported(
        "capability_untested",
        lambda f: not f.capability,
        "{arm} is ahead in the gates, but nobody asked whether it kept its capability.",
    ),
    _unsupported(
        "capability_unresolved",
        lambda f: "unresolved" in f.capability.values(),
        "{arm} is ahead in the gates, but that it kept its capability is not proven.",
    ),
    Row(
        "internalized",
        lambda f: f.rule_a and f.internalized,
        "SUPPORTED",
        _supported,
        "{arm} is proven better than every comparator in two of three gates, by an estimate of at least the margin, "
        "and proven not worse by the margin in any, {normal}, and every clause of internalized is shown.",
    ),
    Row(
        "robust",
        lambda f: f.rule_a,
        "SUPPORTED",
        _supported,
        "{arm} is proven better than every comparator in two of three gates, by an estimate of at least the margin, "
        "and proven not worse by the margin in any, {normal}: robust, not shown internalized.",
    ),
    Row(
        "failure_condition",
        lambda f: any(c in f.principled for c in f.demoters),
        "DEMOTED",
        _as_good,
        "The failure condition is met: {arm} adds less than the margin over {demoting} in all three gates.",
    ),
    Row(
        "same_content_flat",
        lambda f: bool(f.demoters),
        "DEMOTED",
        _as_good,
        "Structure adds nothing over the same content flat ({demoting}); the failure condition as written is not met.",
    ),
    _row(
        "assay:unresolved",
        lambda f: bool(f.equal),
        "INCONCLUSIVE",
        "{arm} adds less than the margin over {equal}, but it is not shown here that there was something to learn.",
    ),
    _row(
        "content_vs_structure",
        lambda f: any(f.strong(by_gate) for by_gate in f.effects.values()),
        "INCONCLUSIVE",
        "{arm} is better than {beaten} but not than every comparator: the content may have done it.",
    ),
    _row(
        "mixed_signs",
        lambda f: f.mixed,
        "INCONCLUSIVE",
        "{arm} is better by the margin in one place and proven worse by the margin in another.",
    ),
    Row(
        "narrow",
        lambda f: bool(f.narrow),
        "INCONCLUSIVE",
        lambda f: tuple(f"narrow:{g}" for g in f.narrow),
        "{arm} is ahead by the margin in one kind of gate only: {narrow}.",
    ),
    _row(
        "small_positive_effect",
        lambda f: f.all_superior,
        "INCONCLUSIVE",
        "{arm} is better than every comparator in all three gates, by less than the margin.",
    ),
    _row(
        "underpowered",
        lambda f: True,
        "INCONCLUSIVE",
        "The intervals are too wide for either side; the study would need {lacking}.",
    ),
)


def decide(facts: Facts) -> tuple[Row, tuple[str, ...]]:
    """The first row that holds, and its reasons."""
    row = next(row for row in TABLE if row.holds(facts))
    return row, row.reasons(facts)


def sentence(row: Row, facts: Facts) -> str:
    """What a row says, filled in."""
    return row.sentence.format(**facts.words)
