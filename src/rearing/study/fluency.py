"""How the untrained base reads the arms: rows of the audit that need torch, `rearing audit --nll`.

Neither how fluent nor how coherent a text is may differ between arms. Coherence is what the order of the sentences is
worth: the rise of the negative log-likelihood when they are shuffled.
"""

from dataclasses import replace

from rearing.arms.audit import AuditRow, row
from rearing.arms.curriculum import arm
from rearing.corpus.fill import draw
from rearing.corpus.load import Corpus
from rearing.records.document import Document
from rearing.study.curricula import first_arms, seed_curricula
from rearing.study.schema import Study
from rearing.study.seeds import training_seeds

LESSONS = 24
"""Documents that are read of every renderer: those of the first seed, spread over its curriculum."""
COHERENCE_LIMIT = 0.05
"""Nats per token between `branching` and `flat` (DESIGN section 5)."""
COMPARED = ("branching", "flat")


def fluency_rows(study: Study, corpus: Corpus) -> tuple[AuditRow, ...]:
    """Negative log-likelihood per token of every renderer's documents, and what their order is worth.

    Raises:
        ModelError: The base cannot be opened.
    """
    from rearing.models.base import open_model, single_thread
    from rearing.models.score import likelihoods

    single_thread()
    lm = open_model(study.base, "fp32")
    nll, coherence = dict[str, float](), dict[str, float]()
    for name, documents in sampled(study, corpus).items():
        texts = [d.text for d in documents] + [shuffled(d).text for d in documents]
        found = [pair[0] for pair in likelihoods(lm, [[("", text)] for text in texts])]
        straight, mixed = (
            -sum(x.total for x in part) / sum(x.tokens for x in part)
            for part in (found[: len(documents)], found[len(documents) :])
        )
        nll[name], coherence[name] = straight, mixed - straight
    compared = [value for name, value in coherence.items() if arm(name).renderer.name in COMPARED]
    both = len(compared) == len(COMPARED)
    gap, limit = (max(compared) - min(compared), COHERENCE_LIMIT) if both else (0.0, None)
    return (
        row("nll", "nats per token of the untrained base", nll, max(nll.values()) - min(nll.values()), None),
        row("coherence", "nats that sentence order is worth; gap: branching, flat", coherence, gap, limit),
    )


def sampled(study: Study, corpus: Corpus) -> dict[str, list[Document]]:
    """The same lessons of the first seed as every renderer of the study tells them, by the first arm of each."""
    made = seed_curricula(study, corpus, training_seeds(study)[0])
    arms = first_arms(study).values()
    told = {name: [d for s in made[name].steps if s.phase != "warmup" for d in s.documents] for name in arms}
    lessons = sorted({d.scenario for documents in told.values() for d in documents})
    chosen = lessons[:: max(1, len(lessons) // LESSONS)][:LESSONS]
    return {name: [d for d in documents if d.scenario in chosen] for name, documents in told.items()}


def shuffled(document: Document) -> Document:
    """The document with its sentences in a drawn order, in paragraphs of the same sizes."""
    told = document.sentences
    mixed = [told[i] for i in draw("fluency", document.scenario).permutation(len(told))]
    paragraphs, start = [], 0
    for paragraph in document.paragraphs:
        paragraphs.append(tuple(mixed[start : start + len(paragraph)]))
        start += len(paragraph)
    return replace(document, paragraphs=tuple(paragraphs))
