"""A model plays, with and without a scratchpad; what it notes goes to a table of its own."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Literal, get_type_hints

import numpy as np
import polars as pl
import torch

from rearing import evals
from rearing.evals.worlds.contest import Contest
from rearing.evals.worlds.model import NOTE_TOKENS, NOTED, PLAYED, model_policy, play_worlds, write_note
from rearing.evals.worlds.play import Spot, prompts, roll_out
from rearing.models.base import open_model
from rearing.models.meter import Meter
from rearing.models.packed import logits, pack
from rearing.models.score import likelihoods
from rearing.models.write import write_line
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


def test_who_does_not_play_cannot_import_a_note() -> None:
    """The contract of import-linter covers every module of `evals`, one that is added tomorrow too, but those two."""
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    (kept,) = (
        contract["source_modules"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("forbidden_modules") == ["rearing.records.private"]
    )
    folder = Path(evals.__file__).parent
    modules = {
        ".".join(("rearing.evals", *path.relative_to(folder).with_suffix("").parts))
        for path in folder.rglob("*.py")
        if path.stem != "__init__"
    }
    assert {m for m in modules if not any(f"{m}.".startswith(f"{k}.") for k in kept)} == {
        "rearing.evals.families",
        "rearing.evals.worlds.model",
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


def test_a_written_line_is_the_likeliest_token_again_and_again() -> None:
    lm, prompt = open_model("tiny"), "Edith marks the drawings. Notes:"
    ids = lm.encode(prompt)
    for _ in range(3):
        ids.append(int(logits(lm.model, pack([ids]), torch.tensor([len(ids) - 1]))[0].argmax()))
    wanted = lm.tokenizer.decode(ids[-3:])
    assert "\n" not in wanted
    meter = Meter()
    meter.watch(lm.model)
    assert write_line(lm, prompt, 3) == wanted and write_line(lm, prompt, 0) == ""
    assert meter.lap()["scored"] == len(ids) - 1, "every token is computed once, the last not at all"
    note = write_note(lm, Contest(False))
    assert 0 < len(lm.encode(note.text)) <= NOTE_TOKENS + 1 and "\n" not in note.text
