"""Does what a trained model tells apart lie along what its base held to be right?

Few-label decoding as in `probes.decode`, but the directions are those of the untrained base: a model is read by a ruler
that training cannot move (accuracy of a probe on another model's activations: internalization.md section 2, "stable").
"""

from collections.abc import Sequence

import numpy as np

from rearing.corpus.fill import draw
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.decode import DRAWS, directions
from rearing.probes.directions import scale_of
from rearing.probes.rows import Rows, row, share


def read(pairs: Sequence[PairActivations], untrained: Sequence[PairActivations]) -> Rows:
    """Share of few-label directions of the base by which the right option lies further along than its rival.

    The null has a coin for the label of every draw and scenario.

    Args:
        pairs: Both situations of every scenario of the bank, of one checkpoint.
        untrained: The same of the base.
    """
    mains = [p for p in untrained if p.situation == "main"]
    number = {p.scenario: i for i, p in enumerate(mains)}
    for k, site in enumerate(SITES):
        raw_ND = np.stack([p.right_SD[k] - p.rival_SD[k] for p in mains])
        scale = scale_of(raw_ND)
        drawn = {i: directions(raw_ND / scale, i) for i in number.values()}
        for p in pairs:
            i = number[p.scenario]
            ranked = share(drawn[i] @ ((p.right_SD[k] - p.rival_SD[k]) / scale))
            coins = draw("fixed", site, p.scenario, p.situation).integers(2, size=DRAWS)
            yield row("fixed", site, p, float(ranked.mean()))
            yield row("fixed-null", site, p, float(np.abs(coins - ranked).mean()))
