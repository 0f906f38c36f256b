"""Effects are those of components, a planted one is found alone, and what is knocked out is what is said."""

from itertools import chain

import numpy as np
import pytest
import torch
from tests.corpus_fixture import commons
from tests.probes.test_menus import listed, margin_alone

from rearing.errors import ModelError
from rearing.models.base import LanguageModel, open_model
from rearing.probes.components import Effects, components, edited, effects, heads, margins_without
from rearing.probes.menus import choices, margins, planted_menus, spans_of
from rearing.probes.residual import forward
from rearing.probes.spread import SHARES, at_random, by_effect, first, knock_out, participation, read
from rearing.records.scenario import Vignette

J = 4


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return commons().vignettes[:5]


@pytest.fixture
def tiny() -> LanguageModel:
    """The tiny model, made strong enough to be told from rounding; its attention hears the list from afar."""
    lm = open_model("tiny")
    with torch.no_grad():
        for block in lm.model.model.layers:
            for p in block.self_attn.parameters():
                p *= 12
            block.mlp.down_proj.weight *= 8
    return lm


def of(right: list[list[float]], place: list[list[float]] | None = None) -> Effects:
    keys = tuple((name, "main") for name in "abc"[: len(right)])
    return Effects(keys, np.array(right), np.array(place or right), torch.zeros(J, 2))  # type: ignore[arg-type]


def test_participation_by_hand() -> None:
    cases = np.array([[3.0, -3.0, 0.0], [0.0, 5.0, 0.0], [1.0, 2.0, 0.0], [-2.0, 2.0, 2.0], [0.0, 0.0, 0.0]])
    assert np.allclose(participation(cases), [2.0, 1.0, 9 / 5, 3.0, 0.0])


def test_the_order_comes_from_other_scenarios() -> None:
    found = of([[9.0, 1.0, 0.0], [0.0, -1.0, 2.0], [0.0, 3.0, -1.0]])
    assert {name: order.tolist() for name, order in by_effect(found).items()} == {
        "a": [1, 2, 0],
        "b": [0, 1, 2],
        "c": [0, 1, 2],
    }
    assert {tuple(sorted(order.tolist())) for order in at_random(found).values()} == {(0, 1, 2)}


def test_a_share_of_the_components_goes_first_ones_first() -> None:
    order = np.array([3, 0, 2, 1, 7, 6, 5, 4])
    assert np.flatnonzero(first(order, 0.25)).tolist() == [0, 3]
    assert np.flatnonzero(first(order, 0.01)).tolist() == [3], "one at least"


