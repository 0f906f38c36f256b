"""Attention and MLP of every block as parts that a choice goes through, in the menu format of `probes.sequences`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rearing.corpus.fill import Pool
from rearing.errors import ModelError
from rearing.models.base import LanguageModel
from rearing.models.packed import Row
from rearing.probes.menus import Menu, margins, planted_menus, spans_of
from rearing.probes.residual import forward, frozen
from rearing.probes.rows import Floats
from rearing.records.scenario import Situation, Vignette

Key = tuple[str, Situation]
# Of component j and what it adds to the residual stream of a row, (T, D): what it is to add instead.
Edit = Callable[[int, torch.Tensor], torch.Tensor]
Edited = Callable[[LanguageModel, Edit], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Effects:
    """What each of J components does to choices, K of them: both situations of every scenario.

    Attributes:
        right_KJ: Change of the margin of right over rival, in nats per byte, mean of both orders of the list.
        place_KJ: Change of the margin of the first place in the list over the second: a choice without right and wrong.
        mean_JD: What each component adds at the decision token, mean over the bank.
    """

    keys: tuple[Key, ...]
    right_KJ: Floats
    place_KJ: Floats
    mean_JD: torch.Tensor


def components(lm: LanguageModel) -> list[torch.nn.Module]:
    """Attention, then MLP, of every block in turn.

    Raises:
        ModelError: The blocks call them otherwise.
    """
    try:
        return [part for block in lm.model.base_model.layers for part in (block.self_attn, block.mlp)]  # type: ignore[union-attr]
    except AttributeError as err:
        raise ModelError(
            f"the blocks of {lm.ref!r} have no parts named self_attn and mlp",
            "leave spread and knockout out of [examine] readings, or use a Llama-like model",
        ) from err


@contextmanager
def edited(lm: LanguageModel, edit: Edit) -> Iterator[None]:
    """Let every component add what `edit` makes of its output; all above it is computed from that."""
    handles = [part.register_forward_hook(partial(_add, edit, j)) for j, part in enumerate(components(lm))]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _add(edit: Edit, j: int, module: torch.nn.Module, args: object, out: object) -> object:
    if isinstance(out, tuple):
        return (edit(j, out[0][0])[None], *out[1:])
    assert isinstance(out, torch.Tensor)
    return edit(j, out[0])[None]


def effects(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool) -> Effects:
    """How the margin changes as a component's output at the decision token is replaced by its mean over the bank.

    To first order, all components from one pass forward and one back: attribution patching (Nanda 2023; Kramár et al.
    2024, 2403.00745), change = (mean - out) . dm/d out, where the derivative goes through everything above. It misses
    what is saturated (ibid.); `spread.knock_out` recomputes.
    """
    menus, held_MJD, slope_MJD = _measured(lm, vignettes, pool, edited)
    return _effects(menus, held_MJD, slope_MJD)


def heads(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool) -> Effects:
    """As `effects`, of all attention heads, block by block: what a head adds is replaced before the output projection.

    That projection is linear, so the effects of the heads of a block sum to that of its attention.
    """
    menus, held_MLD, slope_MLD = _measured(lm, vignettes, pool, _edited_heads)
    number = lm.depth * int(lm.model.config.num_attention_heads)
    return _effects(menus, *(x.reshape(len(menus), number, -1) for x in (held_MLD, slope_MLD)))


@contextmanager
def _edited_heads(lm: LanguageModel, edit: Edit) -> Iterator[None]:
    """As `edited`, with all heads of a block, one behind the other, in place of a component."""
    try:
        parts: list[Any] = [part.o_proj for part in components(lm)[::2]]
    except AttributeError as err:
        raise ModelError(
            f"attention of {lm.ref!r} has no part named o_proj, before which heads could be told apart",
            "use a Llama-like model",
        ) from err
    handles = [
        part.register_forward_pre_hook(lambda module, args, j=j: (edit(j, args[0][0])[None], *args[1:]))
        for j, part in enumerate(parts)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _measured(
    lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, edited_parts: Edited
) -> tuple[list[Menu], torch.Tensor, torch.Tensor]:
    """All menus, what parts hold at their decision tokens, and the derivatives of their margins by it, (M, J, D)."""
    menus: list[Menu] = []
    held: list[torch.Tensor] = []
    slopes: list[torch.Tensor] = []
    with frozen(lm.model), torch.enable_grad():
        for packed, here in planted_menus(lm, vignettes, pool):
            held_MJD, slope_MJD = _slopes(lm, packed, here, edited_parts)
            menus += here
            held.append(held_MJD)
            slopes.append(slope_MJD)
    return menus, torch.cat(held), torch.cat(slopes)


def _effects(menus: Sequence[Menu], held_MJD: torch.Tensor, slope_MJD: torch.Tensor) -> Effects:
    mean_JD = held_MJD.mean(dim=0)
    found_KOJ = ((mean_JD - held_MJD) * slope_MJD).sum(dim=2).double().numpy().reshape(len(menus) // 2, 2, -1)
    # The right option stands first in the first order, and second in the second.
    place_KJ = (found_KOJ[:, 0] - found_KOJ[:, 1]) / 2
    keys = tuple((m.scenario, m.situation) for m in menus[::2])
    return Effects(keys, found_KOJ.mean(axis=1), place_KJ, mean_JD)


def _slopes(
    lm: LanguageModel, packed: Row, menus: Sequence[Menu], edited_parts: Edited
) -> tuple[torch.Tensor, torch.Tensor]:
    """What parts hold at the decision tokens of a row, and the derivatives of the margins by it, (M, J, D) each."""
    at = torch.tensor([m.decision for m in menus], device=lm.model.device)
    held: dict[int, torch.Tensor] = {}
    doses: dict[int, torch.Tensor] = {}

    def keep(j: int, out_TD: torch.Tensor) -> torch.Tensor:
        held[j] = out_TD.detach()[at].float().cpu()
        dose_MD = doses.setdefault(j, torch.zeros_like(out_TD[at], requires_grad=True))
        return out_TD.index_add(0, at, dose_MD)

    with edited_parts(lm, keep):
        _, told = forward(lm, packed, spans_of(menus))
    # A menu depends on no other one, so the gradient of the sum holds that of each.
    found = torch.autograd.grad(margins(menus, told).sum(), list(doses.values()))
    return torch.stack(list(held.values()), dim=1), torch.stack([g.float().cpu() for g in found], dim=1)


@torch.no_grad()
def margins_without(
    lm: LanguageModel,
    vignettes: Sequence[Vignette],
    pool: Pool,
    mean_JD: torch.Tensor,
    out: Mapping[str, NDArray[np.bool_]],
) -> dict[Key, float]:
    """Margins of right over rival where the output of some components at the decision token is their mean.

    Args:
        mean_JD: What is put in.
        out: Of every scenario, which components are out, (J,).
    """
    moved: dict[Key, list[float]] = {}
    for packed, menus in planted_menus(lm, vignettes, pool):
        at_M = torch.tensor([m.decision for m in menus], device=lm.model.device)
        out_MJ = torch.from_numpy(np.stack([out[m.scenario] for m in menus])).to(at_M.device)

        def replace(j: int, added_TD: torch.Tensor, at_M: torch.Tensor, out_MJ: torch.Tensor) -> torch.Tensor:
            changed = added_TD.clone()
            changed[at_M[out_MJ[:, j]]] = mean_JD[j].to(changed)
            return changed

        with edited(lm, partial(replace, at_M=at_M, out_MJ=out_MJ)):
            _, told = forward(lm, packed, spans_of(menus))
        for m, margin in zip(menus, margins(menus, told).tolist(), strict=True):
            moved.setdefault((m.scenario, m.situation), []).append(margin)
    return {key: float(np.mean(found)) for key, found in moved.items()}
