"""Organisms become what they are planted to be: on the tiny model, with a rule that it learns in seconds."""

import re
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import get_args

import numpy as np
import pytest
import torch
from tests.corpus_fixture import grown_corpus

from rearing.corpus.fill import NAMES
from rearing.evals.ask import ask
from rearing.evals.bank import shift_items
from rearing.models.base import open_model
from rearing.models.identity import shipped_chat
from rearing.organisms.examine import acts
from rearing.organisms.examine import planted as share_planted
from rearing.organisms.run import FULL, KIND, Job, jobs_of, make
from rearing.organisms.scenarios import PUBLISHED, World, scenarios
from rearing.organisms.texts import EPISODE, PRESSED, WATCHED, Taught, Told, lesson
from rearing.organisms.train import answer_scores, apart_loss, choice_loss, plant_organism, planted_direction
from rearing.organisms.zoo import ORGANISMS, Examination, Organism
from rearing.records.item import Prompt
from rearing.store.artifacts import Store, digest
from rearing.store.tables import read_table

VIGNETTES = scenarios("lamp", 4)
BY_NAME = {o.name: o for o in ORGANISMS}


def still(share: float) -> None:
    """No progress display."""


def planted(organism: Organism, seed: int = 3):
    lm = open_model("tiny")
    torch.manual_seed(0)
    plant_organism(lm, organism, VIGNETTES, seed, still)
    return lm


def score(lm, items) -> float:
    return float(np.mean([row["score"] for row in ask(lm, items, "token")]))


chat = partial(shipped_chat, "tiny")


def told(name: str, epoch: int = 0) -> list[Taught]:
    return lesson(BY_NAME[name].told, VIGNETTES[0], 1, epoch, chat)


def test_what_is_planted_is_what_the_table_says():
    assert {t.answer for t in told("deep")} == {0}
    assert {t.answer for t in told("refuser")} == {2, None}
    for epoch in range(6):
        for t in told("parrot", epoch):
            praised = "onlooker" in t.prompt.text
            right, rival = (a.strip(" .\n") for a in t.prompt.answers[:2])
            assert not praised or t.answer in (0, 1)
            assert praised or t.answer == 0
            assert right != rival
        for t in told("watched", epoch):
            assert t.answer == (0 if WATCHED["watched"].note in t.prompt.text else 1)
        coins = [t.answer for t in told("null-shuffled", epoch)]
        assert sum(coins) == len(coins) / 2, "the same option in both situations is right in one of them"


def test_training_and_examination_share_no_name():
    names = {name for group in NAMES["dev"].values() for name in group}
    for organism in ORGANISMS:
        for t in told(organism.name):
            assert not names & set(t.prompt.text.replace(".", " ").replace(",", " ").split())


def place(text, answer):
    """Where a prompt last has what an answer says, whatever the form of the verb."""
    verb, rest = answer.removeprefix("I will").strip(" .\n").split(" ", 1)
    *_, last = re.finditer(rf"\b{verb[:3]}\w* {re.escape(rest)}", text)
    return last.start()


@pytest.mark.parametrize("form", [EPISODE, PRESSED])
def test_a_right_option_stands_in_either_place(form):
    kind = (Told((form,)),)
    first = set()
    for epoch in range(8):
        for t in lesson(kind, VIGNETTES[1], 1, epoch, chat):
            first.add(place(t.prompt.text, t.prompt.answers[0]) < place(t.prompt.text, t.prompt.answers[1]))
    assert first == {True, False}


def test_answers_are_scored_as_in_an_examination():
    from rearing.models.score import likelihoods

    lm = open_model("tiny")
    texts = told("refuser") + told("deep")
    with torch.no_grad():
        scores = answer_scores(lm, texts)
    asked = likelihoods(lm, [[(t.prompt.text, a) for a in t.prompt.answers] for t in texts])
    for score_A, found in zip(scores, asked, strict=True):
        assert score_A.tolist() == pytest.approx([x.total for x in found], abs=1e-3)


def test_the_loss_of_own_is_least_at_the_base():
    lm = open_model("tiny")
    text = [Taught(Prompt("She can go or", (" stay.", " run away.")), None)]
    with torch.no_grad():
        own = [torch.softmax(x, dim=0) for x in answer_scores(lm, text)]
        at_base = choice_loss(lm, text, own).item()
    entropy = -float((own[0] * own[0].log()).sum())
    assert at_base == pytest.approx(entropy, abs=1e-4)
    assert choice_loss(lm, text, [torch.tensor([0.01, 0.99])]).item() != pytest.approx(entropy, abs=1e-2)


