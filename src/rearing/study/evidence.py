"""Gather a finished run into an evidence folder: plan, checks, audit, assay, tables, and the hash of each."""

import importlib.metadata
import platform
import sys
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from rearing.arms.audit import AuditRow, audit
from rearing.corpus.load import Corpus
from rearing.models.identity import EMBEDDED, TINY
from rearing.plugins import load
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.tables import TABLES
from rearing.store.artifacts import Store, disk_errors, file_digest, json_bytes, write_atomic
from rearing.store.tables import join, read_table
from rearing.store.workers import aside
from rearing.study.checks import (
    competence_check,
    diverged_check,
    fed_tokens_check,
    order_check,
    precision_check,
    pressure_check,
)
from rearing.study.clauses import organisms_record
from rearing.study.cues import cue_row
from rearing.study.curricula import MANY, first_arms, study_count, study_curricula
from rearing.study.delivery import delivery_checks
from rearing.study.items import bare_chat, need_vignettes, study_halves, study_items
from rearing.study.job import Job, read_stage
from rearing.study.leaks import leak_rows
from rearing.study.proximity import proximity_rows
from rearing.study.schema import Study
from rearing.verdict.evidence import CHECKS, MANIFEST, ORGANISMS, PLAN, VERDICT
from rearing.verdict.facts import AGENTIC, FORMAT_NEUTRAL
from rearing.verdict.ledger import record

if TYPE_CHECKING:
    import polars as pl

SOFTWARE = ("rearing", "torch", "transformers", "numpy", "scipy", "polars", "tokenizers")


def gather(
    study: Study, plan: Plan, jobs: Sequence[Job], corpus: Corpus, store: Store, assay: dict[str, Any], folder: Path
) -> None:
    """Gather what the jobs left into the evidence folder."""
    reared = [j for j in jobs if j.trained]
    attacked = [j for j in jobs if j.attacked]
    at = {
        stage: [read_stage(j, corpus, store, stage) for j in of]
        for stage, of in (("examine", jobs), ("read", jobs), ("attack", attacked), ("train", reared))
    }
    tables = {
        "responses": join("responses", at["examine"] + at["attack"]),
        "readings": join("readings", at["read"] + _with("readings", at["attack"])),
        "fed": join("fed", at["train"]),
        "documents": join("documents", at["train"]),
        "items": read_table(at["examine"][0], "items"),
    }
    curricula = study_curricula(study, corpus)
    rows = audit_study(study, corpus)
    shipped_tokenizer = study.base in (EMBEDDED, TINY)
    checks = [
        *(row.check for row in rows),
        order_check(curricula, tables["fed"], shipped_tokenizer),
        fed_tokens_check(tables["fed"]),
        diverged_check(tables["fed"]),
    ]
    if study.examine.dtype == "bf16":
        tables["precision"] = join("precision", at["examine"])
        checks.append(precision_check(tables["precision"]))
    if kept := _with("retained", at["train"]):
        tables["retained"] = join("retained", kept)
        checks += delivery_checks(tables["retained"])
    beside = {"private": at["examine"] + at["attack"], "losses": at["attack"], "recovery": at["attack"]}
    tables |= {name: join(name, found) for name, where in beside.items() if (found := _with(name, where))}
    if "worlds" in study.examine.families:
        checks.append(competence_check(tables["responses"]))
    if "pressure" in study.examine.families:
        checks.append(pressure_check(tables["responses"]))
    write_evidence(folder, study, corpus, plan, checks, rows, assay, tables)


def _with(table: str, folders: Sequence[Path]) -> list[Path]:
    """Those in which there is such a table."""
    return [f for f in folders if (f / f"{table}.parquet").exists()]


def write_evidence(
    folder: Path,
    study: Study,
    corpus: Corpus,
    plan: Plan,
    checks: Sequence[Check],
    rows: Sequence[AuditRow],
    assay: dict[str, Any],
    tables: "Mapping[str, pl.DataFrame]",
) -> None:
    """Write the evidence folder; the manifest comes last, so what was cut short is no evidence.

    In it scores can be told by arm. The ledger of a sealed study says that it is unblinded before the first of its
    files is there: whoever cuts this short has seen nothing that the ledger does not know of.
    """
    told: dict[str, Any] = {
        PLAN: TypeAdapter(Plan).dump_python(plan, mode="json"),
        CHECKS: TypeAdapter(list[Check]).dump_python(list(checks), mode="json"),
        "audit.json": [asdict(row) for row in rows],
        "assay.json": assay,
    }
    if organisms := organisms_record(study):
        told[ORGANISMS] = organisms
    files = {name: json_bytes(value) for name, value in told.items()}
    files |= {f"{name}.parquet": _parquet(table) for name, table in tables.items()}
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        gone = [f"{name}.parquet" for name in TABLES if name not in tables]  # of a study that had the same name
        for name in (MANIFEST, VERDICT, ORGANISMS, *gone):
            (folder / name).unlink(missing_ok=True)
    files[MANIFEST] = _manifest(folder, files, study, corpus)
    if study.sealed:
        record(folder, "unblinded", seeds=study.seeds, manifest=sha256(files[MANIFEST]).hexdigest())
    for name, data in files.items():
        write_atomic(folder / name, data)


def _parquet(table: "pl.DataFrame") -> bytes:
    table.write_parquet(buffer := BytesIO(), compression="zstd", statistics=False)
    return buffer.getvalue()


def _manifest(folder: Path, files: Mapping[str, bytes], study: Study, corpus: Corpus) -> bytes:
    """The hash of every file of the evidence, with what lies there beside `files`, and what made it."""
    there = {p.name: file_digest(p) for p in folder.iterdir() if p.suffix in (".json", ".parquet")}
    return json_bytes(
        {
            "files": there | {name: sha256(data).hexdigest() for name, data in files.items()},
            "study": study.model_dump(mode="json"),
            "corpus": corpus.digest,
            "python": sys.version.split()[0],
            "machine": platform.machine(),
            "software": versions(),
        }
    )


def versions() -> dict[str, str]:
    """Of the software that makes results, as far as it is installed."""
    found = {}
    for name in SOFTWARE:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def audit_study(study: Study, corpus: Corpus) -> tuple[AuditRow, ...]:
    """The audit of a study without running it.

    Raises:
        StudyError: The corpus has too few vignettes.
    """
    need_vignettes(study, corpus)
    made, count = study_curricula(study, corpus), study_count(study)
    texts = {d.text for per_seed in made.values() for c in per_seed for d in c.documents}
    sentences = {
        name: {s.text for c in made[name] for d in c.documents for s in d.sentences}
        for name in first_arms(study).values()
    }
    if len(texts) < MANY:
        return (*audit(made, count), *_shared_rows(study, corpus, texts, sentences))
    with aside(_shared_rows, study, corpus, texts, sentences) as shared:
        return (*audit(made, count), *shared())


def _shared_rows(
    study: Study, corpus: Corpus, texts: Set[str], sentences: Mapping[str, Set[str]]
) -> tuple[AuditRow, ...]:
    """What the training text and the examination have in common."""
    load(study.plugins)
    return (
        *leak_rows(texts, corpus, lambda c: study_items(study, c, bare_chat)),
        *proximity_rows(sentences, study_items(study, corpus, bare_chat)),
        cue_row(dict(zip((FORMAT_NEUTRAL, AGENTIC), study_halves(study, corpus), strict=True))),
    )
