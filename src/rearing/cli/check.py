"""`rearing check`."""

from pathlib import Path
from typing import Annotated

import typer

from rearing.cli.app import AsJson, emit, need_training_extra


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files, study files, or evidence folders.")
    ] = None,
    corpus: Annotated[str | None, typer.Option("--corpus", help="A corpus: `commons`, or a folder.")] = None,
    export: Annotated[
        str | None, typer.Option("--export", help="Write a study's items for another tool: `lm-eval`. Needs --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder that --export writes.")] = None,
    json: AsJson = False,
) -> None:
    """Check scenarios, studies, evidence or a whole corpus; explain what is broken, with its line. Exit 1 if so."""
    if export:
        _export(export, paths or [], out)
        return
    if not paths and not corpus:
        raise typer.BadParameter("name a file or folder, or give --corpus commons")
    from rearing.corpus.bank import check_corpus
    from rearing.corpus.load import COMMONS, load_corpus

    problems = [line for path in paths or () for line in _problems(path)]
    rows = check_corpus(load_corpus(COMMONS if corpus == "commons" else Path(corpus))) if corpus else []
    failed = bool(problems) or any(not row.passed for row in rows)
    if json:
        emit({"problems": problems, "corpus": [row.as_dict() for row in rows], "passed": not failed})
    else:
        for line in problems:
            print(line)
        for row in rows:
            print(row)
        if not failed:
            print("no problem found")
    raise typer.Exit(1 if failed else 0)


def _export(target: str, paths: list[Path], out: Path | None) -> None:
    """Write what the other tool reads, and say how it is called."""
    if target != "lm-eval" or len(paths) != 1 or out is None:
        raise typer.BadParameter("write: rearing check STUDY --export lm-eval --out FOLDER")
    need_training_extra()
    from rearing.corpus.load import load_corpus
    from rearing.models.base import open_model
    from rearing.study.interop.lm_eval import export_tasks
    from rearing.study.items import study_items
    from rearing.study.schema import load_study

    study = load_study(paths[0])
    items = study_items(study, load_corpus(study.corpus_folder), open_model(study.base).chat)
    tasks = export_tasks(items, study.examine.rule, out)
    print(f"lm_eval --model hf --model_args pretrained=FOLDER --include_path {out} --tasks {','.join(tasks)}")


def _problems(path: Path) -> list[str]:
    from rearing.corpus.lint import lint_file
    from rearing.errors import UserError
    from rearing.study.assay import load_assay_file
    from rearing.study.schema import load_study, read_toml
    from rearing.verdict.evidence import verify

    try:
        if path.is_dir():
            verify(path)
        elif path.suffix == ".toml" and "renderers" in read_toml(path):
            load_assay_file(path)
        elif path.suffix == ".toml":
            load_study(path)
        else:
            return [str(problem) for problem in lint_file(path)]
    except UserError as err:
        return [str(err)]
    return []
