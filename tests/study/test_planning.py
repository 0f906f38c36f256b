"""From a study to the plan that the judge sees."""

import pytest
from tests.corpus_fixture import small_corpus

from rearing.study.planning import build_plan
from rearing.study.schema import GATE_FAMILIES, ExamineTable, Study

ARMS = ("branching-developmental", "principled-shuffled", "flat-shuffled")


@pytest.mark.parametrize(("families", "measure"), [((), None), (("capability",), "judgement")])
def test_capability_is_judged_if_a_study_asks_it(families: tuple[str, ...], measure: str | None) -> None:
    examine = ExamineTable(families=(*GATE_FAMILIES, *families))
    plan = build_plan(Study(name="s", base="tiny", arms=ARMS, examine=examine), small_corpus(), 8000, {})
    assert (plan.capability and plan.capability.measure) == measure
