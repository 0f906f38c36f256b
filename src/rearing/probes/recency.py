"""Does a model hold when it was told what? And what is left of other readings without that?

The order of training leaves a linear trace of its own (Krasheninnikov, Turner and Krueger 2025, 2509.14223), so an arm
whose order goes with its content may seem to hold values where it holds an order. The trace is read in what training
*changed*, the activations of lessons minus those of the base: what a lesson is about is known to the base as well, and
a developmental order goes with it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rearing.corpus.fill import draw
from rearing.probes.activations import SITES
from rearing.probes.directions import by_scenario, unit_of
from rearing.probes.erase import Span, scales, span_of, without
from rearing.probes.probe import Seen
from rearing.probes.rows import Floats, Rows, row, share
from rearing.records.reading import NULL

DRAWS = 200


def order_direction(changes_ND: Floats, when_N: Floats) -> Floats:
    """Cross-covariance of changes and time, (D,): without it no linear probe finds the order (2306.03819)."""
    found: Floats = (when_N - when_N.mean()) @ (changes_ND - changes_ND.mean(axis=0))
    return found


def told_apart(changes_ND: Floats, when_N: Floats) -> Floats:
    """Of every lesson the share of others that it is put rightly before or behind, (N,).

    Cross-fitted: over many draws, the direction is that of one half of the lessons, pairs are made of the other half.
    """
    N = len(when_N)
    if N < 3:
        return np.full(N, 0.5)
    right_N, asked_N = np.zeros(N), np.zeros(N)
    rng = draw("recency", N)
    for _ in range(DRAWS):
        mixed = rng.permutation(N)
        fitted, asked = mixed[: N // 2], mixed[N // 2 :]
        along = changes_ND[asked] @ order_direction(changes_ND[fitted], when_N[fitted])
        later_MM = np.sign(when_N[asked][:, None] - when_N[asked])
        counted_MM = later_MM != 0
        right_N[asked] += (share(later_MM * (along[:, None] - along)) * counted_MM).sum(axis=1)
        asked_N[asked] += counted_MM.sum(axis=1)
    found: Floats = np.where(asked_N > 0, right_N / np.maximum(asked_N, 1), 0.5)
    return found


def _times(seen: Seen) -> dict[str, Floats]:
    """When every lesson was told; and for the null, the same times dealt out anew."""
    when_N = np.array(seen.told.when if seen.told else (), dtype=np.float64)
    return {"": when_N, NULL: when_N[draw("recency-null", len(when_N)).permutation(len(when_N))]}


def _changes(seen: Seen, scale_SD: Floats) -> Floats:
    """What training changed in the activations of lessons, mean of both options, standardised, (S, N, D)."""
    own, base = (np.stack([(p.right_SD + p.rival_SD) / 2 for p in held.lessons]) for held in (seen.own, seen.base))
    return np.swapaxes((own - base) / scale_SD, 0, 1)


def read(seen: Seen) -> Rows:
    """Both readings of the order.

    `recency`, a row a lesson that was told: `told_apart`. `recency-cosine`, a row a scenario: 1/2 + 1/2 cos of the
    moral direction of all other scenarios and `order_direction`, in standardised coordinates. A half is chance, and
    what a model has that was told nothing. The nulls deal the times out anew.
    """
    scale_SD = scales(seen.own.pairs)
    for name, when_N in _times(seen).items():
        if seen.told:
            for site, changes_ND in zip(SITES, _changes(seen, scale_SD), strict=True):
                for p, value in zip(seen.own.lessons, told_apart(changes_ND, when_N).tolist(), strict=True):
                    yield row(f"recency{name}", site, p, value)
        order_SD = _orders(seen, when_N, scale_SD)
        for k, site in enumerate(SITES):
            held, order_D = by_scenario(seen.own.pairs, k, scale_SD[k]), unit_of(order_SD[k])
            for p in seen.own.pairs:
                cosine = np.clip(held[p.scenario].moral_D @ order_D, -1, 1)
                yield row(f"recency-cosine{name}", site, p, 0.5 + 0.5 * float(cosine))


def _orders(seen: Seen, when_N: Floats, scale_SD: Floats) -> Floats:
    """The direction of the order at every site, (S, D); nothing for a model that was told nothing."""
    if not seen.told:
        return np.zeros_like(scale_SD)
    return np.stack([order_direction(changes_ND, when_N) for changes_ND in _changes(seen, scale_SD)])


def order_spans(seen: Seen, null: bool = False) -> list[Span]:
    """The direction of the order at every site.

    For the null it is that of a shuffled order, at right angles to the real one: another direction in which training
    changed things.
    """
    scale_SD = scales(seen.own.pairs)
    times = _times(seen)
    order_SD = _orders(seen, times[""], scale_SD)
    spans = [span_of(order_D, scale_D) for order_D, scale_D in zip(order_SD, scale_SD, strict=True)]
    if null:
        ones_D = np.ones_like(scale_SD[0])
        others_SD = _orders(seen, times[NULL], scale_SD)
        across = [span_of(s.basis_KD, ones_D).out_of(other_D) for s, other_D in zip(spans, others_SD, strict=True)]
        spans = [span_of(other_D, scale_D) for other_D, scale_D in zip(across, scale_SD, strict=True)]
    return spans


def orderless(seen: Seen, spans: Sequence[Span]) -> Seen:
    """The same with these directions projected out of everything that is held.

    Readings that stand on vectors are made of it again: their order-free twins. An advantage that is gone in the twin,
    and stays in the twin's null, is a trace of the order.
    """
    before = seen.before and without(seen.before, spans)
    return replace(seen, own=without(seen.own, spans), base=without(seen.base, spans), before=before)
