"""Menus are read where they should be, slopes are derivatives, and an exchange puts in what it says."""

from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
import pytest
import torch
from tests.corpus_fixture import commons

from rearing.corpus.fill import fill, sentence, slot_values
from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack
from rearing.probes import interchange
from rearing.probes.menus import choices, margins, planted_menus, spans_of
from rearing.probes.residual import forward
from rearing.probes.sequences import BEFORE_FIRST, BEFORE_SECOND, END, TICKED
from rearing.records.scenario import Situation, Vignette


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return commons().vignettes[:5]


@pytest.fixture
def tiny() -> LanguageModel:
    return open_model("tiny")


def listed(lm: LanguageModel, v: Vignette, situation: Situation, order: tuple[int, int]) -> tuple[list[int], ...]:
    """The pieces of a menu by hand: context, list and lead, and both ticked options; option 0 is the endorsed one."""
    values = slot_values(v, "dev", 0)
    filled = fill(v, values)
    context = " ".join(
        sentence(t) for t in (*filled.setting, *(m.text for m in filled.minds), getattr(filled, situation))
    )
    texts = [f" {(o.mf or o).inf}" for o in (filled.option("endorsed"), filled.option("rejected"))]
    parts = [BEFORE_FIRST, texts[order[0]], BEFORE_SECOND, texts[order[1]], TICKED.format(values["A"])]
    return lm.encode(context), *map(lm.encode, parts), *(lm.encode(t) + lm.encode(END) for t in texts)


def margin_alone(
    lm: LanguageModel,
    v: Vignette,
    pieces: tuple[list[int], ...],
    given: tuple[int | slice, torch.Tensor] | None = None,
    block: int = 1,
) -> float:
    """Margin of the endorsed option per byte, each text alone; `given` replaces the residual stream at positions."""
    values = slot_values(v, "dev", 0)
    filled = fill(v, values)
    prompt = list(chain(*pieces[:6]))
    found = []
    for ticked, option in zip(pieces[6:], (filled.option("endorsed"), filled.option("rejected")), strict=True):
        ids = prompt + ticked

        def put(module: object, args: object, out: torch.Tensor) -> torch.Tensor:
            if given is not None:
                out = out.clone()
                out[0, given[0]] = given[1]
            return out

        hook = lm.model.model.layers[block - 1].register_forward_hook(put)
        with torch.no_grad():
            logprobs = logits(lm.model, pack([ids]), torch.arange(len(ids))).log_softmax(-1)
        hook.remove()
        total = sum(logprobs[i - 1, ids[i]].item() for i in range(len(prompt), len(ids)))
        found.append(total / len(f" {(option.mf or option).inf}{END}".encode()))
    return found[0] - found[1]


def state_alone(lm: LanguageModel, pieces: tuple[list[int], ...], at: int | slice, block: int = 1) -> torch.Tensor:
    """Residual stream after a block, the first of two."""
    ids = list(chain(*pieces[:6]))
    held: list[torch.Tensor] = []
    hook = lm.model.model.layers[block - 1].register_forward_hook(lambda module, args, out: held.append(out[0][at]))
    with torch.no_grad():
        logits(lm.model, pack([ids]), torch.tensor([0]))
    hook.remove()
    return held[0]


def test_margins_and_mentions_equal_those_of_each_text_alone(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...]
) -> None:
    found = choices(tiny, vignettes, "dev", graded=False)
    assert [(c.scenario, c.situation) for c in found] == [(v.id, s) for v in vignettes for s in ("main", "twin")]
    v, main, twin = vignettes[2], found[4], found[5]
    for choice, sign, situation in ((main, 1, "main"), (twin, -1, "twin")):
        both = [listed(tiny, v, situation, order) for order in ((0, 1), (1, 0))]
        assert choice.margin == pytest.approx(sign * np.mean([margin_alone(tiny, v, p) for p in both]), abs=1e-6)
        differences = []
        for pieces, first in zip(both, (1, -1), strict=True):
            one = sum(map(len, pieces[:3]))
            ends = (one - 1, one + sum(map(len, pieces[3:5])) - 1)
            differences.append(first * (state_alone(tiny, pieces, ends[0]) - state_alone(tiny, pieces, ends[1])))
        assert np.allclose(choice.mention_D, sign * torch.stack(differences).mean(0).numpy(), atol=1e-5)
    assert not main.slope_D.any(), "nothing was asked for"


def test_slopes_are_derivatives_and_parameters_learn_as_before(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...]
) -> None:
    with torch.no_grad():  # so that mentions are heard from afar
        for p in tiny.model.model.layers[1].self_attn.parameters():
            p *= 12
    found = choices(tiny, vignettes[:2], "dev", graded=True)
    assert all(p.requires_grad for p in tiny.model.parameters())
    direction = torch.from_numpy(np.random.default_rng(0).standard_normal(found[0].slope_D.shape[0])).float()
    ((row, menus),) = planted_menus(tiny, vignettes[:2], "dev")

    def moved(hidden_TD: torch.Tensor, dose: float) -> torch.Tensor:
        changed = hidden_TD.clone()
        for m in menus:
            changed[m.mentions[0]] += dose * direction
            changed[m.mentions[1]] -= dose * direction
        return changed

    with torch.no_grad():
        up, down = (
            margins(menus, forward(tiny, row, spans_of(menus), partial(moved, dose=dose))[1]).reshape(-1, 2).mean(1)
            for dose in (0.002, -0.002)
        )
    expected = ((up - down) / 0.004).numpy()
    slopes = np.array([c.slope_D @ direction.double().numpy() for c in found])
    assert np.abs(slopes).max() > 1e-2
    assert np.allclose(slopes, expected, rtol=0.05, atol=1e-3)


