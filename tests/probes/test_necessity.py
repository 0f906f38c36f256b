"""A planted direction that choices hang on is found with its share, and another one is not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from tests.corpus_fixture import commons

from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import pack
from rearing.probes.menus import Choice, choices, planted_menus
from rearing.probes.necessity import RANDOM, directions, erased, every_block, hold, margins_without, read, values
from rearing.probes.sequences import END
from rearing.records.scenario import Vignette

WIDTH = 32
AXIS = torch.from_numpy(np.linalg.qr(np.random.default_rng(2).standard_normal((WIDTH, 1)))[0][:, 0]).float()


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return commons().vignettes[:8]


@pytest.fixture
def tiny() -> LanguageModel:
    """The tiny model, whose last block hears the list from afar."""
    lm = open_model("tiny")
    with torch.no_grad():
        for p in lm.model.model.layers[1].self_attn.parameters():
            p *= 12
    return lm


def choice(scenario: str, situation: str = "main") -> Choice:
    nothing = np.zeros(2)
    return Choice(scenario, situation, 0.0, 0.0, nothing, nothing)  # type: ignore[arg-type]


def test_values_by_hand() -> None:
    """Right margins are 1 and -3, in the mean 2 long; places are -1 and 0, 1/2 long."""
    own = np.array([[0.0, 2.0], [-3.0, -3.0]])
    moral = np.array([[-0.5, 1.5], [-3.0, -3.0]])  # right 0.5 and -3; places -1 and 0
    random = np.array([[0.5, 1.5], [-2.0, -4.0]])  # right 1 and -3; places -1/2 and 1
    gone = np.stack([moral, *[random] * RANDOM])
    found = {(r["reading"], r["scenario"]): r["value"] for r in values([choice("a"), choice("b")], own, gone)}
    assert found["necessity", "a"] == pytest.approx(0.5 + 0.5 * (1 - 0.5) / 2)
    assert found["necessity", "b"] == 0.5
    assert found["necessity-null", "a"] in (0.5 + 0.5 * 0.5 / 0.5, 0.5 - 0.5 * 0.5 / 0.5)
    assert found["necessity-null", "b"] in (0.0, 1.0), "1 / (1/2) is cut at 1"
    assert {r["value"] for r in values([choice("a")], np.zeros((1, 2)), np.zeros((1 + RANDOM, 1, 2)))} == {0.5}


def test_an_erasure_by_hand() -> None:
    """In standardised coordinates (3, 1) - (1, 1) = (2, 0) over (2, 1) is (1, 0); along (3, 4) / 5 that is 3/5."""
    hidden = torch.tensor([[3.0, 1.0], [3.0, 1.0], [1.0, 1.0]])
    found = erased(
        hidden,
        torch.tensor([0, -1, 0]),
        torch.tensor([1.0, 1.0]),
        torch.tensor([2.0, 1.0]),
        torch.tensor([[0.6, 0.8]]),
    )
    assert torch.allclose(found, torch.tensor([[3 - 0.36 * 2, 1 - 0.48], [3.0, 1.0], [1.0, 1.0]]))


def test_directions_are_cross_fitted_and_of_length_1_at_every_block() -> None:
    differences = np.random.default_rng(0).standard_normal((6, 3, 4))
    found = directions(differences, 2)
    assert found.shape == (1 + RANDOM, 3, 4)
    others = np.delete(differences, 2, axis=0).mean(axis=0)
    assert np.allclose(found[0], others / np.linalg.norm(others, axis=1, keepdims=True))
    assert np.allclose(np.linalg.norm(found, axis=2), 1)
    assert np.allclose((found[1:] * found[0]).sum(axis=2), 0), "random ones lie across"
    differences[2] *= 1e6
    assert np.array_equal(directions(differences, 2), found)


def test_what_is_held_is_held_at_every_block(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    held = hold(tiny, vignettes[:2], "dev")
    as_it_is = choices(tiny, vignettes[:2], "dev", graded=False)
    assert np.allclose(held.margin_M.reshape(-1, 2).mean(axis=1), [c.margin for c in as_it_is], atol=1e-6)
    first = held.mention_MPLD.reshape(-1, 2, *held.mention_MPLD.shape[1:])
    mentions = (first[:, :, 0, 0] - first[:, :, 1, 0]).mean(axis=1)
    assert np.allclose(mentions, [c.mention_D for c in as_it_is], atol=1e-6), "readings stand on block 1 of 2 here"


def test_every_block_goes_without_it_and_first_tokens_stay(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...]
) -> None:
    """Margins are those of a model in which a hook of another make erases the same, each vignette alone."""
    some, rng = vignettes[:2], np.random.default_rng(3)
    along = rng.standard_normal((2, 2, WIDTH))
    along /= np.linalg.norm(along, axis=2, keepdims=True)
    middle, scale = rng.standard_normal((2, WIDTH)) / 50, rng.uniform(0.01, 0.02, (2, WIDTH))
    found = margins_without(tiny, some, "dev", along, middle, scale)
    expected: list[float] = []
    for v in range(2):

        def erase(block: int, v: int = v) -> Callable[..., torch.Tensor]:
            d, m, s = (torch.from_numpy(x[block]).float() for x in (along[v], middle, scale))
            keep = torch.eye(WIDTH) - torch.outer(d, d)

            def hook(module: Any, args: Any, out: torch.Tensor) -> torch.Tensor:
                changed = ((out[0] - m) / s) @ keep.T * s + m
                changed[0] = out[0, 0]
                return changed[None]

            return hook

        handles = [layer.register_forward_hook(erase(b)) for b, layer in enumerate(tiny.model.model.layers)]
        expected += hold(tiny, [some[v]], "dev").margin_M.tolist()
        for handle in handles:
            handle.remove()
    assert np.allclose(found, expected, atol=1e-6)
    assert not np.allclose(found, hold(tiny, some, "dev").margin_M, atol=1e-5)


@contextmanager
def planted(lm: LanguageModel, vignettes: tuple[Vignette, ...], size: float) -> Iterator[None]:
    """Mentions and ticks of what is right lie along AXIS after the first block, those of the rival against it."""
    shifts = {}
    for row, menus in planted_menus(lm, vignettes, "dev"):
        shift = torch.zeros(len(row.ids_T), WIDTH)
        for m in menus:
            for mention, (at, _), sign in zip(m.mentions, m.spans, (1, -1), strict=True):
                shift[[mention, at[-1]]] += sign * size * AXIS
        shifts[row.ids_T.numpy().tobytes()] = shift
    ids: list[bytes] = []
    see = lm.model.register_forward_pre_hook(
        lambda module, args, kwargs: ids.append(kwargs["input_ids"][0].numpy().tobytes()), with_kwargs=True
    )
    put = lm.model.model.layers[0].register_forward_hook(lambda module, args, out: out + shifts[ids[-1]])
    try:
        yield
    finally:
        see.remove()
        put.remove()


def mean(lm: LanguageModel, vignettes: tuple[Vignette, ...], reading: str = "necessity") -> float:
    rows = read(lm, vignettes, "dev", choices(lm, vignettes, "dev", graded=False))
    return float(np.mean([r["value"] for r in rows if r["reading"] == reading]))


def ended_along(weight: float) -> LanguageModel:
    """A model that ends a line where the residual stream lies along AXIS."""
    lm = open_model("tiny")
    with torch.no_grad():
        lm.model.model.embed_tokens.weight[lm.encode(END)[0]] += weight * AXIS
    return lm


@pytest.mark.parametrize("weight", [0.6, -0.6])
def test_a_planted_direction_is_found_with_its_share(weight: float, vignettes: tuple[Vignette, ...]) -> None:
    """The share is what the margins lose when nothing is planted; it is below a half where wrong lines are ended."""
    lm = ended_along(weight)
    without = hold(lm, vignettes, "dev").margin_M.reshape(-1, 2).mean(axis=1)
    with planted(lm, vignettes, 4.0):
        whole = hold(lm, vignettes, "dev").margin_M.reshape(-1, 2).mean(axis=1)
        found = mean(lm, vignettes)
    share = float(np.clip((whole - without) / np.abs(whole).mean(), -1, 1).mean())
    assert share * weight > 0.15, "the choice does hang on what was planted"
    assert found == pytest.approx(0.5 + 0.5 * share, abs=0.06)  # .041 off on one machine, less on others


def test_a_direction_that_no_choice_hangs_on_is_a_half(vignettes: tuple[Vignette, ...]) -> None:
    lm = ended_along(0.0)
    with planted(lm, vignettes, 4.0):
        assert mean(lm, vignettes) == pytest.approx(0.5, abs=0.03)


def test_edits_see_every_block_and_leave_no_hook(tiny: LanguageModel) -> None:
    seen: list[int] = []

    def look(block: int, hidden_TD: torch.Tensor) -> torch.Tensor:
        seen.append(block)
        return hidden_TD

    row = pack([[1, 2, 3]])
    with every_block(tiny, look), torch.no_grad():
        tiny.model(input_ids=row.ids_T[None], position_ids=row.positions_T[None], segments=row.segments)
    assert seen == [0, 1]
    assert not any(layer._forward_hooks for layer in tiny.model.model.layers)
