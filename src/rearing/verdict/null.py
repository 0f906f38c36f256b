"""A/A: one arm under three names, from the tables of a study. Nothing may be SUPPORTED.

The seeds of an arm are dealt out at random to a structured arm, a principled and a flat comparator; the untrained model
stays. The names share no draws of a seed, so seeds are independent here whatever the plan says. Chance has every
opening: the study counts as sealed, and one that was not made to be dealt out as if every assay and check had passed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rearing.errors import EvidenceError
from rearing.records.check import Check
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
        ends: Verdict with its reasons, as `DEMOTED (as_good:P)`, to how many deals ended so.
        superior: Share of contrasts on gates with a one-sided p of at most 2.5 %.
        gap: By gate, the 95th percentile of the absolute difference of two names: AA95 of verdict.md section 5.2.
    """

    study: str
    arm: str
    seeds: int
    ends: dict[str, int]
    superior: float
    gap: dict[str, float]

    @property
    def deals(self) -> int:
        """How often the seeds were dealt out."""
        return sum(self.ends.values())

    @property
    def supported(self) -> int:
        """How many deals were SUPPORTED, of which there may be none."""
        return sum(count for end, count in self.ends.items() if end.startswith("SUPPORTED"))


def nulls(evidence: Evidence, repeats: int = REPEATS, as_it_is: bool = False) -> list[Null]:
    """Every reared arm that has seeds enough, over so many deals.

    Args:
        evidence: Tables and plan.
        repeats: Deals of each arm.
        as_it_is: Assay states and checks are those of the evidence, not taken to have passed.

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
    checks = evidence.checks if as_it_is else checks_of(Truth())
    gates = plan.gates if as_it_is else tuple(replace(g, assay="PASS") for g in plan.gates)
    return [_null(replace(plan, gates=gates), checks, exam, label, repeats) for label in able]


def _enough(scores: Scores, name: str) -> bool:
    return scores.has(name) and len(scores.arms[name].seeds) >= LEAST * len(NAMES)


def _null(plan: Plan, checks: Sequence[Check], exam: Exam, label: str, repeats: int) -> Null:
    name = next(a.name for a in plan.arms if a.label == label)
    each = min(len(one.arms[name].seeds) for one in exam.all) // len(NAMES)
    made = replace(plan_of(Truth(seed_model="welch"), each), normal=plan.normal, gates=plan.gates)
    ends: Counter[str] = Counter()
    found: list[Effect] = []
    for k in range(repeats):
        finding = conclude(made, checks, _dealt(plan, made, exam, name, np.random.default_rng(k)))
        ends[f"{finding.word} ({', '.join(finding.reasons)})"] += 1
        found += finding.measured.effects
    gap = {
        g.id: float(np.quantile([abs(e.estimate) for e in found if e.family == g.id], 0.95))
        for g in plan.gates
        if any(e.family == g.id for e in found)
    }
    return Null(plan.study, label, each, dict(ends), sum(e.p_superior <= 0.025 for e in found) / len(found), gap)


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


def null_table(found: Sequence[Null], what: str) -> str:
    """The nulls as text, and whether none is SUPPORTED.

    Args:
        found: Of one study or of several.
        what: What was dealt out, for the first line.
    """
    lines = [f"{what}; its seeds dealt out to three names", ""]
    for n in found:
        gaps = ", ".join(f"{gate} {gap:.3f}" for gate, gap in n.gap.items())
        superior = f"superior at 2.5 %: {100 * n.superior:.1f} %"
        lines.append(f"{n.study} {n.arm}, {n.seeds} seeds a name; {superior}; 95 % of differences within {gaps}")
        lines += [f"  {count:>3}  {end}" for end, count in sorted(n.ends.items())]
    supported, deals = sum(n.supported for n in found), sum(n.deals for n in found)
    return "\n".join([*lines, "", f"SUPPORTED {supported} of {deals}, allowed 0{'  MISS' if supported else ''}"])
