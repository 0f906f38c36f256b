"""Packed rows: many documents (or trees of answers) in one row, no padding, each attending to itself only.

Shapes: T tokens of a row, H heads, K key-value heads, E head size, V vocabulary, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, PreTrainedModel

IMPLEMENTATION = "rearing_packed"


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens `start` to `stop` of a row attend to each other only.

    Attributes:
        mask_TT: True where query (row) may see key (column); None means plain causal.
    """

    start: int
    stop: int
    mask_TT: torch.Tensor | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One packed row."""

    ids_T: torch.Tensor
    positions_T: torch.Tensor
    segments: tuple[Segment, ...]

    def to(self, device: torch.device) -> "Row":
        """The row on this device."""
        moved = (s if s.mask_TT is None else Segment(s.start, s.stop, s.mask_TT.to(device)) for s in self.segments)
        return Row(self.ids_T.to(device), self.positions_T.to(device), tuple(moved))


def attend_by_segment(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    segments: Sequence[Segment] = (),
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Scaled dot-product attention segment by segment (`transformers.AttentionInterface`).

    Args:
        module: The attention layer; unused.
        query: (1, H, T, E).
        key: (1, K, T, E), like `value`.
        value: (1, K, T, E).
        attention_mask: Unused: every segment has its own.
        scaling: Factor of the scores; None means E ** -0.5.
        dropout: Unused: documents are seen once.
        segments: Passed through by the model's forward.

    Returns:
        (1, T, H, E) and no weights.
    """
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    # The backward of torch's fused attention is slow on CPU in bf16: 3.6 ms against 1.4 ms at 143 tokens.
    by_hand = torch.is_grad_enabled() and query.device.type == "cpu" and query.dtype == torch.bfloat16
    parts = []
    for s in segments:
        q, k, v = (x[:, :, s.start : s.stop] for x in (query, key, value))
        if by_hand and s.mask_TT is None:
            parts.append(_causal(q[0], k[0], v[0], scale)[None])
        else:
            grouped = q.shape[1] != k.shape[1]
            parts.append(
                F.scaled_dot_product_attention(
                    q, k, v, attn_mask=s.mask_TT, is_causal=s.mask_TT is None, scale=scale, enable_gqa=grouped
                )
            )
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


def _causal(q_HTE: torch.Tensor, k_KTE: torch.Tensor, v_KTE: torch.Tensor, scale: float) -> torch.Tensor:
    """Causal attention as two matrix products, the H / K query heads of a key head stacked as its rows."""
    heads, n, size = q_HTE.shape
    stacked = (q_HTE * scale).reshape(len(k_KTE), -1, size)
    scores_HTT = torch.bmm(stacked, k_KTE.transpose(1, 2)).view(heads, n, n)
    scores_HTT.masked_fill_(torch.ones(n, n, dtype=torch.bool, device=q_HTE.device).triu_(1), -torch.inf)
    weights = scores_HTT.softmax(dim=-1).view(len(k_KTE), -1, n)
    return torch.bmm(weights, v_KTE).view(heads, n, size)


AttentionInterface.register(IMPLEMENTATION, attend_by_segment)


def pack(documents: Sequence[Sequence[int]]) -> Row:
    """A row of whole documents, positions restarting at each."""
    ids: list[int] = []
    positions: list[int] = []
    segments = []
    for document in documents:
        segments.append(Segment(len(ids), len(ids) + len(document)))
        ids += document
        positions += range(len(document))
    return Row(torch.tensor(ids), torch.tensor(positions), tuple(segments))


def logits(model: PreTrainedModel, row: Row, at_S: torch.Tensor) -> torch.Tensor:
    """Logits at the given positions only.

    Args:
        model: Opened by `rearing.models.base.open_model`; the row goes to its device.
        row: Made on the CPU or on the model's device.
        at_S: Positions in the row, S of them.

    Returns:
        (S, V), in the compute type and on the device of the model.
    """
    row = row.to(model.device)
    out = model(
        input_ids=row.ids_T[None],
        position_ids=row.positions_T[None],
        segments=row.segments,
        logits_to_keep=at_S.to(model.device),
        use_cache=False,
    )
    kept: torch.Tensor = out.logits[0]
    return kept
