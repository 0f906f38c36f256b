"""What work really costs: tokens that models computed, and time. A forecast is held against this."""

import time
from typing import Any

import torch


class Meter:
    """Counts what the watched models compute, whoever calls them, from one lap to the next."""

    def __init__(self) -> None:
        """Start now."""
        self.trained = self.scored = 0
        self._began = time.monotonic(), time.process_time()

    def watch(self, model: torch.nn.Module) -> None:
        """Count this model from here on."""
        model.register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tokens = kwargs["input_ids"].numel()
        if torch.is_grad_enabled():
            self.trained += tokens
        else:
            self.scored += tokens

    def lap(self) -> dict[str, float]:
        """Since the last lap: tokens with and without gradient, seconds, CPU seconds of this process."""
        now = time.monotonic(), time.process_time()
        done = {
            "trained": self.trained,
            "scored": self.scored,
            "seconds": round(now[0] - self._began[0], 2),
            "cpu_seconds": round(now[1] - self._began[1], 2),
        }
        self.trained = self.scored = 0
        self._began = now
        return done
