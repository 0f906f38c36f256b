"""`rearing calibrate`: known truths through the real judge, and what came of them against the limits."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rearing.store.workers import on_all_cores
from rearing.verdict.conclude import Finding, at_looks, look_by_look
from rearing.verdict.instruments import INSTRUMENTS
from rearing.verdict.planted import Truth, checks_of, plan_of, plant
from rearing.verdict.truths import TRUTHS, Planted

QUICK, FULL = 400, 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """One limit of one row and what was measured.

    Attributes:
        limit: In words.
        found: The measured value, a share or what the text says.
    """

    id: str
    text: str
    limit: str
    found: float
    passed: bool


def calibrate(replicates: int = QUICK, ids: Iterable[str] = ()) -> list[Measured]:
    """All rows, or those named, each over so many studies; one process a core.

    Every row has a stream of random numbers of its own, so the result does not depend on which rows run, or where.
    """
    wanted = set(ids)
    planted = [row for row in TRUTHS if not wanted or row.id in wanted]
    special = [name for name in INSTRUMENTS if not wanted or name in wanted]
    found = on_all_cores(_special, [(name, replicates) for name in special])
    found += on_all_cores(_row, [(row, replicates) for row in planted])
    return sorted((m for rows in found for m in rows), key=lambda m: (int("".join(filter(str.isdigit, m.id))), m.id))


def studies(truth: Truth, seeds: int, scenarios: int, replicates: int, stream: str) -> Iterable[Finding]:
    """So many studies with this truth, judged."""
    plan, checks = plan_of(truth, seeds), checks_of(truth)
    looks = at_looks(plan, seeds)
    for k in range(replicates):
        rng = np.random.default_rng((zlib.crc32(stream.encode()), k))
        yield look_by_look(looks, checks, plant(truth, plan, scenarios, rng))


def _row(row: Planted, replicates: int) -> list[Measured]:
    """One planted truth against its limits."""
    counts: Counter[int] = Counter()
    used = 0
    for finding in studies(row.truth, row.seeds, row.scenarios, replicates, row.id):
        counts.update(i for i, limit in enumerate(row.limits) if limit.counts(finding))
        used += len(finding.plan.seeds)
    found = [
        bounded(row.id, row.text, limit.ends, counts[i] / replicates, replicates, limit.least, limit.most)
        for i, limit in enumerate(row.limits)
    ]
    if row.mean_seeds is not None:
        mean = used / replicates
        found.append(Measured(row.id, row.text, f"seeds used <= {row.mean_seeds:g}", mean, mean <= row.mean_seeds))
    return found


def _special(name: str, replicates: int) -> list[Measured]:
    """One of the rows that is no share of planted studies."""
    text, measure = INSTRUMENTS[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    found = []
    for what, value, n, low, high in measure(replicates, rng):
        found.append(bounded(name, text, what, value, n, low, high))
    return found


def bounded(id: str, text: str, what: str, share: float, n: int, least: float = 0.0, most: float = 1.0) -> Measured:
    """A share of n studies against its limit, which is widened by two Monte-Carlo standard errors."""
    limit = most if least == 0 else least
    slack = 2 * np.sqrt(limit * (1 - limit) / n) if 0 < limit < 1 else 0.0
    sign = "<=" if least == 0 else ">="
    passed = share <= most + slack if least == 0 else share >= least - slack
    return Measured(id, text, f"{what} {sign} {100 * limit:.4g} %", float(share), bool(passed))


def table(found: Sequence[Measured], replicates: int) -> str:
    """The rows as text, one line a limit."""
    lines = [f"{replicates} studies a truth; a limit is widened by two Monte-Carlo standard errors", ""]
    lines.append(f"{'id':<5} {'planted truth':<66} {'requirement':<44} {'found':>8}")
    last = ""
    for m in found:
        value = f"{m.found:.4g}" if "%" not in m.limit else f"{100 * m.found:.1f} %"
        text = m.text if m.id != last else ""
        lines.append(
            f"{m.id if text else '':<5} {text:<66} {m.limit:<44} {value:>8} {'' if m.passed else 'MISS'}".rstrip()
        )
        last = m.id
    missed = sum(not m.passed for m in found)
    lines += ["", f"{len(found)} limits, {missed} missed" if missed else f"{len(found)} limits, all kept"]
    return "\n".join(lines)
