"""From a study file to its jobs and to the plan that the judge sees."""

import json
from pathlib import Path
from typing import Any, Literal

from rearing.arms.curriculum import arm
from rearing.corpus.load import Corpus
from rearing.errors import EvidenceError, StudyError
from rearing.models.identity import base_identity
from rearing.records.plan import UNTRAINED, ArmRole, AssayState, Gate, Look, Measure, Plan, PlannedArm
from rearing.study.clauses import organisms_record, planned_clauses
from rearing.study.curricula import arm_plugins, lessons_digest, renderer_digests
from rearing.study.items import asked_plugins, dev_digests, read_plugins
from rearing.study.job import Job
from rearing.study.schema import Study
from rearing.study.seeds import seeds_of, training_seeds
from rearing.verdict.gates import check_plan

ASSAYS = Path(__file__).parent / "assays"
GATES: tuple[tuple[str, Literal["responses", "readings"], str], ...] = (
    ("format-neutral", "responses", "shift"),
    ("agentic", "responses", "agentic"),
    ("representational", "readings", "coupling"),
)
DEFAULT_DELTA = 0.05
DECODED = "decode"
# What is decoded counts towards SUPPORTED only where interchange beats its null in the structured arm
# (internalization.md section 2).
HANGS_ON = Gate(
    id="hangs-on",
    table="readings",
    select="interchange",
    measure="judgement",
    endpoint="above-null",
    note="choices have to hang on what the representational gate decodes",
)
# Judgement, since whatever does not read the question has a half of that.
CAPABILITY = Gate(id="capability", table="responses", select="capability", measure="judgement", delta=DEFAULT_DELTA)


def jobs_of(study: Study) -> list[Job]:
    """The jobs of a study: the base and the checkpoints, then seed by seed every arm."""
    as_they_are = (UNTRAINED, *(c.name for c in study.checkpoints))
    made = [Job(study, name, 0, study.attack.seeds > 0) for name in as_they_are]
    for index, seed in enumerate(training_seeds(study)):
        names = [name for name in study.arms if seed in seeds_of(study, name)]
        made += [Job(study, name, seed, _attacked(study, name, index), index == 0) for name in names]
    return made


def _attacked(study: Study, name: str, index: int) -> bool:
    """Of the first seeds all arms; other doses are compared under normal conditions and on the gates alone."""
    return index < study.attack.seeds and arm(name).dose == 1


def load_assay(study: Study) -> dict[str, Any]:
    """The assay that the study names: a shipped one or a file; {} if it names none.

    Raises:
        StudyError: There is no such assay.
    """
    if not study.assay:
        return {}
    path = Path(study.assay) if study.assay.endswith(".json") else ASSAYS / f"{study.assay}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not {"setting", "gates", "grid"} <= found.keys():
            raise ValueError("not an assay record")
    except (OSError, ValueError, AttributeError) as err:
        shipped = ", ".join(sorted(p.stem for p in ASSAYS.glob("*.json"))) or "none"
        raise StudyError(
            f"assay {study.assay!r} cannot be read",
            f"use a shipped one ({shipped}), a .json file, or run `rearing calibrate --assay`",
        ) from err
    return found


def assay_setting(study: Study, corpus: Corpus) -> dict[str, Any]:
    """What an assay holds for; it says nothing about a study that differs in any of this.

    It measures renderers, each against its own twin, so the orders of the arms are free.
    """
    return {
        "base": base_identity(study.base),
        "asked": dev_digests(study, corpus),
        "recipe": study.recipe.model_dump(mode="json"),
        "tellings": study.tellings,
        "stage_lessons": study.stage_lessons,
        "lessons": lessons_digest(corpus),
        "texts": renderer_digests(study, corpus),
        "forms": list(study.examine.gate_forms or study.examine.forms),
        "rule": study.examine.rule,
    }


def _differences(study: Study, wanted: dict[str, Any], found: dict[str, Any], asked: str) -> list[str]:
    """In what the setting of an assay differs for the gate that asks this.

    Of the texts, those of compared renderers must have been measured.
    """
    compared = {arm(name).renderer.name for name in (study.structured, *study.comparators)}
    texts = found.get("texts", {})
    differs = [key for key, value in wanted.items() if key not in ("texts", "asked") and found.get(key) != value]
    changed = sorted(name for name in compared if texts.get(name) != wanted["texts"][name])
    others = [] if found.get("asked", {}).get(asked) == wanted["asked"][asked] else ["what this gate asks"]
    return [*differs, *(f"texts of {name}" for name in changed), *others]


