"""`rearing run`."""

from rearing.cli.app import Out, Quiet, StudyFile, need_training_extra


def run(study: StudyFile, out: Out = None, quiet: Quiet = False) -> None:
    """Run a study to its verdict and report. Run it again to go on after an interruption; finished work is reused."""
    need_training_extra()
    from rearing.study.run import run_study

    outcome = run_study(study, out, quiet)
    if not quiet:
        print(f"{outcome.ran} jobs run, {outcome.reused} reused; evidence: {outcome.evidence}")
    print(outcome.verdict.line)
    print(f"report: {outcome.report}")
