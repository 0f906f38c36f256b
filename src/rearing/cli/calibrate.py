"""`rearing calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from rearing.cli.app import AsJson, Quiet, emit, need_training_extra, resumable

CHARACTERISTICS = Path("operating-characteristics.md")


Assay = Annotated[
    Path | None, typer.Option("--assay", help="Assay file (TOML): find recipe and forms on controls only.")
]
Quick = Annotated[bool, typer.Option("--quick", help="Planted truths through the real judge, 400 studies each.")]
Full = Annotated[
    bool, typer.Option("--full", help="The same with 2,000; writes operating-characteristics.md, also on a miss.")
]
Null = Annotated[
    bool,
    typer.Option(
        "--null",
        help="One arm under three names through the whole machine, on the tiny model: 20 studies, or with --quick "
        "one whose seeds are dealt out 20 times; exit code 1 if one is SUPPORTED.",
    ),
]
Organisms = Annotated[
    bool,
    typer.Option(
        "--organisms",
        help="Planted organisms on the embedded model: does every instrument see its own and no other? Three seeds "
        "(hours), or with --quick one; exit code 1 if fewer than nine in ten of the required cells are right.",
    ),
]
SameArm = Annotated[
    Path | None, typer.Option("--aa", help="Evidence folder: the same from the tables of a real study.")
]
Sized = Annotated[Path | None, typer.Option("--plan", help="Evidence folder: what size of study its spreads ask for.")]
Power = Annotated[float, typer.Option("--power", min=0.5, max=0.99, help="What --plan must reach.")]
Attacked = Annotated[
    Path | None,
    typer.Option("--attack", help="Study file: find the learning rate of its attacks, on the untrained base alone."),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="Folder; runs/<assay> with --assay, runs/<study>-attack with --attack, docs with --full, else "
        "runs/null or runs/organisms.",
    ),
]


def calibrate(
    assay: Assay = None,
    quick: Quick = False,
    full: Full = False,
    null: Null = False,
    organisms: Organisms = False,
    aa: SameArm = None,
    plan: Sized = None,
    power: Power = 0.80,
    attack: Attacked = None,
    out: Out = None,
    quiet: Quiet = False,
    json: AsJson = False,
) -> None:
    """Prove that the instruments can see, and that the verdict errs as rarely as it says."""
    alone = quick and not null and not organisms
    files = [file is not None for file in (assay, attack, plan, aa)]
    if [*files, alone, full, null, organisms].count(True) != 1:
        raise typer.BadParameter(
            "one of --quick, --full, --null [--quick], --organisms [--quick], --aa FOLDER, --plan FOLDER, "
            "--assay FILE, --attack STUDY"
        )
    if out is not None and not (assay or attack or full or null or organisms):
        raise typer.BadParameter(
            "--out goes with --assay, --attack, --null, --organisms or --full; nothing else writes"
        )
    if assay is not None:
        _assay(assay, out, quiet, json)
    elif attack is not None:
        _attack(attack, out, quiet, json)
    elif plan is not None:
        _size(plan, power, json)
    elif null:
        _null(quick, out, quiet, json)
    elif organisms:
        _organisms(quick, out, quiet, json)
    elif aa is not None:
        _aa(aa, json)
    else:
        _planted(full, out, json)


@resumable()
def _assay(file: Path, out: Path | None, quiet: bool, json: bool) -> None:
    """Train controls and flipped twins only."""
    need_training_extra()
    from rearing.study.assay import run_assay

    result = run_assay(file, out, quiet or json)
    if json:
        emit(result.record)
    else:
        print(result.table)
        print(f"assay record: {result.path}")


@resumable()
def _attack(study: Path, out: Path | None, quiet: bool, json: bool) -> None:
    need_training_extra()
    from rearing.study.attack_rate import search_rate
    from rearing.study.attack_record import rate_table

    record, path = search_rate(study, out, quiet=quiet or json)
    if json:
        emit(record.json())
    else:
        print(rate_table(record))
        print(f"attack record: {path}")


def _planted(full: bool, out: Path | None, json: bool) -> None:
    """Exit code 1 if a limit is missed."""
    from dataclasses import asdict

    from rearing.store.artifacts import write_atomic
    from rearing.verdict.calibrate import FULL, QUICK, calibrate, table

    replicates = FULL if full else QUICK
    found = calibrate(replicates)
    if json:
        emit([asdict(m) for m in found])
    else:
        print(table(found, replicates))
    if full:
        from rearing.verdict.characteristics import characteristics

        path = (out or Path("docs")) / CHARACTERISTICS
        write_atomic(path, characteristics(table(found, replicates)).encode())
        if not json:
            print(f"operating characteristics: {path}")
    if not all(m.passed for m in found):
        raise typer.Exit(1)


def _size(folder: Path, power: float, json: bool) -> None:
    from dataclasses import asdict

    from rearing.verdict.evidence import load_evidence
    from rearing.verdict.power import proposals, size_table, spreads

    measured = spreads(load_evidence(folder))
    found = proposals(measured, power)
    if json:
        emit({"measured": {k: asdict(v) for k, v in measured.items()}, "proposals": [asdict(p) for p in found]})
    else:
        print(size_table(measured, found, power))


@resumable()
def _null(quick: bool, out: Path | None, quiet: bool, json: bool) -> None:
    """Exit code 1 if a study of one arm under three names is SUPPORTED, or the assay did not pass."""
    need_training_extra()
    from dataclasses import asdict

    from rearing.study.null.run import FULL, QUICK, run_null
    from rearing.verdict.null import null_table

    result = run_null(QUICK if quick else FULL, out, quiet or json)
    if json:
        emit(asdict(result))
    else:
        print(result.assay)
        print()
        if result.passed:
            print(null_table(result.found, "one arm that was taught a planted rule, from training to verdict"))
        else:
            print("the assay did not pass, so the null would prove nothing  MISS")
    if not result.passed or any(n.supported for n in result.found):
        raise typer.Exit(1)


@resumable()
def _organisms(quick: bool, out: Path | None, quiet: bool, json: bool) -> None:
    """Exit code 1 if too few of the required cells are as they must be."""
    need_training_extra()
    from rearing.organisms.report import table
    from rearing.organisms.run import FULL, QUICK, run_organisms

    found = run_organisms(QUICK if quick else FULL, out, quiet or json)
    if json:
        emit(found.record())
    else:
        print(table(found))
        print(f"matrix: {found.folder / 'organisms.md'}, {found.folder / 'organisms.json'}")
    if not found.accepted:
        raise typer.Exit(1)


def _aa(folder: Path, json: bool) -> None:
    """Exit code 1 if one arm under three names is SUPPORTED."""
    from dataclasses import asdict

    from rearing.verdict.evidence import load_evidence
    from rearing.verdict.null import null_table, nulls

    found = nulls(load_evidence(folder))
    if json:
        emit([asdict(n) for n in found])
    else:
        print(null_table(found, "every arm of a real study, as if every assay had passed"))
    if any(n.supported for n in found):
        raise typer.Exit(1)
