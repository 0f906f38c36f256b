"""Does a choice need what tells right from wrong?

The direction along which the options of a menu differ when one is right is erased from the residual stream, at every
block and token, and the menu is computed again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from rearing.corpus.fill import Pool, draw
from rearing.models.base import LanguageModel
from rearing.models.packed import Row
from rearing.probes.directions import scale_of, unit_of
from rearing.probes.menus import Choice, Menu, margins, planted_menus, spans_of
from rearing.probes.residual import forward_all
from rearing.probes.rows import Floats, Rows, row
from rearing.records.scenario import Vignette

SITE = "decision"
RANDOM = 5
# Of block l (0 is the first) and the residual stream after it, (T, D): the one with which the blocks above go on.
Edit = Callable[[int, torch.Tensor], torch.Tensor]


@contextmanager
def every_block(lm: LanguageModel, edit: Edit) -> Iterator[None]:
    """Let `edit` see and change the residual stream of a row after every block."""

    def hook(block: int, out: Any) -> Any:
        whole = out[0] if isinstance(out, tuple) else out
        changed = edit(block, whole[0])[None]
        return (changed, *out[1:]) if isinstance(out, tuple) else changed

    layers: Any = lm.model.base_model.layers
    with ExitStack() as hooks:
        for block, layer in enumerate(layers):
            handle = layer.register_forward_hook(lambda module, args, out, block=block: hook(block, out))
            hooks.callback(handle.remove)
        yield


def _margins(lm: LanguageModel, packed: Row, menus: Sequence[Menu]) -> Floats:
    """Margins of the menus of a row, (M,)."""
    _, told = forward_all(lm, packed, spans_of(menus), ())
    found: Floats = margins(menus, told).double().numpy()
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What a model holds of M menus at L blocks, and how it chooses.

    Attributes:
        mention_MPLD: The residual stream at both mentions after every block, right one first.
        margin_M: Margins in nats per byte.
    """

    menus: Sequence[Menu]
    mention_MPLD: Floats
    margin_M: Floats


@torch.no_grad()
def hold(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool) -> Held:
    """All menus of the bank, computed once."""
    found: list[Menu] = []
    held: list[Floats] = []
    margin: list[Floats] = []
    for packed, menus in planted_menus(lm, vignettes, pool):
        at_MP = torch.tensor([m.mentions for m in menus], device=lm.model.device)
        blocks: list[torch.Tensor] = []

        def keep(_: int, hidden_TD: torch.Tensor, at_MP: torch.Tensor, kept: list[torch.Tensor]) -> torch.Tensor:
            kept.append(hidden_TD[at_MP].float().cpu())
            return hidden_TD

        with every_block(lm, partial(keep, at_MP=at_MP, kept=blocks)):
            margin.append(_margins(lm, packed, menus))
        found += menus
        held.append(torch.stack(blocks, dim=2).double().numpy())
    return Held(found, np.concatenate(held), np.concatenate(margin))


def directions(differences_NLD: Floats, held_out: int) -> Floats:
    """What is erased for one scenario, of length 1, (1 + RANDOM, L, D): the moral direction and random ones.

    At every block the mean difference of all other scenarios (Marks and Tegmark 2023, 2310.06824). A random one is the
    same with a coin for the label of every scenario, the same coins at all blocks, at right angles to the moral one: a
    direction in which options differ, otherwise than by right and wrong.

    Args:
        differences_NLD: Mentions in `main`, right minus rival, standardised.
        held_out: The scenario that may not be used.
    """
    others_NLD = np.delete(differences_NLD, held_out, axis=0)
    coins_RN = draw("necessity", len(differences_NLD), held_out).choice((-1.0, 1.0), size=(RANDOM, len(others_NLD)))
    moral_LD = unit_of(others_NLD.mean(axis=0))
    random_RLD = np.tensordot(coins_RN, others_NLD, axes=1)
    along_RL = (random_RLD * moral_LD).sum(axis=2, keepdims=True)
    return np.concatenate([moral_LD[None], unit_of(random_RLD - along_RL * moral_LD)])


