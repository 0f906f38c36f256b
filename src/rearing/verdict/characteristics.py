"""Operating characteristics of the whole verdict under the rule as it stands: docs/operating-characteristics.md.

They replace the tables of verdict.md section 4, made with seeds unpaired and the rule before DESIGN section 8.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rearing.records.plan import Look
from rearing.store.workers import on_all_cores
from rearing.verdict.calibrate import studies
from rearing.verdict.facts import AGENTIC, FORMAT_NEUTRAL, REPRESENTATIONAL
from rearing.verdict.instruments import attributed
from rearing.verdict.planted import Truth, everywhere
from rearing.verdict.truths import AT_MARGIN, LOOKS, MORE, NOTHING, TEN, gain

REPLICATES = 500
SEEDS, SCENARIOS = (8, 10, 16, 20), (100, 200, 400)
SEVEN = gain(BD=everywhere(0.075))
DEMOTING: dict[str, Truth] = {
    "structure adds nothing (power)": NOTHING,
    "structure is worse by 5 points (power)": gain(BD=everywhere(-0.05)),
    "BD = FS, both 10 points above P (power)": gain(BD=everywhere(0.10), FS=everywhere(0.10)),
    "adds 2.5 points: within the margin": gain(BD=everywhere(0.025)),
    "at the margin on agentic alone (false)": AT_MARGIN,
    "at the margin in all three (false)": gain(BD=everywhere(0.05)),
    "adds 7.5 points (false)": SEVEN,
}
SUPPORTING: dict[str, Truth] = {
    "adds nothing (false)": NOTHING,
    "adds 2.5 points (false)": gain(BD=everywhere(0.025)),
    "one gate +20 points (false)": gain(BD={FORMAT_NEUTRAL: 0.20}),
    "+10 points, under normal conditions, too (false)": MORE,
    "at the margin in all three": gain(BD=everywhere(0.05)),
    "adds 7.5 points (power)": SEVEN,
    "adds 10 points (power)": TEN,
    "agentic and representational +10 points (power)": gain(BD={AGENTIC: 0.10, REPRESENTATIONAL: 0.10}),
}
SPREADS: dict[str, Callable[[Truth], Truth]] = {
    "seed SD 1 point": lambda t: replace(t, seed_sd=0.01),
    "seed SD 2 points": lambda t: t,
    "seed SD 4 points": lambda t: replace(t, seed_sd=0.04),
    "seed SD 4 points, .8 of it shared by the arms": lambda t: replace(t, seed_sd=0.04, pairing=0.8),
    "seed SD 2 points, four rollouts": lambda t: replace(t, scoring="four rollouts"),
    "seed SD 2 points, probability scores": lambda t: replace(t, scoring="probability"),
}
# What looking at every stop at the full level would do.
NAIVE = tuple(Look(seeds=look.seeds, alpha=0.025) for look in LOOKS)


@dataclass(frozen=True, slots=True)
class Shares:
    """How studies of one truth and size ended, in shares, and the mean number of seeds used."""

    demoted: float
    supported: float
    seeds: float


def shares(truth: Truth, seeds: int, scenarios: int, replicates: int) -> Shares:
    """So many studies of one truth and size."""
    found = list(studies(truth, seeds, scenarios, replicates, f"{truth}|{seeds}|{scenarios}"))
    ends = Counter(f.word for f in found)
    used = sum(len(f.plan.seeds) for f in found)
    return Shares(ends["DEMOTED"] / replicates, ends["SUPPORTED"] / replicates, used / replicates)


def characteristics(calibration: str, replicates: int = REPLICATES) -> str:
    """The page, in Markdown."""
    error = 100 * np.sqrt(0.25 / replicates)
    parts = [
        "# Operating characteristics of the verdict",
        "Made by `rearing calibrate --full`; do not edit. Planted studies go through the same code as real ones "
        "(`verdict/conclude.py`). Right-or-wrong items, one a scenario, seed SD 2 points, where nothing else is said "
        "(generator: `verdict/planted.py`); margin .05, one look at one-sided 2.5 %, seeds paired in the estimator and "
        f"independent in the truth. {replicates} studies a cell: standard error at most {error:.1f} points.",
        "## Calibration",
        f"```\n{calibration}\n```",
        "## P(DEMOTED), %",
        _by_size(DEMOTING, lambda s: s.demoted, replicates),
        "## P(SUPPORTED), %",
        _by_size(SUPPORTING, lambda s: s.supported, replicates),
        "## Spread over seeds and kind of score: DEMOTED if nothing / SUPPORTED if +7.5 points, %",
        _by_spread(replicates),
        "## Margin: 10 seeds, 400 scenarios, %",
        _by_margin(replicates),
        "## Looks at 6, 10 and 16 seeds, 400 scenarios, % (mean seeds)",
        _by_looks(replicates),
        "## Attribution: branching adds 5 points, order nothing",
        _factorial(replicates),
    ]
    return "\n\n".join(parts) + "\n"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}" if share else "0"


def _by_size(truths: Mapping[str, Truth], share: Callable[[Shares], float], replicates: int) -> str:
    jobs = [(t, s, n, replicates) for t in truths.values() for s in SEEDS for n in SCENARIOS]
    found = iter(on_all_cores(shares, jobs))
    rows = [[name, *(" / ".join(_percent(share(next(found))) for _ in SCENARIOS) for _ in SEEDS)] for name in truths]
    sizes = " / ".join(map(str, SCENARIOS))
    return _markdown(["truth", *(f"{s} seeds: {sizes} scenarios" for s in SEEDS)], rows)


def _by_spread(replicates: int) -> str:
    sizes = [(s, n) for n in (200, 400) for s in (8, 10, 16)]
    truths = [change(t) for change in SPREADS.values() for t in (NOTHING, SEVEN)]
    jobs = [(t, s, n, replicates) for t in truths for s, n in sizes]
    found = on_all_cores(shares, jobs)
    rows = []
    for i, name in enumerate(SPREADS):
        nothing, seven = (found[(2 * i + k) * len(sizes) : (2 * i + k + 1) * len(sizes)] for k in (0, 1))
        cells = [f"{_percent(a.demoted)} / {_percent(b.supported)}" for a, b in zip(nothing, seven, strict=True)]
        rows.append([name, *cells])
    return _markdown(["", *(f"{s} x {n}" for s, n in sizes)], rows)


def _by_margin(replicates: int) -> str:
    margins = (0.03, 0.05, 0.08, 0.10)
    jobs = [(replace(t, delta=d), 10, 400, replicates) for t in (NOTHING, SEVEN) for d in margins]
    found = on_all_cores(shares, jobs)
    rows = [
        ["adds nothing: DEMOTED", *(_percent(s.demoted) for s in found[: len(margins)])],
        ["adds 7.5 points: SUPPORTED", *(_percent(s.supported) for s in found[len(margins) :])],
        ["adds 7.5 points: DEMOTED", *(_percent(s.demoted) for s in found[len(margins) :])],
    ]
    return _markdown(["", *(f"margin {d:g}" for d in margins)], rows)


def _by_looks(replicates: int) -> str:
    truths = {
        "adds nothing: DEMOTED": (NOTHING, "demoted"),
        "at the margin on agentic: DEMOTED (false)": (AT_MARGIN, "demoted"),
        "adds 2.5 points: SUPPORTED (false)": (gain(BD=everywhere(0.025)), "supported"),
        "adds 7.5 points: SUPPORTED": (SEVEN, "supported"),
        "adds 10 points: SUPPORTED": (TEN, "supported"),
    }
    ways: dict[str, tuple[int, tuple[Look, ...]]] = {
        "10 seeds": (10, ()),
        "16 seeds": (16, ()),
        "sealed looks, .005 / .008 / .012": (16, LOOKS),
        "2.5 % at every look (not allowed)": (16, NAIVE),
    }
    jobs = [(replace(t, looks=looks), s, 400, replicates) for t, _ in truths.values() for s, looks in ways.values()]
    found = iter(on_all_cores(shares, jobs))
    rows = []
    for name, (_, field) in truths.items():
        ends = [next(found) for _ in ways]
        rows.append([name, *(f"{_percent(getattr(e, field))} ({e.seeds:.1f})" for e in ends)])
    return _markdown(["truth", *ways], rows)


def _factorial(replicates: int) -> str:
    jobs = [(s, n, replicates) for s, n in ((8, 200), (8, 400), (10, 400), (16, 400))]
    rows = on_all_cores(_attributed, jobs)
    names = ("branching found", "order found (false)", "interaction found (false)", "joint found")
    return _markdown(["size", *(f"{n}, %" for n in names)], rows)


def _attributed(seeds: int, scenarios: int, replicates: int) -> list[str]:
    """One row of shares."""
    found = attributed(seeds, scenarios, replicates, np.random.default_rng((seeds, scenarios)))
    return [f"{seeds} x {scenarios}", *map(_percent, found.values())]
