"""A moral direction fixed on the untrained base, the same for every arm and seed.

It is cross-fitted inside the held-out bank: no label comes from a trained lesson, and a scenario is never met by a
direction that saw it. Coordinates are standardised by the root mean square of the base's differences, so that no axis
outweighs the others by its scale alone; random directions have the same norm in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rearing.corpus.fill import draw
from rearing.probes.rows import Floats

if TYPE_CHECKING:
    from rearing.probes.activations import PairActivations

RANDOM = 200


@dataclass(frozen=True, slots=True)
class Directions:
    """Of one held-out scenario; all of length 1 in standardised coordinates.

    Attributes:
        moral_D: Mean of the differences h(right) - h(wrong) of all other scenarios (difference in means; Marks and
            Tegmark 2023, 2310.06824).
        shuffled_RD: The same with a coin for every label, R times: a null that keeps what options differ in.
    """

    moral_D: Floats
    shuffled_RD: Floats


def scale_of(differences_ND: Floats) -> Floats:
    """Root mean square of every axis, (D,); 1 where nothing differs."""
    scale: Floats = np.sqrt((differences_ND**2).mean(axis=0))
    return np.where(scale > 0, scale, 1.0)


def directions_of(standardised_ND: Floats, held_out: int) -> Directions:
    """The directions that one scenario is read with.

    Args:
        standardised_ND: h(right) - h(wrong) of N scenarios in `main` on the untrained base, divided by `scale_of`.
        held_out: The scenario that is read.
    """
    others_ND = np.delete(standardised_ND, held_out, axis=0)
    coins_RN = draw("shuffled", len(standardised_ND), held_out).choice((-1.0, 1.0), size=(RANDOM, len(others_ND)))
    return Directions(unit_of(others_ND.mean(axis=0)), unit_of(coins_RN @ others_ND))


def by_scenario(pairs: "Sequence[PairActivations]", site: int, scale_D: Floats) -> dict[str, Directions]:
    """Of every scenario `directions_of` the bank in `main` at a site, in the coordinates of this scale."""
    mains = [p for p in pairs if p.situation == "main"]
    main_ND = np.stack([p.right_SD[site] - p.rival_SD[site] for p in mains]) / scale_D
    return {p.scenario: directions_of(main_ND, i) for i, p in enumerate(mains)}


def unit_of(directions: Floats) -> Floats:
    """Each of length 1, (..., D); nothing stays nothing."""
    length = np.linalg.norm(directions, axis=-1, keepdims=True)
    unit: Floats = directions / np.where(length > 0, length, 1.0)
    return unit
