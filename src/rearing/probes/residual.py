"""One forward of a packed row with the residual stream held, or changed, after a block.

Block k is the k-th; 0 stands for what enters the first one, the embeddings.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from rearing.models.base import LanguageModel
from rearing.models.packed import Row
from rearing.models.score import row_logprobs
from rearing.probes.rows import DEPTH

Edit = Callable[[torch.Tensor], torch.Tensor]
# Positions that predict the tokens of a piece of text, and these tokens.
Span = tuple[Sequence[int], Sequence[int]]


def block_of(lm: LanguageModel) -> int:
    """The block that readings stand on: round(2/3 * depth)."""
    return max(1, round(DEPTH * lm.depth))


def forward(
    lm: LanguageModel, row: Row, spans: Sequence[Span], edit: Edit | None = None, block: int | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute a row once.

    Args:
        lm: One of its blocks is hooked.
        row: Of T tokens.
        spans: What is asked of the row, N of them.
        edit: Makes of the residual stream (T, D) after that block the one with which the blocks above go on.
        block: Which; None means `block_of`.

    Returns:
        The residual stream as the blocks above got it, (T, D), on the device and in the type of the model, and the
        log-probability of every span in nats, (N,), on the CPU.
    """
    at = block_of(lm) if block is None else block
    held, told = forward_all(lm, row, spans, [at], edit)
    return held[at], told


def forward_all(
    lm: LanguageModel, row: Row, spans: Sequence[Span], blocks: Sequence[int], edit: Edit | None = None
) -> tuple[dict[int, torch.Tensor], torch.Tensor]:
    """As `forward`, with the residual streams after several blocks by their number."""
    held: dict[int, torch.Tensor] = {}
    with ExitStack() as hooks:
        for block in blocks:
            hooks.enter_context(_hooked(lm, block, held, edit))
        told = row_logprobs(lm, row, [p for at, _ in spans for p in at], [t for _, tokens in spans for t in tokens])
    return held, torch.stack([part.sum() for part in torch.split(told, [len(at) for at, _ in spans])])


@contextmanager
def _hooked(lm: LanguageModel, block: int, held: dict[int, torch.Tensor], edit: Edit | None) -> Iterator[None]:
    def pass_on(given: Any) -> Any:
        whole = given[0] if isinstance(given, tuple) else given
        held[block] = whole[0] if edit is None else edit(whole[0])
        if edit is None:
            return None
        return (held[block][None], *given[1:]) if isinstance(given, tuple) else held[block][None]

    layers: Any = lm.model.base_model.layers
    if block:
        handle = layers[block - 1].register_forward_hook(lambda module, args, out: pass_on(out))
    else:
        handle = layers[0].register_forward_pre_hook(lambda module, args: pass_on(args))
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def edited(lm: LanguageModel, edit: Edit) -> Iterator[None]:
    """Whatever is computed in here goes on above `block_of` with the residual stream that the edit makes."""
    with _hooked(lm, block_of(lm), {}, edit):
        yield


class _Skipped(torch.nn.Module):
    def forward(self, hidden: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
        return hidden


@contextmanager
def skipped(lm: LanguageModel, below: int) -> Iterator[None]:
    """Leave out the blocks below this one: enough where an edit puts in the whole stream after it, and cheaper."""
    inner: Any = lm.model.base_model
    layers = inner.layers
    inner.layers = torch.nn.ModuleList([*(_Skipped() for _ in range(below - 1)), *layers[max(0, below - 1) :]])
    try:
        yield
    finally:
        inner.layers = layers


@contextmanager
def frozen(model: torch.nn.Module) -> Iterator[None]:
    """Let gradients flow to activations only: what lies below an edited residual stream then costs no memory."""
    learning = [p for p in model.parameters() if p.requires_grad]
    for p in learning:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in learning:
            p.requires_grad_(True)
