"""The null through the real machine: corpus, training, examination, readings, assay, evidence, judge.

assay     of the one arm, by the protocol of every assay; if it does not pass, the null proves nothing
studies   each trains that arm on seeds of its own, and leaves an evidence folder
judge     the seeds of each are dealt out to three names (`verdict/null.py`); nothing may be SUPPORTED
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.corpus.load import Corpus
from rearing.models.identity import TINY
from rearing.store.artifacts import Store, write_json
from rearing.store.runs import open_run
from rearing.store.tables import join
from rearing.study.assay import AssayFile, assay, examine
from rearing.study.assay_report import table
from rearing.study.checks import order_check
from rearing.study.curricula import study_curricula
from rearing.study.evidence import write_evidence
from rearing.study.forecast import run_tokens
from rearing.study.job import read_stage
from rearing.study.null.corpus import planted_rule
from rearing.study.planning import build_plan, jobs_of
from rearing.study.schema import RecipeTable, Study
from rearing.verdict.evidence import load_evidence
from rearing.verdict.null import NAMES, Null, nulls

if TYPE_CHECKING:
    import polars as pl

ARM = "stated-shuffled"
ASSAY = AssayFile(
    name="null",
    base=TINY,
    corpus="planted-rule",
    plugins=(Path(__file__).parent / "stated.py",),
    renderers=(ARM,),
    control=ARM,
    forms=("chat", "menu-form"),
    rules=("sum",),
    readings=("coupling",),
    confirm_seeds=2,
    gate_forms=2,
    recipes=(RecipeTable(lr=4.2e-3, documents_per_step=6, warmup_steps=0, dtype="fp32"),),
)


@dataclass(frozen=True, slots=True)
class Size:
    """So many studies, each with so many seeds a name, which are dealt out so many times."""

    studies: int
    seeds: int
    deals: int


QUICK = Size(studies=1, seeds=4, deals=20)  # deals share their runs
FULL = Size(studies=20, seeds=8, deals=1)


@dataclass(frozen=True, slots=True)
class NullResult:
    """What the null leaves.

    Attributes:
        assay: The table of its assay.
        passed: Whether every gate passed it.
        found: Of every study; none if the assay did not pass.
    """

    assay: str
    passed: bool
    found: tuple[Null, ...]


def run_null(size: Size, out: Path | None = None, quiet: bool = False) -> NullResult:
    """Assay, train, examine, judge; finished work is reused.

    Args:
        size: `QUICK` or `FULL`.
        out: Run folder; `runs/null` if None.
        quiet: No progress display.

    Raises:
        StageError: A job failed; run again to go on from there.
    """
    corpus = planted_rule()
    with open_run(out or Path("runs") / ASSAY.name, ASSAY.name) as folder:
        record = assay(ASSAY, corpus, folder, quiet)
        write_json(folder / "assay.json", record)
        passed = all(row["state"] == "PASS" for row in record["gates"] if row["carries"])
        if not passed:
            return NullResult(table(record), False, ())
        studies = [_study(k, size, record) for k in range(1, size.studies + 1)]
        frames = examine(studies, corpus, folder, quiet)
        found = []
        for study, (responses, readings) in zip(studies, frames, strict=True):
            fed = [read_stage(job, corpus, Store(folder / "store"), "train") for job in jobs_of(study) if job.trained]
            tables = {"responses": responses, "readings": readings, "fed": join("fed", fed)}
            _gather(study, corpus, record, tables, folder / study.name)
            found += nulls(load_evidence(folder / study.name), size.deals, as_it_is=True)
    return NullResult(table(record), True, tuple(found))


def _study(number: int, size: Size, record: dict[str, Any]) -> Study:
    """One study of the arm, with seeds of its own; of the twin, which the assay needed, one run."""
    made = ASSAY.study(ASSAY.recipes[0], "held-out", record["chosen"]["rule"])
    own = {"name": f"{ASSAY.name}-{number:02d}", "seeds": size.seeds * len(NAMES), "twin_seeds": 1}
    return made.model_copy(update=own)


def _gather(
    study: Study, corpus: Corpus, record: dict[str, Any], tables: "Mapping[str, pl.DataFrame]", folder: Path
) -> None:
    """The evidence of one study. Arms are not audited against each other, for there is one: the other is its twin."""
    checks = [order_check(study_curricula(study, corpus), tables["fed"], same_tokenizer=True)]
    plan = build_plan(study, corpus, run_tokens(study, corpus), record)
    arms = tuple(replace(a, role="twin") if a.role == "structured" else a for a in plan.arms)
    write_evidence(folder, study, corpus, replace(plan, arms=arms), checks, (), record, tables)
