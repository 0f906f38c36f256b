"""How many directions hold right and wrong?

Of one yes-or-no label the answer is one, whatever the model: LEACE (Belrose et al. 2023, 2306.03819) guards it against
every linear probe by erasing the one column of its cross-covariance with the activations, and what INLP removes beyond
that says how far its probes lie from that column. So the label has a column for every moral foundation here, and the
question is how many directions must go until labels of a foundation no longer tell right from wrong in another scenario
of the same one.
One direction that serves all foundations has rank 1; foundations that have nothing in common have one each.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from rearing.corpus.fill import draw
from rearing.probes.activations import PairActivations
from rearing.probes.decode import directions, leave_one_out
from rearing.probes.rows import Floats, Rows, row, share

RUNGS = (0, 1, 2, 3, 4)
CHANCE = 0.55
TINY = 1e-9


def leading(covariance_DG: Floats, most: int) -> Floats:
    """Left singular vectors in the order of their singular values, (D, most); zeros beyond the rank."""
    left, sizes, _ = np.linalg.svd(covariance_DG, full_matrices=False)
    rank = min(most, int((sizes > TINY * sizes[0]).sum()))
    found = np.zeros((len(covariance_DG), most))
    found[:, :rank] = left[:, :rank]
    return found


def erasure_curve(asked_KD: Floats, probes_LD: Floats, basis_DR: Floats) -> Floats:
    """Share of probes that rank a difference right after r directions were erased, (K, R), r = 0 ... R - 1 = RUNGS[-1].

    Spectral attribute removal (Shao, Ziser and Cohen 2023, 2203.07893): with u_t the left singular vectors of the
    cross-covariance of activations and labels, P = I - sum over t <= r of u_t u_t', and a difference x is ranked right
    by a probe d if Px . Pd > 0. (LEACE erases the same columns in whitened coordinates, for which a bank is too small.)

    Args:
        asked_KD: Differences.
        probes_LD: Directions of probes.
        basis_DR: What is erased in turn, orthonormal.
    """
    gone_KLR = np.cumsum((asked_KD @ basis_DR)[:, None] * (probes_LD @ basis_DR)[None], axis=2)
    whole_KL = asked_KD @ probes_LD.T
    left_KLR = whole_KL[..., None] - np.concatenate([np.zeros((*whole_KL.shape, 1)), gone_KLR], axis=2)
    sizes_KL = np.linalg.norm(asked_KD, axis=1)[:, None] * np.linalg.norm(probes_LD, axis=1)
    left_KLR[np.abs(left_KLR) <= TINY * sizes_KL[..., None]] = 0.0
    shares: Floats = share(left_KLR).mean(axis=1)
    return shares


def rank_of(accuracies: Sequence[float]) -> int | None:
    """The first of RUNGS after which accuracy is at most .55 (internalization.md section 2); None if none is."""
    return next((rung for rung, told in zip(RUNGS, accuracies, strict=True) if told <= CHANCE), None)


def read(pairs: Sequence[PairActivations], foundations: Mapping[str, str]) -> Rows:
    """Accuracy after each of RUNGS, in column `site` as "action-0", "action-1", ...: `rank_of` their means is the rank.

    The mean over all sites is the area under the curve. Cross-fitted as `decode`: neither labels nor erased directions
    saw the scenario. The null has a coin for every label; in `rank-random` labels are right and `random_directions` are
    erased. A scenario that is alone in its foundation has a half.

    Args:
        pairs: Both situations of every scenario of the bank, of one checkpoint.
        foundations: Of every scenario, its first.
    """
    mains = [p for p in pairs if p.situation == "main"]
    names = sorted({foundations[p.scenario] for p in mains})
    member_NG = np.array([[float(foundations[p.scenario] == name) for name in names] for p in mains])
    for h in leave_one_out(pairs):
        coins_N = draw("rank", len(mains), h.number).choice((-1.0, 1.0), size=len(mains))
        for name, labels_N in (
            ("rank", np.ones(len(mains))),
            ("rank-null", coins_N),
            ("rank-random", np.ones(len(mains))),
        ):
            random = name == "rank-random"
            curves = _curves(h.asked_KD, h.bank_ND * labels_N[:, None], member_NG, h.number, random)
            for p, curve in zip(h.pairs, curves.tolist(), strict=True):
                for rung, told in zip(RUNGS, curve, strict=True):
                    yield row(name, f"{h.site}-{rung}", p, told)


def _curves(asked_KD: Floats, labelled_ND: Floats, member_NG: Floats, number: int, random: bool = False) -> Floats:
    """The curves of one scenario, by few labels of other scenarios of its foundation."""
    same = np.flatnonzero(member_NG @ member_NG[number])
    if len(same) == 1:
        return np.full((len(asked_KD), len(RUNGS)), 0.5)
    probes_LD = directions(labelled_ND[same], int(np.searchsorted(same, number)))
    others_NG = member_NG.copy()
    others_NG[number] = 0.0
    basis_DR = leading(labelled_ND.T @ others_NG / len(labelled_ND), RUNGS[-1])
    if random:
        basis_DR = random_directions(labelled_ND, basis_DR, number)
    return erasure_curve(asked_KD, probes_LD, basis_DR)


def random_directions(differences_ND: Floats, leading_DR: Floats, held_out: int) -> Floats:
    """As many random directions of the same bank, at right angles to the leading ones, orthonormal, (D, R).

    Differences of other scenarios, summed with a coin for every label, R times, less what lies along the leading
    directions. Their variance is what it is: nothing makes it that of the leading ones. (Drawn on a sphere they would
    hold next to nothing of a residual stream; not at right angles they would be the leading ones again, as in
    `necessity`.)
    """
    coins_NR = draw("rank-random", len(differences_ND), held_out).choice(
        (-1.0, 1.0), size=(len(differences_ND), RUNGS[-1])
    )
    coins_NR[held_out] = 0.0
    summed_DR = differences_ND.T @ coins_NR
    across_DR = leading(summed_DR - leading_DR @ (leading_DR.T @ summed_DR), RUNGS[-1])
    return across_DR * leading_DR.any(axis=0)
