"""Several processes make what one makes."""

import pytest
from tests.corpus_fixture import grown_corpus

from rearing.study import curricula
from rearing.study.schema import Study


def test_several_processes_match_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(
        name="two", base="tiny", arms=("branching-developmental", "principled-shuffled", "flat-shuffled"), seeds=2
    )
    alone = curricula.study_curricula(study, grown_corpus())
    monkeypatch.setattr(curricula, "_MADE", {})
    monkeypatch.setattr(curricula, "MANY", 1)
    monkeypatch.setenv("REARING_WORKERS", "2")
    monkeypatch.setattr(curricula, "seed_curricula", _as_made)
    assert curricula.study_curricula(study, grown_corpus()) == alone


def _as_made(study: Study, corpus: object, seed: int) -> object:
    """Nothing is made in this process."""
    return next(made for key, made in curricula._MADE.items() if seed in key)
