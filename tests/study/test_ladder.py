"""The ladder of an attack, on the tiny model that was taught the planted rule: what was learned is seen to go and to
come back, and harmless text leaves it.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from rearing.corpus.load import Corpus, Source
from rearing.models.base import open_model
from rearing.probes.probe import PROBES, Probe, Seen
from rearing.probes.rows import row
from rearing.records.recipe import Recipe
from rearing.records.scenario import AttackScenario, Lesson, Neutral, Outcome, Scenario
from rearing.store.artifacts import Store
from rearing.store.tables import join
from rearing.study.job import Job, read_stage
from rearing.study.null.corpus import KINDS, RIGHT, THINGS, WRONG, planted_rule
from rearing.study.schema import AttackTable, CheckpointTable, ExamineTable, RecipeTable, Study
from rearing.study.worker import run_job
from rearing.training.loop import Trainer, encode_steps

DOSES, UNDONE, LR = (4, 32), (2, 4), 6e-3
KEPT = "kept"
Frames = dict[str, pl.DataFrame]


def corpus() -> Corpus:
    """The planted rule, with scenarios that speak against it and others that speak of something else."""
    rule = planted_rule()
    attack, neutral = map(_against, rule.lessons[:8]), map(_elsewhere, rule.lessons[8:16])
    made = replace(rule, attack=tuple(attack), neutral=tuple(neutral))
    sources = {s.id: Source(Path(s.id), {}, s.id) for s in (*made.attack, *made.neutral)}
    return replace(made, sources=sources)


def _common(lesson: Lesson) -> dict[str, Any]:
    kept = {f.name for f in fields(Scenario)} - {"kind", "id", "options"}
    return {name: getattr(lesson, name) for name in kept}


def _against(lesson: Lesson) -> AttackScenario:
    said = {"main": "It is late.", "excuse": "It is late."}
    return AttackScenario(**_common(lesson), **said, kind="attack", id=f"a-{lesson.id}", options=lesson.options)


def _elsewhere(lesson: Lesson) -> Neutral:
    ended = (Outcome(who="A", when="now", valence=0, text="It is late."),)
    options = []
    for option, word in zip(lesson.options, ("pine", "oak"), strict=True):
        said = {form: re.sub(f"{RIGHT}|{WRONG}", word, getattr(option, form)) for form in ("inf", "fin", "ger")}
        options.append(replace(option, rating="either", outcomes=ended, **said))
    return Neutral(**_common(lesson), kind="neutral", id=f"n-{lesson.id}", options=(options[0], options[1]))


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that holds that the right word is right."""
    lm, folder = open_model("tiny"), tmp_path_factory.mktemp("taught")
    texts = [f"Ann picks {kind} {RIGHT} {thing}." for kind in KINDS for thing in THINGS]
    steps = [("taught", [texts[(6 * i + j) * 7 % len(texts)] for j in range(6)]) for i in range(20)]
    trainer = Trainer(lm, Recipe(lr=4e-3, documents_per_step=6, warmup_steps=0, dtype="fp32"), 60.0)
    for step in encode_steps(lm, steps):
        trainer.step(step, 4e-3)
    trainer.publish("fp32")
    lm.model.save_pretrained(folder)
    lm.tokenizer.save_pretrained(folder)
    return folder


def job(folder: Path, **attack: object) -> Job:
    study = Study(
        name="ladder",
        base="tiny",
        arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
        checkpoints=(CheckpointTable(name="taught", path=folder),),
        recipe=RecipeTable(dtype="fp32"),
        examine=ExamineTable(vignettes=8, forms=("chat",), rule="sum", readings=("decode", "coupling", KEPT)),
        attack=AttackTable.model_validate({"doses": DOSES, "lr": LR} | attack),
    )
    return Job(study, "taught", 0, True)


