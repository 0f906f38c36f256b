"""Rear a model on a curriculum, with snapshots, so that a killed run resumes to the same bytes."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from rearing.models.base import LanguageModel
from rearing.models.meter import Meter
from rearing.records.document import Curriculum
from rearing.records.recipe import Recipe
from rearing.store.artifacts import disk_errors, write_json
from rearing.training.loop import StepLog, Trainer, TrainStep, encode_steps, masters_into, supervised_tokens, train
from rearing.training.retained import retained_rows

WEIGHTS = "model.safetensors"


def save_checkpoint(lm: LanguageModel, masters: dict[str, torch.Tensor], folder: Path) -> None:
    """Write fp32 masters, config and tokenizer: a folder that transformers, and so `lm_eval --model hf`, opens."""
    save_file(masters, folder / WEIGHTS, metadata={"format": "pt"})
    lm.model.config.save_pretrained(folder)
    lm.tokenizer.save_pretrained(folder)


def load_masters(lm: LanguageModel, folder: Path) -> None:
    """Put saved masters into a model that is open in fp32."""
    masters_into(lm.model, load_file(folder / WEIGHTS))


def rear(
    lm: LanguageModel,
    curriculum: Curriculum,
    recipe: Recipe,
    partial: Path,
    snapshot_seconds: float,
    progress: Callable[[float], None],
    meter: Meter | None = None,
    retains: bool = False,
) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]], list[dict[str, Any]]]:
    """Train to the end, from the last snapshot if there is one.

    Args:
        lm: Opened in fp32; it is changed.
        curriculum: What it is fed, step by step.
        recipe: Settings.
        partial: Folder for snapshots of this very run.
        snapshot_seconds: Least time between snapshots.
        progress: Called with the share that was done since the last call of what was left to do.
        meter: Goes on from what the snapshot had cost.
        retains: Whether to ask at the end of the ordered phase what is left of it.

    Returns:
        The fp32 masters by parameter name, the rows of the `fed` table, and those of `retained` if asked for.
    """
    steps = encode_steps(lm, [(s.phase, [d.text for d in s.documents]) for s in curriculum.steps])
    taught = [s for s in steps if s.phase != "warmup"]
    trainer = Trainer(lm, recipe, supervised_tokens(taught) / max(1, len(taught)))
    done, known = _resume(trainer, partial)
    logs, retained = list(known.get("logs", ())), list(known.get("retained", ()))
    last_ordered = max((i for i, s in enumerate(steps) if s.phase == "ordered"), default=-1)
    meter = meter or Meter()
    meter.go_on(known.get("spent", {}))
    progress(0.0)
    last = time.monotonic()

    def log(step: StepLog) -> None:
        nonlocal last, retained
        if retains and step.step == last_ordered:
            retained = retained_rows(lm, curriculum)
        logs.append({"step": step.step, "lr": step.lr, "loss": step.loss, "fed": list(step.fed)})
        progress(1 / (len(steps) - done))
        if time.monotonic() - last >= snapshot_seconds and step.step + 1 < len(steps):
            told = {"of": len(steps), "logs": logs, "retained": retained, "spent": meter.spent}
            _snapshot(trainer, partial, step.step + 1, told)
            last = time.monotonic()

    train(trainer, steps, done, log)
    return trainer.masters, [row for entry in logs for row in _rows(curriculum, entry, steps)], retained


def _rows(curriculum: Curriculum, entry: dict[str, Any], steps: list[TrainStep]) -> list[dict[str, Any]]:
    """The documents of one logged step; what was fed is the log's word, what it is called is the plan's."""
    planned = curriculum.steps[entry["step"]]
    return [
        {
            "arm": curriculum.arm,
            "seed": curriculum.seed,
            "step": entry["step"],
            "phase": planned.phase,
            "position": position,
            "document": document.id,
            "scenario": document.scenario,
            "stage": document.stage,
            "tokens": len(ids) - 1,
            "lr": entry["lr"],
            "loss": entry["loss"],
            "fed": fed,
        }
        for position, (document, ids, fed) in enumerate(
            zip(planned.documents, steps[entry["step"]].documents, entry["fed"], strict=True)
        )
    ]


def _snapshot(trainer: Trainer, partial: Path, done: int, told: dict[str, Any]) -> None:
    folder = partial / f"step-{done:06d}"
    half = partial / ".half"
    with disk_errors(partial):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        save_file(trainer.state(), half / "state.safetensors")
        write_json(half / "progress.json", {"done": done} | told)
        half.rename(folder)
    for old in partial.glob("step-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)


def _resume(trainer: Trainer, partial: Path) -> tuple[int, dict[str, Any]]:
    """Continue from the newest snapshot that can be read; a broken one is removed.

    Returns:
        Steps done, and what the snapshot tells of them: `logs`, what was `retained`, and what was `spent`.
    """
    for folder in sorted(partial.glob("step-*"), reverse=True):
        try:
            progress = dict(json.loads((folder / "progress.json").read_text()))
            done = int(progress["done"])
            if not isinstance(progress["logs"], list):
                raise ValueError(f"{folder} has no logs")
            state = load_file(folder / "state.safetensors")
            if _shapes(state) != _shapes(trainer.state()):
                raise ValueError(f"{folder} is not a snapshot of this model")
        except (OSError, TypeError, ValueError, KeyError, SafetensorError):
            shutil.rmtree(folder, ignore_errors=True)
            continue
        trainer.restore(state)  # only what is whole: from here on the masters of the base are gone
        return done, progress
    return 0, {}


def _shapes(state: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in state.items()}
