import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.acceptance.conftest import ONE_WORKER, STUDY, rearing

TABLES = ("responses", "readings", "fed", "documents", "items")


def tables(run: Path) -> dict[str, bytes]:
    return {name: (run / "evidence" / f"{name}.parquet").read_bytes() for name in TABLES}


def done(run: Path, stage: str) -> list[Path]:
    return [
        p for p in (run / "store" / stage).glob("*") if not p.name.startswith(".") and (p / "manifest.json").exists()
    ]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "tiny.toml").write_text(STUDY)
    # Two workers, where other runs of this study have one: the same bytes.
    ran = rearing("run", folder / "tiny.toml", "--out", folder / "run", env={"REARING_WORKERS": "2"})
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.strip().splitlines()
    assert lines[-2].startswith("verdict: INCONCLUSIVE for tiny, commons")
    assert "exploratory:unsealed" in lines[-2]
    assert lines[-1] == f"report: {folder / 'run' / 'report.html'}"
    return folder / "run"


def test_a_run_leaves_a_report_and_evidence(undisturbed: Path) -> None:
    assert (undisturbed / "report.html").stat().st_size > 20_000
    checks = json.loads((undisturbed / "evidence" / "checks.json").read_text())
    assert {c["name"]: c["passed"] for c in checks}["order:as_planned"]
    assert not list((undisturbed / "store" / "weights").glob("*")), "keep = none leaves no weights"


def test_a_second_run_reuses_everything(undisturbed: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (undisturbed / "store").rglob("*.parquet")}
    tables_before = tables(undisturbed)
    ran = rearing("run", undisturbed.parent / "tiny.toml", "--out", undisturbed)
    assert ran.returncode == 0, ran.stderr
    assert "0 jobs run, 5 reused" in ran.stdout
    assert {p: p.stat().st_mtime_ns for p in (undisturbed / "store").rglob("*.parquet")} == before
    assert tables(undisturbed) == tables_before


def killed(study: Path, run: Path, stage: str) -> None:
    """Run until one more artifact of the stage is there, so another job is most likely under way; then kill -9."""
    before, deadline = len(done(run, stage)), time.monotonic() + 300
    command = [sys.executable, "-m", "rearing", "run", str(study), "--out", str(run), "--quiet"]
    process = subprocess.Popen(
        command,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | ONE_WORKER,
    )
    while len(done(run, stage)) == before:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    # Once the parent alone, whose workers have to notice within a second, once all of them.
    os.kill(process.pid, signal.SIGKILL) if stage == "train" else os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    soon = time.monotonic() + 20
    while alive(process.pid):
        assert time.monotonic() < soon, "a process outlived the one that started it"
        time.sleep(0.1)


def alive(session: int) -> list[str]:
    """Processes of a session that are no zombies; nothing where there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:  # gone meanwhile
            continue
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            found.append(name)
    return found


def test_kill_9_loses_and_repeats_nothing(undisturbed: Path, tmp_path: Path, study: Path) -> None:
    run, finished = tmp_path / "run", {}
    for stage in ("train", "examine"):
        killed(study, run, stage)
        finished |= {p: p.stat().st_mtime_ns for kind in ("train", "examine", "read") for p in done(run, kind)}
    assert {p.parent.name for p in finished} >= {"train", "examine"}
    ran = rearing("run", study, "--out", run, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert {p: p.stat().st_mtime_ns for p in finished} == finished, "finished work was repeated"
    assert tables(run) == tables(undisturbed)


def test_judging_again_gives_the_same_bytes(undisturbed: Path) -> None:
    one, two = (rearing("judge", undisturbed / "evidence", "--json") for _ in range(2))
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout


def test_a_corrupt_artifact_is_made_anew(undisturbed: Path) -> None:
    expected = tables(undisturbed)
    victim = sorted((undisturbed / "store" / "examine").glob("[0-9a-f]*/responses.parquet"))[0]
    victim.write_bytes(victim.read_bytes()[:-7] + b"changed")
    ran = rearing("run", undisturbed.parent / "tiny.toml", "--out", undisturbed, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert tables(undisturbed) == expected
