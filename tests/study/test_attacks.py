"""Attacks in a job: each from the reared weights, and the artifacts of a study with one stay as they were."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.corpus_fixture import grown_corpus

from rearing.attacks.texts import ATTACKS
from rearing.store.artifacts import Store
from rearing.store.tables import join
from rearing.study.job import UNTRAINED, Job, Keys, read_stage
from rearing.study.schema import AttackTable, ExamineTable, RecipeTable, Study
from rearing.study.worker import run_job

STUDY = Study(
    name="attacked",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    recipe=RecipeTable(dtype="fp32"),
    examine=ExamineTable(vignettes=4, forms=("chat",)),
)
DOSES = (1, 3)


def base(name: str, *beside: str) -> Job:
    attack = AttackTable(name=name, beside=beside, doses=DOSES, lr=1e-2)
    return Job(STUDY.model_copy(update={"attack": attack}), UNTRAINED, 0, True)


def rows(job: Job, root: Path) -> pl.DataFrame:
    corpus = grown_corpus()
    run_job(job, corpus, root, lambda stage, share: None)
    return join("responses", [read_stage(job, corpus, Store(root / "store"), "attack")]).sort("attack", "dose", "item")


def test_every_attack_begins_at_the_reared_model(tmp_path: Path) -> None:
    one, other = (rows(base(*names), tmp_path) for names in (("reversal", "benign"), ("benign", "reversal")))
    assert one.equals(other), "what was attacked before does not matter"
    assert one.select("attack", "dose").unique().sort("attack", "dose").rows() == [
        (name, dose) for name in ("benign", "reversal") for dose in DOSES
    ]
    by_attack = [one.filter(pl.col("attack") == name)["margin"].to_list() for name in ("benign", "reversal")]
    assert by_attack[0] != by_attack[1]
    assert set(one["family"]) == {"shift"}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_another_artifact_if_what_it_tells_is_changed(name: str) -> None:
    corpus = grown_corpus()
    inputs = Keys(base(name), corpus).inputs
    assert inputs["attack"]["attack"] == {"name": name, "doses": [1, 3], "lr": 1e-2}
    assert "beside" not in inputs["attack"], "studies with one attack keep their artifacts"
    for kind in ("attack", "neutral"):
        fewer = Keys(base(name), replace(corpus, **{kind: getattr(corpus, kind)[1:]})).inputs["attack"]
        assert (fewer != inputs["attack"]) == (kind == ATTACKS[name].tells)
    other = next(n for n in ATTACKS if n != name)
    more = Keys(base(name, other), corpus).inputs
    assert [stage for stage in inputs if inputs[stage] != more[stage]] == ["attack"]


@pytest.mark.parametrize(
    "more", [{"families": ("shift", "agentic")}, {"readings": ("decode",)}, {"recovery": (1, 2)}], ids=str
)
def test_what_is_examined_at_a_dose_is_in_the_digest_of_that_stage_alone(more: dict[str, tuple[object, ...]]) -> None:
    plain, table = base("benign"), AttackTable(name="benign", doses=DOSES, lr=1e-2)
    asked = Job(STUDY.model_copy(update={"attack": table.model_copy(update=more)}), UNTRAINED, 0, True)
    one, other = (Keys(job, grown_corpus()).inputs for job in (plain, asked))
    assert [stage for stage in one if one[stage] != other[stage]] == ["attack"]
    assert one["attack"].items() < other["attack"].items()
    if "recovery" in more:
        fewer = Keys(asked, replace(grown_corpus(), attack=grown_corpus().attack[1:])).inputs["attack"]
        assert fewer != other["attack"], "the good documents are of the attack scenarios, whatever the attack tells"


@pytest.mark.parametrize(("key", "name"), [("families", "capability"), ("readings", "dose")])
def test_what_is_examined_at_a_dose_has_a_dose_0(key: str, name: str) -> None:
    asked = STUDY.model_dump() | {"attack": {key: (name,)}}
    with pytest.raises(ValueError, match=rf"'{name}' is among the {key} of \[attack\] but not of \[examine\]"):
        Study.model_validate(asked)
