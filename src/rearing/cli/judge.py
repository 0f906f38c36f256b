"""`rearing judge`."""

from pathlib import Path
from typing import Annotated

import typer

from rearing.cli.app import AsJson, emit


def judge(
    evidence: Annotated[Path, typer.Argument(help="Evidence folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="File for the verdict as JSON, as in the evidence.")] = None,
    json: AsJson = False,
) -> None:
    """Judge an evidence folder again, from its tables alone; needs no torch and gives the same verdict anywhere."""
    from dataclasses import asdict

    from rearing.verdict import judge_evidence, save_verdict

    verdict = judge_evidence(evidence)
    if out is not None:
        save_verdict(out, verdict)
    if json:
        emit(asdict(verdict))
    else:
        print(verdict.line)
