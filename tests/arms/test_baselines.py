"""The renderer and the order that docs/baselines.md begins with are audited like ours, and pass."""

from pathlib import Path

import pytest
from tests.corpus_fixture import commons
from tests.plugins.plugin import forgotten, write

from rearing.arms.audit import audit
from rearing.arms.curriculum import arm, curricula
from rearing.corpus.load import Corpus
from rearing.plugins import load
from rearing.records.recipe import Recipe

__all__ = ["forgotten"]
OURS = ("branching-developmental", "flat-shuffled", "principled-shuffled")
NAMES = (*OURS, "flat-rich-shuffled", "flat-rich-shuffled-flipped")


def failing(corpus: Corpus, names: tuple[str, ...]) -> set[str]:
    made = curricula(corpus, [arm(name) for name in names], 1, Recipe())
    return {row.name for row in audit({name: [c] for name, c in made.items()}) if not row.passed}


def test_the_baseline_of_the_guide_passes_the_audit_with_its_twin_and_its_order(tmp_path: Path) -> None:
    load([write(tmp_path, "renderer", "flat-rich"), write(tmp_path, "order", "zigzag")])
    assert failing(commons(), (*NAMES, "flat-rich-zigzag", "branching-zigzag")) == set()


WHY = ("body, p.choice(), (*p.principle(), *why)", "(*body[:1], (*body[1], *why)), p.choice(), p.principle()")
FIRST = ("one, two = p.ordered", "one, two = p.lesson.options")


@pytest.mark.parametrize(("change", "row"), [(WHY, "distance"), (FIRST, "body_first")])
def test_what_the_guide_says_is_caught(tmp_path: Path, change: tuple[str, str], row: str) -> None:
    load([write(tmp_path, "renderer", "flat-rich", change)])
    assert row in failing(commons(), NAMES[:-1])
