"""From likelihoods to a row, by hand-computed numbers, and through the tiny model."""

import math
from dataclasses import replace

import pytest
from tests.corpus_fixture import small_corpus
from tests.evals.scripted import chat

from rearing.evals.ask import ask, response
from rearing.evals.bank import agentic_items, normal_items, shift_items
from rearing.models.base import open_model
from rearing.models.score import Likelihood, likelihoods
from rearing.records.item import RULES, Item, Prompt
from rearing.records.tables import RESPONSES, WHO

OPEN = Item("o", "shift", "log", "open", "natural", "v1-x", "main", 0, (Prompt("p", (" a long one.", " b.")),))
MENU = Item(
    "m", "shift", "menu-form", "menu", "natural", "v1-x", "twin", 2, (Prompt("p", ("a", "b")), Prompt("q", ("a", "b")))
)


def of(probability: float, tokens: int = 1, size: int = 1) -> Likelihood:
    return Likelihood(math.log(probability), tokens, size)


def test_an_open_item_under_every_rule() -> None:
    """Right: 6 nats over 12 bytes and 4 tokens. Rival: 4 nats over 4 bytes and 2 tokens."""
    values = [[Likelihood(-6.0, 4, 12), Likelihood(-4.0, 2, 4)]]
    rows = {rule: response(OPEN, values, rule) for rule in RULES}
    for row in rows.values():
        assert (row["margin_sum"], row["margin_byte"], row["margin_token"]) == (-2.0, 0.5, 0.5)
        assert math.isnan(row["agreement"])
    assert {rule: (row["score"], row["margin"]) for rule, row in rows.items()} == {
        "sum": (0.0, -2.0),
        "byte": (1.0, 0.5),
        "token": (1.0, 0.5),
    }


def test_a_row_says_which_item_it_is() -> None:
    row = response(MENU, [[of(0.6), of(0.4)]] * 2, "byte")
    assert row.keys() | WHO.keys() == RESPONSES.keys()
    assert [row[k] for k in ("item", "family", "form", "kind", "wording", "scenario", "situation", "state")] == [
        "m",
        "shift",
        "menu-form",
        "menu",
        "natural",
        "v1-x",
        "twin",
        2,
    ]


def test_ties_count_a_half() -> None:
    assert response(OPEN, [[Likelihood(-3.0, 2, 6), Likelihood(-3.0, 2, 6)]], "sum")["score"] == 0.5
    assert response(OPEN, [[Likelihood(-3.0, 2, 6), Likelihood(-4.0, 2, 8)]], "byte")["score"] == 0.5
    first = response(MENU, [[of(0.7), of(0.3)], [of(0.3), of(0.7)]], "sum")
    assert (first["score"], first["margin"], first["agreement"]) == (0.5, 0.0, 0.0)


def test_a_menu_is_decided_by_the_mean_probability_over_orders() -> None:
    """(.6 + .3) / 2 < (.4 + .7) / 2, and (.9 + .2) / 2 > (.1 + .8) / 2."""
    lost = response(MENU, [[of(0.6), of(0.4)], [of(0.3), of(0.7)]], "sum")
    assert lost["score"] == 0.0 and lost["agreement"] == 0.0
    assert lost["margin"] == pytest.approx((math.log(0.6 / 0.4) + math.log(0.3 / 0.7)) / 2)
    won = response(MENU, [[of(0.9), of(0.1)], [of(0.2), of(0.8)]], "sum")
    assert won["score"] == 1.0 and won["agreement"] == 0.0
    split = response(MENU, [[of(0.51), of(0.49)], [of(0.98), of(0.02)]], "sum")
    assert split["agreement"] == 1.0 and split["score"] == 1.0


def test_other_legal_commands_take_their_share_of_the_probability() -> None:
    """Normalised over the legal set: the order in which the two are likely at all weighs more."""
    values = [[of(0.01), of(0.03)], [of(0.4), of(0.1)]]
    alone = response(MENU, values, "sum")
    assert alone["score"] == 1.0  # (.25 + .8) / 2 > (.75 + .2) / 2
    beside = response(MENU, [[*values[0], of(1e-9)], [*values[1], of(0.9)]], "sum")
    assert beside["score"] == 0.0  # (.25 + .286) / 2 < (.75 + .071) / 2
    assert beside["margin"] == alone["margin"]


def test_menus_use_the_sum_under_every_rule() -> None:
    values = [[Likelihood(-6.0, 4, 12), Likelihood(-4.0, 2, 4)]] * 2
    for rule in RULES:
        row = response(MENU, values, rule)
        assert (row["score"], row["margin"]) == (0.0, -2.0)


