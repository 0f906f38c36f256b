"""House rules that no other tool keeps."""

import ast
from pathlib import Path

import rearing

SRC = Path(rearing.__file__).parent
MODULES = sorted(SRC.rglob("*.py"))


def test_modules_and_functions_stay_small() -> None:
    for path in MODULES:
        text = path.read_text()
        assert len(text.splitlines()) <= 400, f"{path} has more than 400 lines"
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name} has more than 60 lines"


def test_no_utility_drawers() -> None:
    banned = {"utils", "util", "helpers", "common", "misc"}
    assert not [p for p in SRC.rglob("*") if p.stem in banned]


def test_verbs_are_frozen() -> None:
    from rearing.cli import app

    verbs = [command.callback.__name__ for command in app.registered_commands if command.callback]
    assert verbs == ["run", "plan", "check", "audit", "seal", "judge", "report", "calibrate", "play", "new"]


def test_every_kind_of_plugin_can_be_begun_and_checked() -> None:
    from typing import get_args, get_type_hints

    from rearing import testing
    from rearing.cli.new import new
    from rearing.plugins import TABLES
    from rearing.plugins.scaffold import BLANKS
    from rearing.study import schema

    assert schema.TACTICS is TABLES["tactic"], "the tables are those that a study looks things up in"
    kinds = set(TABLES)
    assert set(get_args(get_type_hints(new)["what"])) == {"scenario", *kinds}
    assert {path.name.partition(".")[0] for path in BLANKS.iterdir()} == kinds
    assert set(testing.CHECKS) == kinds
    assert set(testing.__all__) == {"Broken", "check_file", *(f"check_{kind}" for kind in kinds)}