def gates(study: Study, corpus: Corpus, assay: dict[str, Any]) -> tuple[Gate, ...]:
    """The three gates with margin and assay state."""
    setting = assay_setting(study, corpus)
    by_gate = {row["gate"]: row for row in assay.get("gates", ()) if row.get("carries")}
    made = []
    for name, table, select in GATES:
        row = by_gate.get(name)
        state: AssayState = "NONE"
        measure: Measure = row["measure"] if row else "main"
        if row is None:
            note = "no assay was run for this study"
        elif differs := _differences(study, setting, assay["setting"], select if table == "responses" else table):
            note = f"the assay was run with other settings ({', '.join(differs)})"
        else:
            state, note = row["state"], row["note"]
        select = row.get("select", select) if row else select
        if table == "readings" and select not in study.examine.readings:
            state, note = "NONE", f"the study does not make the reading {select}, which stands for this gate"
        if select == DECODED and HANGS_ON.select not in study.examine.readings:
            state, note = "NONE", f"{select} supports only beside {HANGS_ON.select}, which the study does not make"
        made.append(
            Gate(
                id=name,
                table=table,
                select=select,
                measure=measure,
                delta=study.margin or (row["delta"] if row else DEFAULT_DELTA),
                assay=state,
                forms=(study.examine.gate_forms or study.examine.forms) if name == "format-neutral" else (),
                note=note,
            )
        )
    return tuple(made)


def planned_arms(study: Study) -> tuple[PlannedArm, ...]:
    """The arms with their roles; models that are not trained here come last, the base at the very end."""
    made = []
    for name in study.arms:
        a = arm(name)
        role: ArmRole = (
            "structured"
            if name == study.structured
            else "comparator"
            if name in study.comparators
            else "twin"
            if a.flipped
            else "dosed"
            if a.dose != 1
            else "other"
        )
        made.append(
            PlannedArm(name=name, label=a.label, role=role, renderer=a.renderer.name, order=a.order, dose=a.dose)
        )
    made += [PlannedArm(name=c.name, label=c.name, role="other", dose=0.0) for c in study.checkpoints]
    return (*made, PlannedArm(name=UNTRAINED, label="U", role="untrained"))


def build_plan(
    study: Study, corpus: Corpus, tokens: int, assay: dict[str, Any], organisms: dict[str, Any] | None = None
) -> Plan:
    """What was fixed before the data.

    The margin of `normal` is no larger than that of any gate (verdict.md section 5.2).

    Args:
        study: Read from its file.
        corpus: What it names.
        tokens: Of one run.
        assay: Its record.
        organisms: What planted organisms say of instruments; None for the record that is shipped for the base.

    Raises:
        StudyError: No verdict can be made of it, say for looks that do not end at all seeds.
    """
    found = gates(study, corpus, assay)
    normal_delta = min(g.delta for g in found)
    plan = Plan(
        study=study.name,
        model=study.base,
        corpus=f"{corpus.name} {corpus.version}",
        tokens=tokens,
        arms=planned_arms(study),
        gates=found,
        seeds=training_seeds(study),
        seal=study.sealed.seal if study.sealed else None,
        looks=tuple(Look(seeds=k.seeds, alpha=k.alpha) for k in study.looks),
        normal=Gate(id="normal", table="responses", select="normal", measure="main", delta=normal_delta, assay="PASS"),
        capability=CAPABILITY if CAPABILITY.select in study.examine.families else None,
        clauses=planned_clauses(study, organisms_record(study) if organisms is None else organisms),
        hangs_on=HANGS_ON if any((g.select, g.assay) == (DECODED, "PASS") for g in found) else None,
        authors={v.id: v.provenance.author for v in corpus.vignettes},
        attack=study.attack.name if study.attack.seeds else "",
        doses=study.attack.doses if study.attack.seeds else (),
        plugins={
            **{kind: sha256 for name in study.arms for kind, sha256 in arm_plugins(name).items()},
            **asked_plugins(study),
            **read_plugins(study.examine.readings),
        },
    )
    try:
        check_plan(plan)
    except EvidenceError as err:
        raise StudyError(err.problem, err.mend, where=f"key {err.where}") from err
    return plan
