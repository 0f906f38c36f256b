"""What is refused before it is sealed, because it could not decide. Every refusal is one sentence with its mend."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.records.plan import Plan
from rearing.study.assay_math import MAX_DELTA, MIN_DELTA
from rearing.study.attack_record import searched
from rearing.study.evidence import audit_study
from rearing.study.items import bare_chat, study_items, study_vignettes
from rearing.study.schema import Study
from rearing.verdict.gates import SEALED_SCENARIOS, SEALED_SEEDS, flat, principled
from rearing.verdict.power import Spread, Spreads, powers

POWER = 0.80  # of DEMOTED and of SUPPORTED (DESIGN section 8.6)
CONFIRM_SEEDS = 3  # at least (DESIGN section 7)
ASSAY = "run `rearing calibrate --assay` with these settings and name its record under assay"


def refuse(study: Study, corpus: Corpus, plan: Plan, assay: dict[str, Any]) -> dict[str, float]:
    """See that a study could decide.

    Args:
        study: Under the key that will draw its seeds and items.
        corpus: What it draws on.
        plan: What the judge will see.
        assay: The record that the study names.

    Returns:
        The power of DEMOTED and of SUPPORTED.

    Raises:
        StudyError: It could not; the first reason, cheap ones first.
    """
    _size(study, plan)
    _assay(plan, assay)
    _margins(plan, assay)
    _attack(study, corpus)
    sizes = _scenarios(study, corpus, plan)
    found = _power(plan, assay, sizes, study.twin_seeds)
    _matched(study, corpus)
    return found


def _size(study: Study, plan: Plan) -> None:
    """Seeds, comparators and families that the rule cannot do without."""
    if study.seeds < SEALED_SEEDS:
        mend = f"plan at least {SEALED_SEEDS}"
        raise StudyError(
            f"plans {study.seeds} seeds, with which hardly anything is ever DEMOTED", mend, where="key seeds"
        )
    if not principled(plan) or not flat(plan):
        kind = "flat" if principled(plan) else "principled"
        mend = "compare with principled-shuffled and with flat-shuffled"
        raise StudyError(
            f"has no {kind} comparator, so one side of the claim is not tested", mend, where="key comparators"
        )
    if plan.capability is None:
        problem = "does not ask what training cost in capability, so nothing could be SUPPORTED"
        raise StudyError(problem, "add 'capability'", where="key examine.families")


def _assay(plan: Plan, assay: dict[str, Any]) -> None:
    """Every gate has an assay that holds for this very setting, is PASS, and stands on enough fresh seeds."""
    for gate in plan.gates:
        if gate.assay != "PASS":
            problem = f"the {gate.id} gate has assay {gate.assay} ({gate.note})"
            raise StudyError(problem, ASSAY, where="key assay")
    if (seeds := assay.get("seeds", {}).get("confirm", 0)) < CONFIRM_SEEDS:
        problem = f"the assay was confirmed on {seeds} seeds"
        raise StudyError(problem, f"run it again with confirm_seeds = {CONFIRM_SEEDS} or more", where="key assay")


def _margins(plan: Plan, assay: dict[str, Any]) -> None:
    """The margin of every gate lies between `MIN_DELTA` and half of what P gained over U (decision 0015)."""
    gained = {row["gate"]: row["p_minus_u"] for row in assay["gates"] if row.get("carries")}
    for gate in plan.gates:
        most = min(MAX_DELTA, gained[gate.id] / 2)
        if most < MIN_DELTA:
            raise StudyError(
                f"no margin fits the {gate.id} gate: P leads U by {gained[gate.id]:.3f} in the assay, half of that is "
                f"below {MIN_DELTA}",
                "find a recipe, forms or a bank on which the comparator gains more",
                where="key margin",
            )
        if not MIN_DELTA <= gate.delta <= most + 1e-9:
            problem = f"the margin {gate.delta:g} of the {gate.id} gate is outside {MIN_DELTA} to {most:.3f}"
            raise StudyError(problem, "choose one inside, or none to take that of the assay", where="key margin")


def _attack(study: Study, corpus: Corpus) -> None:
    """Attacks have the learning rate that was searched for them on this base; one extrapolated in dose will do."""
    if study.attack.seeds and not (found := searched(study, corpus)).fits:
        raise StudyError(f"attacks at {study.attack.lr:g}, and {found.note}", found.mend, where="key attack.lr")


def _scenarios(study: Study, corpus: Corpus, plan: Plan) -> dict[str, int]:
    """How many scenarios every family has; every gate has enough."""
    asked: dict[str, set[str]] = {}
    for item in study_items(study, corpus, bare_chat):
        asked.setdefault(item.family, set()).add(item.scenario)
    read = len(study_vignettes(study, corpus))
    families = (plan.normal, *plan.gates, *([plan.capability] if plan.capability else []))
    sizes = {g.id: len(asked.get(g.select, ())) if g.table == "responses" else read for g in families}
    for gate in plan.gates:
        if sizes[gate.id] < SEALED_SCENARIOS:
            problem = f"the {gate.id} gate has {sizes[gate.id]} scenarios, a sealed one needs {SEALED_SCENARIOS}"
            raise StudyError(problem, "ask about more vignettes", where="key examine.vignettes")
    return sizes


def _power(plan: Plan, assay: dict[str, Any], sizes: Mapping[str, int], twin_seeds: int | None) -> dict[str, float]:
    """Both powers, by the real rule at the spreads that the assay measured."""
    try:
        measured = TypeAdapter(dict[str, Spread]).validate_python(assay.get("spreads", {}))
    except ValidationError as err:
        raise StudyError(f"the spreads of the assay have another shape ({err.errors()[0]['msg']})", ASSAY) from err
    if lacking := [g.id for g in (plan.normal, *plan.gates) if g.id not in measured]:
        problem = f"power is unknown: the assay record has no spreads of {', '.join(lacking)}"
        raise StudyError(
            problem, "run `rearing calibrate --assay` again, which reuses its finished work", where="key assay"
        )
    margins = {g.id: g.delta for g in (plan.normal, *plan.gates)}
    known = {f: replace(s, delta=margins.get(f, s.delta)) for f, s in measured.items()}
    demoted, supported = powers(Spreads(plan, known, twin_seeds), len(plan.seeds), sizes)
    if min(demoted, supported) < POWER:
        raise StudyError(
            f"has power {demoted:.2f} for DEMOTED and {supported:.2f} for SUPPORTED at the spreads of the assay, and "
            f"{POWER:.2f} is asked for",
            "plan more seeds (of twins too) or scenarios; `rearing calibrate --plan EVIDENCE` says how many",
            where="key seeds",
        )
    return {"DEMOTED": demoted, "SUPPORTED": supported}


def _matched(study: Study, corpus: Corpus) -> None:
    """The arms pass their audit. They have one recipe: a study file cannot give an arm another."""
    if failed := [row.name for row in audit_study(study, corpus) if not row.passed]:
        problem = f"the arms are not matched ({', '.join(failed)})"
        raise StudyError(problem, "`rearing audit` shows by how much", where="key arms")
