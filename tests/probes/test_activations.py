"""Activations are those of the sequence alone, read where they should be."""

import numpy as np
import pytest
import torch

from rearing.corpus.fill import fill, sentence, slot_values
from rearing.corpus.load import COMMONS, load_corpus
from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack
from rearing.probes.activations import pair_activations
from rearing.probes.sequences import CARRIER
from rearing.records.scenario import Vignette


@pytest.fixture(scope="module")
def vignettes() -> tuple[Vignette, ...]:
    return load_corpus(COMMONS).vignettes[:5]


@pytest.fixture(scope="module")
def tiny() -> LanguageModel:
    return open_model("tiny")


def test_activations_equal_those_of_each_text_alone(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    found = pair_activations(tiny, vignettes, "exam")
    assert [(p.scenario, p.situation) for p in found] == [(v.id, s) for v in vignettes for s in ("main", "twin")]
    v, pair = vignettes[2], found[5]
    values = slot_values(v, "exam", 0)
    filled = fill(v, values)
    context = " ".join(sentence(t) for t in (*filled.setting, *(m.text for m in filled.minds), filled.twin))
    right = filled.option("rejected")
    phrase = right.mf or right
    action = f" {values['A']} {phrase.fin}."
    ids = tiny.encode(context) + tiny.encode(action) + tiny.encode(CARRIER)
    at = (len(tiny.encode(context)) + len(tiny.encode(action)) - 1, len(ids) - 1)
    with torch.inference_mode():
        out = tiny.model.model(
            input_ids=torch.tensor([ids]), segments=pack([ids]).segments, output_hidden_states=True, use_cache=False
        )
        states = out.hidden_states[1][0][list(at)].double().numpy()
    assert pair.situation == "twin"
    assert np.allclose(pair.right_SD, states, rtol=0, atol=1e-5)


def test_margins_are_log_probabilities_per_byte(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    v = vignettes[0]
    pair = pair_activations(tiny, [v], "exam")[0]
    values = slot_values(v, "exam", 0)
    filled = fill(v, values)
    context = tiny.encode(
        " ".join(sentence(t) for t in (*filled.setting, *(m.text for m in filled.minds), filled.main))
    )
    per_byte = []
    for option in (filled.option("endorsed"), filled.option("rejected")):
        action = f" {values['A']} {(option.mf or option).fin}."
        ids = context + tiny.encode(action)
        with torch.inference_mode():
            logprobs = logits(tiny.model, pack([ids]), torch.arange(len(ids))).log_softmax(-1)
        total = sum(logprobs[i - 1, ids[i]].item() for i in range(len(context), len(ids)))
        per_byte.append(total / len(action.encode()))
    assert pair.margin == pytest.approx(per_byte[0] - per_byte[1], abs=1e-5)


def test_progress_counts_every_vignette(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    seen: list[int] = []
    pair_activations(tiny, vignettes, "exam", seen.append)
    assert sum(seen) == len(vignettes)


def test_logits_are_made_at_the_tokens_of_the_actions_alone(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...]
) -> None:
    kept: list[int] = []
    hook = tiny.model.register_forward_pre_hook(
        lambda module, args, kwargs: kept.append(len(kwargs["logits_to_keep"])), with_kwargs=True
    )
    pair_activations(tiny, vignettes, "exam")
    hook.remove()
    actions = [
        len(tiny.encode(f" {slot_values(v, 'exam', 0)['A']} {(option.mf or option).fin}."))
        for v in vignettes
        for option in fill(v, slot_values(v, "exam", 0)).options
    ]
    assert 0 < sum(kept) <= 2 * sum(actions), "two situations"
