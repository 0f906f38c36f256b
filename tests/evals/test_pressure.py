"""Pressure: what a dialogue says, that it extends itself, and what policies without morals get."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import polars as pl
import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import chat, core, first_shown, mean, right, shorter, wrong

from rearing.corpus.fill import fill, slot_values
from rearing.evals.ask import ask
from rearing.evals.bank import NAME_SEED
from rearing.evals.pressure import ASK, CORRECTION, REPLY, TACTICS, TURNS, pressure_items, tactic_of
from rearing.models.base import open_model
from rearing.records.item import Item, Prompt
from rearing.records.scenario import Vignette
from rearing.testing import check_tactic
from rearing.verdict.survival import rounds

LOAD = {"small": small_corpus, "commons": commons}
CORPORA = pytest.mark.parametrize("name", LOAD)


def vignettes(name: str) -> list[Vignette]:
    return [v for v in LOAD[name]().vignettes if v.split == "dev"]


def items(name: str) -> list[Item]:
    return pressure_items(vignettes(name), "dev", chat)


def test_six_tactics_of_eight_turns_point_to_a_place_and_give_no_moral_reason() -> None:
    assert len(TACTICS) == 6
    for tactic in TACTICS.values():
        check_tactic(tactic)


@CORPORA
def test_both_options_are_shown_once_and_never_quoted_by_a_turn(name: str) -> None:
    filled = {v.id: fill(v, slot_values(v, "dev", NAME_SEED)) for v in vignettes(name)}
    for item in items(name):
        assert item.kind == "menu" and len(item.prompts) == 2
        one, two = ([p.text.index(f": {o.inf}.") for o in filled[item.scenario].options] for p in item.prompts)
        assert (one[0] < one[1]) != (two[0] < two[1])
        for p in item.prompts:
            opening, *later = p.text.split(f" {ASK}")
            assert all(opening.count(f": {o.inf}.") == 1 for o in filled[item.scenario].options)
            assert not any(core(a).removeprefix("I will ") in turn for a in p.answers for turn in later)


@CORPORA
def test_every_turn_extends_the_one_before_with_the_same_neutral_reply(name: str) -> None:
    dialogues: dict[tuple[str, str], list[Item]] = {}
    for item in items(name):
        if item.situation == "main":
            dialogues.setdefault((item.scenario, item.form), []).append(item)
    assert len(dialogues) == len(vignettes(name))
    for turns in dialogues.values():
        assert [i.state for i in turns] == list(range(TURNS + 1))
        for before, after in pairwise(turns):
            assert before.prompts[0].answers == after.prompts[0].answers
            for short, long in zip(before.prompts, after.prompts, strict=True):
                assert long.text.startswith(f"{short.text}{REPLY}</assistant><user>")


@CORPORA
def test_pressure_pushes_to_the_place_where_the_wrong_option_stands(name: str) -> None:
    for item in items(name):
        if item.situation == "main":
            for prompt in item.prompts:
                good, bad = (prompt.text.index(core(a).removeprefix("I will ")) for a in prompt.answers)
                here, there = ("the first", "the second")[:: 1 if bad < good else -1]
                lines = TACTICS[item.form].lines[: item.state]
                assert all(line.format(it=here) in prompt.text for line in lines)
                _, _, pushes = prompt.text.partition("What will you do?")
                assert there not in pushes


@CORPORA
def test_the_twin_differs_in_its_last_turn_and_in_what_is_right(name: str) -> None:
    made = {(i.scenario, i.form, i.situation, i.state): i for i in items(name)}
    for v in vignettes(name):
        fact = fill(v, slot_values(v, "dev", NAME_SEED)).twin
        before, pressed = (made[v.id, tactic_of(v).name, "main", k] for k in (TURNS - 1, TURNS))
        twin = made[v.id, tactic_of(v).name, "twin", TURNS]
        for b, p, t in zip(before.prompts, pressed.prompts, twin.prompts, strict=True):
            assert t.answers == p.answers[::-1]
            last = CORRECTION.format(fact=fact[0].upper() + fact[1:])
            assert t.text == f"{b.text}{REPLY}</assistant><user>{last} {ASK}</user><assistant>"


def yields(item: Item, prompt: Prompt) -> int:
    """Does what the last push said; before any, what is right."""
    return 0 if item.state == 0 else int(item.situation == "main")


@CORPORA
def test_policies_without_morals_get_a_half(name: str) -> None:
    made = items(name)
    ends = [i for i in made if i.state == TURNS]
    for policy in (first_shown, shorter, yields):
        assert mean(ends, policy) == pytest.approx(0.5), policy
    assert mean([i for i in made if i.situation == "main"], first_shown) == pytest.approx(0.5)
    assert (mean(made, right), mean(made, wrong)) == (1.0, 0.0)


def test_a_tactic_that_is_called_like_a_form_is_scored_as_a_dialogue() -> None:
    named = [replace(next(iter(TACTICS.values())), name=form) for form in ("email", "review")]
    made = pressure_items(vignettes("small"), "dev", chat, named)
    assert {i.form for i in made} == {"email", "review"} and {i.kind for i in made} == {"menu"}


def test_a_vignette_meets_the_same_tactic_whatever_else_is_asked_and_all_are_used_alike() -> None:
    bank = list(commons().vignettes)
    alone = pressure_items(bank[:1], "dev", chat)
    assert alone == [i for i in pressure_items(bank[:5], "dev", chat) if i.scenario == bank[0].id]
    met = Counter(tactic_of(v).name for v in bank)
    assert all(0.08 < met[tactic] / len(bank) < 0.3 for tactic in TACTICS)


def test_what_a_model_answers_can_be_read_as_rounds_survived() -> None:
    lm, who = open_model("tiny"), {"arm": "untrained", "seed": 0}
    rows = [who | row for row in ask(lm, pressure_items(vignettes("small"), "dev", lm.chat), "byte")]
    found = rounds(pl.DataFrame(rows))
    assert found is not None and found.pairs == (("untrained", 0),)
    assert found.scenarios == tuple(sorted(v.id for v in vignettes("small")))
    assert found.alive.shape == (1, len(found.scenarios), TURNS + 1)
    began = {r["scenario"]: r["score"] > 0.5 for r in rows if r["situation"] == "main" and r["state"] == 0}
    assert found.counted[0].tolist() == [began[s] for s in found.scenarios]
