"""The renderer that docs/baselines.md shows is audited like ours, and passes."""

import re
import types
from pathlib import Path

import pytest
from tests.corpus_fixture import commons

from rearing.arms.audit import audit
from rearing.arms.curriculum import arm, curricula
from rearing.arms.renderers import RENDERERS, Parts
from rearing.corpus.load import Corpus
from rearing.records.recipe import Recipe

GUIDE = Path(__file__).parents[2] / "docs" / "baselines.md"
NAMES = ("branching-developmental", "flat-shuffled", "principled-shuffled", "flat-rich-shuffled")


@pytest.fixture
def rich(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    found = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    module = types.ModuleType("rich")
    exec(compile(found[1], str(GUIDE), "exec"), module.__dict__)
    for renderer in module.RENDERERS:
        monkeypatch.setitem(RENDERERS, renderer.name, renderer)
    return module


def failing(corpus: Corpus, names: tuple[str, ...]) -> set[str]:
    made = curricula(corpus, [arm(name) for name in names], 1, Recipe())
    return {row.name for row in audit({name: [c] for name, c in made.items()}) if not row.passed}


def test_the_baseline_of_the_guide_passes_the_audit_with_its_twin(rich: types.ModuleType) -> None:
    assert failing(commons(), (*NAMES, "flat-rich-shuffled-flipped")) == set()


def test_reasons_in_front_of_the_choice_are_caught_as_the_guide_says(
    rich: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def early(p: Parts):
        ((opening, *others),) = rich.flat_rich(p)
        told = [s for paragraph in others for s in paragraph]
        why = tuple(s for s in told if s.role in ("reason", "reflection"))
        rest = tuple(tuple(s for s in paragraph if s not in why) for paragraph in others)
        first, *after = rest
        return ((opening, (first[0], *why, *first[1:]), *after),)

    ours = RENDERERS["flat-rich"]
    monkeypatch.setitem(RENDERERS, "flat-rich", type(ours)("flat-rich", "FR", early, ours.levers, ours.slots))
    assert "distance" in failing(commons(), NAMES)
