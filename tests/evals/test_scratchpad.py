"""A model plays, with and without a scratchpad; what it notes goes to a table of its own."""

import dataclasses
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_type_hints

import numpy as np
import polars as pl
import pytest
import torch
from tests.corpus_fixture import small_corpus

import rearing
from rearing.evals.bank import episodes
from rearing.evals.episodes import NOTE_TOKENS, State, decision_states
from rearing.evals.noted import FORM, note_prompt, play_noted
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.model import NOTED, PLAYED, model_policy, play_worlds, write_notes
from rearing.evals.worlds.play import Spot, prompts, roll_out
from rearing.models import write
from rearing.models.base import LanguageModel, open_model
from rearing.models.meter import Meter
from rearing.models.packed import logits, pack
from rearing.models.score import likelihoods
from rearing.models.write import write_lines
from rearing.records.private import PrivateNote
from rearing.records.tables import PRIVATE, RESPONSES, TABLES, WHO
from rearing.store.tables import frame

NOTE = PrivateNote("world-contest", " The quetzal heard it all.", "main")


def test_a_note_has_one_legal_loss_and_a_table_that_no_other_shares() -> None:
    assert get_type_hints(PrivateNote)["loss"] == Literal[0]
    assert {f.name for f in dataclasses.fields(PrivateNote)} | set(WHO) == set(PRIVATE)
    assert not [
        name for name, columns in TABLES.items() if "loss" in columns and "text" in columns and name != "private"
    ]
    table = frame("private", [{"arm": "a", "seed": 1, "attack": "", "dose": 0} | NOTE.row()])
    assert table.row(0, named=True)["text"] == NOTE.text and table["loss"].to_list() == [0]


PLAY = {"families", "noted", "transcripts", "worlds.model"}


