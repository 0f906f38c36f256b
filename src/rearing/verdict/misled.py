"""Every gate again on the items where the options alone mislead the untrained base (DESIGN section 7).

The base was shown the options without the situation (family `bare`). What it got wrong there, in the situation in which
that is wrong, nobody gets right who goes by what the options sound like. It is reported and decides nothing.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from rearing.records.item import BARE
from rearing.records.plan import Plan
from rearing.records.verdict import MISLED, Effect
from rearing.verdict.effects import effects
from rearing.verdict.scores import Tables, gate_scores, reared

if TYPE_CHECKING:
    import polars as pl

FEWEST = 2  # scenarios, for an interval


def misled_effects(plan: Plan, tables: Tables) -> tuple[Effect, ...]:
    """Every structured arm against every comparator where the options alone mislead; nothing if it was not asked."""
    wrong = wrong_by_words(plan, tables.responses)
    found: list[Effect] = []
    for gate in plan.gates if wrong.height else ():
        scores = gate_scores(plan, gate, tables, only=wrong)
        if len(scores.scenarios) >= FEWEST:
            found += effects(plan, replace(scores, gate=replace(gate, id=f"{gate.id}{MISLED}")))
    return tuple(found)


def wrong_by_words(plan: Plan, responses: "pl.DataFrame") -> "pl.DataFrame":
    """Scenarios and the situation in which the base is wrong by the options alone; in a tie in neither."""
    import polars as pl

    base = [arm.name for arm in plan.role("untrained")]
    asked = reared(responses).filter((pl.col("family") == BARE) & pl.col("arm").is_in(base))
    share = asked.group_by("scenario").agg(pl.col("score").mean()).filter(pl.col("score") != 0.5)
    side = pl.when(pl.col("score") < 0.5).then(pl.lit("main")).otherwise(pl.lit("twin"))
    return share.sort("scenario").select("scenario", situation=side)
