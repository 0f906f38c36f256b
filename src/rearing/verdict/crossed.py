"""The crossed seed x scenario estimator: one machine for every contrast.

Source: verdict.md section 3. The variance is the two-way clustering of Cameron, Gelbach & Miller, which for a balanced
table is the minF' of Clark (1973) and the crossed random effects of Judd, Westfall & Kenny (2012, doi
10.1037/a0028347); the degrees of freedom are those of Satterthwaite.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

SeedModel = Literal["paired", "welch"]
Array = NDArray[np.float64]

# Below this a standard error is rounding noise of identical cells, not a spread.
ZERO_SE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A weighted difference of arms with its uncertainty.

    Attributes:
        estimate: Grand mean of the contrast.
        se: Standard error; 0 if all cells are the same. With one seed the spread over seeds is unknown: `se` is 1, the
            largest that a difference of scores can have, the bounds are the whole range and every p is 1.
        df: Satterthwaite degrees of freedom.
        share_seed, share_item, share_residual: Shares of the variance of the estimate; they add up to 1 (or are all 0).
        by_seed: The contrast of each seed, averaged over scenarios.
    """

    estimate: float
    se: float
    df: float
    share_seed: float
    share_item: float
    share_residual: float
    by_seed: tuple[float, ...]
    n_seeds: int
    n_scenarios: int

    def p_above(self, threshold: float) -> float:
        """One-sided p of "the difference is at most `threshold`"; small means proven above."""
        return self._tail(self.estimate - threshold)

    def p_below(self, threshold: float) -> float:
        """One-sided p of "the difference is at least `threshold`"; small means proven below."""
        return self._tail(threshold - self.estimate)

    def bounds(self, alpha: float) -> tuple[float, float]:
        """Two one-sided bounds, each at level `alpha`."""
        if self.n_seeds < 2:
            return -1.0, 1.0
        half = float(stdtrit(self.df, 1 - alpha)) * self.se
        return self.estimate - half, self.estimate + half

    def _tail(self, distance: float) -> float:
        if self.n_seeds < 2:
            return 1.0
        if self.se == 0:
            return 0.0 if distance > 0 else 1.0
        return float(stdtr(self.df, -distance / self.se))


Estimator = Callable[[Sequence[Array], Sequence[float], SeedModel], Contrast]


def crossed(arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
    """The contrast `sum_a w_a Y_a` of crossed tables.

    With D = sum_a w_a Y_a of shape (S, N), row means R, column means C, n = S N (N scenarios), and
    MSi = S var(C), MSe = the interaction mean square of D:

        vs = var(R) / S                              seeds paired: the same draws for every arm
        vs = sum_a w_a^2 s_a^2 / S                   seeds welch: s_a^2 = variance of the row means of Y_a
        V  = max(vs + MSi/n - MSe/n, vs, MSi/n)
        df = V^2 / (A + (MSi/n)^2/(N-1) + (MSe/n)^2/((S-1)(N-1)))
        A  = vs^2/(S-1)   (paired)   or   sum_a (w_a^2 s_a^2/S)^2/(S-1)   (welch)

    With one scenario it is a t test on seeds: paired, or Welch's.

    Args:
        arms: One (S, N) table of scores in [0, 1] per arm; (1, N) for a model without training seeds, which then has no
            seed variance.
        weights: One weight per arm, +1 and -1 for a difference.
        seed_model: Whether row k of every arm shares its draws.

    Raises:
        ValueError: Tables of different shapes, or a cell that is not a number.
    """
    tables = [np.asarray(a, dtype=np.float64) for a in arms]
    S, N = max(t.shape[0] for t in tables), tables[0].shape[1]
    if any(t.shape not in ((S, N), (1, N)) for t in tables):
        raise ValueError(f"tables of different shapes: {[t.shape for t in tables]}")
    if not all(np.isfinite(t).all() for t in tables):
        raise ValueError("a cell is not a number")
    D_SN = np.broadcast_to(weighted(tables, weights), (S, N))
    row_S, column_N, grand = D_SN.mean(axis=1), D_SN.mean(axis=0), float(D_SN.mean())
    se, df, shares = 1.0, 1.0, (0.0, 0.0, 0.0)
    if S > 1:
        residual_SN = D_SN - row_S[:, None] - column_N[None, :] + grand
        vi = float(column_N.var(ddof=1)) / N if N > 1 else 0.0
        ve = float((residual_SN**2).sum()) / ((S - 1) * (N - 1)) / (S * N) if N > 1 else 0.0
        seed_terms = _seed_terms(row_S, tables, weights, seed_model)
        se, df = _satterthwaite(sum(seed_terms), vi, ve, seed_terms, S, N)
        shares = _shares(max(sum(seed_terms) - ve, 0.0), max(vi - ve, 0.0), ve) if se else shares
    return Contrast(
        estimate=grand,
        se=se,
        df=df,
        share_seed=shares[0],
        share_item=shares[1],
        share_residual=shares[2],
        by_seed=tuple(float(x) for x in row_S),
        n_seeds=S,
        n_scenarios=N,
    )


def weighted(tables: Sequence[Array], weights: Sequence[float]) -> Array:
    """The weighted sum of tables."""
    return np.asarray(sum(w * t for t, w in zip(tables, weights, strict=True)), dtype=np.float64)


def among(arms: Sequence[Array], counted_SN: Array) -> list[Array]:
    """Full crossed tables that stand for the means of these arms over the cells that count.

    A ratio m = sum(counted Y) / sum(counted) has influence values counted (Y - m) / mean(counted), of mean 0; m plus
    them is a table of mean m whose variance is that of m to first order (linearisation, Cochran 1977 section 6.5). It
    is linear in Y, so any contrast of such tables is that contrast over the cells that count.

    Args:
        arms: One (S, N) table per arm, or (1, N).
        counted_SN: 1 where a cell counts in every arm, else 0.

    Raises:
        ValueError: No cell counts.
    """
    share = float(counted_SN.mean())
    if share == 0:
        raise ValueError("no cell counts")
    means = [float((counted_SN * Y_SN).mean()) / share for Y_SN in arms]
    return [m + counted_SN * (Y_SN - m) / share for Y_SN, m in zip(arms, means, strict=True)]


def _shares(seed: float, item: float, residual: float) -> tuple[float, float, float]:
    """Variance parts as shares of their sum."""
    total = seed + item + residual
    return seed / total, item / total, residual / total


def _seed_terms(row_S: Array, tables: Sequence[Array], weights: Sequence[float], seed_model: SeedModel) -> list[float]:
    """The independent parts of the variance that seeds bring."""
    S = len(row_S)
    if seed_model == "paired":
        return [float(row_S.var(ddof=1)) / S]
    return [
        w**2 * float(t.mean(axis=1).var(ddof=1)) / S for t, w in zip(tables, weights, strict=True) if t.shape[0] > 1
    ]


def _satterthwaite(vs: float, vi: float, ve: float, seed_terms: list[float], S: int, N: int) -> tuple[float, float]:
    """Standard error and degrees of freedom from the three variance terms."""
    variance = max(vs + vi - ve, vs, vi)
    if math.sqrt(variance) < ZERO_SE:
        return 0.0, float(S - 1)
    spread = sum(term**2 for term in seed_terms) / (S - 1)
    if N > 1:
        spread += vi**2 / (N - 1) + ve**2 / ((S - 1) * (N - 1))
    return math.sqrt(variance), variance**2 / spread
