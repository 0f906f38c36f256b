"""What a statistician brings to an evidence folder: an estimator to hold beside ours, a check of the tables.

Neither is part of a verdict, which must be the same bytes on a machine that has no such file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rearing.errors import EvidenceError, PluginError
from rearing.plugins import Table, load
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.tables import TABLES
from rearing.records.verdict import Effect, Verdict, Word
from rearing.store.tables import read_table
from rearing.verdict.conclude import conclude
from rearing.verdict.crossed import Array, Contrast, Estimator, SeedModel, crossed
from rearing.verdict.effects import effects
from rearing.verdict.evidence import load_evidence
from rearing.verdict.facts import LEANING
from rearing.verdict.judge import read_exam
from rearing.verdict.scores import check_tables
from rearing.verdict.sensitivity import label_permutation, logit_scale, multi_bootstrap, other_pairing, seeds_only

if TYPE_CHECKING:
    import polars as pl

Frames = Mapping[str, "pl.DataFrame"]
SECRET = ("private",)  # no check reads scratchpads


@dataclass(frozen=True, slots=True)
class Method:
    """An estimator by its name.

    Attributes:
        estimate: From one (S, N) table per arm, (1, N) for a model without seeds, and one weight per arm to the
            contrast of the weighted sum; the contract of `verdict.crossed.crossed`.
    """

    name: str
    estimate: Estimator

    def contrast(self, arms: Sequence[Array], weights: Sequence[float], seed_model: SeedModel = "paired") -> Contrast:
        """What it estimates.

        Raises:
            PluginError: It gives back something else than a `Contrast`.
        """
        found = self.estimate(arms, weights, seed_model)
        if not isinstance(found, Contrast):
            problem = f"estimator {self.name!r} gives back no Contrast but a {type(found).__name__}"
            raise PluginError(problem, "return a `rearing.verdict.crossed.Contrast`", ESTIMATORS.file(self.name))
        return found


@dataclass(frozen=True, slots=True)
class TableCheck:
    """A check by its name.

    Attributes:
        limit: In words with the number: "<= 0.1".
        find: From the plan and the tables of the evidence by name (`records.tables.TABLES`) to the measured value, and
            whether it holds.
    """

    name: str
    limit: str
    find: Callable[[Plan, Frames], tuple[float, bool]]

    def check(self, plan: Plan, frames: Frames) -> Check:
        """What it found; never required.

        Raises:
            PluginError: It gives back something else than a value, and whether it holds.
        """
        found = self.find(plan, frames)
        try:
            value, holds = found
            measured, passed = float(value), bool(holds)
        except (TypeError, ValueError) as err:
            problem = f"check {self.name!r} gives back no value and whether it holds but a {type(found).__name__}"
            raise PluginError(problem, "return (float, bool)", TABLE_CHECKS.file(self.name)) from err
        return Check(
            kind="added",
            name=f"added:{self.name}",
            value=measured,
            limit=self.limit,
            passed=passed,
            required=False,
        )


def _agreement(plan: Plan, frames: Frames) -> tuple[float, bool]:
    """Of the menus that gates stand on, the share in which both orders of the options give the same choice."""
    import polars as pl

    asked = pl.col("family").is_in([gate.select for gate in (plan.normal, *plan.gates)]) & (pl.col("attack") == "")
    found = frames["responses"].filter(asked)["agreement"].fill_nan(None).drop_nulls()
    share = float(found.to_numpy().mean()) if len(found) else 1.0
    return share, share > 0.5


ESTIMATORS = Table(
    "estimator",
    lambda thing: isinstance(thing, Method),
    (
        Method("crossed", crossed),
        Method("other-pairing", other_pairing),
        Method("seeds-only", seeds_only),
        Method("multi-bootstrap", multi_bootstrap),
        Method("label-permutation", label_permutation),
        Method("logit-scale", logit_scale),
    ),
)
TABLE_CHECKS = Table(
    "check", lambda thing: isinstance(thing, TableCheck), (TableCheck("menu-agreement", "> 0.5", _agreement),)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What an estimator says of the gates.

    Attributes:
        word: The verdict that it would give; None with fewer than five seeds, or where a required check failed.
        changes: Whether that is another one.
    """

    method: str
    effects: tuple[Effect, ...]
    word: Word | None
    reasons: tuple[str, ...]
    changes: bool


def bring(names: Iterable[str]) -> tuple[tuple[Method, ...], tuple[TableCheck, ...]]:
    """What these files add, and what has these names, shipped or installed.

    Raises:
        PluginError: A file cannot be used, or there is nothing of a name.
    """
    wanted = tuple(names)
    files = [name for name in wanted if name.endswith(".py")]
    load(files)
    methods = [ESTIMATORS[name] for name in ESTIMATORS.sources]
    checks = [TABLE_CHECKS[name] for name in TABLE_CHECKS.sources]
    for name in wanted:
        if name in TABLE_CHECKS:
            checks.append(TABLE_CHECKS[name])
        elif name not in files:
            methods.append(ESTIMATORS[name])
    if files and not methods and not checks:
        raise PluginError("adds no estimator and no check", "see `rearing new estimator NAME`", Path(files[0]))
    return tuple(methods), tuple(checks)


def hold_beside(
    folder: Path, verdict: Verdict, methods: Iterable[Method], checks: Iterable[TableCheck]
) -> tuple[tuple[Beside, ...], tuple[Check, ...]]:
    """What these say of an evidence folder, at the look that decided.

    Raises:
        EvidenceError: It was changed, or has nothing to estimate.
        PluginError: One of them gives back something else than it must.
    """
    found = load_evidence(folder)
    frames = {n: read_table(folder, n) for n in TABLES if n not in SECRET and (folder / f"{n}.parquet").is_file()}
    checked = tuple(check.check(found.plan, frames) for check in checks)
    plan = replace(found.plan, seeds=found.plan.seeds[: verdict.seeds], alpha=verdict.alpha, looks=())
    if not plan.seeds:
        raise EvidenceError("the verdict is of no seeds", "judge evidence that was not changed", folder)
    exam = read_exam(plan, check_tables(found.responses, found.readings))
    beside = []
    for method in methods:
        own = tuple(e for one in exam.gates for e in effects(plan, one, method.contrast))
        word: Word | None = None
        reasons: tuple[str, ...] = ()
        changes = False
        if len(plan.seeds) >= LEANING and verdict.word != "INVALID":
            sealed = replace(plan, seal=plan.seal or "unsealed")
            usual = conclude(sealed, found.checks, exam)
            other = conclude(sealed, found.checks, exam, method.contrast)
            word, reasons, changes = other.word, other.reasons, other.word != usual.word
        beside.append(Beside(method=method.name, effects=own, word=word, reasons=reasons, changes=changes))
    return tuple(beside), checked