def erased(
    hidden_TD: torch.Tensor, of_T: torch.Tensor, middle_D: torch.Tensor, scale_D: torch.Tensor, along_ND: torch.Tensor
) -> torch.Tensor:
    """The residual stream of a row with one direction a token set to its mean.

    With z = (h - middle) / scale, h becomes h - scale * (z . d) d (as in `probes.erase`).

    Args:
        of_T: Which row of `along_ND` a token goes by; -1 leaves it as it is.
        middle_D: Mean of the activations.
        scale_D: Standardisation.
        along_ND: Directions of length 1 in standardised coordinates.
    """
    along_TD = along_ND[of_T.clamp(min=0)] * (of_T >= 0)[:, None]
    z_T = ((hidden_TD - middle_D) / scale_D * along_TD).sum(dim=1, keepdim=True)
    return hidden_TD - z_T * along_TD * scale_D


def read(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, choices: Sequence[Choice]) -> Rows:
    """How much of a choice hangs on the moral direction, beyond what hangs on random ones.

    With m the margin of right over rival (mean of both orders of the list), m_d the same with direction d erased, and w
    the mean |m| of the bank:

    `necessity` = 1/2 + 1/2 clip((m - m_moral - mean over random r of (m - m_r)) / w, -1, 1)

    It is 1 where the whole margin hangs on the direction and goes towards right, a half where erasing it does what
    erasing a random one does (amnesic probing with its control, Elazar et al. 2021, 2006.00995). The null is the same
    of a choice without right and wrong, that of a place in the list, with a coin for which place is called right. The
    first token of a text is left as it is: it carries no meaning and the largest activations.
    """
    held = hold(lm, vignettes, pool)
    middle_LD = held.mention_MPLD.mean(axis=(0, 1))
    both_MLD = held.mention_MPLD[:, 0] - held.mention_MPLD[:, 1]
    # Both orders of a situation stand next to each other, main before twin.
    main_NLD = both_MLD.reshape(-1, 2, 2, *middle_LD.shape)[:, 0].mean(axis=1)
    scale_LD = np.stack([scale_of(block_ND) for block_ND in np.swapaxes(main_NLD, 0, 1)])
    along_NKLD = np.stack([directions(main_NLD / scale_LD, i) for i in range(len(main_NLD))])
    gone = [margins_without(lm, vignettes, pool, along_NKLD[:, k], middle_LD, scale_LD) for k in range(1 + RANDOM)]
    yield from values(choices, held.margin_M.reshape(-1, 2), np.stack(gone).reshape(1 + RANDOM, -1, 2))


@torch.no_grad()
def margins_without(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    along_NLD: Floats,
    middle_LD: Floats,
    scale_LD: Floats,
) -> Floats:
    """Margins of all menus, (M,), each vignette without a direction of its own at every block."""
    along_LND, middle, scale = (
        torch.from_numpy(x).to(lm.model.device, lm.model.dtype)
        for x in (np.swapaxes(along_NLD, 0, 1).copy(), middle_LD, scale_LD)
    )
    found: list[Floats] = []
    done = 0
    for packed, menus in planted_menus(lm, vignettes, pool):
        of_T = torch.full((len(packed.ids_T),), -1, device=lm.model.device)
        for segment in packed.segments:
            of_T[segment.start + 1 : segment.stop] = done
            done += 1

        def erase(block: int, hidden_TD: torch.Tensor, of_T: torch.Tensor) -> torch.Tensor:
            return erased(hidden_TD, of_T, middle[block], scale[block], along_LND[block])

        with every_block(lm, partial(erase, of_T=of_T)):
            found.append(_margins(lm, packed, menus))
    return np.concatenate(found)


def values(choices: Sequence[Choice], margin_CO: Floats, gone_KCO: Floats) -> Rows:
    """The rows.

    Args:
        choices: C of them.
        margin_CO: Their margins in both orders of the list, right one first and right one second.
        gone_KCO: The same with a direction erased, the moral one first.
    """
    right_C, place_C = margin_CO.mean(axis=1), (margin_CO[:, 0] - margin_CO[:, 1]) / 2
    right_KC, place_KC = gone_KCO.mean(axis=2), (gone_KCO[..., 0] - gone_KCO[..., 1]) / 2
    for name, own_C, gone_KC in (("necessity", right_C, right_KC), ("necessity-null", place_C, place_KC)):
        lost_C = gone_KC[1:].mean(axis=0) - gone_KC[0]
        whole = float(np.abs(own_C).mean())
        share_C = np.clip(lost_C / whole, -1, 1) if whole else np.zeros(len(own_C))
        for c, part in zip(choices, share_C.tolist(), strict=True):
            called = 1 if name == "necessity" else int(draw(name, c.scenario, c.situation).choice((-1, 1)))
            yield row(name, SITE, c, 0.5 + 0.5 * called * part)
