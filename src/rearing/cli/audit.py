"""`rearing audit`."""

import typer

from rearing.cli.app import AsJson, StudyFile, emit


def audit(study: StudyFile, json: AsJson = False) -> None:
    """Measure whether the arms of a study are matched, and print every equality with its limit. Exit 1 if one fails."""
    from dataclasses import asdict

    from rearing.corpus.load import load_corpus
    from rearing.study.evidence import audit_study
    from rearing.study.schema import load_study

    loaded = load_study(study)
    rows = audit_study(loaded, load_corpus(loaded.corpus_folder))
    passed = all(row.passed for row in rows)
    if json:
        emit({"study": loaded.name, "rows": [asdict(row) for row in rows], "passed": passed})
    else:
        from rich.console import Console
        from rich.table import Table

        arms = list(rows[0].values)
        table = Table(title=f"audit of {loaded.name}: are the arms matched?")
        for heading in ("", "property", *arms, "gap", "limit"):
            table.add_column(heading, justify="left" if heading in ("", "property") else "right")
        for row in rows:
            unit = "%" if row.relative else ""
            scale = 100 if row.relative else 1
            values = [f"{row.values[a]:,.2f}" if a in row.values else "" for a in arms]
            table.add_row(
                "ok" if row.passed else "FAIL",
                row.text,
                *values,
                f"{row.gap * scale:.2f}{unit}",
                f"{row.limit * scale:g}{unit}",
            )
        Console().print(table)
    raise typer.Exit(0 if passed else 1)
