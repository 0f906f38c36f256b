"""`rearing audit`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rearing.cli.app import AsJson, StudyFile, emit

if TYPE_CHECKING:
    from rich.table import Table

    from rearing.arms.audit import AuditRow

Fluency = Annotated[bool, typer.Option("--nll", help="Also read the arms with the untrained base (needs torch).")]


def audit(study: StudyFile, json: AsJson = False, nll: Fluency = False) -> None:
    """Measure whether the arms of a study are matched, and print every equality with its limit. Exit 1 if one fails."""
    from dataclasses import asdict

    from rearing.corpus.load import load_corpus
    from rearing.study.evidence import audit_study
    from rearing.study.schema import load_study

    loaded = load_study(study)
    corpus = load_corpus(loaded.corpus_folder)
    rows = audit_study(loaded, corpus)
    if nll:
        from rearing.study.fluency import fluency_rows

        rows = (*rows, *fluency_rows(loaded, corpus))
    passed = all(row.passed for row in rows)
    if json:
        emit({"study": loaded.name, "rows": [asdict(row) for row in rows], "passed": passed})
    else:
        from rich.console import Console

        console, table = Console(), _table(loaded.name, rows)
        # A file or a pipe has no width of its own.
        console.print(table, width=None if console.is_terminal else console.measure(table).maximum)
    raise typer.Exit(0 if passed else 1)


def _table(study: str, rows: "tuple[AuditRow, ...]") -> "Table":
    from rich.table import Table

    from rearing.arms.curriculum import arm

    arms = list(dict.fromkeys(name for row in rows for name in row.values))
    table = Table(title=f"audit of {study}: are the arms matched?")
    for heading in ("", "property", *(arm(name).label for name in arms), "gap", "limit"):
        table.add_column(heading, justify="left" if heading in ("", "property") else "right")
    for row in rows:
        scale, unit = (100, "%") if row.relative else (1, "")
        table.add_row(
            "FAIL" if not row.passed else "ok" if row.limit is not None else "",
            row.text,
            *(f"{row.values[name]:,.2f}" if name in row.values else "" for name in arms),
            f"{row.gap * scale:.2f}{unit}",
            "reported" if row.limit is None else f"{row.limit * scale:g}{unit}",
        )
    return table
