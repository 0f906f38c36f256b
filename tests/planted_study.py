"""A planted study, from its seal to its report: everything is real but the models, whose scores are planted.

python -m tests.planted_study OUT       four run folders, one for each verdict, with their reports
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.corpus_fixture import commons

from rearing.arms.audit import AuditRow
from rearing.arms.tokens import counter, document_digest
from rearing.corpus.load import Corpus
from rearing.records.plan import Plan
from rearing.records.tables import TABLES
from rearing.records.verdict import Verdict
from rearing.report import write_report
from rearing.store.tables import frame
from rearing.study.checks import diverged_check, fed_tokens_check, order_check
from rearing.study.curricula import study_curricula
from rearing.study.evidence import audit_study, write_evidence
from rearing.study.items import bare_chat, item_row, study_items, study_vignettes
from rearing.study.planning import GATES, assay_setting, build_plan, load_assay
from rearing.study.schema import Study, load_study
from rearing.study.sealing import document_of, seal_study, under_seal
from rearing.study.worker import document_rows
from rearing.verdict import judge_evidence, power_of, write_verdict
from rearing.verdict.evidence import read_sealed
from rearing.verdict.facts import AGENTIC
from rearing.verdict.ledger import record
from rearing.verdict.planted import Truth, everywhere, plant
from rearing.verdict.seal import SEALED, as_bytes, seal_of

STUDY = """
name = "planted"
base = "tiny"
arms = ["branching-developmental", "flat-shuffled", "principled-shuffled"]
seeds = 8
stage_lessons = 12
assay = "assay.json"
[examine]
vignettes = 240
families = ["normal", "shift", "agentic", "capability"]
forms = ["chat", "menu-chat"]
[attack]
seeds = 0
[seal]
notes = "planted"
prior_looks = ["none, the scores are made up"]
"""
SHARP = Truth(scoring="probability", seed_sd=0.01)
TRUTHS = {
    "SUPPORTED": replace(SHARP, gains={"BD": everywhere(0.10)}),
    "DEMOTED": SHARP,
    "INCONCLUSIVE": replace(SHARP, gains={"BD": {AGENTIC: 0.15}}),
    "INVALID": replace(SHARP, gains={"BD": everywhere(0.10)}),  # and one run was fed in another order
}
LEARNED = 0.14
QUIET = {"delta": 0.05, "level": 0.7, "gain": LEARNED, "seed": 0.0001, "item": 0.001, "residual": 0.02}


def write_study(folder: Path, text: str = STUDY, **assay: Any) -> Path:
    """A study file with an assay record that covers it; keywords replace parts of the record."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assay.json").write_text("{}")
    path = folder / "study.toml"
    path.write_text(text)
    study = load_study(path)
    row = {
        "carries": True, "measure": "main", "delta": 0.05, "state": "PASS", "note": "planted", "source": "planted",
        "untrained": 0.56, "principled": 0.70, "p_minus_u": LEARNED, "value": {"branching": 0.1, "flat": 0.1},
    }  # fmt: skip
    record = {
        "setting": assay_setting(study, commons()),
        "gates": [row | {"gate": name} for name, *_ in GATES],
        "grid": [],
        "seeds": {"search": 1, "confirm": 3},
        "spreads": {family: QUIET for family in ("normal", *(name for name, *_ in GATES))},
    }
    (folder / "assay.json").write_text(json.dumps(record | assay))
    return path


def seal_anyway(folder: Path, study: Study, corpus: Corpus) -> Study:
    """Seal a study that could decide nothing, which `rearing seal` would refuse."""
    document = document_of(study, corpus, load_assay(study), {})
    seal = seal_of(document)
    record(folder, "sealed", seal=seal.seal, key=seal.key, others=[])
    (folder / SEALED).write_bytes(as_bytes(document))
    return study.under(seal)


def plant_study(path: Path, run: Path, word: str) -> Verdict:
    """What `rearing run` would have left of the sealed study in `run`, with scores that end in this verdict."""
    study, corpus, evidence = load_study(path), commons(), run / "evidence"
    assay, document = load_assay(study), read_sealed(evidence)
    assert document is not None
    sealed = under_seal(study, corpus, assay, evidence)
    plan = build_plan(sealed, corpus, document.tokens, assay)
    fed, documents = _fed(sealed, corpus, disordered=word == "INVALID")
    checks = [order_check(study_curricula(sealed, corpus), fed, True), fed_tokens_check(fed), diverged_check(fed)]
    tables = _scores(sealed, corpus, plan, TRUTHS[word]) | {"fed": fed, "documents": documents}
    rows = _audited(sealed, plan.seal or "")
    write_evidence(evidence, sealed, corpus, plan, [*(row.check for row in rows), *checks], rows, assay, tables)
    verdict = judge_evidence(evidence)
    write_verdict(evidence, verdict)
    write_report(evidence, verdict, run / "report.html")
    return verdict


