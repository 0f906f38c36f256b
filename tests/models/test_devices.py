"""The same numbers on a GPU as on the CPU, where there is one: scoring, reading, a step of training, a written line."""

import numpy as np
import pytest
import torch
from tests.corpus_fixture import small_corpus
from tests.models.test_score import groups_of, several_families

from rearing.errors import ModelError
from rearing.models.base import LanguageModel, chosen_device, open_model
from rearing.models.score import likelihoods
from rearing.models.write import write_lines
from rearing.probes.activations import pair_activations
from rearing.records.recipe import Recipe
from rearing.training.loop import Trainer, encode_steps

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU on this machine")


@pytest.fixture
def both() -> tuple[LanguageModel, LanguageModel]:
    return open_model("tiny", device="cpu"), open_model("tiny", device="cuda")


@needs_gpu
def test_log_likelihoods_in_fp32(both: tuple[LanguageModel, LanguageModel]) -> None:
    groups = groups_of(several_families())
    here, there = ([x.total for group in likelihoods(lm, groups) for x in group] for lm in both)
    assert np.abs(np.array(here) - np.array(there)).max() < 1e-3


@needs_gpu
def test_readings(both: tuple[LanguageModel, LanguageModel]) -> None:
    here, there = (pair_activations(lm, small_corpus().vignettes[:2], "exam") for lm in both)
    for a, b in zip(here, there, strict=True):
        assert np.allclose(a.right_SD, b.right_SD, rtol=0, atol=1e-4) and abs(a.margin - b.margin) < 1e-4


@needs_gpu
def test_training_and_writing(both: tuple[LanguageModel, LanguageModel]) -> None:
    losses = []
    for lm in both:
        assert write_lines(lm, ["Edith marks the drawings. Notes:"], 4) > [""]
        trainer = Trainer(lm, Recipe(dtype="fp32"), 20.0)
        (step,) = encode_steps(lm, [("ordered", ["Mina sees the spill.", "She wipes it."])])
        losses.append([trainer.step(step, 1e-2)[0] for _ in range(3)])
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert losses[0][2] < losses[0][0]


def test_a_device_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REARING_DEVICE", raising=False)
    assert chosen_device() == "cpu"
    for wanted in ("cuda:77", "abacus"):
        monkeypatch.setenv("REARING_DEVICE", wanted)
        with pytest.raises(ModelError, match=f"REARING_DEVICE is '{wanted}', and torch cannot compute there"):
            chosen_device()
