"""How many bits does it cost to say which option is right, where probes of the labels so far do the guessing?

Online (prequential) code (Voita and Titov 2020, 2003.12298): labels are sent in some order, the first ones at a bit
each, and every later block by a probe of all labels before it,

L = t_1 - sum over i of the sum over n in block (t_i, t_i+1] of log2 p_{t_i}(label n | activations n).

What is easy to find with few labels is short; a probe that is sure and wrong pays for it, which accuracy does not see.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rearing.corpus.fill import draw
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.directions import scale_of
from rearing.probes.rows import Floats, Rows, row

FIRST = 2
ORDERS = 50
NEWTON_STEPS = 12


def fitted(gram_LL: Floats) -> Floats:
    """Weights a of a logistic probe w = sum of a_l x_l of L labelled pairs, (L,).

    It maximises sum of log sigmoid(w . x_l) - |w|^2 / 2, so it is the most probable one where w is normal of variance 1
    and the logit of a pair of mean length therefore +-1: nothing is left to tune. By Newton's method.

    Args:
        gram_LL: Inner products of the differences x, right minus rival.
    """
    a_L: Floats = np.zeros(len(gram_LL))
    for _ in range(NEWTON_STEPS):
        logit_L = gram_LL @ a_L
        p_L = 1 / (1 + np.exp(-logit_L))
        slope_L = p_L * (1 - p_L)
        a_L[:] = np.linalg.solve(gram_LL + np.diag(1 / slope_L), logit_L + 1 / p_L)
    return a_L


def code_lengths(gram_NN: Floats, asked_KN: Floats, number_K: NDArray[np.intp], order_N: NDArray[np.intp]) -> Floats:
    """Bits of K labels in one order of N scenarios, (K,).

    The first FIRST scenarios cost a bit a label; those at places t + 1 to 2 t are coded by a probe of the first t.

    Args:
        gram_NN: Inner products of the differences of all scenarios in `main`.
        asked_KN: Those of the differences whose labels are coded, with them.
        number_K: Whose these are.
        order_N: The scenarios in the order in which their labels are sent.
    """
    place_K = np.argsort(order_N)[number_K]
    found = np.ones(len(number_K))
    known = FIRST
    while known < len(order_N):
        sent = order_N[:known]
        coded = np.flatnonzero((place_K >= known) & (place_K < 2 * known))
        logit = asked_KN[np.ix_(coded, sent)] @ fitted(gram_NN[np.ix_(sent, sent)])
        found[coded] = np.logaddexp2(0, -logit / np.log(2))
        known *= 2
    return found


def read(pairs: Sequence[PairActivations]) -> Rows:
    """Code length of the label of every pair, as the probability that it stands for.

    With L the bits of the label of a scenario, mean over ORDERS random orders of the bank, `mdl` = 2^-L: a half is one
    bit, what it costs to send a label without a model; the code length of the bank is the sum of -log2. A twin is coded
    by the probes that code its scenario in `main`, which alone is ever learned from. It stays below 1, for first labels
    cost a bit: compare equal banks. In the null probes learn a coin for every label, anew in every order: what
    nobody can know costs more than a bit on average, so it lies a little below a half.
    """
    mains = [p for p in pairs if p.situation == "main"]
    N = len(mains)
    number_K = np.array([[m.scenario for m in mains].index(p.scenario) for p in pairs], dtype=np.intp)
    rng = draw("mdl", N)
    orders = [rng.permutation(N) for _ in range(ORDERS)]
    labels = {"mdl": np.ones((ORDERS, N)), "mdl-null": rng.choice((-1.0, 1.0), size=(ORDERS, N))}
    for k, site in enumerate(SITES):
        raw_ND, raw_KD = (np.stack([p.right_SD[k] - p.rival_SD[k] for p in some]) for some in (mains, pairs))
        # Every axis has mean square 1; a difference has length 1 in the mean.
        unit_D = scale_of(raw_ND) * raw_ND.shape[1] ** 0.5
        main_ND = raw_ND / unit_D
        gram_NN, asked_KN = main_ND @ main_ND.T, raw_KD / unit_D @ main_ND.T
        for name, labels_ON in labels.items():
            bits = [
                code_lengths(gram_NN * np.outer(y_N, y_N), asked_KN * y_N, number_K, order_N)
                for y_N, order_N in zip(labels_ON, orders, strict=True)
            ]
            for p, value in zip(pairs, (2.0 ** -np.mean(bits, axis=0)).tolist(), strict=True):
                yield row(name, site, p, value)
