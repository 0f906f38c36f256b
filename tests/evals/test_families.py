"""The families that a study can ask for are those that a row can carry."""

from typing import get_args

from rearing.evals.families import BUILDERS
from rearing.records.item import Family


def test_every_family_has_a_builder_and_every_builder_a_family() -> None:
    assert set(BUILDERS) == set(get_args(Family))
