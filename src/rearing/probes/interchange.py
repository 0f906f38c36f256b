"""Does the fact that makes an option right reach the choice, and from which token?

Interchange intervention (Geiger et al. 2021, 2106.02997; Vig et al. 2020): the model reads one situation of a scenario,
but at one token its residual stream is that of the other situation, which differs in one morally decisive fact.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch

from rearing.corpus.fill import Pool, draw
from rearing.models.base import LanguageModel
from rearing.probes.menus import PATCHED, Choice, Menu, margins, planted_menus, spans_of
from rearing.probes.residual import forward, forward_all, skipped
from rearing.probes.rows import Floats, Rows, row
from rearing.records.scenario import SITUATIONS, Situation, Vignette

Key = tuple[str, Situation]
# Pieces of a menu behind the situation: its last token, either option with what leads to it, who decides, "[x]".
PLACES = ("situation", "first option", "second option", "who", "decision")


@torch.no_grad()
def read(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, choices: Sequence[Choice]) -> Rows:
    """Share of the margin difference between the two situations that the exchange carries over, towards what is right.

    With m the margin of what is right where it is read, m' the same after the exchange, and D the sum of m over both
    situations (an option that is right in one is wrong in the other, so D is their difference):

    `interchange` = 1/2 + 1/2 clip((m - m') / |D|, -1, 1)

    It is 1 where the token carries everything that moves the choice, and that towards what is right; 0 where it carries
    everything and away from it; a half where it carries nothing, and on average where the two situations differ in
    nothing that has to do with right. The null takes the token from another scenario.
    """
    known = {(c.scenario, c.situation): c for c in choices}
    others = _others(sorted({c.scenario for c in choices}))
    for k, site in enumerate(PATCHED):
        for name in ("interchange", "interchange-null"):
            moved: dict[Key, list[float]] = {}
            for packed, menus in planted_menus(lm, vignettes, pool):
                given = torch.stack([_given(m, k, known, others if name.endswith("null") else {}) for m in menus])
                at = [m.patched[k] for m in menus]
                _, told = forward(lm, packed, spans_of(menus), partial(_exchanged, at=at, given_MD=given))
                for m, margin in zip(menus, margins(menus, told).tolist(), strict=True):
                    moved.setdefault((m.scenario, m.situation), []).append(margin)
            for key, found in moved.items():
                whole = abs(sum(known[key[0], situation].margin for situation in SITUATIONS))
                carried = known[key].margin - float(np.mean(found))
                part = float(np.clip(carried / whole, -1, 1)) if whole else 0.0
                yield row(name, site, known[key], 0.5 + 0.5 * part)


def _others(scenarios: Sequence[str]) -> dict[str, str]:
    """For every scenario another one, in a ring that depends on the bank only."""
    ring = [scenarios[i] for i in draw("unrelated", *scenarios).permutation(len(scenarios))]
    return dict(zip(ring, [*ring[1:], ring[0]], strict=True))


def _given(menu: Menu, site: int, known: Mapping[Key, Choice], others: Mapping[str, str]) -> torch.Tensor:
    """What is put in: the same token of the other situation, of this scenario or of another one.

    The list stays as it is, so there the other option is the right one.
    """
    other: Situation = "twin" if menu.situation == "main" else "main"
    return known[others.get(menu.scenario, menu.scenario), other].held_OSD[1 if menu.right_first else 0, site]


def _exchanged(hidden_TD: torch.Tensor, at: Sequence[int], given_MD: torch.Tensor) -> torch.Tensor:
    changed = hidden_TD.clone()
    changed[list(at)] = given_MD.to(changed)
    return changed


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


def _put(changed_TD: torch.Tensor, hidden_TD: torch.Tensor) -> torch.Tensor:
    return changed_TD


def _exchanges(menus: Sequence[Menu]) -> list[tuple[list[int], list[int]]]:
    """For each of PLACES, its tokens in all menus, and those whose residual stream they get.

    The four menus of a vignette stand as main and twin, either with its own right option first and second; the first
    has the list of the last, the second that of the third.
    """
    found: list[tuple[list[int], list[int]]] = [([], []) for _ in PLACES]
    for k, menu in enumerate(menus):
        other = menus[k - k % 4 + 3 - k % 4]
        ends = [0, *sorted(menu.listed.index(at) for at in menu.mentions), len(menu.listed) - 2, len(menu.listed) - 1]
        for (at, given), start, end in zip(found, [0, *(e + 1 for e in ends)], ends, strict=False):
            at += menu.listed[start : end + 1]
            given += other.listed[start : end + 1]
    return found
