"""`rearing audit`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rearing.cli.app import AsJson, StudyFile, emit, need_training_extra

if TYPE_CHECKING:
    from rich.table import Table

    from rearing.arms.audit import AuditRow

WIDE = 1000
Fluency = Annotated[bool, typer.Option("--nll", help="Also read the arms with the untrained base (needs torch).")]


def audit(study: StudyFile, json: AsJson = False, nll: Fluency = False) -> None:
    """Measure whether the arms of a study are matched, and print every equality with its limit. Exit 1 if one fails."""
    if nll:
        need_training_extra()
    from dataclasses import asdict

    from rearing.corpus.lint import load_told
    from rearing.study.evidence import audit_study
    from rearing.study.schema import load_study

    loaded = load_study(study)
    corpus = load_told(loaded.corpus_folder)
    rows = audit_study(loaded, corpus)
    if nll:
        from rearing.study.fluency import fluency_rows

        rows = (*rows, *fluency_rows(loaded, corpus))
    passed = all(row.passed for row in rows)
    if json:
        emit({"study": loaded.name, "rows": [asdict(row) for row in rows], "passed": passed})
    else:
        _print(loaded.name, rows)
    raise typer.Exit(0 if passed else 1)


def _print(study: str, rows: "tuple[AuditRow, ...]") -> None:
    """The table in full; in a terminal that is too narrow for it, names of rows without their text."""
    from rich.console import Console

    console, table = Console(), _table(study, rows, ("name", "text"))
    needed = Console(width=WIDE).measure(table).maximum
    if console.is_terminal and console.width < needed:
        console.print(_table(study, rows, ("name",)))
    else:
        Console(width=needed).print(table)


def _table(study: str, rows: "tuple[AuditRow, ...]", about: tuple[str, ...]) -> "Table":
    from rich.table import Table

    from rearing.arms.curriculum import arm

    arms = list(dict.fromkeys(name for row in rows for name in row.values))
    table = Table(title=f"audit of {study}: are the arms matched?")
    for heading in ("", *about):
        table.add_column(heading, no_wrap=heading == "name")
    for heading in (*(arm(name).label for name in arms), "gap", "limit"):
        table.add_column(heading, justify="right")
    for row in rows:
        scale, unit = (100, "%") if row.relative else (1, "")
        table.add_row(
            "FAIL" if not row.passed else "ok" if row.gates else "",
            *(getattr(row, key) for key in about),
            *(f"{row.values[name]:.4g}" if name in row.values else "" for name in arms),
            f"{row.gap * scale:.3g}{unit}",
            "reported" if row.limit is None else f"{row.limit * scale:g}{unit}",
        )
    return table
