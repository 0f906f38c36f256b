"""Whether an order that was fed has arrived in the model: without that, nothing is said of order (DESIGN section 5)."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from rearing.arms.curriculum import arm
from rearing.records.check import Check, delivered
from rearing.verdict.crossed import crossed

if TYPE_CHECKING:
    import polars as pl

LEVEL = 0.05


def delivery_checks(fed: "pl.DataFrame") -> Iterator[Check]:
    """For every two arms that differ in order alone, whether what was told last is known best when all have been told.

    The lessons of the cool-down are new to every arm, and the same in the same places in arms that differ in order
    alone. Their loss when they are fed, before they are learned from, tells how well a model knows lessons of their
    stage. For two such arms and one seed it is regressed, as a difference, on how much later in the ordered phase that
    stage was told (mean place, 0 to 1): the slope is in nats per token between a stage told last and one told first.
    It must be below 0 over the seeds (one-sided t test).

    Args:
        fed: The `fed` table. Twins and other doses are left out.
    """
    arms = [a for name in sorted(fed["arm"].unique()) if (a := arm(name)).plain == name]
    for one, two in combinations(arms, 2):
        if one.renderer == two.renderer:
            pair = one.name, two.name
            slopes = [x for seed in _seeds(fed, pair) if (x := _slope(fed, pair, seed)) is not None]
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


def _seeds(fed: "pl.DataFrame", pair: tuple[str, str]) -> list[int]:
    one, two = (set(fed.filter(fed["arm"] == name)["seed"]) for name in pair)
    return sorted(one & two)


def _slope(fed: "pl.DataFrame", pair: tuple[str, str], seed: int) -> float | None:
    """Least squares over the steps of the cool-down; None where no stage comes later in one arm than in the other."""
    import polars as pl

    own = fed.filter(pl.col("seed") == seed)
    one, two = (_cooldown(own.filter(pl.col("arm") == name)) for name in pair)
    both = one.join(two, on="step", suffix="_two").sort("step")
    if both.is_empty():
        return None
    later = (both["place"] - both["place_two"]).to_numpy()
    spread = later - later.mean()
    total = float(spread @ spread)
    return float(spread @ (both["loss"] - both["loss_two"]).to_numpy()) / total if total > 0 else None


def _cooldown(run: "pl.DataFrame") -> "pl.DataFrame":
    """By step of the cool-down the loss, and the mean place of its stages in the ordered phase."""
    import polars as pl

    first, last = pl.col("step").min(), pl.col("step").max()
    ordered = run.filter(pl.col("phase") == "ordered").with_columns(place=(pl.col("step") - first) / (last - first))
    places = ordered.group_by("stage").agg(pl.col("place").mean())
    told = run.filter(pl.col("phase") == "cooldown").join(places, on="stage")
    return told.group_by("step").agg(pl.col("loss").mean(), pl.col("place").mean())
