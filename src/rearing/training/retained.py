"""What a model has kept of the ordered phase when all of it has been told: by this an order shows that it arrived."""

from typing import Any

from rearing.arms.order import told_documents
from rearing.models.base import LanguageModel
from rearing.records.document import Curriculum
from rearing.training.loop import document_losses


def retained_rows(lm: LanguageModel, curriculum: Curriculum) -> list[dict[str, Any]]:
    """The rows of the `retained` table, of a model in training; nothing is learned from them."""
    told, end = told_documents(curriculum), int(lm.tokenizer.eos_token_id)
    lm.model.eval()  # type: ignore[no-untyped-call]
    losses = document_losses(lm, [(*lm.encode(document.text), end) for document, _ in told])
    lm.model.train()
    return [
        {
            "arm": curriculum.arm,
            "seed": curriculum.seed,
            "document": document.id,
            "scenario": document.scenario,
            "stage": document.stage,
            "place": place,
            "loss": loss,
        }
        for (document, place), loss in zip(told, losses, strict=True)
    ]
