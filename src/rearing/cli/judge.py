"""`rearing judge`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rearing.cli.app import AsJson, emit

if TYPE_CHECKING:
    from rearing.records.check import Check
    from rearing.verdict.beside import Beside


def judge(
    evidence: Annotated[Path, typer.Argument(help="Evidence folder.")],
    out: Annotated[Path | None, typer.Option("--out", help="File for the verdict as JSON, as in the evidence.")] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="FILE.py", help="Your estimators and checks, to hold beside the verdict."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Judge an evidence folder again, from its tables alone; needs no torch and gives the same verdict anywhere.

    What you bring with --with is printed beside the verdict and never changes it.
    """
    from dataclasses import asdict

    from rearing.verdict import bring, hold_beside, judge_evidence, save_verdict

    verdict = judge_evidence(evidence)
    brought = hold_beside(evidence, verdict, *bring(beside)) if beside else ((), ())
    if out is not None:
        save_verdict(out, verdict)
    if json:
        told = {"beside": [[asdict(one) for one in kind] for kind in brought]} if beside else {}
        emit(asdict(verdict) | told)
        return
    print(verdict.line)
    _print(*brought)


def _print(estimated: "tuple[Beside, ...]", checked: "tuple[Check, ...]") -> None:
    """What was brought, a line each; of an estimator its intervals."""
    for one in estimated:
        said = f"{one.word} ({', '.join(one.reasons)})" if one.word else "no verdict: few seeds, or a failed check"
        print(f"beside it, {one.method}: {said}{', another one' if one.changes else ''}")
        for e in one.effects:
            print(f"  {e.family:<18} {' - '.join(e.contrast)}  {e.estimate:+.3f} ({e.low:+.3f} to {e.high:+.3f})")
    for check in checked:
        held = "holds" if check.passed else "does not hold"
        print(f"beside it, {check.name.removeprefix('added:')}: {check.value:.4g}, {check.limit}: {held}")
