"""Over how much of the model is a choice spread?

`spread`: does the choice between right and wrong rest on more components than one without right and wrong?
`knockout`: does it stand when the components that matter most are taken out?
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rearing.corpus.fill import Pool, draw
from rearing.models.base import LanguageModel
from rearing.probes.components import Effects, effects, margins_without
from rearing.probes.menus import Choice
from rearing.probes.rows import Floats, Rows, row, share
from rearing.records.scenario import Vignette

SITE = "decision"
SHARES = (0.125, 0.25, 0.5)


def participation(effects_KJ: Floats) -> Floats:
    """Participation ratio (sum c)^2 / sum c^2 of c = |effect| over J components, (K,).

    1 where one does it all, J where all do alike, 0 where none does anything (internalization.md section 2).
    """
    c_KJ = np.abs(effects_KJ)
    squares = (c_KJ**2).sum(axis=1)
    ratio: Floats = c_KJ.sum(axis=1) ** 2 / np.where(squares > 0, squares, 1.0)
    return ratio


def read(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, choices: Sequence[Choice]) -> Rows:
    """Participation ratio R of the choice of what is right beside Q of the choice of a place in the same list.

    `spread` = R / (R + Q): a half where both rest on as many components. The null has a coin for which option of either
    order of the list is called right; where the coins differ, that is the choice of a place.
    """
    found = effects(lm, vignettes, pool)
    right_K, place_K = participation(found.right_KJ), participation(found.place_KJ)
    both_K = right_K + place_K
    values = np.where(both_K > 0, right_K / np.where(both_K > 0, both_K, 1.0), 0.5)
    value = dict(zip(found.keys, values.tolist(), strict=True))
    for c in choices:
        own = value[c.scenario, c.situation]
        alike = draw("spread", c.scenario, c.situation).integers(2)
        yield row("spread", SITE, c, own)
        yield row("spread-null", SITE, c, own if alike else 1.0 - own)


def knock_out(lm: LanguageModel, vignettes: Sequence[Vignette], pool: Pool, choices: Sequence[Choice]) -> Rows:
    """Is what is right still chosen without a share of the components?

    With m_q the margin of right over rival (mean of both orders of the list) as the first round(q J) of J components
    are out: `knockout` = S(m_q), S as in `decode`, at q = 0 and each of SHARES.

    That share stands in column `site` ("decision-0.25"); the mean over all sites is the area under the curve. What a
    component adds at the decision token becomes its mean over the bank. Components go in the order of their effects on
    *other* scenarios, largest first; in the null, in a random order.
    """
    found = effects(lm, vignettes, pool)
    orders = {"knockout": by_effect(found), "knockout-null": at_random(found)}
    for name, order in orders.items():
        for part in (0.0, *SHARES):
            if part:
                out = {scenario: first(ranks, part) for scenario, ranks in order.items()}
                margin = margins_without(lm, vignettes, pool, found.mean_JD, out)
            else:
                margin = {(c.scenario, c.situation): c.margin for c in choices}
            for c in choices:
                yield row(name, f"{SITE}-{part:g}", c, float(share(margin[c.scenario, c.situation])))


def by_effect(found: Effects) -> dict[str, NDArray[np.intp]]:
    """Of every scenario, the components by their mean absolute effect on all others, largest first."""
    c_KJ = np.abs(found.right_KJ)
    scenarios = np.array([scenario for scenario, _ in found.keys])
    return {name: np.argsort(-c_KJ[scenarios != name].sum(axis=0), kind="stable") for name in scenarios.tolist()}


def at_random(found: Effects) -> dict[str, NDArray[np.intp]]:
    """Of every scenario, the components in an order that depends on nothing but its name and their number."""
    number = found.right_KJ.shape[1]
    return {name: draw("knockout", name, number).permutation(number) for name, _ in found.keys}


def first(order: NDArray[np.intp], part: float) -> NDArray[np.bool_]:
    """Which components are among the first of an order, (J,): a share of them, one at least."""
    out = np.zeros(len(order), dtype=bool)
    out[order[: max(1, round(part * len(order)))]] = True
    return out