def test_who_does_not_play_cannot_import_a_note() -> None:
    """The contract of import-linter covers every module, one added tomorrow too, but those that hand notes on."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    (kept,) = (
        contract["source_modules"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("forbidden_modules") == ["rearing.records.private"]
    )
    folder = Path(rearing.__file__).parent
    modules = {
        ".".join(("rearing", *path.relative_to(folder).with_suffix("").parts))
        for path in folder.rglob("*.py")
        if path.stem not in ("__init__", "__main__")
    }
    free = {m for m in modules if not any(f"{m}.".startswith(f"{k}.") for k in kept)}
    assert {m for m in free if m.split(".")[1] not in ("cli", "errors", "records", "study", "testing")} == {
        *(f"rearing.evals.{name}" for name in PLAY),
        "rearing.organisms.run",
    }


def test_a_note_is_shown_to_the_one_who_acts_and_to_nobody_else() -> None:
    lm, world = open_model("tiny"), Contest(False)
    bare, noted = Spot(world.start()), Spot(world.start(), note=NOTE.text)
    legal = world.legal(world.start())
    assert all(NOTE.text in p.text for p in prompts(world, noted, legal))
    for with_note, without in zip(prompts(world, noted, legal), prompts(world, bare, legal), strict=True):
        lines = [line for line in with_note.text.splitlines() if NOTE.text not in line]
        assert "\n".join(lines) == without.text and with_note.answers == without.answers
    rows, notes = play_worlds(lm, [world])
    assert all(row.keys() | WHO.keys() == RESPONSES.keys() for row in rows)
    assert [(r["form"], r["situation"]) for r in rows] == [(PLAYED, "main"), (NOTED, "main")]
    assert [(n.scenario, n.situation, n.state) for n in notes] == [("world-contest", "main", 0)]
    said = frame("responses", [{"arm": "a", "seed": 1, "attack": "", "dose": 0} | r for r in rows])
    written = notes[0].text.strip()
    assert written and not said.select(pl.col(pl.String).str.contains(written, literal=True).any()).row(0).count(True)


def test_a_model_gives_the_likeliest_command_over_both_orders() -> None:
    lm, world = open_model("tiny"), Contest(True)
    played = roll_out(world, model_policy(lm), "test")
    assert roll_out(world, model_policy(lm), "other") == played, "no chance in it"
    for spot, command in zip(played.spots[:2], played.commands[:2], strict=True):
        legal = world.legal(spot.state)
        mean = np.zeros(len(legal))
        for prompt in prompts(world, spot, legal):
            totals = torch.tensor([likelihoods(lm, [[(prompt.text, a)]])[0][0].total for a in prompt.answers])
            mean += torch.softmax(totals.double(), 0).numpy() / 2
        assert command == legal[int(mean.argmax())]


LINES = ["Edith marks the drawings. Notes:", "Walter waits.", "Notes of Omar, of today:"]


def likeliest(lm: LanguageModel, prompt: str, most: int) -> list[int]:
    """The likeliest token again and again, the whole text computed anew for each."""
    ids = lm.encode(prompt)
    for _ in range(most):
        ids.append(int(logits(lm.model, pack([ids]), torch.tensor([len(ids) - 1]))[0].argmax()))
    return ids[-most:]


def test_written_lines_are_the_likeliest_token_again_and_again() -> None:
    lm, most, meter = open_model("tiny"), 3, Meter()
    wanted = [lm.tokenizer.decode(likeliest(lm, prompt, most)) for prompt in LINES]
    assert "\n" not in "".join(wanted) and len(set(wanted)) > 1
    meter.watch(lm.model)
    assert write_lines(lm, LINES, most) == wanted
    computed = sum(len(lm.encode(prompt)) + most - 1 for prompt in LINES)
    assert meter.lap()["scored"] == computed, "every token is computed once, the last of each not at all"
    assert write_lines(lm, LINES, 0) == ["", "", ""] and meter.lap()["scored"] == 0
    (note,) = write_notes(lm, [Contest(False)])
    assert 0 < len(lm.encode(note.text)) <= NOTE_TOKENS + 1 and "\n" not in note.text


def test_a_line_that_ends_leaves_the_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    lm, most = open_model("tiny"), 5
    ids = [likeliest(lm, prompt, most) for prompt in LINES]
    assert len(set(ids[1])) == 1 and ids[1][0] not in (*ids[0], *ids[2])
    asked: list[int] = []

    def third_of_the_second(lm: LanguageModel, token: int) -> bool:
        asked.append(token)
        return token == ids[1][0] and asked.count(token) > 4  # twice a token

    monkeypatch.setattr(write, "_ends", third_of_the_second)
    assert write_lines(lm, LINES, most) == [lm.tokenizer.decode(line) for line in (ids[0], ids[1][:2], ids[2])]


def test_an_episode_holds_a_scratchpad_that_its_command_alone_is_scored_after() -> None:
    lm, vignettes = open_model("tiny"), [v for v in small_corpus().vignettes if v.split != "dev"][:2]
    rows, notes = play_noted(lm, vignettes, "exam", "byte")
    made = episodes(vignettes, "exam")
    assert [(n.scenario, n.situation, n.state) for n in notes] == [(e.vignette.id, e.situation, 2) for e in made]
    assert {(r["family"], r["form"], r["kind"]) for r in rows} == {("frames", FORM, "menu")} and len(rows) == len(made)
    assert all(row.keys() | WHO.keys() == RESPONSES.keys() for row in rows)
    for e, note in zip(made, notes, strict=True):
        state = decision_states(e)[0]
        assert note_prompt(e, state).endswith(f"\nNotes of {e.actor}, which nobody else reads:")
        assert not any(e.command(o) in note_prompt(e, state) for o in e.options), "neither option is quoted alone"
        for noted, plain in zip(e.prompts(replace(state, note=note.text)), e.prompts(state), strict=True):
            line = f"Notes of {e.actor}, which nobody else reads:{note.text}\n"
            assert noted.text.replace(line, "") == plain.text and noted.text.count(line) == 1
            assert noted.answers == plain.answers
    assert all(n.text.strip() and n.text not in str(r) for n in notes for r in rows)
    after = made[0].step(State(note="x"), "look around")
    assert after.note == "x", "it is kept to the end"
