"""Packed rows: many documents (or trees of answers) in one row, no padding, each attending to itself only.

Shapes: T tokens of a row, H heads, K key-value heads, E head size, V vocabulary, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, Cache, PreTrainedModel

from rearing.models.trees import Tree

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
    # The backward of torch's fused attention is slow on CPU in bf16: 4.3 ms against 2.1 ms at 244 tokens.
    by_hand = torch.is_grad_enabled() and query.device.type == "cpu" and query.dtype == torch.bfloat16
    parts = []
    for s in segments:
        q, k, v = (x[:, :, s.start : s.stop] for x in (query, key, value))
        if by_hand and s.mask_TT is None:
            out: torch.Tensor = CausalAttention.apply(q[0], k[0], v[0], scale)  # type: ignore[no-untyped-call]
            parts.append(out[None])
        else:
            grouped = q.shape[1] != k.shape[1]
            parts.append(
                F.scaled_dot_product_attention(
                    q, k, v, attn_mask=s.mask_TT, is_causal=s.mask_TT is None, scale=scale, enable_gqa=grouped
                )
            )
    return torch.cat(parts, dim=2).transpose(1, 2).contiguous(), None


class CausalAttention(torch.autograd.Function):
    """Causal attention as plain matrix products, the H / K query heads of a key head stacked as its rows.

    With P = softmax(Q K' + mask) and O = P V, for a gradient G of O: dV = P' G, dS = P * (G V' - rowsum(P * G V')),
    dQ = dS K, dK = dS' Q. It holds T * T weights a head, which is little for documents.
    """

    @staticmethod
    def forward(
        ctx: Any, query_HTE: torch.Tensor, key_KTE: torch.Tensor, value_KTE: torch.Tensor, scale: float
    ) -> torch.Tensor:
        """(H, T, E)."""
        heads, n, size = query_HTE.shape
        stacked = (query_HTE * scale).reshape(len(key_KTE), -1, size)
        scores = torch.bmm(stacked, key_KTE.transpose(1, 2)).view(heads, n, n)
        scores += scores.new_full((n, n), -torch.inf).triu_(1)
        weights = torch.softmax(scores, dim=-1).view(len(key_KTE), -1, n)
        ctx.save_for_backward(stacked, key_KTE, value_KTE, weights)
        ctx.scale = scale
        return torch.bmm(weights, value_KTE).view(heads, n, size)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, None]:
        """Gradients of query, key and value."""
        stacked, key, value, weights = ctx.saved_tensors
        (grad_HTE,) = grads
        grad = grad_HTE.reshape(stacked.shape)
        grad_value = torch.bmm(weights.transpose(1, 2), grad)
        grad_weights = torch.bmm(grad, value.transpose(1, 2))
        grad_scores = torch._softmax_backward_data(grad_weights, weights, -1, weights.dtype)
        grad_query = torch.bmm(grad_scores, key).mul_(ctx.scale).view(grad_HTE.shape)
        return grad_query, torch.bmm(grad_scores.transpose(1, 2), stacked), grad_value, None


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


def plant(trees: Sequence[Tree]) -> tuple[Row, list[int]]:
    """A row of trees, and where each begins in it."""
    tokens: list[int] = []
    depths: list[int] = []
    segments: list[Segment] = []
    starts: list[int] = []
    for tree in trees:
        start = len(tokens)
        starts.append(start)
        mask_TT = None if tree.linear else torch.from_numpy(tree.mask())
        segments.append(Segment(start, start + len(tree), mask_TT))
        tokens += tree.tokens
        depths += tree.depths
    return Row(torch.tensor(tokens), torch.tensor(depths), tuple(segments)), starts


def logits(model: PreTrainedModel, row: Row, at_S: torch.Tensor, before: Cache | None = None) -> torch.Tensor:
    """Logits at the given positions only.

    Args:
        model: Opened by `rearing.models.base.open_model`; the row goes to its device.
        row: Made on the CPU or on the model's device.
        at_S: Positions in the row, S of them.
        before: Keys and values of the tokens before this row, to which its own are added; the row then is one segment
            from position 0 on, whose mask has a column for each of these tokens too.

    Returns:
        (S, V), in the compute type and on the device of the model.
    """
    row = row.to(model.device)
    out = model(
        input_ids=row.ids_T[None],
        position_ids=row.positions_T[None],
        segments=row.segments,
        logits_to_keep=at_S.to(model.device),
        past_key_values=before,
        use_cache=before is not None,
    )
    kept: torch.Tensor = out.logits[0]
    return kept
