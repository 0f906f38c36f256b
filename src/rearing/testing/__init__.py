"""Conformance kit: what the house relies upon in a plugin, for a test of your own.

    from rearing.testing import check_renderer
    def test_it() -> None:
        check_renderer(PLUGINS[0])

Every function raises `Broken`, an AssertionError that says in one sentence what is wrong, or returns None. Our own
renderers, orders, instruments, worlds, tactics, probes, estimators and checks are tested with the same functions.
`rearing check FILE.py` calls them for everything that a plugin file adds.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rearing.plugins import TABLES, load
from rearing.testing.arms import check_order, check_renderer
from rearing.testing.broken import Broken
from rearing.testing.instruments import check_instrument, check_tactic
from rearing.testing.probes import check_probe
from rearing.testing.statistics import check_check, check_estimator
from rearing.testing.worlds import check_world

__all__ = [
    "Broken",
    "check_check",
    "check_estimator",
    "check_file",
    "check_instrument",
    "check_order",
    "check_probe",
    "check_renderer",
    "check_tactic",
    "check_world",
]
CHECKS: Final[dict[str, Callable[[Any], None]]] = {
    "renderer": check_renderer,
    "order": check_order,
    "instrument": check_instrument,
    "world": check_world,
    "tactic": check_tactic,
    "probe": check_probe,
    "estimator": check_estimator,
    "check": check_check,
}


def check_file(path: Path) -> list[str]:
    """What is broken in the plugins of a file, a sentence for each plugin at most.

    Raises:
        PluginError: The file cannot be loaded.
    """
    load([path])
    found = []
    for kind, check in CHECKS.items():
        for name in TABLES[kind].sources:
            try:
                check(TABLES[kind][name])
            except Broken as err:
                found.append(f"{path}: {err}")
    return found
