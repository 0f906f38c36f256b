"""Few-label decoding of right against wrong, and coupling of choices to that direction.

Source: `internalization.md` section 2. Both are cross-fitted inside the held-out bank: no label comes from a trained
lesson, and a scenario is never scored by a direction that saw it. The draws depend on the bank
only, so every arm and seed is read with the same ones.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rearing.corpus.fill import draw
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.directions import scale_of
from rearing.probes.rows import Floats, Rows, row, share

LABELS = 2
DRAWS = 200


def directions(differences_ND: Floats, held_out: int, labels: int = LABELS, draws: int = DRAWS) -> Floats:
    """Mean of `labels` standardised differences of other scenarios, `draws` times, (draws, D).

    Args:
        differences_ND: h(right) - h(wrong) of N scenarios in `main`, width D, standardised.
        held_out: The scenario that may not be used.
        labels: Labelled pairs of a draw.
        draws: How many directions.
    """
    found: Floats = differences_ND[_chosen(len(differences_ND), held_out, labels, draws)].mean(axis=1)
    return found


@cache
def _chosen(scenarios: int, held_out: int, labels: int, draws: int) -> NDArray[np.intp]:
    """Which scenarios are labelled in every draw, (draws, labels)."""
    others = np.delete(np.arange(scenarios), held_out)
    rng = draw("probe", scenarios, held_out)
    return np.stack([rng.choice(others, size=min(labels, len(others)), replace=False) for _ in range(draws)])


def ranked_right(differences_ND: Floats, held_out: int, asked_KD: Floats) -> Floats:
    """Share of directions from other scenarios along which differences are positive, (K,); all standardised."""
    found: Floats = share(asked_KD @ directions(differences_ND, held_out).T).mean(axis=1)
    return found


def decoded(reading: str, pairs: Sequence[PairActivations]) -> Rows:
    """`decode` alone, under another name."""
    mains = [p for p in pairs if p.situation == "main"]
    for k, site in enumerate(SITES):
        raw_ND = np.stack([p.right_SD[k] - p.rival_SD[k] for p in mains])
        scale_D = scale_of(raw_ND)
        for i, main in enumerate(mains):
            both = [p for p in pairs if p.scenario == main.scenario]
            asked_KD = np.stack([p.right_SD[k] - p.rival_SD[k] for p in both]) / scale_D
            for p, value in zip(both, ranked_right(raw_ND / scale_D, i, asked_KD).tolist(), strict=True):
                yield row(reading, site, p, value)


def residual_margins(pairs: Sequence[PairActivations]) -> Floats:
    """Choice margins with what length and base rate predict taken out.

    The margin of the first option over the second is regressed on their length difference; options are put in an order
    that does not depend on which is right (by the sign of the length difference, ties by scenario), so the intercept is
    a base rate and not the answer. Signs are turned back to right minus rival.
    """
    margins = np.array([p.margin for p in pairs])
    lengths = np.array([p.bytes for p in pairs], dtype=float)
    blind = np.array([np.sign(p.bytes) or (1 if draw("blind", p.scenario).integers(2) else -1) for p in pairs])
    design = np.column_stack([np.ones(len(pairs)), lengths * blind])
    coefficients, *_ = np.linalg.lstsq(design, margins * blind, rcond=None)
    result: Floats = (margins * blind - design @ coefficients) * blind
    return result


def read(pairs: Sequence[PairActivations], labels: int = LABELS) -> Rows:
    """Both readings.

    `decode`: share of draws in which the held-out pair is ranked right. `coupling`: share of draws in which the choice
    goes the way that the projection of its two options points (both right or both wrong).

    Args:
        pairs: Both situations of every scenario of the bank, of one checkpoint.
        labels: Labelled pairs of a draw.
    """
    choices = dict(zip(((p.scenario, p.situation) for p in pairs), residual_margins(pairs), strict=True))
    mains = [p for p in pairs if p.situation == "main"]
    for site_index, site in enumerate(SITES):
        raw = np.stack([p.right_SD[site_index] - p.rival_SD[site_index] for p in mains])
        scale = np.sqrt((raw**2).mean(axis=0))
        scale = np.where(scale > 0, scale, 1.0)
        main_ND = raw / scale
        for i, main in enumerate(mains):
            both = [p for p in pairs if p.scenario == main.scenario]
            sums = {p.situation: np.zeros(2) for p in both}
            for direction in directions(main_ND, i, labels):
                for p in both:
                    ranked = float(((p.right_SD[site_index] - p.rival_SD[site_index]) / scale) @ direction)
                    choice = choices[p.scenario, p.situation]
                    sums[p.situation] += (float(share(ranked)), float(share(ranked * choice)))
            for p in both:
                decoded, coupled = sums[p.situation]
                yield row("decode", site, p, float(decoded) / DRAWS)
                yield row("coupling", site, p, float(coupled) / DRAWS)
