"""AdamW on fp32 masters, fed by gradients in the compute type, in one pass over memory.

`torch.optim.AdamW` would need an fp32 copy of every gradient and three more passes (clip, update, publish). Here every
stretch of a parameter is clipped, updated and published while it is in a core's cache. The formulas are torch's own:
`torch.nn.utils.clip_grad_norm_` and the fused AdamW kernel.
"""

import torch
from transformers import PreTrainedModel

from rearing.records.recipe import Recipe

# Elements of one stretch: on a CPU its gradient, master and moments (3.5 MiB) fit a core's cache.
STRETCH = {"cpu": 1 << 18}
EPS = 1e-8


class MasterAdamW:
    """Masters of a model and their moments.

    Attributes:
        masters: fp32 weights by parameter name.
    """

    def __init__(self, model: PreTrainedModel, recipe: Recipe) -> None:
        """Copy the weights of a model that is still in fp32."""
        self.recipe = recipe
        self.parameters = dict(model.named_parameters())
        self.masters = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.means = {name: torch.zeros_like(p) for name, p in self.masters.items()}
        self.squares = {name: torch.zeros_like(p) for name, p in self.masters.items()}
        self.count = torch.zeros((), device=model.device)
        self.stretch = STRETCH.get(model.device.type, 1 << 26)

    @torch.no_grad()
    def update(self, lr: float) -> None:
        """One step: clip to the recipe's norm, update the masters, publish them to the model, drop the gradients."""
        self.count += 1
        held = torch.empty(self.stretch, device=self.count.device)
        scale = self._clip(held)
        for name, p in self.parameters.items():
            states = (_gradient(name, p), p, self.masters[name], self.means[name], self.squares[name])
            for grad, live, master, mean, square in zip(*(_stretches(x, self.stretch) for x in states), strict=True):
                grad32 = held[: len(grad)].copy_(grad).mul_(scale)
                torch._fused_adamw_(
                    [master],
                    [grad32],
                    [mean],
                    [square],
                    [],
                    [self.count],
                    lr=lr,
                    beta1=self.recipe.betas[0],
                    beta2=self.recipe.betas[1],
                    weight_decay=self.recipe.weight_decay,
                    eps=EPS,
                    amsgrad=False,
                    maximize=False,
                )
                live.copy_(master)
            p.grad = None

    def _clip(self, held: torch.Tensor) -> torch.Tensor:
        """The factor that brings the norm of all gradients down to the recipe's; `held` is working memory."""
        total = torch.zeros_like(self.count)
        for name, p in self.parameters.items():
            for grad in _stretches(_gradient(name, p), self.stretch):
                grad32 = held[: len(grad)].copy_(grad)
                total += grad32.dot(grad32)
        return (self.recipe.clip / (total.sqrt() + 1e-6)).clamp(max=1.0)

    @torch.no_grad()
    def publish(self) -> None:
        """Copy the masters into the model, rounded to its compute type."""
        for name, p in self.parameters.items():
            p.copy_(self.masters[name])

    def state(self) -> dict[str, torch.Tensor]:
        """Everything that an update depends on, flat by name."""
        parts = {"master": self.masters, "mean": self.means, "square": self.squares}
        return {"count": self.count} | {f"{part}.{n}": x for part, tensors in parts.items() for n, x in tensors.items()}

    def restore(self, flat: dict[str, torch.Tensor]) -> None:
        """Continue from `state()`."""
        for name, tensor in self.state().items():
            tensor.copy_(flat[name])
        self.publish()


def _stretches(tensor: torch.Tensor, size: int) -> tuple[torch.Tensor, ...]:
    return torch.split(tensor.detach().view(-1), size)


def _gradient(name: str, parameter: torch.nn.Parameter) -> torch.Tensor:
    assert parameter.grad is not None, f"{name} got no gradient"
    return parameter.grad
