"""Checks that only a finished study allows: was the planned order really fed, do bf16 decisions agree with fp32."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rearing.records.check import Check
from rearing.records.document import Curriculum

if TYPE_CHECKING:
    import polars as pl


def order_digest(steps: Sequence[Sequence[str]]) -> str:
    """The sha256 of the documents of every step, in order."""
    return hashlib.sha256(json.dumps([list(s) for s in steps]).encode()).hexdigest()


def order_check(plan: Mapping[str, Sequence[Curriculum]], fed: "pl.DataFrame") -> Check:
    """Compare what was recorded at every optimizer step with what was planned."""
    wrong = []
    for name, per_seed in plan.items():
        for c in per_seed:
            expected = order_digest([[d.id for d in s.documents] for s in c.steps])
            if order_digest(_fed_steps(fed, name, c.seed)) != expected:
                wrong.append(f"{name} seed {c.seed}")
    return Check(
        kind="order",
        name="order:as_planned",
        value=float(len(wrong)),
        limit="0 runs fed in another order",
        passed=not wrong,
        detail=", ".join(wrong) or "the order fed at every step is the planned one",
    )


def _fed_steps(fed: "pl.DataFrame", name: str, seed: int) -> list[list[str]]:
    import polars as pl

    rows = fed.filter((pl.col("arm") == name) & (pl.col("seed") == seed)).sort("step", "position")
    steps: dict[int, list[str]] = {}
    for step, document in rows.select("step", "document").iter_rows():
        steps.setdefault(step, []).append(document)
    return [steps[s] for s in sorted(steps)]


def precision_check(compared: "pl.DataFrame") -> Check:
    """Share of items that bf16 decides as fp32 does, on the base and on a trained arm, whichever is lower.

    bf16 scores are used only from 99 % on (DESIGN section 7).
    """
    import polars as pl

    agree = compared.group_by("arm").agg((pl.col("bf16") == pl.col("fp32")).mean().alias("share"))
    share = float(agree["share"].min())  # type: ignore[arg-type]
    return Check(
        kind="precision",
        name="precision:bf16",
        value=share,
        limit=">= 0.99 of decisions as in fp32",
        passed=share >= 0.99,
        detail=f'{len(compared)} items asked in both types; if this fails, set dtype = "fp32" under [examine]',
    )
