"""Somebody else's files, one of each kind, go through a whole study and nothing of ours is edited."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.acceptance.conftest import STUDY, rearing
from tests.acceptance.test_mistakes import refused
from tests.corpus_fixture import write_corpus

NAMES = {
    "renderer": "flat-rich",
    "order": "zigzag",
    "instrument": "two-plans",
    "world": "parcels",
    "tactic": "flattery",
    "probe": "mean-of-others",
}
ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled", "flat-rich-shuffled", "branching-zigzag")
MINE = (
    STUDY.replace("seeds = 2", "seeds = 1")
    .replace("doses = [1, 2]", "seeds = 0")
    .replace(
        'forms = ["chat", "menu-chat"]',
        'forms = ["chat", "menu-chat"]\nfamilies = ["normal", "shift", "agentic", "pressure", "worlds", "two-plans"]\n'
        'worlds = ["parcels"]\ntactics = ["flattery"]\nreadings = ["decode", "coupling", "mean-of-others"]',
    )
)


def files(folder: Path) -> dict[str, Path]:
    return {kind: folder / f"{name.replace('-', '_')}.py" for kind, name in NAMES.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study on a small corpus, and six plugins as `rearing new` leaves them."""
    folder = tmp_path_factory.mktemp("mine")
    write_corpus(folder / "small", lessons=36)
    for kind, name in NAMES.items():
        made = rearing("new", kind, name, "--out", folder)
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith(f"{files(folder)[kind]}: it works as it is")
    plugins = [path.name for path in files(folder).values()]
    head = f'corpus = "{folder}/small"\nplugins = {json.dumps(plugins)}\n'
    text = head + 'comparators = ["principled-shuffled", "flat-rich-shuffled"]\n' + MINE
    ours = text[text.index("arms = ") : text.index("seeds")]
    (folder / "tiny.toml").write_text(text.replace(ours, f"arms = {json.dumps(ARMS)}\n"))
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> Path:
    ran = rearing("run", folder / "tiny.toml", "--out", folder / "run", "--quiet")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / "run" / "evidence" / f"{name}.parquet")


def test_a_new_file_is_its_own_test(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *files(folder).values()]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600)
    assert ran.returncode == 0 and "6 passed" in ran.stdout, ran.stdout + ran.stderr


def test_check_asks_a_file_what_the_kit_asks(folder: Path, tmp_path: Path) -> None:
    good = rearing("check", *files(folder).values())
    assert (good.returncode, good.stdout) == (0, "no problem found\n"), good.stdout + good.stderr
    bad = tmp_path / "bad.py"
    bad.write_text(files(folder)["tactic"].read_text().replace("your eye goes", "your good eye goes"))
    told = rearing("check", bad)
    assert told.returncode == 1 and told.stdout.startswith(f"{bad}: flattery says 'Nobody here has an eye like yours")
    assert told.stdout.endswith("which has a word that judges\n") and not told.stderr


def test_every_kind_leaves_its_rows(done: Path) -> None:
    responses, documents = table(done, "responses"), table(done, "documents")
    assert set(responses["arm"]) == {*ARMS, "untrained"} and set(documents["arm"]) == set(ARMS)
    forms = {f: set(responses.filter(pl.col("family") == f)["form"]) for f in ("two-plans", "pressure", "worlds")}
    worlds = {"decision", "played", "played-noted"}
    assert forms == {"two-plans": {"sealed"}, "pressure": {"flattery"}, "worlds": worlds}
    assert set(responses.filter(pl.col("family") == "worlds")["scenario"]) == {"world-parcels"}
    rich = documents.filter(pl.col("arm") == "flat-rich-shuffled")["text"]
    assert rich.str.contains("first column says|On the one hand|top of the list|one side of the sheet").any()
    fed = table(done, "fed").filter((pl.col("arm") == "branching-zigzag") & (pl.col("phase") == "ordered"))
    assert fed.sort("step", "position")["stage"].unique(maintain_order=True).to_list() == [1, 6, 2, 5, 3, 4]
    read = table(done, "readings").filter(pl.col("reading").str.starts_with("mean-of-others"))
    assert set(read["reading"]) == {"mean-of-others", "mean-of-others-null"} and set(read["arm"]) == {
        *ARMS,
        "untrained",
    }
    checks = json.loads((done / "run" / "evidence" / "checks.json").read_text())
    passed = {c["name"]: c["passed"] for c in checks}
    assert passed["audit:tokens"] and passed["audit:order"] and passed["order:as_planned"] and passed["audit:leak_runs"]
    assert {"competence:worlds", "room:pressure"} <= passed.keys()
    assert "Two plans lie here." in (done / "run" / "report.html").read_text()


