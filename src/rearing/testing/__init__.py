"""Conformance kit: what the house relies upon in a plugin, for a test of your own.

    from rearing.testing import check_renderer
    def test_it() -> None:
        check_renderer(PLUGINS[0])

Every function raises `Broken`, an AssertionError that says in one sentence what is wrong, or returns None. Our own
renderers, orders, instruments, worlds and tactics are tested with the same functions.
"""

from rearing.testing.arms import check_order, check_renderer
from rearing.testing.broken import Broken
from rearing.testing.instruments import check_instrument, check_tactic
from rearing.testing.worlds import check_world

__all__ = ["Broken", "check_instrument", "check_order", "check_renderer", "check_tactic", "check_world"]
