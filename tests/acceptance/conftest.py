"""A study on the tiny model, small enough to run in seconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """
name = "tiny"
base = "tiny"
arms = ["branching-developmental", "principled-shuffled"]
comparators = ["principled-shuffled"]
seeds = 2
stage_lessons = 2
[recipe]
lr = 1e-3
documents_per_step = 4
warmup_steps = 2
dtype = "fp32"
[examine]
vignettes = 8
forms = ["chat", "menu-chat"]
dtype = "fp32"
[attack]
doses = [1, 2]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(STUDY)
    return path


# A worker takes longer to start than to do the jobs of the tiny study.
ONE_WORKER = {"REARING_WORKERS": "1"}


def rearing(*args: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    command = [sys.executable, "-m", "rearing", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=600, env=os.environ | ONE_WORKER | (env or {})
    )
