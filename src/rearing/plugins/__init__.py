"""Plugins: what others add to a study without editing this package, as one Python file or an installed package.

Every kind (renderer, order, instrument, world, tactic, probe, estimator, check) has a table in the room that holds its
type. What we ship stands in it beside what others add, and nothing in it does anything until a study names it or, of
estimators and checks, until somebody brings it to `rearing judge`.
"""

from rearing.plugins.source import Source
from rearing.plugins.table import TABLES, Table, blame, digests, load

__all__ = ["TABLES", "Source", "Table", "blame", "digests", "load"]
