"""`rearing seal`."""

from typing import Annotated

import typer

from rearing.cli.app import AsJson, Out, StudyFile, emit


def seal(
    study: StudyFile,
    out: Out = None,
    amend: Annotated[
        str, typer.Option("--amend", help="Change a sealed study, and why: before scores were seen, or only notes.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Fix a study before its data: only what is sealed can be SUPPORTED or DEMOTED. Refuses what could not decide."""
    from dataclasses import asdict

    from rearing.study.sealing import seal_study
    from rearing.verdict.seal import SEALED, sealed_plan

    result = seal_study(study, out, amend)
    plan = sealed_plan(result.document)
    if json:
        emit(
            {
                "did": result.did,
                "document": str(result.folder / SEALED),
                "seeds": list(plan.seeds),
                "power": result.document.power,
                **asdict(result.sealing),
            }
        )
        return
    told = result.sealing
    looks = ", ".join(f"{k.seeds} (level {k.alpha:g})" for k in plan.looks) or f"one, at {len(plan.seeds)} seeds"
    print(f"{result.did}: {told.seal}")
    print(f"  claim     {result.document.confirmatory.claim.about}; attempt {told.attempts}")
    print(f"  margins   {', '.join(f'{g.id} {g.delta:.3f}' for g in plan.gates)}")
    print(f"  looks     {looks}")
    print(f"  power     {', '.join(f'{word} {power:.2f}' for word, power in result.document.power.items())}")
    for words in told.prior:
        print(f"  seen      {words}")
    for words in told.deviations:
        print(f"  amended   {words}")
    print(f"  document  {result.folder / SEALED}; its sha256 is the seal, so publish one of the two")