def test_effects_are_changes_of_the_margin_to_first_order(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    some = vignettes[:2]
    found = effects(tiny, some, "dev")
    assert found.keys == tuple((v.id, s) for v in some for s in ("main", "twin"))
    assert all(p.requires_grad for p in tiny.model.parameters())
    ((row, menus),) = planted_menus(tiny, some, "dev")
    at = [m.decision for m in menus]
    held: dict[int, torch.Tensor] = {}
    for j in range(J):
        changed = []
        for step in (-0.25, 0.25):

            def move(i: int, out_TD: torch.Tensor, j: int = j, step: float = step) -> torch.Tensor:
                moved = out_TD.clone()
                if i == j:
                    held[j] = moved[at].clone()
                    moved[at] += step * (held[j].mean(dim=0) - held[j])
                return moved

            with torch.no_grad(), edited(tiny, move):
                changed.append(margins(menus, forward(tiny, row, spans_of(menus))[1]).double().numpy())
        by_order = ((changed[1] - changed[0]) / 0.5).reshape(-1, 2)
        scale = np.abs(by_order).max()
        assert scale > 2e-5, "ten times what rounding does"
        assert np.allclose(found.right_KJ[:, j], by_order.mean(axis=1), atol=0.05 * scale)
        assert np.allclose(found.place_KJ[:, j], (by_order[:, 0] - by_order[:, 1]) / 2, atol=0.05 * scale)
        assert np.allclose(found.mean_JD[j], held[j].mean(dim=0), atol=1e-5)


def test_heads_are_told_apart_and_sum_to_attention(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    whole, parts = effects(tiny, vignettes, "dev"), heads(tiny, vignettes, "dev")
    assert parts.keys == whole.keys
    for of_heads, of_components in ((parts.right_KJ, whole.right_KJ), (parts.place_KJ, whole.place_KJ)):
        summed = of_heads.reshape(len(whole.keys), 2, 4).sum(axis=2)
        assert np.allclose(summed, of_components[:, ::2], rtol=1e-3, atol=1e-3 * np.abs(of_components).max())
    size = tiny.model.config.head_dim
    with torch.no_grad():
        tiny.model.model.layers[0].self_attn.o_proj.weight[:, 2 * size : 3 * size] = 0
        tiny.model.model.layers[1].self_attn.o_proj.weight[:, size:] = 0
    left = heads(tiny, vignettes, "dev").right_KJ.any(axis=0)
    assert left.tolist() == [True, True, False, True, True, False, False, False]


def test_a_knock_out_by_hand(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    """Attention of the first block and the MLP of the second are out at the decision token, each text alone."""
    mean_JD = effects(tiny, vignettes, "dev").mean_JD
    out = {v.id: np.array([k == 1, False, False, k == 1]) for k, v in enumerate(vignettes)}
    found = margins_without(tiny, vignettes, "dev", mean_JD, out)
    v, alone = vignettes[1], []
    for order in ((0, 1), (1, 0)):
        pieces = listed(tiny, v, "twin", order)
        at = len(list(chain(*pieces[:6]))) - 1

        def put(j: int, out_TD: torch.Tensor, at: int = at) -> torch.Tensor:
            changed = out_TD.clone()
            if j in (0, 3):
                changed[at] = mean_JD[j]
            return changed

        with edited(tiny, put):
            alone.append(-margin_alone(tiny, v, pieces))
    assert found[v.id, "twin"] == pytest.approx(np.mean(alone), abs=1e-6)
    as_it_is = {(c.scenario, c.situation): c.margin for c in choices(tiny, vignettes, "dev", graded=False)}
    moved = {key[0] for key in found if abs(found[key] - as_it_is[key]) > 1e-5}
    assert moved == {v.id}, "the others are left as they are"


def test_a_planted_component_does_it_alone_and_goes_first(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    """All but the attention of the first block add nothing."""
    with torch.no_grad():
        tiny.model.model.layers[0].mlp.down_proj.weight.zero_()
        tiny.model.model.layers[1].self_attn.o_proj.weight.zero_()
        tiny.model.model.layers[1].mlp.down_proj.weight.zero_()
    found = effects(tiny, vignettes, "dev")
    assert np.allclose(participation(found.right_KJ), 1.0) and np.allclose(participation(found.place_KJ), 1.0)
    assert all(order[0] == 0 for order in by_effect(found).values())
    as_it_is = np.array([c.margin for c in choices(tiny, vignettes, "dev", graded=False)])
    for gone, alike in (([0], False), ([1, 2, 3], True)):
        out = {v.id: np.isin(np.arange(J), gone) for v in vignettes}
        moved = np.array(list(margins_without(tiny, vignettes, "dev", found.mean_JD, out).values()))
        assert np.allclose(moved, as_it_is, atol=1e-6) is alike


def test_rows_of_both_readings(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    held = choices(tiny, vignettes, "dev", graded=False)
    found = effects(tiny, vignettes, "dev")
    spread = {(r["reading"], r["scenario"], r["situation"]): r["value"] for r in read(tiny, vignettes, "dev", held)}
    right, place = participation(found.right_KJ), participation(found.place_KJ)
    assert [spread["spread", *key] for key in found.keys] == pytest.approx(list(right / (right + place)))
    for key in found.keys:
        own = spread["spread", *key]
        assert spread["spread-null", *key] in (own, 1.0 - own)
    rows = list(knock_out(tiny, vignettes, "dev", held))
    assert len(rows) == 2 * (1 + len(SHARES)) * len(held)
    none_out = {(r["scenario"], r["situation"]): r["value"] for r in rows if r["site"] == "decision-0"}
    assert none_out == {(c.scenario, c.situation): float(c.margin > 0) for c in held}


def test_a_model_of_another_make_is_refused_in_one_sentence() -> None:
    lm = open_model("tiny")
    for block in lm.model.model.layers:
        block.feed_forward = block.mlp
        del block.mlp
    with pytest.raises(ModelError, match="have no parts named self_attn and mlp"):
        components(lm)
    lm = open_model("tiny")
    for block in lm.model.model.layers:
        block.self_attn.dense = block.self_attn.o_proj
        del block.self_attn.o_proj
    with pytest.raises(ModelError, match="has no part named o_proj"):
        heads(lm, commons().vignettes[:1], "dev")
