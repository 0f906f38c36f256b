"""`rearing check`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rearing.cli.app import AsJson, emit, need_training_extra

if TYPE_CHECKING:
    from rearing.corpus.bank import BankRow
    from rearing.corpus.load import Corpus


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Scenario files, study files, plugin files, or evidence folders.")
    ] = None,
    corpus: Annotated[str | None, typer.Option("--corpus", help="A corpus: `commons`, or a folder.")] = None,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="FOLDER",
            help="Write there the corpus as a data set, or scenario files as Twine stories. "
            "`lm-eval` with --out FOLDER: the items of a study for that tool.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder that --export lm-eval writes.")] = None,
    card: Annotated[bool, typer.Option("--card", help="Write card.md and croissant.json into the corpus.")] = False,
    json: AsJson = False,
) -> None:
    """Check scenarios, studies, plugins, evidence, a corpus; explain what is broken, with its line. Exit 1 if so."""
    if export == "lm-eval":
        _export_tasks(paths or [], out)
        return
    if not paths and not corpus:
        raise typer.BadParameter("name a file or folder, or give --corpus commons")
    if card and not corpus:
        raise typer.BadParameter("--card goes with --corpus")
    from rearing.corpus.bank import check_corpus
    from rearing.corpus.load import COMMONS, load_corpus

    problems = [line for path in paths or () for line in _problems(path)]
    loaded = load_corpus(COMMONS if corpus == "commons" else Path(corpus)) if corpus else None
    rows = check_corpus(loaded) if loaded else []
    failed = bool(problems) or any(not row.passed for row in rows)
    written = _stories(paths or [], Path(export)) if export else []
    if loaded:
        written += _data_set(loaded, rows, Path(export) if export else None, card)
    if json:
        emit(
            {
                "problems": problems,
                "corpus": [row.as_dict() for row in rows],
                "written": [str(path) for path in written],
                "passed": not failed,
            }
        )
    else:
        for line in problems:
            print(line)
        for row in rows:
            print(row)
        for line in _summary(written):
            print(line)
        if not failed:
            print("no problem found")
    raise typer.Exit(1 if failed else 0)


def _data_set(corpus: "Corpus", rows: "list[BankRow]", export: Path | None, card: bool) -> list[Path]:
    """Write what was asked for; say so if the card in the folder is about another state of the corpus."""
    from rearing.corpus.dataset.files import describe, export_corpus, stale

    written = describe(corpus, rows) if card else []
    if not card and (old := stale(corpus, rows)):
        print(f"{old} is of another state of this corpus; --card writes it anew", file=sys.stderr)
    return written + (export_corpus(corpus, rows, export) if export else [])


def _stories(paths: list[Path], folder: Path) -> list[Path]:
    """Write the scenarios among these files as Twine stories."""
    from rearing.corpus.dataset.files import export_stories
    from rearing.corpus.load import load_scenario

    scenarios = [load_scenario(path)[0] for path in paths if path.suffix in (".yaml", ".yml")]
    return export_stories(scenarios, folder)


def _summary(written: list[Path]) -> list[str]:
    """What was written, a file a line; many of one kind in one."""
    kinds: dict[tuple[Path, str], list[Path]] = {}
    for path in written:
        kinds.setdefault((path.parent, path.suffix), []).append(path)
    return [
        f"written: {found[0]}" if len(found) == 1 else f"written: {len(found)} files {folder}/*{suffix}"
        for (folder, suffix), found in kinds.items()
    ]


def _export_tasks(paths: list[Path], out: Path | None) -> None:
    """Write the items of a study for lm-eval, and say how it is called."""
    if len(paths) != 1 or out is None:
        raise typer.BadParameter("write: rearing check STUDY --export lm-eval --out FOLDER")
    from rearing.corpus.lint import load_told
    from rearing.study.interop.lm_eval import export_tasks
    from rearing.study.interop.told import check_rule
    from rearing.study.items import study_items
    from rearing.study.schema import load_study

    study = load_study(paths[0])
    check_rule(study.examine.rule)
    need_training_extra()
    from rearing.models.base import open_model

    items = study_items(study, load_told(study.corpus_folder), open_model(study.base).chat)
    tasks = export_tasks(items, study.examine.rule, out)
    print(f"lm_eval run --model hf --model_args pretrained=FOLDER --include_path {out} --tasks {','.join(tasks)}")


def _problems(path: Path) -> list[str]:
    from rearing.corpus.lint import lint_file
    from rearing.errors import MissingExtra, UserError
    from rearing.study.assay import load_assay_file
    from rearing.study.schema import load_study, read_toml
    from rearing.verdict.evidence import broken

    try:
        if path.is_dir():
            return broken(path)
        elif path.suffix == ".toml" and "renderers" in read_toml(path):
            load_assay_file(path)
        elif path.suffix == ".toml":
            load_study(path)
        elif path.suffix == ".py":
            return _plugin_problems(path)
        else:
            return [str(problem) for problem in lint_file(path)]
    except MissingExtra:
        raise  # no mistake of the file
    except UserError as err:
        return [str(err)]
    return []


def _plugin_problems(path: Path) -> list[str]:
    from rearing.plugins import TABLES, load
    from rearing.testing import check_file

    load([path])
    if TABLES["probe"].sources:  # the kit tries a probe on a model
        need_training_extra()
    return check_file(path)
