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
    assert verbs == ["run", "plan", "check", "audit", "judge", "report", "calibrate", "play", "new"]
