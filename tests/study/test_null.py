"""The null of the whole machine: what is planted can be learned, and the machine is the real one."""

import json

import pytest
from typer.testing import CliRunner

from rearing.cli import app
from rearing.plugins import load
from rearing.study.assay import AssayFile
from rearing.study.curricula import seed_curricula
from rearing.study.items import study_halves
from rearing.study.null import run as machine
from rearing.study.null.corpus import RIGHT, WRONG, planted_rule
from rearing.study.seeds import training_seeds
from rearing.verdict.null import Null

runner = CliRunner()


@pytest.fixture(autouse=True)
def forgotten():
    """The plugin is gone after a test."""
    yield
    load(())


def the_study(seeds=2):
    return machine._study(1, machine.Size(1, seeds, 1), {"chosen": {"rule": "sum"}})


def test_the_same_word_is_right_everywhere_and_is_what_the_arm_says():
    corpus = planted_rule()
    for scenario in (*corpus.lessons, *corpus.vignettes):
        for option in scenario.options:
            word = RIGHT if option.rating == "endorsed" else WRONG
            assert all(f" {word} " in f"{form} " for form in (option.inf, option.fin, option.ger))
    told = seed_curricula(the_study(), corpus, 5)
    straight, flipped = (
        " ".join(d.text for step in told[name].steps for d in step.documents)
        for name in (machine.ARM, f"{machine.ARM}-flipped")
    )
    assert RIGHT in straight and WRONG not in straight
    assert WRONG in flipped and RIGHT not in flipped


def test_studies_have_seeds_of_their_own_and_gates_disjoint_scenarios():
    one, two = (machine._study(k, machine.FULL, {"chosen": {"rule": "sum"}}) for k in (1, 2))
    seeds = [set(training_seeds(s)) for s in (one, two)]
    assert [len(s) for s in seeds] == [24, 24] and not seeds[0] & seeds[1]
    here, there = study_halves(one, planted_rule())
    assert len(here) == len(there) == 16 and not {v.id for v in here} & {v.id for v in there}


def test_a_control_that_is_alone_stands_beside_its_twin():
    study = the_study()
    assert (study.structured, study.comparators) == (f"{machine.ARM}-flipped", (machine.ARM,))
    two = AssayFile.model_validate(
        machine.ASSAY.model_dump() | {"plugins": (), "renderers": ("flat-shuffled", "principled-shuffled")}
        | {"control": "principled-shuffled"}
    ).study(machine.ASSAY.recipes[0], "dev-search", "sum")  # fmt: skip
    assert two.structured == "flat-shuffled"


@pytest.mark.parametrize(
    ("passed", "ends", "code", "said"),
    [
        (True, {"DEMOTED (as_good:P)": 20}, 0, "SUPPORTED 0 of 20, allowed 0"),
        (True, {"DEMOTED (as_good:P)": 19, "SUPPORTED (robust)": 1}, 1, "SUPPORTED 1 of 20, allowed 0  MISS"),
        (False, {}, 1, "the assay did not pass"),
    ],
)
def test_exit_code_says_whether_it_was_missed(monkeypatch, passed, ends, code, said):
    found = (Null("null-01", "TS", 4, ends, 0.02, {"agentic": 0.03}),) if passed else ()
    sizes = []

    def fake(size, out, quiet):
        sizes.append(size)
        return machine.NullResult("gate ...", passed, found)

    monkeypatch.setattr(machine, "run_null", fake)
    done = runner.invoke(app, ["calibrate", "--null", "--quick"])
    assert (done.exit_code, sizes) == (code, [machine.QUICK]) and said in done.output
    as_json = runner.invoke(app, ["calibrate", "--null", "--json"])
    assert as_json.exit_code == code and sizes[1] == machine.FULL
    assert json.loads(as_json.output)["passed"] is passed


def test_the_whole_machine_learns_the_rule_and_finds_nothing(tmp_path):
    """The smallest null, twice: the second time everything is reused and ends the same."""
    size = machine.Size(studies=1, seeds=2, deals=3)
    first = machine.run_null(size, tmp_path / "null", quiet=True)
    assert first.passed, first.assay
    assert [(n.study, n.seeds, n.deals, n.supported) for n in first.found] == [("null-01", 2, 3, 0)]
    assert not any(end.startswith("INVALID") for end in first.found[0].ends)
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "null" / "store").rglob("*.parquet")}
    assert machine.run_null(size, tmp_path / "null", quiet=True) == first
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "null" / "store").rglob("*.parquet")} == made
