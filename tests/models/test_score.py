"""Tree scoring equals scoring one pair after the other; pairs are encoded by lm-eval's rule."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack
from rearing.models.score import encode_pair, likelihoods
from rearing.models.trees import grow, plant

GROUPS = [
    [
        ("Mina sees the spill. What should she do?", " She should wipe it."),
        ("Mina sees the spill. What should she do?", " She should walk on."),
        ("Mina sees the spill. She will ", "wipe it."),
        ("Mina sees the spill. She will ", "wipe"),
    ],
    [("The ladder is lent.", " He asks for it."), ("The bus is late.", " They wait.\n")],
    [("Yes", ".")],
]


@pytest.fixture(scope="module")
def tiny() -> LanguageModel:
    return open_model("tiny")


@torch.inference_mode()
def naive(lm: LanguageModel, prompt: str, answer: str) -> float:
    """One pair by itself, token after token."""
    whole, start = encode_pair(lm, prompt, answer)
    logprobs = logits(lm.model, pack([whole]), torch.arange(len(whole))).log_softmax(-1)
    return sum(logprobs[i - 1, whole[i]].item() for i in range(start, len(whole)))


@pytest.mark.parametrize("row_tokens", [1, 40, 4096])
def test_trees_equal_one_by_one(tiny: LanguageModel, row_tokens: int) -> None:
    scored = likelihoods(tiny, GROUPS, row_tokens)
    assert [len(g) for g in scored] == [len(g) for g in GROUPS]
    for group, found in zip(GROUPS, scored, strict=True):
        for (prompt, answer), likelihood in zip(group, found, strict=True):
            assert likelihood.total == pytest.approx(naive(tiny, prompt, answer), abs=1e-4)
            assert likelihood.bytes == len(answer.encode())
            assert likelihood.total < 0 and math.isfinite(likelihood.total)


def test_progress_counts_every_group_once(tiny: LanguageModel) -> None:
    seen: list[int] = []
    likelihoods(tiny, GROUPS, 20, seen.append)
    assert sum(seen) == len(GROUPS)


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [("Should he go?", " Yes."), ("He will ", "wait"), ("He will  ", "wait"), ("A:\n", "b"), ("a", "bc"), ("x", " ")],
)
def test_pairs_are_encoded_as_lm_eval_does(tiny: LanguageModel, prompt: str, answer: str) -> None:
    """The rule of `lm_eval.api.model.TemplateLM._encode_pair`, written out."""
    spaces = len(prompt) - len(prompt.rstrip())
    context, continuation = (prompt[:-spaces], prompt[-spaces:] + answer) if spaces else (prompt, answer)
    encode = lambda text: tiny.tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    whole = encode(context + continuation)
    assert encode_pair(tiny, prompt, answer) == (whole, len(encode(context)))


def test_pairs_are_encoded_as_lm_eval_itself_does(tiny: LanguageModel) -> None:
    model = pytest.importorskip("lm_eval.api.model", reason="lm-eval is in the group `bench`")

    class Bare(model.TemplateLM):  # type: ignore[misc,name-defined]
        backend = "causal"
        eot_token_id = 0
        _loglikelihood_tokens = loglikelihood_rolling = generate_until = None

        def tok_encode(self, string: str, add_special_tokens: bool | None = None, **kwargs: object) -> list[int]:
            return tiny.encode(string)

    for prompt, answer in (pair for group in GROUPS for pair in group):
        context, continuation = Bare()._encode_pair(prompt, answer)
        assert encode_pair(tiny, prompt, answer) == (context + continuation, len(context))


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_tree_holds_its_sequences_and_shares_beginnings(sequences: list[list[int]]) -> None:
    tree = grow(sequences)
    assert [[tree.tokens[i] for i in path] for path in tree.paths] == sequences
    beginnings = {tuple(s[: i + 1]) for s in sequences for i in range(len(s))}
    assert len(tree) == len(beginnings)
    mask = tree.mask()
    for path in tree.paths:
        for depth, node in enumerate(path):
            assert mask[node].nonzero().flatten().tolist() == sorted(path[: depth + 1])
            assert tree.depths[node] == depth


def test_a_single_sequence_needs_no_mask() -> None:
    row, starts = plant([grow([(1, 2, 3)]), grow([(1, 2), (1, 3)])])
    assert starts == [0, 3]
    assert row.segments[0].mask_TT is None and row.segments[1].mask_TT is not None
    assert row.positions_T.tolist() == [0, 1, 2, 0, 1, 1]
