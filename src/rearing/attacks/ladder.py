"""The ladder of an attack: trained once, with a stop at every rung to examine the model."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rearing.models.base import Dtype, LanguageModel
from rearing.models.memory import release_memory
from rearing.records.recipe import Recipe
from rearing.training.loop import Trainer, TrainStep, document_losses, supervised_tokens


def climb(
    lm: LanguageModel,
    steps: Sequence[TrainStep],
    rungs: Collection[int],
    lr: float,
    recipe: Recipe,
    examined_in: Dtype,
) -> Iterator[int]:
    """Train on with a fresh optimizer at a constant rate, and stop at every rung.

    Args:
        lm: In fp32; at the end it has the attacked weights, in fp32 again.
        steps: Of the attack.
        rungs: After how many steps to stop.
        lr: Learning rate.
        recipe: Of the arms; its schedule is not used.
        examined_in: Type of the weights at a stop.

    Yields:
        The dose, in optimizer steps; the model may be read and asked, and not changed.
    """
    trainer = Trainer(lm, recipe, supervised_tokens(steps) / len(steps))
    for dose, step in enumerate(steps, 1):
        trainer.step(step, lr)
        if dose in rungs:
            trainer.publish(examined_in)
            release_memory()
            yield dose
            trainer.publish(recipe.dtype)
    trainer.publish("fp32")


def loss_rows(lm: LanguageModel, steps: Sequence[TrainStep]) -> list[dict[str, Any]]:
    """Rows of `records.tables.LOSSES` without who and when: every text of an attack once, in its order."""
    documents = list(dict.fromkeys(d for step in steps for d in step.documents))
    return [
        {"document": i, "tokens": len(d) - 1, "nll": nll}
        for i, (d, nll) in enumerate(zip(documents, document_losses(lm, documents), strict=True))
    ]
