"""The way in: the notebook runs from top to bottom, its committed pictures are its own, the guide's code runs."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rearing.probes.interchange import PLACES

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOK = DOCS / "notebook" / "one-checkpoint.ipynb"


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_notebook_runs_on_the_tiny_model() -> None:
    plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed: make notebook")
    plt.switch_backend("agg")
    code = "\n".join("".join(cell["source"]) for cell in cells())
    for said, instead in (('PATH = "smollm2-135m"', 'PATH = "tiny"'), ("N = 8 ", "N = 2 ")):
        assert said in code
        code = code.replace(said, instead)
    names: dict[str, Any] = {}
    exec(compile(code, str(NOTEBOOK), "exec"), names)
    assert len(plt.get_fignums()) == 3
    plt.close("all")
    assert all(len(values) == 3 and values[0] == 0.5 for values in names["lines"].values()), "a full stop is one token"
    assert names["found"].right_KJ.shape == (4, 8)
    assert names["carried"].shape == (2, len(PLACES))
    assert not names["carried"][1, :-1].any() and names["carried"][1, -1], (
        "behind the last block only the decision is heard"
    )


def test_the_committed_notebook_was_executed_from_top_to_bottom() -> None:
    assert NOTEBOOK.stat().st_size < 300_000
    assert [cell["execution_count"] for cell in cells()] == list(range(1, len(cells()) + 1))
    outputs = [output for cell in cells() for output in cell["outputs"]]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert [output["name"] for output in outputs if output["output_type"] == "stream"] == ["stdout"], "and no error"
    assert not [output for output in outputs if output["output_type"] == "error"]


def test_the_code_of_the_guide_writes_activations_and_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "interpretability.md").read_text(encoding="utf-8").partition("## Activations for other tools")[2]
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    for said, instead in (
        ("runs/probe/checkpoints/flat-shuffled-1234", "tiny"),
        ("[:30]", "[:2]"),
        (".index(20)", ".index(1)"),
    ):
        assert said in code
        code = code.replace(said, instead)
    names: dict[str, Any] = {}
    exec(code, names)
    difference_KD = names["difference_KD"]
    assert difference_KD.shape == (4, 32) and np.abs(difference_KD).max() > 0
