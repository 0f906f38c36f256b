"""What work really costs: tokens that models computed, and time. A forecast is held against this."""

import time
from collections.abc import Mapping
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

    @property
    def spent(self) -> dict[str, float]:
        """Since the last lap: tokens with and without gradient, seconds, CPU seconds of this process."""
        return {
            "trained": self.trained,
            "scored": self.scored,
            "seconds": round(time.monotonic() - self._began[0], 2),
            "cpu_seconds": round(time.process_time() - self._began[1], 2),
        }

    def lap(self) -> dict[str, float]:
        """What was spent; the next lap begins."""
        done = self.spent
        self.trained = self.scored = 0
        self._began = time.monotonic(), time.process_time()
        return done

    def go_on(self, spent: Mapping[str, float]) -> None:
        """Add what a killed process had spent on the same lap."""
        self.trained += int(spent.get("trained", 0))
        self.scored += int(spent.get("scored", 0))
        began, cpu_began = self._began
        self._began = began - spent.get("seconds", 0), cpu_began - spent.get("cpu_seconds", 0)
