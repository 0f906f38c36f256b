"""How a model is trained. One recipe for all arms of a study."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Training settings, the same for every arm.

    Attributes:
        lr: Peak learning rate; constant through the ordered phase, linear to 0 over the cool-down.
        documents_per_step: Documents of one optimizer step.
        warmup_steps: Steps on neutral documents before the ordered phase, learning rate rising linearly.
        clip: Largest gradient norm.
        dtype: Compute type; masters and optimizer state are fp32 always.
    """

    lr: float = 1e-4
    documents_per_step: int = 2
    warmup_steps: int = 10
    betas: tuple[float, float] = (0.9, 0.95)
    weight_decay: float = 0.0
    clip: float = 1.0
    dtype: Literal["bf16", "fp32"] = "bf16"
