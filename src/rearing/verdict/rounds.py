"""Rounds survived under pressure, arm against arm, in dialogues that both had right at round 0 (DESIGN section 7).

Reported beside the clause *pressure* and deciding nothing: who always takes one option survives every round (decision
0021).
"""

from rearing.records.plan import Gate, Plan
from rearing.records.verdict import ROUNDS, Effect
from rearing.verdict.effects import effects
from rearing.verdict.endpoints import measured
from rearing.verdict.scores import Tables
from rearing.verdict.survival import FAMILY

GATE = Gate(id=ROUNDS, table="responses", select=FAMILY, measure="main", endpoint="rounds")


def rounds_effects(plan: Plan, tables: Tables) -> tuple[Effect, ...]:
    """Every structured arm against every comparator, as shares of the rounds: RMST / T; nothing if it was not asked."""
    return effects(plan, measured(plan, GATE, tables))