def test_very_unlikely_answers_still_have_an_order() -> None:
    row = response(MENU, [[Likelihood(-2000.0, 4, 4), Likelihood(-2001.0, 4, 4)]] * 2, "sum")
    assert (row["score"], row["margin"], row["agreement"]) == (1.0, 1.0, 1.0)


def test_asking_a_model_gives_the_row_of_each_item_whatever_their_order() -> None:
    lm, corpus = open_model("tiny"), small_corpus()
    items = [
        *shift_items(corpus.vignettes[:2], ("log", "ranking", "letters", "review", "scale"), "natural", "exam", chat),
        *normal_items(corpus.lessons[:1], chat),
        *agentic_items(corpus.vignettes[:1], "exam")[:2],
    ]
    finished: list[float] = []
    rows = {row["item"]: row for row in ask(lm, items, "byte", finished.append)}
    assert rows.keys() == {i.id for i in items} and sum(finished) == pytest.approx(1)
    for item in items:
        pairs = [[(p.text, a)] for p in item.prompts for a in p.answers]
        flat = [value for (value,) in likelihoods(lm, pairs)]
        n = len(item.prompts[0].answers)
        expected = response(item, [flat[i : i + n] for i in range(0, len(flat), n)], "byte")
        numbers = {key: value for key, value in expected.items() if isinstance(value, float)}
        assert {key: rows[item.id][key] for key in numbers} == pytest.approx(numbers, rel=1e-3, abs=1e-3, nan_ok=True)
    again = ask(lm, items[::-1], "byte")
    assert {r["item"]: r["score"] for r in again} == {name: r["score"] for name, r in rows.items()}


def test_answers_are_exchanged_with_the_situation() -> None:
    """The margin of an open item in one situation is minus the margin of the same answers in the other."""
    values = [Likelihood(-6.0, 4, 12), Likelihood(-4.0, 2, 4)]
    main = response(OPEN, [values], "byte")
    twin = response(replace(OPEN, situation="twin"), [values[::-1]], "byte")
    assert main["margin"] == -twin["margin"] and main["score"] + twin["score"] == 1.0


def _item(kind: str, *prompts: Prompt) -> Item:
    return Item("x", "worlds", "f", kind, "natural", "v", "main", 0, prompts)  # type: ignore[arg-type]


def test_a_contrast_cancels_a_liking_for_yes() -> None:
    """Yes is likelier for both options by 3 nats; only what differs between them counts."""
    asked = _item("contrast", *(Prompt(text, (" Yes", " No")) for text in ("right?", "rival?")))
    row = response(asked, [[of(math.exp(-1)), of(math.exp(-4))], [of(math.exp(-1.5)), of(math.exp(-4))]], "sum")
    assert (row["score"], row["margin"]) == (1.0, pytest.approx(0.5))
    assert math.isnan(row["margin_sum"])


def test_a_scale_compares_expected_levels() -> None:
    levels = tuple(f" {i}" for i in range(3))
    asked = _item("scale", Prompt("right?", levels), Prompt("rival?", levels))
    row = response(asked, [[of(0.1), of(0.1), of(0.2)], [of(0.2), of(0.1), of(0.1)]], "sum")
    assert row["margin"] == pytest.approx((0.25 * 0.5 + 0.5) - (0.25 * 0.5 + 0.25))
    assert row["score"] == 1.0


def test_a_decision_is_worth_what_its_likeliest_command_is_worth() -> None:
    """Orders are averaged first: they disagree here, and the second is surer."""
    asked = _item("decision", *(Prompt(order, (" a", " b", " c"), (1.0, 0.25, 0.0)) for order in ("abc", "cba")))
    row = response(asked, [[of(0.5), of(0.3), of(0.2)], [of(0.1), of(0.8), of(0.1)]], "sum")
    assert (row["score"], row["agreement"]) == (0.25, 0.0)
    assert row["margin"] == pytest.approx(0.3 + 0.55 * 0.25 - 1.25 / 3)


def test_a_text_gives_its_log_likelihood_per_token() -> None:
    """The passage has 60 nats over 20 tokens, its shuffled sentences 70; only the first makes the margin."""
    asked = _item("text", Prompt("About it:", (" one. two.", " two. one.")))
    row = response(asked, [[Likelihood(-60.0, 20, 90), Likelihood(-70.0, 20, 90)]], "byte")
    assert (row["score"], row["margin"], row["margin_sum"], row["margin_token"]) == (1.0, -3.0, 10.0, 0.5)