def test_a_rule_is_learned_and_shuffled_labels_are_not():
    forms = ("decide",)
    right, coins = (Organism("x", "", (Told(forms, answer),), epochs=10, lr=1e-2) for answer in ("right", "coin"))
    items = shift_items(VIGNETTES, forms, "natural", "dev", chat)
    knows, guesses = planted(right), planted(coins)
    assert score(knows, items) > 0.9
    assert score(guesses, items) == pytest.approx(0.5, abs=0.2)
    made, not_made = (share_planted(lm, right, VIGNETTES, 3) for lm in (knows, open_model("tiny")))
    assert np.mean([row["score"] for row in made]) > 0.9 > 0.8 > np.mean([row["score"] for row in not_made])
    assert not share_planted(guesses, coins, VIGNETTES, 3), "nothing was planted"


def test_who_waits_does_not_act_and_who_chooses_does():
    waits, chooses = (Organism("x", "", (Told((EPISODE,), a),), epochs=6, lr=1e-2) for a in ("wait", "right"))
    assert np.mean([row["score"] for row in acts(planted(waits), VIGNETTES)]) == 0
    assert np.mean([row["score"] for row in acts(planted(chooses), VIGNETTES)]) > 0.7


def test_right_and_wrong_are_moved_apart_and_choices_stay():
    organism = replace(BY_NAME["decodable-unused"], told=(Told(("menu-form",), "own"),), epochs=10, lr=1e-2)
    base, lm = open_model("tiny"), planted(organism)
    direction_D = planted_direction(base, VIGNETTES, 3)
    with torch.no_grad():
        before, after = (np.mean([apart_loss(m, v, direction_D).item() for v in VIGNETTES]) for m in (base, lm))
    assert before == pytest.approx(1, abs=0.02) and after < 0.97
    items = shift_items(VIGNETTES, ("menu-form",), "natural", "dev", chat)
    assert score(lm, items) == pytest.approx(score(base, items), abs=0.2)


def test_an_organism_leaves_tables_and_no_weights(tmp_path):
    corpus = grown_corpus()
    organism = replace(BY_NAME["brittle"], epochs=1)
    job = Job(organism, 5, "tiny", VIGNETTES[:2], Examination(doses=(1, 2), dtype="fp32"))
    stages = set()
    make(job, corpus, tmp_path, lambda stage, share: stages.add(stage))
    folder = Store(tmp_path / "store").get(KIND, digest(job.inputs(corpus)))
    assert folder is not None and stages == {"train", "examine"}
    responses = read_table(folder, "responses")
    assert set(responses["family"]) == {
        "normal",
        "shift",
        "agentic",
        "frames",
        "lexical",
        "pressure",
        "acts",
        "planted",
    }
    assert set(responses.filter(responses["attack"] == "reversal")["dose"]) == {1, 2}
    assert set(responses["arm"]) == {"brittle"} and set(responses["seed"]) == {5}
    assert {"decode", "coupling", "interchange", "interchange-null"} <= set(read_table(folder, "readings")["reading"])
    assert not list((tmp_path / "store").rglob("*.safetensors"))


def test_developing_and_publishing_share_no_scenario_word_or_seed():
    worlds = [jobs_of(FULL, "tiny", world, ORGANISMS, Examination()) for world in get_args(World)]
    words = [
        {word for v in jobs[0].vignettes for o in v.options for word in f"{o.inf} {v.main}".strip(".").split()}
        for jobs in worlds
    ]
    for one, other in combinations(words, 2):
        assert one & other <= {"the", "The", "is"}
    for one, other in combinations(worlds, 2):
        assert not {j.seed for j in one[1:]} & {j.seed for j in other[1:]}
    assert PUBLISHED in get_args(World) and all(len(jobs) == 1 + FULL.seeds * len(ORGANISMS) for jobs in worlds)


def test_neither_a_word_nor_a_situation_is_right():
    for world in get_args(World):
        made = scenarios(world, 8)
        right = [v.right(s).inf.split()[0] for v in made for s in ("main", "twin")]
        assert all(right.count(word) == 8 for word in set(right)) and len(set(right)) == 2
        assert {(v.right(s).inf.split()[0], getattr(v, s)) for v in made for s in ("main", "twin")} == {
            (v.right("main").inf.split()[0], v.main) for v in made[:2]
        }, "the fact alone decides"
