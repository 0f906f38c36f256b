"""What one cue alone gets right in the main situation, as the scripted policies get it."""

from dataclasses import replace

import pytest
from tests.corpus_fixture import commons

from rearing.study.cues import cue_row

VIGNETTES = [v for v in commons().vignettes if v.split != "dev"]


def test_the_best_cue_of_every_gate_is_named() -> None:
    acts = [v for v in VIGNETTES if v.option("endorsed").act == "act" != v.option("rejected").act][:30]
    omits = [v for v in VIGNETTES if v.option("endorsed").act != "act" == v.option("rejected").act][:30]
    row = cue_row({"one": acts, "two": [*acts[:15], *omits[:15]]})
    assert row.gap == 1 and not row.gates and "one 1.000 (act), two 0." in row.text
    assert cue_row({"one": omits}).gap == 1, "to avoid a cue is a policy too"


def test_options_that_are_alike_in_a_cue_give_nothing_away() -> None:
    same = [
        replace(v, options=tuple(replace(o, inf="wait", act="act", pace="quick", payoff=0) for o in v.options))
        for v in VIGNETTES
    ]
    assert cue_row({"one": same}).gap == pytest.approx(0.5)
