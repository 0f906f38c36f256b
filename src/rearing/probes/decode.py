"""Few-label decoding of right against wrong, and coupling of choices to that direction.

Source: `internalization.md` section 2. Both are cross-fitted inside the held-out bank: no label comes from a trained
lesson, and a scenario is never scored by a direction that saw it. The draws depend on the bank
only, so every arm and seed is read with the same ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rearing.corpus.fill import draw
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.directions import scale_of
from rearing.probes.menus import Choice
from rearing.probes.rows import Floats, Rows, row, share

# The site of what a menu mentions.
MENTION = "mention"
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


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One scenario at one site, with the bank that reads it; all standardised by the bank.

    Attributes:
        bank_ND: h(right) - h(wrong) of all scenarios in `main`, this one too.
        number: Which of them it is.
        pairs: Its situations.
        asked_KD: Their differences.
    """

    site: str
    bank_ND: Floats
    number: int
    pairs: Sequence[PairActivations]
    asked_KD: Floats


def leave_one_out(pairs: Sequence[PairActivations]) -> Iterator[HeldOut]:
    """Site by site, every scenario in turn."""
    mains = [p for p in pairs if p.situation == "main"]
    for k, site in enumerate(SITES):
        raw_ND = np.stack([p.right_SD[k] - p.rival_SD[k] for p in mains])
        scale_D = scale_of(raw_ND)
        for i, main in enumerate(mains):
            both = [p for p in pairs if p.scenario == main.scenario]
            asked_KD = np.stack([p.right_SD[k] - p.rival_SD[k] for p in both]) / scale_D
            yield HeldOut(site, raw_ND / scale_D, i, both, asked_KD)


def decoded(reading: str, pairs: Sequence[PairActivations]) -> Rows:
    """`decode` alone, under another name."""
    for h in leave_one_out(pairs):
        for p, value in zip(h.pairs, ranked_right(h.bank_ND, h.number, h.asked_KD).tolist(), strict=True):
            yield row(reading, h.site, p, value)


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

    With w_j the direction of draw j, x the difference h(right) - h(rival) of the held-out pair (standardised as w_j), m
    its residual margin, and S(y) = 1 where y > 0, 0 where y < 0, a half at zero:

    `decode` = mean over j of S(w_j . x): is the right option ranked first?
    `coupling` = mean over j of S((w_j . x) m): does the choice go the way that the projection points?

    Args:
        pairs: Both situations of every scenario of the bank, of one checkpoint.
        labels: Labelled pairs of a draw.
    """
    choices = dict(zip(((p.scenario, p.situation) for p in pairs), residual_margins(pairs), strict=True))
    for h in leave_one_out(pairs):
        sums = np.zeros((len(h.pairs), 2))
        for direction_D in directions(h.bank_ND, h.number, labels):
            for k, p in enumerate(h.pairs):
                ranked = float(h.asked_KD[k] @ direction_D)
                sums[k] += (float(share(ranked)), float(share(ranked * choices[p.scenario, p.situation])))
        for p, (told_apart, coupled) in zip(h.pairs, sums.tolist(), strict=True):
            yield row("decode", h.site, p, told_apart / DRAWS)
            yield row("coupling", h.site, p, coupled / DRAWS)


def transfer(pairs: Sequence[PairActivations], choices: Sequence[Choice]) -> Rows:
    """Do labels of one format tell right from wrong in another one?

    With w_j the directions of `decode` at the full stop of an action, s their scale, and y the difference of the
    mentions of both options in a menu, at the last token of either, after the same block:

    `decode-transfer` = mean over j of S(w_j . y / s)

    The probe is that of sentences to the last number, its coordinates too. The null has a coin for every label.
    """
    raw_ND = np.stack([p.right_SD[0] - p.rival_SD[0] for p in pairs if p.situation == "main"])
    number = {name: i for i, name in enumerate(p.scenario for p in pairs if p.situation == "main")}
    scale_D = scale_of(raw_ND)
    for c in choices:
        i = number[c.scenario]
        coins_N = draw("decode-transfer", len(raw_ND), i).choice((-1.0, 1.0), size=len(raw_ND))
        for name, labels_N in (("decode-transfer", np.ones(len(raw_ND))), ("decode-transfer-null", coins_N)):
            (value,) = ranked_right(raw_ND / scale_D * labels_N[:, None], i, c.mention_D[None] / scale_D).tolist()
            yield row(name, MENTION, c, value)