_AUDITED: dict[str, tuple[AuditRow, ...]] = {}


def _audited(study: Study, seal: str) -> tuple[AuditRow, ...]:
    """The audit of a sealed study, once for all verdicts that are planted in it."""
    if seal not in _AUDITED:
        _AUDITED[seal] = audit_study(study, commons())
    return _AUDITED[seal]


def _fed(study: Study, corpus: Corpus, disordered: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was fed, as planned; or with two steps of one run exchanged."""
    count = counter()
    fed: list[dict[str, Any]] = []
    documents: list[dict[str, Any]] = []
    for name, per_seed in study_curricula(study, corpus).items():
        for c in per_seed:
            own = [
                {
                    "arm": name, "seed": c.seed, "step": i, "phase": step.phase, "position": j, "document": d.id,
                    "scenario": d.scenario, "stage": d.stage, "tokens": count(d.text) + 1, "lr": 1e-4, "loss": 2.0,
                    "fed": document_digest(d.text),
                }
                for i, step in enumerate(c.steps) for j, d in enumerate(step.documents)
            ]  # fmt: skip
            fed += own
            documents += document_rows(c, own)
    if disordered:
        steps = [row for row in fed if (row["arm"], row["seed"]) == (fed[-1]["arm"], fed[-1]["seed"])]
        for row in steps:
            row["step"] = {6: 7, 7: 6}.get(row["step"], row["step"])
    return frame("fed", fed), frame("documents", documents)


def _scores(study: Study, corpus: Corpus, plan: Plan, truth: Truth) -> dict[str, pl.DataFrame]:
    """Planted scores for the items that the study asks."""
    items = study_items(study, corpus, bare_chat)
    read = study_vignettes(study, corpus)
    exam = plant(truth, plan, len(read), np.random.default_rng(7))
    responses: list[pl.DataFrame] = []
    readings: list[pl.DataFrame] = []
    for one in exam.all:
        for arm, matrix in one.arms.items():
            for seed, scores in zip(matrix.seeds, matrix.values, strict=True):
                who = {"arm": arm, "seed": seed, "attack": "", "dose": 0}
                if one.gate.table == "readings":
                    readings.append(_table("readings", who, _read(one.gate.select, [v.id for v in read], scores)))
                else:
                    asked = [i for i in items if i.family == one.gate.select]
                    responses.append(_table("responses", who, _asked(asked, scores)))
    return {
        "responses": pl.concat(responses),
        "readings": pl.concat(readings),
        "items": frame("items", [item_row(i) for i in items]),
    }


def _table(name: str, who: dict[str, Any], rows: Iterator[dict[str, Any]]) -> pl.DataFrame:
    return frame(name, (who | row for row in rows)).select(list(TABLES[name]))


def _asked(items: list[Any], scores: Any) -> Iterator[dict[str, Any]]:
    score = dict(zip(sorted({i.scenario for i in items}), map(float, scores), strict=False))
    for i in items:
        told = {k: getattr(i, k) for k in ("family", "form", "kind", "wording", "scenario", "situation", "state")}
        margin = 2 * score[i.scenario] - 1
        margins = dict.fromkeys(("margin", "margin_sum", "margin_byte", "margin_token"), margin)
        yield told | margins | {"item": i.id, "score": score[i.scenario], "agreement": float("nan")}


def _read(reading: str, scenarios: list[str], scores: Any) -> Iterator[dict[str, Any]]:
    for scenario, value in zip(scenarios, scores, strict=True):
        place = {"reading": reading, "site": "action", "depth": 2 / 3, "wording": "mf", "situation": "main"}
        yield place | {"scenario": scenario, "value": float(value)}


def main(out: Path) -> None:
    """Seal once, and plant every verdict on a copy of the sealed run folder."""
    path = write_study(out)
    seal_study(path, out / "sealed")
    for word in TRUTHS:
        shutil.copytree(out / "sealed", out / word, dirs_exist_ok=True)
        verdict, evidence = plant_study(path, out / word, word), out / word / "evidence"
        print(verdict.line)
        print(f"  {write_report(evidence, verdict, out / word / 'report.html', power_of(evidence, verdict))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
