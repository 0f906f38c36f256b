"""Activations are those of the sequence alone, read where they should be."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM

from rearing import __version__
from rearing.corpus.fill import fill, sentence, slot_values
from rearing.corpus.load import COMMONS, load_corpus
from rearing.errors import StoreError
from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack
from rearing.probes.activations import by_block, pair_activations, save
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


def test_what_is_saved_is_read_without_us_and_equals_plain_transformers(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...], tmp_path: Path
) -> None:
    tiny.model.save_pretrained(tmp_path / "model")
    tiny.tokenizer.save_pretrained(tmp_path / "model")
    ours, corpus = open_model(str(tmp_path / "model")), load_corpus(COMMONS)
    save(tmp_path / "held.safetensors", ours, corpus, vignettes[:2])
    with safe_open(tmp_path / "held.safetensors", "pt") as file:
        held = {name: file.get_tensor(name) for name in file.keys()}
        said = {name: json.loads(value) for name, value in file.metadata().items()}
    assert said["rows"] == [[v.id, situation] for v in vignettes[:2] for situation in ("main", "twin")]
    assert said["corpus"] == ["commons", corpus.version, corpus.digest] and said["rearing"] == __version__
    assert said["model"][0] == str(tmp_path / "model") and said["model"][1].startswith("folder:")
    assert said["blocks"] == [0, 1, 2] and said["sites"] == ["action", "carrier"]
    assert held["right"].shape == held["rival"].shape == (4, 3, 2, 32) and held["right"].dtype == torch.float32
    assert held["margin"].tolist() == pytest.approx([p.margin for p in pair_activations(tiny, vignettes[:2], "exam")])
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    for k, (tokens, at) in enumerate(zip(said["tokens"], said["at"], strict=True)):
        for side, ids, where in zip(("right", "rival"), tokens, at, strict=True):
            assert [tiny.tokenizer.decode(ids[p]) for p in where] == [".", "."]
            with torch.no_grad():
                states = plain(torch.tensor([ids]), output_hidden_states=True).hidden_states
                normed = plain.model.norm(held[side][k, 2])
            for b, found in enumerate((held[side][k, 0], held[side][k, 1], normed)):
                assert torch.allclose(found, states[b][0, where], rtol=0, atol=1e-5), "the last one is normed there"


def test_activations_of_several_blocks_come_from_one_pass(tiny: LanguageModel, vignettes: tuple[Vignette, ...]) -> None:
    computed: list[int] = []
    hook = tiny.model.register_forward_pre_hook(lambda module, args: computed.append(1))
    found = by_block(tiny, vignettes, "exam", [0, 1, 2])
    alone = by_block(tiny, vignettes, "exam", [2])
    hook.remove()
    assert list(found) == [0, 1, 2] and len(computed) % 2 == 0
    one, other = found[2][3], alone[2][3]
    assert np.array_equal(one.right_SD, other.right_SD) and one.margin == other.margin


def test_activations_that_cannot_be_written_are_one_sentence(
    tiny: LanguageModel, vignettes: tuple[Vignette, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        save(tmp_path / "file" / "held.safetensors", tiny, load_corpus(COMMONS), vignettes[:1])
