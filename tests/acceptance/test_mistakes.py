"""Bad input gives one sentence with file, place and mend, exit code 2, no traceback."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.acceptance.conftest import STUDY, rearing
from tests.acceptance.test_light import BLOCK
from typer.testing import CliRunner

from rearing.cli import app
from rearing.corpus.load import COMMONS
from rearing.store.runs import LOCK


def refused(ran: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert ran.returncode == 2, (ran.returncode, ran.stdout, ran.stderr)
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    for word in words:
        assert word in ran.stderr, ran.stderr


def test_unknown_key(study: Path) -> None:
    study.write_text("sedes = 3\n" + STUDY)
    refused(rearing("run", study), str(study), "'sedes'", "did you mean 'seeds'")


def corpus_with(tmp_path: Path, change: "tuple[str, str]") -> Path:
    """The embedded corpus with one change in one lesson."""
    folder = tmp_path / "corpus"
    for path in COMMONS.rglob("*.yaml"):
        target = folder / path.relative_to(COMMONS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    victim = sorted((folder / "lessons").glob("*.yaml"))[0]
    text = victim.read_text()
    assert change[0] in text
    victim.write_text(text.replace(*change, 1))
    return folder


def test_yaml_typo(study: Path, tmp_path: Path) -> None:
    folder = corpus_with(tmp_path, ("title:", "title"))
    study.write_text(f'corpus = "{folder}"\n' + STUDY)
    refused(rearing("run", study), "lessons", "line ", "YAML")


def test_option_without_consequence(tmp_path: Path) -> None:
    folder = corpus_with(tmp_path, ("affected: [A, B", "affected: [A, B, Z"))
    victim = sorted((folder / "lessons").glob("*.yaml"))[0]
    ran = rearing("check", victim)
    assert ran.returncode == 1
    assert "has no consequence for Z" in ran.stdout
    assert f"{victim}, line " in ran.stdout


def test_missing_base(study: Path) -> None:
    study.write_text(STUDY.replace('"tiny"\narms', '"/nowhere/model"\narms'))
    refused(rearing("run", study, "--out", study.parent / "r"), "/nowhere/model", "smollm2-135m")


def test_wrong_gguf(study: Path, tmp_path: Path) -> None:
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"GGUF")
    study.write_text(STUDY.replace('"tiny"\narms', '"smollm2-135m"\narms'))
    env = {"REARING_SMOLLM2_GGUF": str(fake), "REARING_CACHE": str(tmp_path / "cache")}
    refused(
        rearing("run", study, "--out", tmp_path / "r", "--quiet", env=env), str(fake), "sha256", "REARING_SMOLLM2_GGUF"
    )


def test_run_folder_of_another_study(study: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "run.json").write_text(json.dumps({"study": "other"}))
    refused(rearing("run", study, "--out", tmp_path / "r"), "'other'", "--out")


def test_two_runs_on_one_folder(study: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with (tmp_path / "r" / LOCK).open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused(rearing("run", study, "--out", tmp_path / "r"), "in use", "4711")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a small filesystem that only root can mount")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small filesystem")
def test_full_disk(study: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small filesystem cannot be mounted here")
    try:
        refused(
            rearing("run", study, "--out", small / "r", "--quiet"), str(small), "the disk is full", "free some space"
        )
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_changed_evidence(tmp_path: Path) -> None:
    from tests.report.evidence import write_evidence

    folder = write_evidence(tmp_path / "evidence")
    table = folder / "responses.parquet"
    table.write_bytes(table.read_bytes() + b" ")
    judged = rearing("judge", folder)
    assert judged.returncode == 0 and judged.stdout.startswith("verdict: INVALID for smollm2-135m")
    assert "(changed:responses.parquet)" in judged.stdout
    refused(rearing("calibrate", "--plan", folder), "responses.parquet", "changed")
    refused(rearing("judge", tmp_path), str(tmp_path), "name a folder with evidence")


def test_reading_the_arms_with_the_base_needs_torch(study: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCK)
    ran = rearing("audit", study, "--nll", env={"PYTHONPATH": str(tmp_path)})
    refused(ran, "needs torch", "pip install '.[train]'")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_nothing_to_check_is_no_success(options: list[str]) -> None:
    ran = rearing("check", *options)
    assert ran.returncode == 2 and ran.stdout == ""
    assert "name a file or folder" in ran.stderr and "Traceback" not in ran.stderr


def test_ctrl_c_says_that_the_run_goes_on(study: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rearing", "run", str(study), "--out", str(tmp_path / "r"), "--quiet"]
    env = os.environ | {"REARING_WORKERS": "1"}  # one that is at work leaves Ctrl-C to its parent
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "r").glob("store/*/*")):
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == "stopped; run the same command again to go on\n"


def test_ctrl_c_says_that_the_assay_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rearing.study.assay.run_assay", stopped)
    ran = CliRunner().invoke(app, ["calibrate", "--assay", "studies/assay.toml"])
    assert (ran.exit_code, ran.stdout) == (130, "")
    assert ran.stderr == "stopped; run the same command again to go on\n"


@pytest.mark.parametrize("options", [["--quick"], ["--plan", "evidence"], ["--aa", "evidence"]])
def test_out_is_refused_where_nothing_is_written(options: list[str]) -> None:
    ran = rearing("calibrate", *options, "--out", "elsewhere")
    assert ran.returncode == 2 and ran.stdout == ""
    assert "--out goes with" in ran.stderr


def test_a_new_scenario_where_no_folder_can_be(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    refused(rearing("new", "scenario", "v4-night-shift", "--out", taken), str(taken), "cannot be written", "--out")
    assert taken.read_text() == "mine"


def test_help_loads_no_torch_and_is_quick() -> None:
    code = (
        "import sys; sys.argv = ['rearing', '--help']\n"
        "import rearing.cli\n"
        "try: rearing.cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'polars', 'scipy', 'sklearn'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stderr.strip() == "[]", ran.stderr
    for verb in ("run", "plan", "check", "audit", "seal", "judge", "report", "calibrate", "play", "new"):
        assert verb in ran.stdout
