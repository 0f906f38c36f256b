"""A/A: one arm under three names, from the tables of a real study. Nothing may be SUPPORTED.

The seeds of an arm are dealt out at random to a structured arm, a principled and a flat comparator; the untrained model
stays. Gates count as if their assay had passed, so that chance has every opening. The names share no draws of a seed,
so seeds are independent here whatever the plan says.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rearing.errors import EvidenceError
from rearing.records.plan import Plan
from rearing.records.verdict import Effect
from rearing.verdict.conclude import Exam, conclude
from rearing.verdict.evidence import Evidence
from rearing.verdict.judge import read_exam
from rearing.verdict.planted import Truth, checks_of, plan_of
from rearing.verdict.scores import Matrix, Scores, check_tables

NAMES = ("branching-developmental", "principled-shuffled", "flat-shuffled")
LEAST = 2  # seeds a name
REPEATS = 20


@dataclass(frozen=True, slots=True)
class Null:
    """What came of one arm under three names, over so many deals of its seeds.

    Attributes:
        seeds: Of each name.
        words: Verdict to how many deals ended so.
        superior: Share of contrasts on gates with a one-sided p of at most 2.5 %.
        gap: By gate, the 95th percentile of the absolute difference of two names: AA95 of verdict.md section 5.2.
    """

    arm: str
    seeds: int
    words: dict[str, int]
    superior: float
    gap: dict[str, float]


def nulls(evidence: Evidence, repeats: int = REPEATS) -> list[Null]:
    """Every reared arm that has seeds enough, over so many deals.

    Raises:
        EvidenceError: No arm has two seeds for each of three names.
    """
    plan, tables = evidence.plan, check_tables(evidence.responses, evidence.readings)
    exam = read_exam(plan, tables)
    able = [
        arm.label
        for arm in plan.arms
        if arm.role in ("structured", "comparator", "other") and all(_enough(one, arm.name) for one in exam.all)
    ]
    if not able:
        problem = f"no arm has {LEAST * len(NAMES)} seeds on every family"
        raise EvidenceError(problem, "run the study with more seeds", where="plan.json")
    return [_null(plan, exam, label, repeats) for label in able]


def _enough(scores: Scores, name: str) -> bool:
    return scores.has(name) and len(scores.arms[name].seeds) >= LEAST * len(NAMES)


def _null(plan: Plan, exam: Exam, label: str, repeats: int) -> Null:
    name = next(a.name for a in plan.arms if a.label == label)
    each = min(len(one.arms[name].seeds) for one in exam.all) // len(NAMES)
    made = replace(plan_of(Truth(seed_model="welch"), each), normal=plan.normal)
    made = replace(made, gates=tuple(replace(g, assay="PASS") for g in plan.gates))
    words: Counter[str] = Counter()
    found: list[Effect] = []
    for k in range(repeats):
        finding = conclude(made, checks_of(Truth()), _dealt(plan, made, exam, name, np.random.default_rng(k)))
        words[finding.word] += 1
        found += finding.measured.effects
    gap = {
        g.id: float(np.quantile([abs(e.estimate) for e in found if e.family == g.id], 0.95))
        for g in plan.gates
        if any(e.family == g.id for e in found)
    }
    return Null(label, each, dict(words), sum(e.p_superior <= 0.025 for e in found) / len(found), gap)


def _dealt(plan: Plan, made: Plan, exam: Exam, arm: str, rng: np.random.Generator) -> Exam:
    """The matrices with the rows of one arm dealt out to all names."""
    each, base = len(made.seeds), plan.role("untrained")
    order = rng.permutation(each * len(NAMES))

    def one(scores: Scores) -> Scores:
        rows = scores.arms[arm].values
        arms = {name: Matrix(made.seeds, rows[order[i * each : (i + 1) * each]]) for i, name in enumerate(NAMES)}
        if base and scores.has(base[0].name):
            arms["untrained"] = scores.arms[base[0].name]
        return replace(scores, arms=arms)

    # Without a capability nothing could ever be SUPPORTED, and the null would prove nothing.
    capability = replace(one(exam.capability or exam.normal), gate=made.capability or plan.normal)
    return Exam(normal=one(exam.normal), gates=tuple(map(one, exam.gates)), capability=capability)


def null_table(found: Sequence[Null]) -> str:
    """The nulls as text."""
    lines = ["one arm under three names, its seeds dealt out at random; gates count as if their assay had passed", ""]
    for n in found:
        words = ", ".join(f"{word} {count}" for word, count in sorted(n.words.items()))
        gaps = ", ".join(f"{gate} {gap:.3f}" for gate, gap in n.gap.items())
        lines.append(
            f"{n.arm:<6} {n.seeds} seeds a name: {words}; superior at 2.5 %: {100 * n.superior:.1f} %; AA95 {gaps}"
        )
    return "\n".join(lines)
