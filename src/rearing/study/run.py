"""The main path, a stage a line: scenario, document, curriculum, checkpoint, response, effect, verdict, report."""

from dataclasses import dataclass
from pathlib import Path

from rearing.corpus.lint import load_told
from rearing.records.verdict import Verdict
from rearing.report import write_report
from rearing.store.artifacts import Store
from rearing.store.runs import open_run
from rearing.study.checkpoints import link_checkpoints
from rearing.study.evidence import gather
from rearing.study.execute import execute, worker_count
from rearing.study.forecast import forecast
from rearing.study.planning import build_plan, jobs_of, load_assay
from rearing.study.resume import unfinished
from rearing.study.schema import load_study
from rearing.study.sealing import looks_left, under_seal
from rearing.verdict import judge_evidence, power_of, write_verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves."""

    verdict: Verdict
    evidence: Path
    report: Path
    reused: int
    ran: int


def run_study(path: Path, out: Path | None = None, quiet: bool = False) -> Outcome:
    """Run a study to its verdict and report; finished work is reused.

    Args:
        path: Study file.
        out: Run folder; `runs/<name of the study>` if None.
        quiet: No progress display.

    Raises:
        UserError: The study, its corpus, base or run folder cannot be used.
        StageError: A job failed; run again to go on from there.
    """
    study = load_study(path)
    corpus = load_told(study.corpus_folder)
    assay = load_assay(study)
    root = out or Path("runs") / study.name
    study = under_seal(study, corpus, assay, root / "evidence")
    jobs = jobs_of(study)
    cost = forecast(study, jobs, corpus, worker_count())
    plan = build_plan(study, corpus, cost.tokens, assay)
    with open_run(root, study.name) as folder:
        store, evidence, ran = Store(folder / "store"), folder / "evidence", 0
        store.sweep()
        for look in looks_left(study, evidence):
            jobs = jobs_of(look)
            todo = unfinished(jobs, corpus, folder, cost.seconds)
            if todo:
                execute([job for job, _ in todo], corpus, folder, [left for _, left in todo], quiet)
            link_checkpoints(jobs if study.keep == "final" else (), corpus, store, folder / "checkpoints")
            gather(look, plan, jobs, corpus, store, assay, evidence)
            verdict = judge_evidence(evidence)
            write_verdict(evidence, verdict)
            ran += len(todo)
            if verdict.word != "INCONCLUSIVE":
                break
        report = write_report(evidence, verdict, folder / "report.html", power_of(evidence, verdict))
    return Outcome(verdict, evidence, report, len(jobs) - ran, ran)
