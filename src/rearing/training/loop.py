"""The training loop. It consumes an explicit list of steps: order is the treatment, so nothing here shuffles."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from rearing.arms.tokens import ids_digest
from rearing.errors import StageError
from rearing.models.base import Dtype, LanguageModel, compute_in
from rearing.models.memory import free_at_once
from rearing.models.packed import Row, logits, pack
from rearing.records.recipe import Recipe
from rearing.training.adamw import MasterAdamW


@dataclass(frozen=True, slots=True)
class TrainStep:
    """The token ids of every document of one optimizer step, and where on the schedule it is."""

    documents: tuple[tuple[int, ...], ...]
    phase: str


@dataclass(frozen=True, slots=True)
class StepLog:
    """What one step did: learning rate, mean loss in nats per supervised token, supervised tokens.

    Attributes:
        fed: The sha256 of the token ids of every document that the step was given.
    """

    step: int
    phase: str
    lr: float
    loss: float
    tokens: int
    fed: tuple[str, ...]


def encode_steps(lm: LanguageModel, texts: Sequence[tuple[str, Sequence[str]]]) -> list[TrainStep]:
    """Token ids of every step; each document ends with the end-of-text token.

    Args:
        lm: Whose tokenizer is used.
        texts: (phase, texts of the documents) of every step, in order.
    """
    end = int(lm.tokenizer.eos_token_id)
    return [TrainStep(tuple((*lm.encode(t), end) for t in documents), phase) for phase, documents in texts]


def learning_rates(phases: Sequence[str], peak: float) -> list[float]:
    """Linear warm-up over "warmup" steps, constant over "ordered", linear to zero over "cooldown" (WSD)."""
    warm, cool = phases.count("warmup"), phases.count("cooldown")
    rates = []
    seen: dict[str, int] = {}
    for phase in phases:
        n = seen[phase] = seen.get(phase, 0) + 1
        rates.append(
            peak * n / warm if phase == "warmup" else peak * (1 - n / (cool + 1)) if phase == "cooldown" else peak
        )
    return rates


class Trainer:
    """A model in its compute type with fp32 masters, and AdamW on the masters.

    Masters are copies of the fp32 weights. Masters made from weights already rounded to bf16 silently do not learn at
    small rates, so a model that was opened in bf16 is refused.
    """

    def __init__(self, lm: LanguageModel, recipe: Recipe, supervised_per_step: float) -> None:
        """Take the model over.

        Args:
            lm: Opened in fp32; it computes in the recipe's type from here on.
            recipe: Settings.
            supervised_per_step: Constant that the summed loss of a step is divided by.
        """
        if any(p.dtype != torch.float32 for p in lm.model.parameters()):
            raise StageError("training needs fp32 weights: open the base with dtype='fp32'")
        self.lm, self.recipe, self.scale = lm, recipe, supervised_per_step
        self.optimizer = MasterAdamW(lm.model, recipe)
        compute_in(lm.model, recipe.dtype)

    @property
    def masters(self) -> dict[str, torch.Tensor]:
        """The fp32 weights by parameter name."""
        return self.optimizer.masters

    def step(self, batch: TrainStep, lr: float) -> tuple[float, int]:
        """One optimizer step on one packed row.

        Returns:
            Mean loss in nats per supervised token, and their number.

        Raises:
            StageError: The loss is not finite.
        """
        free_at_once()
        row, at, labels = supervise(batch.documents)
        out = logits(self.lm.model, row, at).float()
        loss = F.cross_entropy(out, labels.to(out.device), reduction="sum")
        total = loss.item()
        if not math.isfinite(total):
            raise StageError(f"the loss is {total}: lower the learning rate (lr = {self.recipe.lr})")
        (loss / self.scale).backward()  # type: ignore[no-untyped-call]
        self.optimizer.update(lr)
        return total / len(labels), len(labels)

    def publish(self, dtype: Dtype) -> None:
        """Put the masters into the model in this type, to examine it or to go on training."""
        compute_in(self.lm.model, dtype)
        self.optimizer.publish()

    def state(self) -> dict[str, torch.Tensor]:
        """Masters and optimizer moments, flat by name, for a snapshot."""
        return self.optimizer.state()

    def restore(self, flat: dict[str, torch.Tensor]) -> None:
        """Continue from `state()`."""
        self.optimizer.restore(flat)


def supervise(documents: Sequence[Sequence[int]]) -> tuple[Row, torch.Tensor, torch.Tensor]:
    """A packed row, the positions that predict, and what they predict: every token after the first of its document."""
    row = pack([document[:-1] for document in documents])
    at = torch.arange(len(row.ids_T))
    labels = torch.tensor([token for document in documents for token in document[1:]])
    return row, at, labels


def supervised_tokens(steps: Sequence[TrainStep]) -> int:
    """Supervised tokens of these steps."""
    return sum(len(d) - 1 for step in steps for d in step.documents)


@torch.no_grad()
def document_losses(lm: LanguageModel, documents: Sequence[Sequence[int]]) -> list[float]:
    """Mean nats per supervised token of every document, as `Trainer.step` would find them, without training."""
    found = []
    for document in documents:
        row, at, labels = supervise([document])
        out = logits(lm.model, row, at).float()
        found.append(F.cross_entropy(out, labels.to(out.device)).item())
    return found


def train(
    trainer: Trainer, steps: Sequence[TrainStep], start: int = 0, on_step: Callable[[StepLog], None] | None = None
) -> None:
    """Run the steps from `start` on, in the order given."""
    rates = learning_rates([s.phase for s in steps], trainer.recipe.lr)
    trainer.lm.model.train()
    for i in range(start, len(steps)):
        loss, tokens = trainer.step(steps[i], rates[i])
        if on_step:
            on_step(StepLog(i, steps[i].phase, rates[i], loss, tokens, tuple(map(ids_digest, steps[i].documents))))
    trainer.lm.model.eval()  # type: ignore[no-untyped-call]


def masters_into(model: PreTrainedModel, masters: dict[str, torch.Tensor]) -> None:
    """Put fp32 masters back into a model, in fp32."""
    compute_in(model, "fp32")
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(masters[name])
