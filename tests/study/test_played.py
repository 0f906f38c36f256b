"""A job that plays the worlds: rows for the judge, scratchpads in a table of their own."""

from pathlib import Path

import polars as pl
import pytest

from rearing.corpus.load import load_corpus
from rearing.evals.noted import FORM
from rearing.evals.worlds import worlds
from rearing.evals.worlds.model import NOTED, PLAYED
from rearing.store.artifacts import Store
from rearing.store.tables import join
from rearing.study.job import UNTRAINED, Job, read_stage
from rearing.study.schema import AttackTable, ExamineTable, Study
from rearing.study.worker import run_job

STUDY = Study(
    name="played",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    examine=ExamineTable(vignettes=4, forms=("chat",), families=("normal", "shift", "agentic", "frames", "worlds")),
    attack=AttackTable(seeds=1, families=("shift", "frames"), doses=(1, 2)),
)


@pytest.mark.slow
def test_scratchpads_are_logged_apart_from_everything_that_is_scored(tmp_path: Path) -> None:
    corpus = load_corpus()
    job = Job(STUDY, UNTRAINED, 0, True)
    run_job(job, corpus, tmp_path, lambda stage, share: None)
    folder, attacked = (read_stage(job, corpus, Store(tmp_path / "store"), stage) for stage in ("examine", "attack"))
    private = join("private", [folder])
    responses = join("responses", [folder])
    noted = responses.filter((pl.col("family") == "frames") & (pl.col("form") == FORM))
    assert private.height == len(worlds()) + noted.height and set(private["loss"]) == {0} and noted.height == 4
    scenarios = {w.scenario for w in worlds()} | set(noted["scenario"])
    assert set(private["scenario"]) == scenarios and (private["arm"] == UNTRAINED).all()
    played = responses.filter(pl.col("family") == "worlds").group_by("form").len().sort("form").rows()
    assert dict(played) == {"decision": dict(played)["decision"], PLAYED: len(worlds()), NOTED: len(worlds())}
    assert dict(played)["decision"] > 4 * len(worlds())
    again = join("private", [attacked])
    assert again.group_by("dose").len().sort("dose").rows() == [(1, noted.height), (2, noted.height)]
    others = [join(name, [folder]) for name in ("responses", "items", "precision")]
    others += [join(name, [attacked]) for name in ("responses", "losses")]
    private = pl.concat([private, again])
    for text in {t.strip() for t in private["text"]}:
        assert len(text) > 3
        assert not any(
            t.select(pl.col(pl.String).str.contains(text, literal=True).any()).row(0).count(True) for t in others
        )
