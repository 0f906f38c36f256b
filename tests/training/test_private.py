"""No gradient reaches a private token: scratchpads in the files of a corpus never become training text."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from tests.corpus_fixture import scenarios, write, write_corpus

from rearing.arms.curriculum import arm, curricula
from rearing.attacks.texts import ATTACKS, attack_steps
from rearing.corpus.load import FOLDERS, Corpus, load_corpus
from rearing.models.base import LanguageModel, open_model
from rearing.records.recipe import Recipe
from rearing.training.loop import Trainer, TrainStep, encode_steps, supervise

SECRET = " xylophone quetzal zirconium"
ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled")
FULL = Recipe(dtype="fp32", lr=1e-3)


@pytest.fixture
def noted(tmp_path: Path) -> Corpus:
    """The grown corpus with a scratchpad in every file."""
    root = write_corpus(tmp_path / "noted", lessons=36)
    for data in scenarios(36):
        path = write(data | {"private": [{"text": SECRET, "loss": 0}]}, root / FOLDERS[data["kind"]])
        assert SECRET in path.read_text(encoding="utf-8")
    return load_corpus(root)


def untied() -> LanguageModel:
    """The tiny model with an output layer of its own, so that the gradient of an input row is that of its token."""
    lm = open_model("tiny")
    lm.model.lm_head.weight = torch.nn.Parameter(lm.model.lm_head.weight.detach().clone())
    return lm


def gradients(
    steps: Sequence[TrainStep], ids: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> tuple[list[float], list[float]]:
    """What training on these steps does to these tokens, step by step.

    Returns:
        The lowest gradient of the loss by a logit of theirs (below 0 where the token is made likelier), and the largest
        absolute gradient of their input rows.
    """
    lm = untied()
    trainer, real = Trainer(lm, FULL, 100.0), F.cross_entropy
    by_logit: list[float] = []
    by_input: list[float] = []

    def watched(out: torch.Tensor, labels: torch.Tensor, reduction: str) -> torch.Tensor:
        out.register_hook(lambda grad: by_logit.append(grad[:, ids].min().item()))
        return real(out, labels, reduction=reduction)

    update = trainer.optimizer.update

    def seen(lr: float) -> None:
        by_input.append(lm.model.get_input_embeddings().weight.grad[ids].abs().max().item())
        update(lr)

    monkeypatch.setattr(F, "cross_entropy", watched)
    trainer.optimizer.update = seen  # type: ignore[method-assign]
    for step in steps:
        trainer.step(step, 1e-4)
    return by_logit, by_input


def test_no_private_token_gets_loss_or_gradient_in_training_or_attack(
    noted: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm = open_model("tiny")
    made = curricula(noted, [arm(name) for name in ARMS], 1, Recipe())
    reared = [encode_steps(lm, [(s.phase, [d.text for d in s.documents]) for s in c.steps]) for c in made.values()]
    steps = [step for arm_steps in reared for step in arm_steps] + attack_steps(ATTACKS["reversal"], noted, lm, 4)
    fed = {token for step in steps for document in step.documents for token in document}
    ids = [token for token in lm.encode(SECRET) if token not in fed]
    assert len(ids) > len(lm.encode(SECRET)) / 2, "the words of the scratchpads stand nowhere in what is fed"
    for step in steps:
        _, _, labels = supervise(step.documents)
        assert not set(ids) & set(labels.tolist())
    some = [reared[0][0], *(arm_steps[-1] for arm_steps in reared), steps[-1]]
    by_logit, by_input = gradients(some, ids, monkeypatch)
    assert min(by_logit) >= 0 and max(by_input) == 0

    leaked = TrainStep(((*some[1].documents[0], *lm.encode(SECRET), 2),), "ordered")
    by_logit, by_input = gradients([leaked], ids, monkeypatch)
    assert max(by_logit) < 0 and min(by_input) > 0, "the test would see a scratchpad that is trained on"
