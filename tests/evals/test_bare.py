"""The options without the situation: nothing is told but who acts, and the base alone is asked."""

from tests.corpus_fixture import commons
from tests.evals.scripted import chat, first_shown, mean

from rearing.corpus.fill import fill, slot_values
from rearing.evals.bank import NAME_SEED
from rearing.evals.bare import bare_items
from rearing.records.scenario import Vignette

VIGNETTES = [v for v in commons().vignettes if v.split != "dev"][:40]


def told(v: Vignette) -> list[str]:
    filled = fill(v, slot_values(v, "exam", NAME_SEED))
    return [*filled.setting, *(m.text for m in filled.minds), filled.main, filled.twin]


def test_nothing_is_told_of_the_situation_and_both_options_are_shown() -> None:
    items = {i.scenario: i for i in bare_items(VIGNETTES, ["chat", "menu-log"], "exam", chat)}
    assert sorted(items) == sorted(v.id for v in VIGNETTES)
    for v in VIGNETTES:
        filled, item = fill(v, slot_values(v, "exam", NAME_SEED)), items[v.id]
        right = filled.right("main")
        rival = next(o for o in filled.options if o.id != right.id)
        assert item.situation == "main" and item.form == "menu-log"
        assert item.prompts[0].answers == (f" {right.fin}.", f" {rival.fin}.")
        for prompt in item.prompts:
            assert right.inf in prompt.text and rival.inf in prompt.text
            assert not any(fact in prompt.text for fact in told(v)), prompt.text


def test_who_goes_by_the_place_has_a_half() -> None:
    assert mean(bare_items(VIGNETTES, ["menu-log", "ranking"], "exam", chat), first_shown) == 0.5


def test_who_is_asked_in_no_menu_is_asked_in_one_here() -> None:
    assert {i.form for i in bare_items(VIGNETTES, ["chat"], "exam", chat)} == {"menu-chat"}