def test_the_evidence_names_every_source_by_its_hash(done: Path) -> None:
    evidence = done / "run" / "evidence"
    found = {f"{kind} {NAMES[kind]}": hashlib.sha256(p.read_bytes()).hexdigest() for kind, p in files(done).items()}
    assert json.loads((evidence / "plan.json").read_text())["plugins"] == found
    named = json.loads((evidence / "manifest.json").read_text())["study"]["plugins"]
    assert {one["sha256"] for one in named} == set(found.values())
    inputs = [json.loads(p.read_text())["inputs"] for p in (done / "run" / "store" / "train").glob("*/manifest.json")]
    by_arm = {i["arm"]: set(i.get("plugins", ())) for i in inputs}
    mine = {"flat-rich-shuffled": {"renderer flat-rich"}, "branching-zigzag": {"order zigzag"}}
    assert by_arm == {name: set[str]() for name in ARMS[:3]} | mine


def test_what_a_changed_plugin_made_is_made_anew_and_nothing_else(done: Path) -> None:
    def made(stage: str) -> set[str]:
        return {p.parent.name for p in (done / "run" / "store" / stage).glob("*/manifest.json")}

    before = {stage: made(stage) for stage in ("train", "examine", "read")}
    ran = rearing("run", done / "tiny.toml", "--out", done / "run")
    assert ran.returncode == 0 and "0 jobs run, 6 reused" in ran.stdout, ran.stdout + ran.stderr
    path = files(done)["order"]
    path.write_text(path.read_text() + "# changed\n")
    ran = rearing("run", done / "tiny.toml", "--out", done / "run")
    assert ran.returncode == 0 and "1 jobs run, 5 reused" in ran.stdout, ran.stdout + ran.stderr
    assert len(made("train") - before["train"]) == len(made("examine") - before["examine"]) == 1
    path = files(done)["probe"]
    path.write_text(path.read_text() + "# changed\n")
    before = {stage: made(stage) for stage in before}
    ran = rearing("run", done / "tiny.toml", "--out", done / "run")
    assert ran.returncode == 0 and "6 jobs run, 0 reused" in ran.stdout, ran.stdout + ran.stderr
    assert {stage: len(made(stage) - before[stage]) for stage in before} == {"train": 0, "examine": 0, "read": 6}


def test_a_mistake_in_a_plugin_is_one_sentence_wherever_it_shows(folder: Path, tmp_path: Path) -> None:
    study = tmp_path / "tiny.toml"
    for path in files(folder).values():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    study.write_text((folder / "tiny.toml").read_text())
    world, renderer = (tmp_path / files(folder)[kind].name for kind in ("world", "renderer"))
    good = world.read_text()
    in_worker = '"close the counter" if __import__("multiprocessing").parent_process() is None else wrong'
    assert '*work, "close the counter")' in good
    world.write_text(good.replace('*work, "close the counter")', f"*work, {in_worker})"))
    refused(rearing("run", study, "--out", tmp_path / "r", "--quiet"), f"{world}, line ", "NameError: name 'wrong'")
    world.write_text(good)
    renderer.write_text(renderer.read_text().replace("why = tuple(", "why = tupel("))
    refused(rearing("audit", study), f"{renderer}, line ", "NameError: name 'tupel'", "`why = tupel(")
    renderer.write_text("import nonesuch\n")
    refused(rearing("plan", study), f"{renderer}, line 1: ModuleNotFoundError")
    renderer.unlink()
    refused(rearing("plan", study), "flat_rich.py: this plugin cannot be read")


def test_names_that_are_asked_for_and_not_there(folder: Path, tmp_path: Path) -> None:
    for path in files(folder).values():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text, study = (folder / "tiny.toml").read_text(), tmp_path / "tiny.toml"
    for old, new, said in (
        ('"two-plans"]', '"two-plan"]', "there is no instrument 'two-plan', did you mean 'two-plans'?"),
        ('worlds = ["parcels"]', 'worlds = ["parcel"]', "there is no world 'parcel', did you mean 'parcels'?"),
        ('tactics = ["flattery"]', 'tactics = ["flatery"]', "there is no tactic 'flatery', did you mean 'flattery'?"),
        ('"mean-of-others"]', '"mean-of-other"]', "there is no probe 'mean-of-other', did you mean 'mean-of-others'?"),
        ('"branching-zigzag"', '"branching-zigzga"', "there is no order 'zigzga', did you mean 'zigzag'?"),
        ('"worlds", ', "", "worlds are named, but family 'worlds' that uses them is not among the families"),
    ):
        assert old in text
        study.write_text(text.replace(old, new))
        refused(rearing("plan", study), str(study), said)
