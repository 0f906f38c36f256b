"""Whether an order that was fed has arrived in the model: without that, nothing is said of order (DESIGN section 5)."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from rearing.arms.curriculum import Arm, arm
from rearing.records.check import Check, delivered
from rearing.verdict.crossed import crossed

if TYPE_CHECKING:
    import polars as pl

LEVEL = 0.05


def delivery_checks(retained: "pl.DataFrame") -> Iterator[Check]:
    """For every two arms that differ in order alone, whether what was told last is known best when all has been told.

    At the end of the ordered phase both are asked the same lessons of every stage again. For one seed, the difference
    of their losses, stage by stage, is regressed on how much later that stage was told in one than in the other (mean
    place in the phase, 0 to 1): the slope is in nats per token between a stage told last and one told first. It must be
    below 0 over the seeds (one-sided t test).

    Args:
        retained: The `retained` table.
    """
    arms = [arm(name) for name in sorted(retained["arm"].unique())]
    for one, two in combinations(arms, 2):
        if one.reordered(two):
            slopes = _slopes(retained, one, two)
            p = crossed([np.array(slopes)[:, None]], (1.0,)).p_below(0.0) if slopes else 1.0
            told = f"{np.mean(slopes):+.3f} nats per token of a stage told last" if slopes else "no stage is told later"
            yield Check(
                kind="order",
                name=delivered(one.label, two.label),
                value=p,
                limit=f"p <= {LEVEL}",
                passed=p <= LEVEL,
                required=False,
                detail=f"{told}, against one told first, over {len(slopes)} seeds" if slopes else told,
            )


def _slopes(retained: "pl.DataFrame", one: Arm, two: Arm) -> list[float]:
    """Least squares over the stages, seed by seed; seeds in which no stage comes later in one arm are left out."""
    import polars as pl

    lesson = pl.col("document").str.replace(r"^[^/]*/", "").alias("lesson")
    own, other = (retained.filter(pl.col("arm") == a.name).with_columns(lesson) for a in (one, two))
    both = own.join(other, on=["seed", "lesson"], suffix="_two")
    later, harder = pl.col("place") - pl.col("place_two"), pl.col("loss") - pl.col("loss_two")
    stages = both.group_by("seed", "stage").agg(later=later.mean(), harder=harder.mean()).sort("seed", "stage")
    slopes = []
    for _, seed in stages.group_by("seed", maintain_order=True):
        places = seed["later"].to_numpy()
        spread = places - places.mean()
        if (total := float(spread @ spread)) > 0:
            slopes.append(float(spread @ seed["harder"].to_numpy()) / total)
    return slopes
