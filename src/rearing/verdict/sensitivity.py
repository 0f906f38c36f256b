"""Would another estimator, or a part of the data, have given another verdict? Printed beside it; never changes it.

Every alternative looks at `normal`, gates, capability and clauses alike, where it has a meaning there: what is no share
keeps the usual estimator (it has no logit), only levels are rounded to right or wrong, and a form that a gate came in
is left out wherever there are others.

Source: verdict.md sections 1, 3 and 7.8.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product

import numpy as np
from scipy.special import expit, logit

from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.verdict import Alternative, AtMargin, Effect
from rearing.verdict.conclude import Exam, Finding, conclude
from rearing.verdict.crossed import Array, Contrast, Estimator, SeedModel, crossed, weighted
from rearing.verdict.effects import effect
from rearing.verdict.factorial import on_logits
from rearing.verdict.facts import LEANING
from rearing.verdict.scores import Matrix, Scores, Tables, gate_scores

RESAMPLES = 2000
TINY = 1e-6
MARGINS = tuple(k / 100 for k in range(1, 16))  # verdict.md section 7.4
EXACT_SEEDS = 12  # up to here all 2^S sign flips are listed, beyond that as many are drawn


@dataclass(frozen=True, kw_only=True)
class Drawn(Contrast):
    """A contrast whose bounds and p values are shares of sorted draws."""

    draws: Array

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Percentiles."""
        if self.n_seeds < 2:
            return -1.0, 1.0
        low, high = np.quantile(self.draws, (alpha, 1 - alpha))
        return float(low), float(high)

    def p_above(self, threshold: float) -> float:
        """Share of the draws, and of the data themselves, at `threshold` or below."""
        return 1.0 if self.n_seeds < 2 else (1 + int(np.sum(self.draws <= threshold))) / (1 + len(self.draws))

    def p_below(self, threshold: float) -> float:
        """Share of the draws, and of the data themselves, at `threshold` or above."""
        return 1.0 if self.n_seeds < 2 else (1 + int(np.sum(self.draws >= threshold))) / (1 + len(self.draws))