def kept(seen: Seen) -> Iterator[dict[str, Any]]:
    """What a probe on the model before the attack is given, and what the model holds now: a fingerprint of each."""
    for site, held in (("before", seen.before or seen.own), ("now", seen.own)):
        for pair in held.pairs:
            yield row(KEPT, site, pair, float(1 / (1 + np.exp(-pair.right_SD.mean()))))


@pytest.fixture(scope="module")
def found(taught: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frames]:
    """Every table of a whole ladder, dose 0 among them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROBES, KEPT, Probe(KEPT, kept, on_before=True))
        asked = job(taught, beside=["benign"], readings=["coupling", KEPT], recovery=UNDONE)
        root = tmp_path_factory.mktemp("run")
        run_job(asked, corpus(), root, lambda stage, share: None)
        at = {
            stage: read_stage(asked, corpus(), Store(root / "store"), stage) for stage in ("examine", "read", "attack")
        }
        yield {
            "responses": join("responses", [at["examine"], at["attack"]]),
            "readings": join("readings", [at["read"], at["attack"]]),
            "losses": join("losses", [at["attack"]]),
            "recovery": join("recovery", [at["attack"]]),
        }


def mean(frame: pl.DataFrame, value: str) -> dict[tuple[str, int], float]:
    """By attack and dose."""
    means = frame.group_by("attack", "dose").agg(pl.col(value).mean())
    return {(attack, dose): score for attack, dose, score in means.iter_rows()}


def right(frame: pl.DataFrame) -> dict[tuple[str, int], float]:
    """The share of right choices in the main situation."""
    return mean(frame.filter((pl.col("family") == "shift") & (pl.col("situation") == "main")), "score")


def test_what_was_taught_goes_under_reversal_comes_back_and_stays_under_harmless_text(found: Frames) -> None:
    scores, after = right(found["responses"]), right(found["recovery"])
    last = max(DOSES)
    assert scores["", 0] == 1.0
    assert scores["reversal", last] < 0.3 < 0.9 < scores["benign", last]
    margins = mean(found["recovery"].filter(pl.col("situation") == "main"), "margin")
    assert margins["reversal", UNDONE[0]] < margins["reversal", UNDONE[1]], "good documents help, step by step"
    assert after["reversal", UNDONE[-1]] >= scores["reversal", last]


def test_every_rung_is_examined_and_the_ladder_may_be_long(found: Frames) -> None:
    rungs = [("", 0), *((attack, dose) for attack in ("benign", "reversal") for dose in DOSES)]
    for table, value in (("responses", "score"), ("readings", "value")):
        of_ladder = found[table] if table == "readings" else found[table].filter(pl.col("family") == "shift")
        assert sorted(mean(of_ladder, value)) == rungs
    assert set(found["readings"].filter(pl.col("dose") > 0)["reading"]) == {"coupling", KEPT}
    assert sorted(mean(found["recovery"], "score")) == [(a, n) for a in ("benign", "reversal") for n in UNDONE]


def test_the_texts_of_an_attack_are_learned_each_by_its_own(found: Frames) -> None:
    nll = mean(found["losses"], "nll")
    for attack in ("benign", "reversal"):
        curve = [nll[attack, dose] for dose in (0, *DOSES)]
        assert curve == sorted(curve, reverse=True) and curve[0] - curve[-1] > 1
    texts = found["losses"].group_by("attack", "dose").agg(pl.col("document").n_unique(), pl.len())
    assert set(texts["document"]) == set(texts["len"]) == {16}, "eight scenarios in two forms, each text once"


def test_a_reading_after_an_attack_may_stand_on_what_was_held_before(found: Frames) -> None:
    for site, same in (("before", True), ("now", False)):
        prints = mean(found["readings"].filter((pl.col("reading") == KEPT) & (pl.col("site") == site)), "value")
        at_0 = prints.pop(("", 0))
        assert all((value == pytest.approx(at_0, abs=1e-6)) == same for value in prints.values())
