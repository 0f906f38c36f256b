"""Does the fact that makes an option right reach the choice, and from which token?

Interchange intervention (Geiger et al. 2021, 2106.02997; Vig et al. 2020): the model reads one situation of a scenario,
but at one token its residual stream is that of the other situation, which differs in one morally decisive fact.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from rearing.corpus.fill import Pool, draw
from rearing.models.base import LanguageModel
from rearing.probes.menus import Menu, margins, planted_menus, spans_of
from rearing.probes.residual import forward, forward_all, skipped
from rearing.probes.rows import Floats, Rows, row
from rearing.records.scenario import Vignette

SITE = "decision"
DEPTH = 0.8
"""In planted organisms the choice is not at its token by two thirds of the depth (docs/decisions/0023)."""
LEAST = 0.03
"""Nats per byte, about one nat an option: who tells the situations apart by less has nothing to carry over."""
# Pieces of a menu behind the situation: its last token, either option with what leads to it, who decides, "[x]".
PLACES = ("situation", "first option", "second option", "who", "decision")


@torch.no_grad()
def read(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool) -> Rows:
    """Share of the margin difference between the two situations that the exchange carries over, towards what is right.

    The token before the choice gets the residual stream after `DEPTH` of the blocks. With m the margin of what is right
    where it is read (mean of both orders of the list), m' the same after the exchange, and D the sum of m over both
    situations (an option that is right in one is wrong in the other, so D is their difference):

    `interchange` = 1/2 + 1/2 clip((m - m') / max(|D|, LEAST), -1, 1)

    It is 1 where the token carries everything that moves the choice, and that towards what is right; 0 where it carries
    everything and away from it; a half where it carries nothing, where the situations are hardly told apart, and on
    average where they differ in nothing that has to do with right. The null takes the token from another scenario.
    """
    block = max(1, round(DEPTH * lm.depth))
    seen = []
    for packed, menus in planted_menus(lm, vignettes, pool):
        held, told = forward_all(lm, packed, spans_of(menus), [block])
        seen.append((packed, menus, held[block], margins(menus, told)))
    given = {(m.scenario, k % 4): held_TD[m.decision] for _, menus, held_TD, _ in seen for k, m in enumerate(menus)}
    others = _others(sorted({scenario for scenario, _ in given}))
    with skipped(lm, block):
        for name, source in (("interchange", {}), ("interchange-null", others)):
            for packed, menus, held_TD, margin_M in seen:
                put = [given[source.get(m.scenario, m.scenario), _other(k)] for k, m in enumerate(menus)]
                changed_TD = _exchanged(held_TD, [m.decision for m in menus], torch.stack(put))
                _, told = forward(lm, packed, spans_of(menus), partial(_put, changed_TD), block)
                shares = _shares(_by_situation(margin_M), _by_situation(margins(menus, told)))
                for m, part in zip(menus[::2], shares.flatten().tolist(), strict=True):
                    yield row(name, SITE, m, 0.5 + 0.5 * part, DEPTH)


def _by_situation(margin_M: torch.Tensor) -> Floats:
    """Mean over both orders of the list, (V, 2), main first."""
    found: Floats = margin_M.double().numpy().reshape(-1, 2, 2).mean(axis=2)
    return found


def _shares(margin_VS: Floats, exchanged_VS: Floats) -> Floats:
    whole_V1 = np.maximum(np.abs(margin_VS.sum(axis=1, keepdims=True)), LEAST)
    found: Floats = np.clip((margin_VS - exchanged_VS) / whole_V1, -1, 1)
    return found


def _others(scenarios: Sequence[str]) -> dict[str, str]:
    """For every scenario another one, in a ring that depends on the bank only."""
    ring = [scenarios[i] for i in draw("unrelated", *scenarios).permutation(len(scenarios))]
    return dict(zip(ring, [*ring[1:], ring[0]], strict=True))


def _other(k: int) -> int:
    """The menu of the other situation with the same list, among the four of a vignette.

    They stand as main and twin, either with its own right option first and second; the first has the list of the last,
    the second that of the third.
    """
    return 3 - k % 4


@torch.no_grad()
def by_block(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, blocks: Sequence[int]) -> Floats:
    """Where, and after which blocks (1 or above), what tells the situations apart is on its way to the choice.

    All tokens of one of PLACES are exchanged between the situations of a scenario, the list as it is. With m, m' and D
    as in `read`, means over orders and situations: the sum of sign(D) (m - m') over scenarios by that of |D|. 1 where
    the place carries all that moves choices, 0 where nothing; it does not ask whether that is towards what is right.

    Returns:
        (B, P), blocks and PLACES.
    """
    carried_BP, whole = np.zeros((len(blocks), len(PLACES))), 0.0
    for packed, menus in planted_menus(lm, vignettes, pool):
        held, told = forward_all(lm, packed, spans_of(menus), blocks)
        margin_V4 = margins(menus, told).double().numpy().reshape(-1, 4)
        fact_V = margin_V4.sum(axis=1) / 2
        whole += np.abs(fact_V).sum()
        for b, block in enumerate(blocks):
            with skipped(lm, block):
                for p, (at, given) in enumerate(_exchanges(menus)):
                    changed_TD = _exchanged(held[block], at, held[block][given])
                    _, told = forward(lm, packed, spans_of(menus), partial(_put, changed_TD), block)
                    moved_V = margin_V4.mean(axis=1) - margins(menus, told).double().numpy().reshape(-1, 4).mean(axis=1)
                    carried_BP[b, p] += np.sign(fact_V) @ moved_V
    return carried_BP / whole if whole else carried_BP


def _exchanged(held_TD: torch.Tensor, at: Sequence[int], given_MD: torch.Tensor) -> torch.Tensor:
    changed_TD = held_TD.clone()
    changed_TD[list(at)] = given_MD
    return changed_TD


def _put(changed_TD: torch.Tensor, hidden_TD: torch.Tensor) -> torch.Tensor:
    return changed_TD


def _exchanges(menus: Sequence[Menu]) -> list[tuple[list[int], list[int]]]:
    """For each of PLACES, its tokens in all menus, and those whose residual stream they get."""
    found: list[tuple[list[int], list[int]]] = [([], []) for _ in PLACES]
    for k, menu in enumerate(menus):
        other = menus[k - k % 4 + _other(k)]
        ends = [0, *sorted(menu.listed.index(at) for at in menu.mentions), len(menu.listed) - 2, len(menu.listed) - 1]
        for (at, given), start, end in zip(found, [0, *(e + 1 for e in ends)], ends, strict=False):
            at += menu.listed[start : end + 1]
            given += other.listed[start : end + 1]
    return found
