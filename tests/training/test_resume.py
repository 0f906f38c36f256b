"""A run that was killed and resumed gives the bytes of one that was not."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from rearing.arms.order import told_documents
from rearing.models.base import LanguageModel, open_model
from rearing.models.meter import Meter
from rearing.records.document import Curriculum, Document, Phase, Sentence, Step
from rearing.records.recipe import Recipe
from rearing.training.loop import Trainer, document_losses, encode_steps, supervised_tokens
from rearing.training.rear import rear

RECIPE = Recipe(lr=1e-3)
PHASES: tuple[Phase, ...] = ("warmup", "ordered", "ordered", "ordered", "cooldown", "cooldown")


class KilledError(Exception):
    """Stands for kill -9."""


def document(name: str, text: str) -> Document:
    return Document(name, "flat-shuffled", name, 1, "choice-first", None, None, ((Sentence("setting", text),),))


CURRICULUM = Curriculum(
    "flat-shuffled",
    7,
    tuple(
        Step(phase, (document(f"d{i}", f"Mina lends {i} ladders to Jonas."), document(f"e{i}", "He gives them back.")))
        for i, phase in enumerate(PHASES)
    ),
)


def watched(meter: Meter) -> tuple[LanguageModel, Curriculum]:
    """The model, counted from here on, and what it is fed."""
    lm = open_model("tiny")
    meter.watch(lm.model)
    return lm, CURRICULUM


def undisturbed(folder: Path) -> tuple[dict[str, torch.Tensor], list[dict[str, object]]]:
    masters, rows, retained = rear(open_model("tiny"), CURRICULUM, RECIPE, folder, 1e9, lambda share: None)
    assert not retained, "nobody asked"
    return masters, rows


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path, killed_after: int) -> None:
    calls = 0

    def kill(share: float) -> None:
        nonlocal calls
        calls += 1
        if calls == killed_after + 2:  # the first call tells that it begins; this one comes before its snapshot
            raise KilledError

    with pytest.raises(KilledError):
        rear(*watched(meter := Meter()), RECIPE, tmp_path / "a", 0, kill, meter, retains=True)
    assert [p.name for p in (tmp_path / "a").glob("step-*")] == [f"step-{killed_after:06d}"]

    shares: list[float] = []
    masters, rows, kept = rear(
        *watched(meter := Meter()), RECIPE, tmp_path / "a", 0, shares.append, meter, retains=True
    )
    assert len(shares) == 1 + len(PHASES) - killed_after
    assert sum(shares) == pytest.approx(1), "of what was left"

    at_once, quiet = Meter(), (1e9, lambda share: None)
    whole, whole_rows, whole_kept = rear(*watched(at_once), RECIPE, tmp_path / "b", *quiet, at_once, retains=True)
    assert meter.lap()["trained"] == at_once.lap()["trained"] > 0
    assert rows == whole_rows and kept == whole_kept
    assert [(row["document"], row["place"]) for row in kept] == [("d1", 0), ("d2", 0.4), ("e1", 0.2), ("e3", 1)]
    assert masters.keys() == whole.keys()
    assert all(torch.equal(x, whole[name]) for name, x in masters.items())
    unasked, _ = undisturbed(tmp_path / "c")
    assert all(torch.equal(x, whole[name]) for name, x in unasked.items()), "nothing is learned from what is asked"


def test_what_is_retained_is_asked_when_the_ordered_phase_has_been_told(tmp_path: Path) -> None:
    """As if training had ended there."""
    _, _, kept = rear(open_model("tiny"), CURRICULUM, RECIPE, tmp_path / "a", 1e9, lambda share: None, retains=True)
    lm, end = open_model("tiny"), [s.phase for s in CURRICULUM.steps].index("cooldown")
    steps = encode_steps(lm, [(s.phase, [d.text for d in s.documents]) for s in CURRICULUM.steps])
    trainer = Trainer(lm, RECIPE, supervised_tokens(steps[1:]) / len(steps[1:]))
    for step in steps[:end]:
        trainer.step(step, RECIPE.lr)
    told = [(*lm.encode(d.text), int(lm.tokenizer.eos_token_id)) for d, _ in told_documents(CURRICULUM)]
    assert [row["loss"] for row in kept] == document_losses(lm, told)


def without_logs(folder: Path) -> None:
    progress = json.loads((folder / "progress.json").read_text())
    progress["log"] = progress.pop("logs")
    (folder / "progress.json").write_text(json.dumps(progress))


def renamed(folder: Path) -> None:
    """The last tensor to be copied, so that all others would have been."""
    state = load_file(folder / "state.safetensors")
    state["renamed"] = state.pop("square.model.norm.weight")
    save_file(state, folder / "state.safetensors")


def truncated(folder: Path) -> None:
    path = folder / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-8])


def misshapen(folder: Path) -> None:
    """Of a shape that `copy_` would stretch without a word."""
    state = load_file(folder / "state.safetensors")
    state["master.model.norm.weight"] = state["master.model.norm.weight"][:1].clone()
    save_file(state, folder / "state.safetensors")


@pytest.mark.parametrize("spoil", [without_logs, renamed, truncated, misshapen])
def test_a_broken_snapshot_is_removed_and_leaves_no_trace(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    rear(open_model("tiny"), CURRICULUM, RECIPE, tmp_path / "a", 0, lambda share: None)
    (snapshot,) = (tmp_path / "a").glob("step-*")
    spoil(snapshot)
    shares: list[float] = []
    masters, rows, _ = rear(open_model("tiny"), CURRICULUM, RECIPE, tmp_path / "a", 1e9, shares.append)
    assert len(shares) == 1 + len(PHASES) and not snapshot.exists()
    whole, whole_rows = undisturbed(tmp_path / "b")
    assert rows == whole_rows
    assert all(torch.equal(x, whole[name]) for name, x in masters.items())


def test_a_half_written_snapshot_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".half").mkdir(parents=True)
    (tmp_path / ".half" / "state.safetensors").write_bytes(b"half")
    masters, _, _ = rear(open_model("tiny"), CURRICULUM, RECIPE, tmp_path, 0, lambda share: None)
    whole, _ = undisturbed(tmp_path / "b")
    assert all(torch.equal(x, whole[name]) for name, x in masters.items())


def test_what_was_fed_is_recorded(tmp_path: Path) -> None:
    _, rows = undisturbed(tmp_path)
    assert [(r["step"], r["position"], r["document"]) for r in rows[:3]] == [(0, 0, "d0"), (0, 1, "e0"), (1, 0, "d1")]
    assert [r["phase"] for r in rows[::2]] == list(PHASES)
    assert [r["lr"] for r in rows[::2]] == pytest.approx([1e-3, 1e-3, 1e-3, 1e-3, 2e-3 / 3, 1e-3 / 3])
    lm = open_model("tiny")
    assert rows[0]["tokens"] == len(lm.encode("Mina lends 0 ladders to Jonas."))
    assert {(r["arm"], r["seed"]) for r in rows} == {("flat-shuffled", 7)}