def other_pairing(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """Seeds the other way: independent where the plan pairs them, paired where it does not."""
    return crossed(arms, weights, "welch" if seed_model == "paired" else "paired")


def seeds_only(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """A t test on the means of seeds, as if these scenarios were all there are."""
    return crossed([a.mean(axis=1, keepdims=True) for a in arms], weights, seed_model)


def multi_bootstrap(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """Seeds and scenarios drawn again with replacement (Sellam et al. 2021, arXiv 2106.16163)."""
    found = crossed(arms, weights, seed_model)
    S, N = max(a.shape[0] for a in arms), arms[0].shape[1]
    D_SN = np.broadcast_to(weighted(arms, weights), (S, N))
    seed_BS, item_BN = _resamples(S, N)
    return _drawn(found, ((seed_BS @ D_SN) * item_BN).sum(axis=1))


@lru_cache(maxsize=4)
def _resamples(S: int, N: int) -> tuple[Array, Array]:
    """Shares of seeds and of scenarios in every resample."""
    rng = np.random.default_rng(0)
    seed_BS = rng.multinomial(S, np.full(S, 1 / S), RESAMPLES) / S
    return seed_BS, rng.multinomial(N, np.full(N, 1 / N), RESAMPLES) / N


def label_permutation(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """The labels of a seed's runs exchanged or not, for every subset of seeds.

    The means of the seeds' differences over all subsets are the test's typical values (Hartigan 1969, JASA 64:1303):
    the share of them at most t is the p of "the difference is at most t", so their percentiles are its bounds.
    """
    found = crossed(arms, weights, seed_model)
    d_S = np.array(found.by_seed)
    S = len(d_S)
    if S <= EXACT_SEEDS:
        chosen = np.array(list(product((0.0, 1.0), repeat=S)))[1:]
    else:
        chosen = np.random.default_rng(0).integers(0, 2, (2**EXACT_SEEDS, S)).astype(np.float64)
        chosen = chosen[chosen.any(axis=1)]
    return _drawn(found, (chosen @ d_S) / chosen.sum(axis=1))


def logit_scale(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """Interval and p on the logit scale, read back as a difference from the last arm's mean."""
    last = float(np.clip(arms[-1].mean(), TINY, 1 - TINY))
    odds = on_logits(arms, weights, seed_model)
    return OnLogits(**vars(crossed(arms, weights, seed_model)), odds=odds, reference=last)


@dataclass(frozen=True, kw_only=True)
class OnLogits(Contrast):
    """A contrast whose bounds and p values are those of `odds`, as differences of scores from `reference`."""

    odds: Contrast
    reference: float

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Bounds of the logit difference, as scores."""
        low, high = (float(expit(logit(self.reference) + b)) - self.reference for b in self.odds.bounds(alpha))
        return low, high

    def p_above(self, threshold: float) -> float:
        """One-sided p at the logit difference that `threshold` is."""
        return self.odds.p_above(self._as_logit(threshold))

    def p_below(self, threshold: float) -> float:
        """One-sided p at the logit difference that `threshold` is."""
        return self.odds.p_below(self._as_logit(threshold))

    def _as_logit(self, difference: float) -> float:
        moved = float(np.clip(self.reference + difference, TINY, 1 - TINY))
        return float(logit(moved) - logit(self.reference))


def _drawn(found: Contrast, draws: Array) -> Drawn:
    return Drawn(**vars(found), draws=np.sort(draws))


ESTIMATORS: dict[str, Estimator] = {
    "seeds independent, not paired": other_pairing,
    "seeds only": seeds_only,
    "multi-bootstrap": multi_bootstrap,
    "labels permuted": label_permutation,
    "logit scale": logit_scale,
}


def other_verdicts(finding: Finding, checks: Sequence[Check], exam: Exam, tables: Tables) -> tuple[Alternative, ...]:
    """What every other way would have said; of an unsealed study its leaning, and nothing under five seeds."""
    if len(finding.plan.seeds) < LEANING or finding.facts.failed:
        return ()
    plan = replace(finding.plan, seal=finding.plan.seal or "unsealed")
    usual = conclude(plan, checks, exam)
    found = []
    for method, other, matrices, estimator in _ways(plan, exam, tables):
        one = conclude(other, checks, matrices, estimator)
        changes = (one.word, one.reasons[:1]) != (usual.word, usual.reasons[:1])
        found.append(Alternative(method=method, word=one.word, reasons=one.reasons, changes=changes))
    return tuple(found)


def other_margins(finding: Finding, checks: Sequence[Check], exam: Exam) -> tuple[AtMargin, ...]:
    """What the rule would say if every margin were another one; as for `other_verdicts`, a leaning or nothing."""
    if len(finding.plan.seeds) < LEANING or finding.facts.failed:
        return ()
    plan = replace(finding.plan, seal=finding.plan.seal or "unsealed")
    found = []
    for delta in MARGINS:
        other = replace(
            plan,
            normal=replace(plan.normal, delta=delta),
            gates=tuple(replace(gate, delta=delta) for gate in plan.gates),
            capability=replace(plan.capability, delta=delta) if plan.capability else None,
        )
        one = conclude(other, checks, _every_margin(exam, delta))
        found.append(AtMargin(delta=delta, word=one.word, reasons=one.reasons))
    return tuple(found)


def _every_margin(exam: Exam, delta: float) -> Exam:
    """The same matrices, held against this margin; what has no margin stays as it is, and clauses keep theirs."""

    def held(scores: Scores) -> Scores:
        return replace(scores, gate=replace(scores.gate, delta=delta))

    return replace(_every(exam, held), clauses=exam.clauses, hangs_on=exam.hangs_on)


def _ways(plan: Plan, exam: Exam, tables: Tables) -> Iterator[tuple[str, Plan, Exam, Estimator]]:
    """Every alternative: its name, and what is put in the place of plan, matrices and estimator."""
    for name, estimator in ESTIMATORS.items():
        if plan.seed_model == "welch" and estimator is other_pairing:
            name = "seeds paired"
        yield name, plan, exam, estimator
    yield "right or wrong, no shades", plan, _every(exam, _binary), crossed
    for seed in plan.seeds:
        yield f"without seed {seed}", replace(plan, seeds=tuple(s for s in plan.seeds if s != seed)), exam, crossed
    for form in sorted({f for one in exam.gates if one.gate.table == "responses" for f in one.forms}):
        yield f"without form {form}", plan, _every(exam, partial(_not_in, plan, tables, form)), crossed
    for author in _authors(plan, exam.gates):
        yield f"without author {author}", plan, _every(exam, partial(_not_by, plan, author)), crossed


def _every(exam: Exam, change: Callable[[Scores], Scores]) -> Exam:
    return Exam(
        normal=change(exam.normal),
        gates=tuple(map(change, exam.gates)),
        capability=change(exam.capability) if exam.capability else None,
        clauses=tuple(map(change, exam.clauses)),
        hangs_on=change(exam.hangs_on) if exam.hangs_on else None,
    )


def _binary(scores: Scores) -> Scores:
    """Levels above one half are right, below it wrong; a half stays a half."""
    if scores.gate.endpoint != "level":
        return scores
    arms = {n: Matrix(m.seeds, 0.5 + 0.5 * np.sign(m.values - 0.5), m.counted) for n, m in scores.arms.items()}
    return replace(scores, arms=arms)


def _not_in(plan: Plan, tables: Tables, form: str, scores: Scores) -> Scores:
    """The items that came in other forms; all of them if there was no other."""
    gate, forms = scores.gate, scores.forms
    there = gate.table == "responses" and form in forms and len(forms) > 1
    return gate_scores(plan, gate, tables, without_form=form) if there else scores


def _authors(plan: Plan, scores: Sequence[Scores]) -> list[str]:
    """Who wrote the scenarios, if more than one did."""
    found = {plan.authors.get(s, "unknown") for one in scores for s in one.scenarios}
    return sorted(found) if len(found) > 1 else []


def _not_by(plan: Plan, author: str, scores: Scores) -> Scores:
    """The scenarios that somebody else wrote; all of them if nobody else did."""
    kept = [i for i, s in enumerate(scores.scenarios) if plan.authors.get(s, "unknown") != author]
    return scores.part(kept) if kept else scores


def crossings(plan: Plan, scores: Scores, tables: Tables) -> tuple[str, ...]:
    """Sentences about effects of one gate whose sign or significance hangs on one seed, one form or one author."""
    found = []
    labels = {arm.name: arm.label for arm in plan.arms}
    pairs = [(a.name, c.name) for a in plan.role("structured") for c in plan.role("comparator")]
    pairs = [pair for pair in pairs if scores.has(*pair)]
    whole = {pair: effect(plan, scores, *pair) for pair in pairs}
    for left_out, other, part in _parts(plan, scores, tables):
        for pair in pairs:
            if part.has(*pair) and (changed := _crossed(whole[pair], effect(other, part, *pair))):
                arm, comparator = (labels[n] for n in pair)
                found.append(f"{scores.gate.id}, {arm} - {comparator}: without {left_out} {changed}")
    return tuple(found)


def _parts(plan: Plan, scores: Scores, tables: Tables) -> Iterator[tuple[str, Plan, Scores]]:
    """The data of a gate without one seed, one form, one author."""
    if len(plan.seeds) > 2:
        for seed in plan.seeds:
            yield f"seed {seed}", replace(plan, seeds=tuple(s for s in plan.seeds if s != seed)), scores
    if scores.gate.table == "responses" and len(scores.forms) > 1:
        for form in scores.forms:
            yield f"form {form}", plan, gate_scores(plan, scores.gate, tables, without_form=form)
    for author in _authors(plan, [scores]):
        yield f"author {author}", plan, _not_by(plan, author, scores)


def _crossed(whole: Effect, part: Effect) -> str:
    """What changed, in words, or "" if neither sign nor significance did."""

    def side(e: Effect) -> int:
        return int(e.low > 0) - int(e.high < 0)

    if whole.estimate * part.estimate < 0:
        return f"the sign turns ({whole.estimate:+.3f} to {part.estimate:+.3f})"
    if side(whole) != side(part):
        verb = "is no longer significant" if side(part) == 0 else "becomes significant"
        return f"the difference {verb} ({part.estimate:+.3f}, {part.low:+.3f} to {part.high:+.3f})"
    return ""
