"""The rows of the audit that the untrained base reads; on the tiny model, whose numbers say nothing about language."""

from collections import Counter

import pytest
from tests.corpus_fixture import grown_corpus

from rearing.study import fluency
from rearing.study.schema import Study

STUDY = Study(
    name="fluent",
    base="tiny",
    arms=("branching-developmental", "branching-shuffled", "flat-shuffled", "principled-shuffled"),
    seeds=1,
)


def test_the_base_reads_the_same_lessons_of_every_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluency, "LESSONS", 3)
    chosen = fluency.sampled(STUDY, grown_corpus())
    assert list(chosen) == ["branching-developmental", "flat-shuffled", "principled-shuffled"]
    assert len({frozenset(d.scenario for d in documents) for documents in chosen.values()}) == 1
    nll, coherence = fluency.fluency_rows(STUDY, grown_corpus())
    assert nll.values.keys() == coherence.values.keys() == chosen.keys() and not nll.gates and coherence.gates
    assert all(8 < value < 14 for value in nll.values.values()), "a random model knows nothing: about ln 49152 nats"
    two = [coherence.values["branching-developmental"], coherence.values["flat-shuffled"]]
    assert coherence.gap == pytest.approx(abs(two[0] - two[1])) and coherence.passed == (coherence.gap <= 0.05)


def test_coherence_gates_nothing_where_there_is_nothing_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluency, "LESSONS", 2)
    alone = STUDY.model_copy(update={"arms": ("branching-developmental", "principled-shuffled")})
    assert not fluency.fluency_rows(alone, grown_corpus())[1].gates


def test_shuffling_keeps_the_sentences_and_the_paragraphs() -> None:
    (document, *_) = fluency.sampled(STUDY, grown_corpus())["flat-shuffled"]
    mixed = fluency.shuffled(document)
    assert Counter(mixed.sentences) == Counter(document.sentences) and mixed.sentences != document.sentences
    assert list(map(len, mixed.paragraphs)) == list(map(len, document.paragraphs))
