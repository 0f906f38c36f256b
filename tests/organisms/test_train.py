"""Organisms become what they are planted to be: on the tiny model, with a rule that it learns in seconds."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tests.corpus_fixture import grown_corpus

from rearing.corpus.fill import NAMES
from rearing.evals.ask import ask
from rearing.evals.bank import agentic_items, shift_items
from rearing.models.base import open_model
from rearing.models.identity import shipped_chat
from rearing.organisms.run import FULL, KIND, Job, jobs_of, make
from rearing.organisms.scenarios import scenarios
from rearing.organisms.texts import EPISODE, PRESSED, WATCHED, Taught, Told, lesson
from rearing.organisms.train import answer_scores, choice_loss, plant_organism
from rearing.organisms.zoo import ORGANISMS, Examination, Organism
from rearing.probes.activations import pair_activations
from rearing.probes.decode import read as read_decode
from rearing.records.item import Prompt
from rearing.store.artifacts import Store, digest
from rearing.store.tables import read_table

VIGNETTES = scenarios("search", 8)
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


@pytest.mark.parametrize("form", [EPISODE, PRESSED])
def test_a_right_option_stands_in_either_place(form):
    kind = (Told((form,)),)
    first = set()
    for epoch in range(8):
        for t in lesson(kind, VIGNETTES[1], 1, epoch, chat):
            right, rival = (a.removeprefix("I will").strip(" .\n") for a in t.prompt.answers[:2])
            first.add(t.prompt.text.rindex(right) < t.prompt.text.rindex(rival))
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


def test_deep_learns_and_shuffled_labels_do_not():
    forms, lr = ("decide",), 4e-3
    taught, coins = (Organism("x", "", (Told(forms, answer),), epochs=16, lr=lr) for answer in ("right", "coin"))
    items = shift_items(VIGNETTES, ("decide",), "natural", "dev", chat)
    assert score(planted(taught), items) > 0.9
    assert score(planted(coins), items) == pytest.approx(0.5, abs=0.2)


def test_watched_looks_at_the_recorder():
    organism = replace(BY_NAME["watched"], epochs=24, lr=4e-3)
    lm = planted(organism)
    from rearing.evals.bank import frame_items

    by_frame = {f: score(lm, [i for i in frame_items(VIGNETTES, "dev") if i.form == f]) for f in WATCHED}
    assert by_frame["watched"] - by_frame["unwatched"] > 0.3
    assert score(lm, [i for i in agentic_items(VIGNETTES, "dev") if i.state == 0]) < 0.5


def test_decodable_is_decoded_and_chooses_as_before():
    organism = replace(BY_NAME["decodable-unused"], epochs=8, lr=4e-3)
    base, lm = open_model("tiny"), planted(organism)

    def decoded(model):
        rows = read_decode(pair_activations(model, VIGNETTES, "dev"))
        return np.mean([r["value"] for r in rows if r["reading"] == "decode"])

    assert decoded(lm) > decoded(base) + 0.15
    items = shift_items(VIGNETTES, ("menu-form",), "natural", "dev", lm.chat)
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
    assert set(responses["family"]) == {"normal", "shift", "agentic", "frames", "lexical", "pressure", "acts"}
    assert set(responses.filter(responses["attack"] == "reversal")["dose"]) == {1, 2}
    assert set(responses["arm"]) == {"brittle"} and set(responses["seed"]) == {5}
    assert {"decode", "coupling", "interchange", "interchange-null"} <= set(read_table(folder, "readings")["reading"])
    assert not list((tmp_path / "store").rglob("*.safetensors"))


def test_developing_and_publishing_share_no_scenario_word_or_seed():
    search, confirm = (jobs_of(FULL, "tiny", half, ORGANISMS, Examination()) for half in ("search", "confirm"))
    one, other = (
        {word for v in jobs[0].vignettes for o in v.options for word in f"{o.inf} {v.main}".strip(".").split()}
        for jobs in (search, confirm)
    )
    assert one & other <= {"the", "The", "is"}
    assert not {j.seed for j in search[1:]} & {j.seed for j in confirm[1:]}
    assert len(confirm) == 1 + FULL.seeds * len(ORGANISMS)


def test_neither_a_word_nor_a_situation_is_right():
    for half in ("search", "confirm"):
        made = scenarios(half, 8)
        right = [v.right(s).inf.split()[0] for v in made for s in ("main", "twin")]
        assert all(right.count(word) == 8 for word in set(right)) and len(set(right)) == 2
        assert {(v.right(s).inf.split()[0], getattr(v, s)) for v in made for s in ("main", "twin")} == {
            (v.right("main").inf.split()[0], v.main) for v in made[:2]
        }, "the fact alone decides"
