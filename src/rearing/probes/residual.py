"""One forward of a packed row with the residual stream held, or changed, after the block that readings stand on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from rearing.models.base import LanguageModel
from rearing.models.packed import Row
from rearing.models.score import row_logprobs
from rearing.probes.rows import DEPTH

Edit = Callable[[torch.Tensor], torch.Tensor]
# Positions that predict the tokens of a piece of text, and these tokens.
Span = tuple[Sequence[int], Sequence[int]]


def forward(
    lm: LanguageModel, row: Row, spans: Sequence[Span], edit: Edit | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute a row once.

    Args:
        lm: Its block round(2/3 * depth) is hooked.
        row: Of T tokens.
        spans: What is asked of the row, N of them.
        edit: Makes of the residual stream (T, D) after that block the one with which the blocks above go on.

    Returns:
        The residual stream as the blocks above got it, (T, D), on the device and in the type of the model, and the
        log-probability of every span in nats, (N,), on the CPU.
    """
    held: list[torch.Tensor] = []

    def hook(module: torch.nn.Module, args: object, out: torch.Tensor | tuple[torch.Tensor, ...]) -> object:
        whole = out[0] if isinstance(out, tuple) else out
        held.append(whole[0] if edit is None else edit(whole[0]))
        if edit is None:
            return None
        return (held[-1][None], *out[1:]) if isinstance(out, tuple) else held[-1][None]

    block: torch.nn.Module = lm.model.base_model.layers[max(1, round(DEPTH * lm.depth)) - 1]  # type: ignore[index,assignment]
    handle = block.register_forward_hook(hook)
    try:
        told = row_logprobs(lm, row, [p for at, _ in spans for p in at], [t for _, tokens in spans for t in tokens])
    finally:
        handle.remove()
    return held[-1], torch.stack([part.sum() for part in torch.split(told, [len(at) for at, _ in spans])])


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
