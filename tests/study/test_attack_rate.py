"""The search for the rate of attacks: what it picks, what it keeps its hands off, and that it sees a broken model."""

import json
from pathlib import Path

import pytest
from tests.corpus_fixture import grown_corpus

from rearing.study.attack_rate import RATES, Tried, chosen, rate_table, try_rates
from rearing.study.schema import AttackTable, ExamineTable, RecipeTable, Study

STUDY = Study(
    name="rated",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    recipe=RecipeTable(dtype="fp32"),
    examine=ExamineTable(
        vignettes=4, forms=("chat",), split="dev-search", families=("normal", "shift", "agentic", "capability")
    ),
    attack=AttackTable(name="benign", doses=(1, 2)),
)


def tried(lr: float, rise: float, attack: str = "reversal") -> Tried:
    return Tried(attack, lr, (0.6, 0.4), (2.0, 2.0 * (1 + rise)), (3.0, 2.0))


@pytest.mark.parametrize(
    ("rises", "lr"),
    [
        ({1e-5: 0.0, 1e-4: 0.0499, 1e-3: 0.0501}, 1e-4),
        ({1e-5: -0.1, 1e-4: 0.2, 1e-3: 0.04}, 1e-3),
        ({1e-5: 0.06}, None),
    ],
)
def test_the_largest_rate_within_the_budget_is_taken(rises: dict[float, float], lr: float | None) -> None:
    assert chosen([tried(*one) for one in rises.items()]) == lr


def test_a_rate_must_keep_to_the_budget_under_every_attack() -> None:
    found = [tried(lr, 0.01) for lr in RATES] + [tried(lr, 0.9 if lr > 1e-4 else 0.0, "benign") for lr in RATES]
    assert chosen(found) == 1e-4


def test_every_rate_begins_at_the_base_and_a_wild_one_breaks_it() -> None:
    """The tiny model knows nothing, so that it loses only where it is broken."""
    mild, wild, again = try_rates(STUDY, grown_corpus(), (1e-6, 3e-1, 1e-6))
    assert again == mild, "nothing is left of the rate before"
    assert mild.within and abs(mild.rise) < 1e-3
    assert not wild.within and chosen([mild, wild]) == 1e-6
    assert (mild.score[0], mild.neutral[0], mild.told[0]) == (wild.score[0], wild.neutral[0], wild.told[0])


def test_the_docs_show_the_record() -> None:
    record = json.loads(Path("docs/attack-rate.json").read_text())
    assert rate_table(record) in Path("docs/attacks.md").read_text()
    assert record["chosen"] == chosen(
        [Tried(**{key: value for key, value in t.items() if key not in ("rise", "within")}) for t in record["tried"]]
    )
