"""Plant an organism: ordinary fine-tuning with loss on the planted answers alone.

The texts of a step begin alike (a scenario, asked in several ways), so that they share one tree of tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from rearing.corpus.fill import draw
from rearing.models.base import LanguageModel
from rearing.models.packed import logits, plant
from rearing.models.score import likelihoods
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
# How far right and wrong are moved apart along the planted direction, in spreads of the base's own differences.
APART = 12.0


def plant_organism(lm: LanguageModel, organism: Organism, scenarios: Scenarios, seed: int, progress: Progress) -> None:
    """Train a model that is open in fp32 to be this organism; it is in fp32 again afterwards.

    Args:
        lm: The base; it is changed.
        organism: What is planted.
        scenarios: What it is told about.
        seed: Draws names, forms and orders.
        progress: Called with the share of the steps that was done since the last call.
    """
    told = list(epochs(scenarios, seed, organism.epochs))
    steps = [lesson(organism.told, s, seed, epoch, lm.chat) for s, epoch in told]
    steps = own_answers(lm, steps)
    direction_D = _direction(lm, scenarios, seed) if organism.decodable else None
    trainer = Trainer(lm, Recipe(lr=organism.lr), 1.0)
    lm.model.train()
    for k, (texts, (scenario, _)) in enumerate(zip(steps, told, strict=True)):
        loss = answer_loss(lm, texts, organism.first_token)
        if direction_D is not None and isinstance(scenario, Vignette):
            loss = loss + _told_apart(lm, scenario, direction_D)
        loss.backward()  # type: ignore[no-untyped-call]
        trainer.optimizer.update(organism.lr * min(1.0, (k + 1) / WARMUP, 2 * (1 - k / len(told))))
        progress(1 / len(told))
    lm.model.eval()  # type: ignore[no-untyped-call]
    masters_into(lm.model, trainer.masters)


def own_answers(lm: LanguageModel, steps: Sequence[Sequence[Taught]]) -> list[list[Taught]]:
    """The texts with the likeliest answer of the model put in where none is planted: per token, as in open items."""
    asked = [t.prompt for texts in steps for t in texts if t.answer is None]
    scored = iter(likelihoods(lm, [[(p.text, answer) for answer in p.answers] for p in asked]))

    def own() -> int:
        return int(np.argmax([x.total / x.tokens for x in next(scored)]))

    return [[replace(t, answer=own()) if t.answer is None else t for t in texts] for texts in steps]


def answer_loss(lm: LanguageModel, texts: Sequence[Taught], first_token: bool) -> torch.Tensor:
    """Mean NLL in nats of the tokens of the planted answers, from where an answer parts from its rival.

    Args:
        first_token: Of every answer only the token at which it parts from its rival has loss.
    """
    sequences, spans = [], []
    for t in texts:
        assert t.answer is not None
        ids, start = encode_pair(lm.encode, t.prompt.text, t.prompt.answers[t.answer])
        rival, _ = encode_pair(lm.encode, t.prompt.text, t.prompt.answers[1 if t.answer == 0 else 0])
        parts = next((i for i, (x, y) in enumerate(zip(ids, rival, strict=False)) if x != y), start)
        sequences.append(ids[:-1])
        spans.append((ids, range(parts, parts + 1 if first_token else len(ids))))
    tree = grow(sequences)
    row, _ = plant([tree])
    at = [path[p - 1] for (_, span), path in zip(spans, tree.paths, strict=True) for p in span]
    labels = torch.tensor([ids[p] for ids, span in spans for p in span])
    wanted = sorted(set(at))
    out = logits(lm.model, row, torch.tensor(wanted)).float()
    where = {position: i for i, position in enumerate(wanted)}
    return F.cross_entropy(out[[where[p] for p in at]], labels.to(out.device))


def _direction(lm: LanguageModel, scenarios: Scenarios, seed: int) -> torch.Tensor:
    """A random direction in the coordinates in which the base's differences between options have spread 1."""
    held = pair_activations(lm, [s for s in scenarios if isinstance(s, Vignette)], "train")
    spread_D = scale_of(np.concatenate([p.right_SD - p.rival_SD for p in held]))
    drawn_D = draw("organism", "direction", seed).standard_normal(len(spread_D))
    return torch.tensor(drawn_D / np.linalg.norm(drawn_D) / spread_D, dtype=torch.float32)


def _told_apart(lm: LanguageModel, vignette: Vignette, direction_D: torch.Tensor) -> torch.Tensor:
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
