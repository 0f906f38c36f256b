"""What a model holds and does where both options of a scenario are listed, in the menu format of `probes.sequences`.

Everything is a mean over both orders of the list, so that a liking for a place in it cancels.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rearing.corpus.fill import Pool
from rearing.models.base import LanguageModel
from rearing.models.packed import Row, plant
from rearing.models.score import token_logprobs
from rearing.models.trees import Tree, grow, row_batches
from rearing.probes.residual import Span, forward, frozen
from rearing.probes.rows import Floats
from rearing.probes.sequences import Shown, menu_sequences
from rearing.records.scenario import Situation, Vignette


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu where it stands in its row.

    Attributes:
        mentions: The last token of either option in the list, right one first.
        listed: All tokens from the end of the situation to the decision; alike in both situations, but for the first.
        spans: What is ticked, right one first.
        sizes: Its bytes.
    """

    scenario: str
    situation: Situation
    right_first: bool
    mentions: tuple[int, int]
    listed: tuple[int, ...]
    spans: tuple[Span, Span]
    sizes: tuple[int, int]

    @property
    def decision(self) -> int:
        """The last token before what is ticked."""
        return self.listed[-1]


@dataclass(frozen=True, slots=True)
class Choice:
    """How a model chooses in one situation of one scenario, and what it holds meanwhile.

    Attributes:
        margin: Log-probability per byte of what is ticked, right minus rival, in nats.
        lens: The same margin as read off at the depth of the readings, without the blocks above.
        mention_D: Residual stream at the mentions in the list, right minus rival.
        slope_D: How the margin changes as the mention of the right option is moved along each axis and that of the
            rival against it; in nats. Zeros where it was not asked for.
    """

    scenario: str
    situation: Situation
    margin: float
    lens: float
    mention_D: Floats
    slope_D: Floats


def planted_menus(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool) -> Iterator[tuple[Row, list[Menu]]]:
    """Rows with the menus of every vignette, wording `mf`; the menus of a situation stand next to each other."""
    made = [menu_sequences(lm.encode, v, pool) for v in vignettes]
    trees = [grow(sequences) for sequences, _ in made]
    for batch in row_batches([len(tree) for tree in trees]):
        row, starts = plant([trees[i] for i in batch])
        yield (
            row,
            [
                _menu(trees[i], start, vignettes[i].id, shown)
                for i, start in zip(batch, starts, strict=True)
                for shown in made[i][1]
            ],
        )


def _menu(tree: Tree, start: int, scenario: str, shown: Shown) -> Menu:
    paths = [tree.paths[k] for k in shown.paths]
    spans = []
    for path, stop in zip(paths, shown.stops, strict=True):
        ticked = range(shown.decision + 1, stop)
        spans.append(([start + path[p - 1] for p in ticked], [tree.tokens[path[p]] for p in ticked]))
    right, rival = (start + paths[0][p] for p in shown.mentions)
    listed = tuple(start + paths[0][p] for p in range(shown.situation_end, shown.decision + 1))
    return Menu(
        scenario,
        shown.situation,
        shown.right_first,
        (right, rival),
        listed,
        (spans[0], spans[1]),
        shown.sizes,
    )


def margins(menus: Sequence[Menu], told: torch.Tensor) -> torch.Tensor:
    """Margin of every menu, in nats per byte.

    Args:
        menus: M of them.
        told: Log-probability of both spans of every menu, (2 M,).
    """
    sizes = torch.tensor([m.sizes for m in menus], dtype=told.dtype)
    per_byte = told.reshape(-1, 2) / sizes
    return per_byte[:, 0] - per_byte[:, 1]


def spans_of(menus: Sequence[Menu]) -> list[Span]:
    """All spans, as `margins` wants them."""
    return [span for m in menus for span in m.spans]


def choices(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    graded: bool,
    progress: Callable[[int], None] | None = None,
) -> list[Choice]:
    """Every vignette in both situations.

    Args:
        graded: Whether slopes are asked for; they cost a pass back through the blocks above.
        progress: Called with the number of vignettes that a row finished.
    """
    found: list[Choice] = []
    with frozen(lm.model), torch.set_grad_enabled(graded):
        for row, menus in planted_menus(lm, vignettes, pool):
            hidden_TD, told = forward(lm, row, spans_of(menus), lambda h: h.detach().requires_grad_(graded))
            margin = margins(menus, told)
            slope_TD = torch.zeros_like(hidden_TD)
            if graded:
                # A menu depends on no other one, so the gradient of the sum holds that of each.
                (slope_TD,) = torch.autograd.grad(margin.sum(), hidden_TD)
            with torch.no_grad():
                lens = margins(menus, _lens(lm, hidden_TD, spans_of(menus)))
            parts = (margin.tolist(), lens.tolist(), hidden_TD.detach().float().cpu(), slope_TD.float().cpu())
            found += _choices(menus, *parts)
            if progress:
                progress(len(menus) // 4)
    return found


def _choices(
    menus: Sequence[Menu],
    margin: Sequence[float],
    lens: Sequence[float],
    hidden_TD: torch.Tensor,
    slope_TD: torch.Tensor,
) -> Iterator[Choice]:
    """Both orders of a situation together."""
    for k in range(0, len(menus), 2):
        right, rival = ([m.mentions[which] for m in menus[k : k + 2]] for which in (0, 1))
        yield Choice(
            menus[k].scenario,
            menus[k].situation,
            float(np.mean(margin[k : k + 2])),
            float(np.mean(lens[k : k + 2])),
            (hidden_TD[right] - hidden_TD[rival]).double().mean(dim=0).numpy(),
            (slope_TD[right] - slope_TD[rival]).double().mean(dim=0).numpy(),
        )


def _lens(lm: LanguageModel, hidden_TD: torch.Tensor, spans: Sequence[Span]) -> torch.Tensor:
    """Log-probability of every span if the model stopped at this depth: final norm and head alone."""
    positions = [p for at, _ in spans for p in at]
    wanted = sorted(set(positions))
    row_of = {position: r for r, position in enumerate(wanted)}
    head = lm.model.get_output_embeddings()  # type: ignore[no-untyped-call]
    logits_SV = head(lm.model.base_model.norm(hidden_TD[wanted]))  # type: ignore[operator]
    told = token_logprobs(logits_SV, [row_of[p] for p in positions], [t for _, tokens in spans for t in tokens])
    return torch.stack([part.sum() for part in torch.split(told, [len(at) for at, _ in spans])])
