"""Take directions out of what a model holds, and leave the rest as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from rearing.probes.activations import PairActivations
from rearing.probes.directions import scale_of
from rearing.probes.menus import Choice
from rearing.probes.probe import Held
from rearing.probes.rows import Floats

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Span:
    """Directions of one site.

    With z = x / scale the standardised coordinates in which readings are made and B an orthonormal basis of the span
    there, x becomes scale * (z - z B' B). Erasing the column of a cross-covariance leaves no linear predictor of the
    label (Belrose et al. 2023, 2306.03819, theorem 3.1); this is their oblique projection with the variances alone in
    place of the covariance, for which a bank is too small.

    Attributes:
        basis_KD: Orthonormal in standardised coordinates; empty to leave all as it is.
        scale_D: Root mean square of the differences of the bank.
    """

    basis_KD: Floats
    scale_D: Floats

    def out_of(self, held_D: Floats) -> Floats:
        """Activations, or a difference of them, without the span."""
        held: Floats = held_D - (held_D / self.scale_D) @ self.basis_KD.T @ self.basis_KD * self.scale_D
        return held

    def out_of_stream(self, hidden_TD: torch.Tensor) -> torch.Tensor:
        """The residual stream of a row without the span, in its own type; gradients flow through it."""
        basis_KD, scale_D = (torch.from_numpy(x).to(hidden_TD) for x in (self.basis_KD, self.scale_D))
        return hidden_TD - (hidden_TD / scale_D) @ basis_KD.T @ basis_KD * scale_D

    def out_of_slope(self, slope_D: Floats) -> Floats:
        """A derivative by activations, as it is when only what lies outside the span can be moved."""
        slope: Floats = slope_D - (slope_D * self.scale_D) @ self.basis_KD.T @ self.basis_KD / self.scale_D
        return slope


def span_of(columns_KD: Floats, scale_D: Floats) -> Span:
    """The span of some directions, given in standardised coordinates; what is nothing spans nothing."""
    _, sizes, right = np.linalg.svd(np.atleast_2d(columns_KD), full_matrices=False)
    return Span(right[sizes > TINY * max(float(sizes.max(initial=0.0)), TINY)], scale_D)


def scales(pairs: Sequence[PairActivations]) -> Floats:
    """Root mean square of the differences of right and rival in `main`, (S, D)."""
    mains = [p.right_SD - p.rival_SD for p in pairs if p.situation == "main"]
    return np.stack([scale_of(np.stack(site)) for site in zip(*mains, strict=True)])


def without(held: Held, spans: Sequence[Span]) -> Held:
    """What is held, without the span of each site; menus, which are read at neither site, without that of the first."""

    def cleared(held_SD: Floats) -> Floats:
        return np.stack([span.out_of(held_D) for span, held_D in zip(spans, held_SD, strict=True)])

    return replace(
        held,
        pairs=[replace(p, right_SD=cleared(p.right_SD), rival_SD=cleared(p.rival_SD)) for p in held.pairs],
        choices=[_cleared(c, spans[0]) for c in held.choices],
    )


def _cleared(choice: Choice, span: Span) -> Choice:
    return replace(choice, mention_D=span.out_of(choice.mention_D), slope_D=span.out_of_slope(choice.slope_D))
