"""The training loop: schedule, loss, masters, and the order in which steps are fed."""

import math

import pytest
import torch
import torch.nn.functional as F

from rearing.errors import StageError
from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack
from rearing.records.recipe import Recipe
from rearing.training.loop import (
    StepLog,
    Trainer,
    TrainStep,
    encode_steps,
    learning_rates,
    masters_into,
    supervise,
    supervised_tokens,
    train,
)

FULL = Recipe(dtype="fp32", lr=1e-2)
STEP = TrainStep(((5, 9, 77, 300, 4), (1000, 17, 17, 256)), "ordered")
STEPS = [STEP, TrainStep(((8, 8, 9), (40, 41)), "ordered"), TrainStep(((77, 5, 6, 7),), "cooldown")]


def losses(trainer: Trainer, steps: list[TrainStep], start: int = 0) -> list[StepLog]:
    logs: list[StepLog] = []
    train(trainer, steps, start, logs.append)
    return logs


def test_the_rate_rises_stays_and_falls() -> None:
    rates = learning_rates(["warmup"] * 2 + ["ordered"] * 3 + ["cooldown"] * 3, 1.0)
    assert rates == [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    assert learning_rates(["ordered"] * 2, 3e-4) == [3e-4, 3e-4]


def test_every_token_after_the_first_is_supervised() -> None:
    row, at, labels = supervise(STEP.documents)
    assert row.ids_T.tolist() == [5, 9, 77, 300, 1000, 17, 17]
    assert at.tolist() == list(range(7))
    assert labels.tolist() == [9, 77, 300, 4, 17, 17, 256]
    assert supervised_tokens([STEP]) == 7


def test_documents_end_with_the_end_of_text() -> None:
    lm = open_model("tiny")
    (step,) = encode_steps(lm, [("ordered", ["Mina waits.", "Jonas asks."])])
    assert step.phase == "ordered"
    assert [d[-1] for d in step.documents] == [lm.tokenizer.eos_token_id] * 2
    assert lm.tokenizer.decode(step.documents[0][:-1]) == "Mina waits."


def test_the_gradient_is_that_of_the_summed_loss_over_a_constant() -> None:
    """A constant, not the tokens of the step: so a long document weighs as much as its tokens in every step."""
    lm, scale = open_model("tiny"), 100.0
    trainer = Trainer(lm, FULL, scale)
    wanted = open_model("tiny")
    total = torch.zeros(())
    for d in STEP.documents:
        out = logits(wanted.model, pack([d[:-1]]), torch.arange(len(d) - 1))
        total = total + F.cross_entropy(out, torch.tensor(d[1:]), reduction="sum")
    (total / scale).backward()
    seen: dict[str, torch.Tensor] = {}
    update = trainer.optimizer.update

    def spy(lr: float) -> None:
        seen.update({n: p.grad.clone() for n, p in lm.model.named_parameters() if p.grad is not None})
        update(lr)

    trainer.optimizer.update = spy  # type: ignore[method-assign]
    loss, tokens = trainer.step(STEP, 1e-3)
    assert tokens == 7
    assert loss == pytest.approx(total.item() / 7, abs=1e-5)
    for name, p in wanted.model.named_parameters():
        assert p.grad is not None
        assert torch.allclose(seen[name], p.grad, rtol=0, atol=1e-6), name


@pytest.mark.parametrize("clip", [1e9, 0.01])
def test_updates_are_those_of_torch_adamw(clip: float) -> None:
    """By the same gradients: where one is all rounding, Adam's first step is its sign, which differs by machine."""
    recipe = Recipe(dtype="fp32", lr=1e-2, clip=clip, weight_decay=0.1)
    trainer = Trainer(open_model("tiny"), recipe, 7.0)
    other = open_model("tiny").model
    optimizer = torch.optim.AdamW(other.parameters(), lr=1e-2, betas=recipe.betas, weight_decay=0.1)
    update = trainer.optimizer.update

    def both(lr: float) -> None:
        for mine, p in zip(trainer.lm.model.parameters(), other.parameters(), strict=True):
            assert mine.grad is not None and p.grad is not None
            assert torch.allclose(mine.grad, p.grad, rtol=1e-4, atol=1e-6)
            p.grad = mine.grad.clone()
        torch.nn.utils.clip_grad_norm_(other.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
        update(lr)

    trainer.optimizer.update = both  # type: ignore[method-assign]
    for step in STEPS:
        row, at, labels = supervise(step.documents)
        (F.cross_entropy(logits(other, row, at), labels, reduction="sum") / 7.0).backward()
        trainer.step(step, 1e-2)
    for name, p in other.named_parameters():
        assert torch.allclose(trainer.masters[name], p, rtol=1e-4, atol=1e-6), name


def test_a_parameter_longer_than_a_stretch_is_updated_whole() -> None:
    """The embedding of `tiny` has 1.6 million elements, six stretches of the update."""
    one, two = (Trainer(open_model("tiny"), FULL, 7.0) for _ in range(2))
    two.optimizer.stretch = 1000
    for trainer in (one, two):
        trainer.step(STEP, 1e-2)
    start = dict(open_model("tiny").model.named_parameters())
    for name, master in one.masters.items():
        assert torch.allclose(master, two.masters[name], rtol=0, atol=1e-6), name
        assert not torch.equal(master, start[name]), name


def test_training_on_a_text_makes_it_likelier() -> None:
    logs = losses(Trainer(open_model("tiny"), FULL, 7.0), [STEP] * 20)
    assert logs[-1].loss < 0.5 * logs[0].loss
    assert [(x.step, x.tokens, x.phase) for x in logs[:2]] == [(0, 7, "ordered"), (1, 7, "ordered")]


def test_steps_are_fed_in_the_order_given_with_the_rates_of_the_whole_schedule() -> None:
    logs = losses(Trainer(open_model("tiny"), FULL, 7.0), STEPS, 1)
    assert [x.step for x in logs] == [1, 2]
    assert [x.lr for x in logs] == [1e-2, 5e-3]
    assert [x.tokens for x in logs] == [3, 3]


def test_the_same_run_gives_the_same_bytes() -> None:
    runs = []
    for _ in range(2):
        trainer = Trainer(open_model("tiny"), Recipe(lr=1e-3), 7.0)
        losses(trainer, STEPS)
        runs.append(trainer.state())
    assert all(torch.equal(x, runs[1][name]) for name, x in runs[0].items())


def test_a_state_continues_to_the_same_bytes() -> None:
    whole = Trainer(open_model("tiny"), Recipe(lr=1e-3), 7.0)
    losses(whole, STEPS)
    first = Trainer(open_model("tiny"), Recipe(lr=1e-3), 7.0)
    first.step(STEPS[0], 1e-3)
    held = {name: x.clone() for name, x in first.state().items()}
    second = Trainer(open_model("tiny"), Recipe(lr=1e-3), 7.0)
    second.restore(held)
    losses(second, STEPS, 1)
    assert all(torch.equal(x, second.state()[name]) for name, x in whole.state().items())


def test_weights_opened_in_bf16_are_refused() -> None:
    with pytest.raises(StageError, match="fp32"):
        Trainer(open_model("tiny", "bf16"), Recipe(), 7.0)


def test_an_update_smaller_than_a_bf16_step_survives_in_the_masters() -> None:
    """The trap of masters that are rounded: at small rates such a model never learns."""
    lm = open_model("tiny")
    trainer = Trainer(lm, Recipe(lr=1e-6), 7.0)
    name = "model.norm.weight"  # all ones: the next bf16 number is 2 ** -7 away
    live = dict(lm.model.named_parameters())[name]
    for _ in range(8):
        trainer.step(STEP, 1e-6)
    moved = (trainer.masters[name] - 1).abs()
    assert trainer.masters[name].dtype == torch.float32
    assert moved.max() > 4e-6
    assert moved.max() < 2**-8
    assert torch.equal(live, torch.ones_like(live)), "bf16 alone would have stayed where it was"
    assert live.dtype == torch.bfloat16


def test_masters_start_from_the_unrounded_weights() -> None:
    lm = open_model("tiny")
    unrounded = {n: p.detach().clone() for n, p in lm.model.named_parameters()}
    trainer = Trainer(lm, Recipe(), 7.0)
    assert all(torch.equal(trainer.masters[n], x) for n, x in unrounded.items())
    assert any(not torch.equal(x, x.bfloat16().float()) for x in unrounded.values())
    masters_into(lm.model, trainer.masters)
    assert all(torch.equal(p, unrounded[n]) for n, p in lm.model.named_parameters())


def test_a_loss_that_is_not_finite_stops_the_run_before_the_masters_change() -> None:
    lm = open_model("tiny")
    trainer = Trainer(lm, FULL, 7.0)
    before = {n: x.clone() for n, x in trainer.masters.items()}
    with torch.no_grad():
        lm.model.get_input_embeddings().weight.fill_(math.nan)
    with pytest.raises(StageError, match=r"loss is nan.*lr = 0\.01"):
        trainer.step(STEP, 1e-2)
    assert all(torch.equal(x, before[n]) for n, x in trainer.masters.items())


def test_rotary_frequencies_survive_training() -> None:
    lm: LanguageModel = open_model("tiny")
    before = {n: b.clone() for n, b in lm.model.named_buffers()}
    trainer = Trainer(lm, Recipe(), 7.0)
    masters_into(lm.model, trainer.masters)
    assert all(torch.equal(b, before[n]) for n, b in lm.model.named_buffers())