def test_the_lens_is_the_margin_where_the_blocks_above_do_nothing(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...]
) -> None:
    as_it_is = choices(tiny, vignettes, "dev", graded=False)
    assert not np.allclose([c.lens for c in as_it_is], [c.margin for c in as_it_is], atol=1e-6)
    block = tiny.model.model.layers[1]
    with torch.no_grad():
        block.self_attn.o_proj.weight.zero_()
        block.mlp.down_proj.weight.zero_()
    found = choices(tiny, vignettes, "dev", graded=False)
    assert np.allclose([c.lens for c in found], [c.margin for c in found], atol=1e-6)


def test_an_exchange_by_hand(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision token of `main` gets the residual stream of that token in `twin`, the list as it stands."""
    monkeypatch.setattr(interchange, "DEPTH", 0.5)  # as `state_alone` reads
    found = choices(tiny, vignettes, "dev", graded=False)
    v, m = vignettes[1], {c.situation: c.margin for c in found if c.scenario == vignettes[1].id}
    exchanged = []
    for order in ((0, 1), (1, 0)):
        here, there = (listed(tiny, v, s, order) for s in ("main", "twin"))
        state = state_alone(tiny, there, sum(map(len, there[:6])) - 1)
        exchanged.append(margin_alone(tiny, v, here, (sum(map(len, here[:6])) - 1, state)))
    carried, whole = m["main"] - np.mean(exchanged), abs(m["main"] + m["twin"])
    for least in (0.0, 2 * whole):
        monkeypatch.setattr(interchange, "LEAST", least)
        rows = {
            (r["reading"], r["scenario"], r["situation"]): r["value"] for r in interchange.read(tiny, vignettes, "dev")
        }
        share = np.clip(carried / max(whole, least), -1, 1)
        assert abs(share) > 1e-3
        assert rows["interchange", v.id, "main"] == pytest.approx(0.5 + 0.5 * share, abs=1e-3)


def test_an_exchange_between_situations_that_are_one_carries_nothing(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interchange, "LEAST", 1e-4)
    alike = [replace(v, twin=v.main) for v in vignettes]
    rows = list(interchange.read(tiny, alike, "dev"))
    own, null = ([r["value"] for r in rows if r["reading"] == n] for n in ("interchange", "interchange-null"))
    assert len(own) == len(null) == 2 * len(vignettes)
    assert np.allclose(own, 0.5, atol=1e-3)
    assert not np.allclose(null, 0.5, atol=1e-2)


def places(pieces: tuple[list[int], ...]) -> list[slice]:
    """Of `interchange.PLACES`, in a menu alone."""
    ends = np.cumsum([len(pieces[0]), len(pieces[1] + pieces[2]), len(pieces[3] + pieces[4]), len(pieces[5]) - 1])
    starts = [ends[0] - 1, *ends]
    return [slice(start, end) for start, end in zip(starts, [*ends, ends[-1] + 1], strict=True)]


@pytest.mark.parametrize("block", [1, 2])
def test_exchanges_by_place_and_block_by_hand(tiny: LanguageModel, vignettes: tuple[Vignette, ...], block: int) -> None:
    with torch.no_grad():  # so that the list is heard from afar
        for p in tiny.model.model.layers[1].self_attn.parameters():
            p *= 12
    some = vignettes[: 3 if block == 1 else 1]
    carried, whole = np.zeros(len(interchange.PLACES)), 0.0
    for v in some:
        facts, moved = [], []
        for order in ((0, 1), (1, 0)):
            menus = [listed(tiny, v, situation, order) for situation in ("main", "twin")]
            as_it_is = [margin_alone(tiny, v, pieces) for pieces in menus]
            facts.append(as_it_is[0] - as_it_is[1])
            for here, there, sign, margin in zip(menus, menus[::-1], (1, -1), as_it_is, strict=True):
                exchanged = [
                    margin_alone(tiny, v, here, (to, state_alone(tiny, there, at, block)), block)
                    for to, at in zip(places(here), places(there), strict=True)
                ]
                moved.append(sign * (margin - np.array(exchanged)))
        carried += np.sign(np.mean(facts)) * np.mean(moved, axis=0)
        whole += abs(np.mean(facts))
    found = interchange.by_block(tiny, some, "dev", [2, block])
    assert (np.abs(carried / whole) > 5e-3).tolist() == [block == 1] * 4 + [True], "the last block hears nobody"
    assert np.allclose(found[1], carried / whole, rtol=1e-3, atol=2e-4)
    assert len(tiny.model.model.layers) == 2 and all(block.self_attn for block in tiny.model.model.layers)
