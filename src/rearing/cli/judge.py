"""`rearing judge`."""

from pathlib import Path
from typing import Annotated

import typer

from rearing.cli.app import AsJson, emit


def judge(
    evidence: Annotated[Path, typer.Argument(help="Evidence folder.")],
    json: AsJson = False,
) -> None:
    """Judge an evidence folder again, from its tables alone; needs no torch and gives the same verdict anywhere."""
    from dataclasses import asdict

    from rearing.verdict import judge_evidence

    verdict = judge_evidence(evidence)
    if json:
        emit(asdict(verdict))
    else:
        print(verdict.line)
