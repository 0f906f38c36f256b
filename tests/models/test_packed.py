"""A packed row gives what each document gives alone."""

import pytest
import torch

from rearing.models.base import LanguageModel, compute_in, open_model
from rearing.models.packed import CausalAttention, logits, pack

DOCUMENTS = ((5, 9, 77, 300, 4), (1000, 17, 17, 256, 8, 9, 31, 2), (40, 41))


@pytest.fixture(scope="module")
def tiny() -> LanguageModel:
    return open_model("tiny")


@torch.inference_mode()
def test_packed_row_equals_each_document_alone(tiny: LanguageModel) -> None:
    row = pack(DOCUMENTS)
    packed = logits(tiny.model, row, torch.arange(len(row.ids_T)))
    alone = [logits(tiny.model, pack([d]), torch.arange(len(d))) for d in DOCUMENTS]
    assert torch.allclose(packed, torch.cat(alone), rtol=0, atol=1e-5)


@torch.inference_mode()
def test_packed_row_equals_the_model_without_our_attention(tiny: LanguageModel) -> None:
    from transformers import LlamaForCausalLM

    plain = LlamaForCausalLM(tiny.model.config.__class__(**tiny.model.config.to_dict()))
    plain.set_attn_implementation("eager")
    plain.load_state_dict(tiny.model.state_dict())
    plain.eval()
    row = pack(DOCUMENTS)
    packed = logits(tiny.model, row, torch.arange(len(row.ids_T)))
    expected = torch.cat([plain(input_ids=torch.tensor([d])).logits[0] for d in DOCUMENTS])
    assert torch.allclose(packed, expected, rtol=0, atol=1e-5)


@torch.inference_mode()
def test_a_document_does_not_see_its_neighbour(tiny: LanguageModel) -> None:
    at = torch.arange(len(DOCUMENTS[0]))
    one = logits(tiny.model, pack(DOCUMENTS), at)
    other = logits(tiny.model, pack([DOCUMENTS[0], (9, 9, 9)]), at)
    assert torch.equal(one, other)


@torch.inference_mode()
def test_only_the_wanted_positions_are_computed(tiny: LanguageModel) -> None:
    row = pack(DOCUMENTS)
    everywhere = logits(tiny.model, row, torch.arange(len(row.ids_T)))
    at = torch.tensor([3, 0, 11])
    some = logits(tiny.model, row, at)
    assert some.shape == (3, tiny.model.config.vocab_size)
    assert torch.allclose(some, everywhere[at], rtol=0, atol=1e-6)


def test_attention_of_training_in_bf16_equals_that_of_scoring_within_its_rounding() -> None:
    """With gradients, bf16 attention goes another way (two matrix products)."""
    lm = open_model("tiny", "bf16")
    row = pack(DOCUMENTS)
    at = torch.arange(len(row.ids_T))
    trained = logits(lm.model, row, at).float()
    with torch.inference_mode():
        scored = logits(lm.model, row, at).float()
    assert trained.requires_grad
    assert torch.allclose(trained, scored, rtol=0, atol=0.02)
    assert scored.std() > 0.05


@pytest.mark.parametrize(("heads", "keys"), [(4, 2), (3, 3), (9, 3)])
def test_our_causal_attention_and_its_gradients_equal_torchs(heads: int, keys: int) -> None:
    torch.manual_seed(0)
    shapes = ((heads, 7, 8), (keys, 7, 8), (keys, 7, 8))
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    weight = torch.randn(heads, 7, 8, dtype=torch.float64)
    mine = CausalAttention.apply(*inputs, 0.3)
    grads = torch.autograd.grad((mine * weight).sum(), inputs)
    q, k, v = (x[None] for x in inputs)
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3, enable_gqa=True)[0]
    expected = torch.autograd.grad((theirs * weight).sum(), inputs)
    assert torch.allclose(mine, theirs, rtol=0, atol=1e-10)
    for one, other in zip(grads, expected, strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-10)


def test_compute_in_leaves_the_rotary_frequencies_alone() -> None:
    lm = open_model("tiny")
    before = {name: b.clone() for name, b in lm.model.named_buffers()}
    assert before
    compute_in(lm.model, "bf16")
    assert {p.dtype for p in lm.model.parameters()} == {torch.bfloat16}
    for name, buffer in lm.model.named_buffers():
        assert torch.equal(buffer, before[name]), name
    assert lm.model.get_output_embeddings().weight is lm.model.get_input_embeddings().weight


def test_a_row_moves_with_its_masks(tiny: LanguageModel) -> None:
    """Only the `meta` device is there besides the CPU on every machine; a row made on the CPU must move whole."""
    from rearing.models.packed import plant
    from rearing.models.trees import grow

    row, _ = plant([grow([(1, 2, 3), (1, 2, 4)]), grow([(5, 6)])])
    moved = row.to(torch.device("meta"))
    assert moved.ids_T.is_meta and moved.positions_T.is_meta
    assert moved.segments[0].mask_TT is not None and moved.segments[0].mask_TT.is_meta
    assert moved.segments[1].mask_TT is None
    assert (moved.segments[1].start, moved.segments[1].stop) == (4, 6)
