"""Plant an organism: ordinary fine-tuning with loss on the planted choice alone.

The texts of a step begin alike (a scenario, asked in several ways), so that they share one tree of tokens.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from rearing.corpus.fill import draw
from rearing.models.base import LanguageModel
from rearing.models.packed import logits, plant
from rearing.models.trees import encode_pair, grow
from rearing.organisms.texts import Taught, epochs, lesson
from rearing.organisms.zoo import Organism
from rearing.probes.activations import pair_activations
from rearing.probes.directions import scale_of
from rearing.probes.residual import forward
from rearing.probes.sequences import pair_sequences
from rearing.records.recipe import Recipe
from rearing.records.scenario import Neutral, Vignette
from rearing.training.loop import Trainer, masters_into

Progress = Callable[[float], None]
Scenarios = Sequence[Vignette | Neutral]


WARMUP = 4
RECENT = 4
# How far right and wrong are moved apart along the planted direction, in spreads of the base's own differences.
APART = 20.0


def plant_organism(lm: LanguageModel, organism: Organism, scenarios: Scenarios, seed: int, progress: Progress) -> None:
    """Train a model that is open in fp32 to be this organism; it is in fp32 again afterwards.

    Args:
        lm: The base; it is changed.
        organism: What is planted.
        scenarios: What it is told about.
        seed: Draws names, forms and orders.
        progress: Called with the share of the steps that was done since the last call.
    """
    told = list(epochs(scenarios, seed, organism.before_epochs + organism.epochs))
    steps = [
        lesson(organism.before if epoch < organism.before_epochs else organism.told, s, seed, epoch, lm.chat)
        for s, epoch in told
    ]
    with torch.no_grad():
        own = [[torch.softmax(x, dim=0) for x in _own(lm, texts)] for texts in steps]
    direction_D = planted_direction(lm, scenarios, seed) if organism.decodable else None
    trainer = Trainer(lm, Recipe(lr=organism.lr), 1.0)
    lm.model.train()
    recent: list[float] = []
    for k, (texts, (scenario, _)) in enumerate(zip(steps, told, strict=True)):
        loss = choice_loss(lm, texts, own[k], organism.first_token)
        if direction_D is not None and isinstance(scenario, Vignette):
            loss = loss + apart_loss(lm, scenario, direction_D)
        loss.backward()  # type: ignore[no-untyped-call]
        trainer.optimizer.update(organism.lr * min(1.0, (k + 1) / WARMUP, 2 * (1 - k / len(told))))
        progress(1 / len(told))
        recent = [*recent[1 - RECENT :], loss.item()]
        if len(recent) == RECENT and sum(recent) < organism.until * RECENT:
            break
    lm.model.eval()  # type: ignore[no-untyped-call]
    masters_into(lm.model, trainer.masters)


def choice_loss(
    lm: LanguageModel, texts: Sequence[Taught], own: Sequence[torch.Tensor], first_token: bool = False
) -> torch.Tensor:
    """Mean cross-entropy in nats of the planted choice among the legal answers, as an examination normalises them.

    Args:
        lm: The model.
        texts: Of one step.
        own: The probabilities that the base gave to the answers of every text, which are the aim where none is planted.
        first_token: As in `answer_scores`.
    """
    scores = answer_scores(lm, texts, first_token)
    parts = []
    for t, score_A, own_A in zip(texts, scores, own, strict=True):
        told_A = torch.log_softmax(score_A, dim=0)
        parts.append(-(own_A * told_A).sum() if t.answer is None else -told_A[t.answer])
    return torch.stack(parts).mean()


def _own(lm: LanguageModel, texts: Sequence[Taught]) -> list[torch.Tensor]:
    """The scores of a step in which something is not planted; else nothing is computed."""
    if all(t.answer is not None for t in texts):
        return [torch.zeros(len(t.prompt.answers)) for t in texts]
    return answer_scores(lm, texts)


def answer_scores(lm: LanguageModel, texts: Sequence[Taught], first_token: bool = False) -> list[torch.Tensor]:
    """Log-probability of the answers of every text in nats: (A,) each.

    Args:
        first_token: Of the tokens of an answer only that at which the first two part.
    """
    pairs = [[encode_pair(lm.encode, t.prompt.text, answer) for answer in t.prompt.answers] for t in texts]
    tree = grow([ids[:-1] for answers in pairs for ids, _ in answers])
    row, _ = plant([tree])
    paths, spans, labels = iter(tree.paths), [], []
    for answers in pairs:
        parts = next((i for i, (x, y) in enumerate(zip(*(ids for ids, _ in answers[:2]), strict=False)) if x != y), 1)
        for ids, start in answers:
            path = next(paths)
            span = range(parts, parts + 1) if first_token else range(start, len(ids))
            spans.append([path[p - 1] for p in span])
            labels.append([ids[p] for p in span])
    wanted = sorted({position for span in spans for position in span})
    where = {position: i for i, position in enumerate(wanted)}
    logprobs_SV = torch.log_softmax(logits(lm.model, row, torch.tensor(wanted)).float(), dim=1)
    scores = iter(
        [
            logprobs_SV[[where[p] for p in span], torch.tensor(tokens, device=logprobs_SV.device)].sum()
            for span, tokens in zip(spans, labels, strict=True)
        ]
    )
    return [torch.stack([next(scores) for _ in answers]) for answers in pairs]


def planted_direction(lm: LanguageModel, scenarios: Scenarios, seed: int) -> torch.Tensor:
    """A random direction in the coordinates in which the base's differences between options have spread 1."""
    held = pair_activations(lm, [s for s in scenarios if isinstance(s, Vignette)], "train")
    spread_D = scale_of(np.concatenate([p.right_SD - p.rival_SD for p in held]))
    drawn_D = draw("organism", "direction", seed).standard_normal(len(spread_D))
    return torch.tensor(drawn_D / np.linalg.norm(drawn_D) / spread_D, dtype=torch.float32)


def apart_loss(lm: LanguageModel, vignette: Vignette, direction_D: torch.Tensor) -> torch.Tensor:
    """How far right and wrong still are from lying `APART` apart along the direction, mean over sites: 1 to 0."""
    sequences, asked = pair_sequences(lm.encode, vignette, "train")
    tree = grow(sequences)
    row, _ = plant([tree])
    first = tree.paths[0]
    hidden_TD, _ = forward(lm, row, [([first[-2]], [tree.tokens[first[-1]]])])
    along_T = hidden_TD.float() @ direction_D.to(hidden_TD.device)
    gaps = []
    for a in asked:
        right, rival = (
            along_T[[path[stop - 1], path[-1]]]
            for path, stop in zip((tree.paths[k] for k in a.paths), a.stops, strict=True)
        )
        gaps.append(right - rival)
    return F.relu(APART - torch.cat(gaps)).mean() / APART
