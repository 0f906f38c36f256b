"""`rearing report`."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    evidence: Annotated[Path, typer.Argument(help="Evidence folder.")],
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")] = Path("report.html"),
) -> None:
    """Write the HTML report of an evidence folder; needs no torch."""
    from rearing.report import write_report
    from rearing.verdict import judge_evidence

    print(f"report: {write_report(evidence, judge_evidence(evidence), out)}")
