"""`rearing calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from rearing.cli.app import AsJson, Out, Quiet, emit, need_training_extra


def calibrate(
    assay: Annotated[
        Path | None, typer.Option("--assay", help="Assay file (TOML): find recipe and forms on controls only.")
    ] = None,
    out: Out = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Prove that the instruments can see. `--assay` trains controls and flipped twins only."""
    if assay is None:
        raise typer.BadParameter("say what to calibrate: --assay studies/assay.toml")
    need_training_extra()
    from rearing.study.assay import run_assay

    result = run_assay(assay, out, quiet)
    if json:
        emit(result.record)
    else:
        print(result.table)
        print(f"assay record: {result.path}")
