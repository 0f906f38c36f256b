"""`rearing report`."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    evidence: Annotated[Path, typer.Argument(help="Evidence folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="HTML file to write; report.html or comparison.html if not given.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another evidence folder: one page with both side by side.")
    ] = None,
) -> None:
    """Write the HTML report of an evidence folder, or set two studies side by side; needs no torch."""
    from rearing.report import write_comparison, write_report
    from rearing.verdict import judge_evidence, power_of

    verdict = judge_evidence(evidence)
    if against is None:
        target = out or Path("report.html")
        page = write_report(evidence, verdict, target, power_of(evidence, verdict))
    else:
        target = out or Path("comparison.html")
        page = write_comparison((evidence, verdict), (against, judge_evidence(against)), target)
    print(f"report: {page}")
