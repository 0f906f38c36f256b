"""Tree scoring equals scoring one pair after the other; pairs are encoded by lm-eval's rule."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus_fixture import small_corpus
from tests.evals.scripted import chat

from rearing.errors import ModelError
from rearing.evals.ask import ask
from rearing.evals.bank import agentic_items, shift_items
from rearing.evals.pressure import pressure_items
from rearing.models import trees
from rearing.models.base import LanguageModel, open_model
from rearing.models.packed import logits, pack, plant
from rearing.models.score import CHUNK, likelihoods, token_logprobs
from rearing.models.trees import ROW_TOKENS, encode_pair, grow, share
from rearing.records.item import Item, Prompt

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
    whole, start = encode_pair(lm.encode, prompt, answer)
    logprobs = logits(lm.model, pack([whole]), torch.arange(len(whole))).float().log_softmax(-1)
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


def test_trees_equal_one_by_one_in_bf16_too() -> None:
    """As far as its eight bits go; that it decides as fp32 does is a check of every study that asks in it."""
    half, full = open_model("tiny", "bf16"), open_model("tiny")
    assert half.model.dtype == torch.bfloat16
    pairs = [pair for group in GROUPS for pair in group]
    found = [x.total for group in likelihoods(half, GROUPS) for x in group]
    alone, exact = ([naive(lm, *pair) for pair in pairs] for lm in (half, full))
    assert found == pytest.approx(alone, abs=0.01) and found == pytest.approx(exact, abs=0.01) and found != exact


def test_progress_adds_up_to_all_of_the_work(tiny: LanguageModel) -> None:
    seen: list[float] = []
    likelihoods(tiny, GROUPS, 20, seen.append)
    assert len(seen) > 2 and sum(seen) == pytest.approx(1)


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
    assert encode_pair(tiny.encode, prompt, answer) == (whole, len(encode(context)))


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
        assert encode_pair(tiny.encode, prompt, answer) == (context + continuation, len(context))


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
            assert np.flatnonzero(mask[node]).tolist() == sorted(path[: depth + 1])
            assert tree.depths[node] == depth


def test_a_single_sequence_needs_no_mask() -> None:
    row, starts = plant([grow([(1, 2, 3)]), grow([(1, 2), (1, 3)])])
    assert starts == [0, 3]
    assert row.segments[0].mask_TT is None and row.segments[1].mask_TT is not None
    assert row.positions_T.tolist() == [0, 1, 2, 0, 1, 1]


def several_families() -> list[Item]:
    asked = small_corpus().vignettes[:2]
    forms = ("chat", "log", "ranking", "letters", "review", "scale")
    return [
        *shift_items(asked, forms, "natural", "exam", chat),
        *agentic_items(asked, "exam"),
        *pressure_items(asked, "exam", chat),
    ]


def groups_of(items: Sequence[Item]) -> list[list[tuple[str, str]]]:
    return [[(p.text, answer) for answer in p.answers] for i in items for p in i.prompts]


def totals(lm: LanguageModel, items: Sequence[Item], row_tokens: int = ROW_TOKENS) -> list[float]:
    return [x.total for group in likelihoods(lm, groups_of(items), row_tokens) for x in group]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_log_probabilities_of_tokens_are_those_of_a_softmax(dtype: torch.dtype) -> None:
    """More rows than are summed at once, in any order, some asked twice and some not at all."""
    draw = torch.Generator().manual_seed(0)
    table_SV = (3 * torch.randn(2 * CHUNK + 44, 50, generator=draw)).to(dtype)
    rows = torch.randint(len(table_SV) - 1, (900,), generator=draw).tolist()
    tokens = torch.randint(50, (900,), generator=draw).tolist()
    assert torch.allclose(
        token_logprobs(table_SV, rows, tokens), table_SV.float().log_softmax(1)[rows, tokens], atol=1e-5
    )


# One tree for all that begins alike, as it is, and nothing shared.
CUTS = (1e9, trees.TOKEN_PAIRS, 1e-9)


def test_how_sequences_are_cut_changes_log_likelihoods_by_rounding_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In fp32 a sum depends on the shape of a row; in fp64, rounded at the end, it hardly does."""
    found: dict[str, list[list[float]]] = {}
    lm, items = open_model("tiny"), several_families()
    for dtype, weights in (("fp32", lm.model.float), ("fp64", lm.model.double)):
        weights()
        for pairs in CUTS:
            monkeypatch.setattr(trees, "TOKEN_PAIRS", pairs)
            found.setdefault(dtype, []).append(totals(lm, items, 4096))
        monkeypatch.undo()
        found[dtype].append(totals(lm, items))
    fp32, fp64 = np.array(found["fp32"]), np.array(found["fp64"])
    assert fp32.shape[1] > 250
    assert np.abs(fp32 - fp32[1]).max() < 1e-3
    assert np.abs(fp64 - fp64[1]).max() < 1e-4
    assert (fp64 == fp64[1]).mean() > 0.9


def test_trees_are_cut_where_sharing_costs_more_than_it_saves(tiny: LanguageModel) -> None:
    """Cheaper than one tree a scenario, which is too wide, and than nothing shared, which is too long."""

    def sequences(items: Sequence[Item]) -> list[list[int]]:
        return [encode_pair(tiny.encode, *pair)[0][:-1] for group in groups_of(items) for pair in group]

    items = several_families()
    by_scenario = [sequences([i for i in items if i.scenario == s]) for s in {i.scenario for i in items}]
    cut = [s.tokens for s in share(sequences(items))]
    wide, single = [len(grow(part)) for part in by_scenario], [len(s) for s in sequences(items)]
    cost = lambda sizes: sum(map(trees._cost, sizes))  # noqa: E731
    assert cost(cut) < 0.6 * min(cost(wide), cost(single))
    assert max(cut) <= ROW_TOKENS < max(wide)
    assert cut == sorted(cut, reverse=True), "trees alike in length come together"


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=12),
    st.integers(1, 20),
    st.sampled_from(CUTS),
)
@settings(max_examples=80, deadline=None)
def test_every_sequence_is_in_one_tree_of_the_size_that_was_counted(
    sequences: list[list[int]], most: int, pairs: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "TOKEN_PAIRS", pairs)
        made = share(sequences, most)
    assert sorted(k for s in made for k in s.members) == list(range(len(sequences)))
    for s in made:
        members = [sequences[k] for k in s.members]
        assert len(grow(members)) == s.tokens
        assert s.tokens <= most or all(m == members[0] for m in members)


@contextmanager
def watched(lm: LanguageModel) -> Iterator[list[tuple[int, int]]]:
    """(Tokens, positions with logits) of every forward pass."""
    seen: list[tuple[int, int]] = []

    def look(module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        seen.append((kwargs["input_ids"].numel(), len(kwargs["logits_to_keep"])))

    hook = lm.model.register_forward_pre_hook(look, with_kwargs=True)
    yield seen
    hook.remove()


@pytest.mark.parametrize("words", [40, 600])
def test_memory_has_a_bound_in_tokens_and_in_logits(tiny: LanguageModel, words: int) -> None:
    """A row has `row_tokens`, or one sequence that is longer by itself; logits are made for `row_tokens` at most."""
    bound = 256
    long = [("It is told:", " one two" * words), ("It is told:", " two one" * words)]
    with watched(tiny) as seen:
        scored = likelihoods(tiny, [*GROUPS, long], bound)
    longest = max(len(encode_pair(tiny.encode, *pair)[0]) - 1 for pair in long)
    assert max(tokens for tokens, _ in seen) <= max(bound, longest)
    assert max(kept for _, kept in seen) <= bound
    assert (longest > bound) == (words == 600)
    for pair, found in zip(long, scored[-1], strict=True):
        assert found.total == pytest.approx(naive(tiny, *pair), rel=1e-5)


def test_an_item_that_is_too_long_is_named(tiny: LanguageModel) -> None:
    item = Item("x", "shift", "chat", "open", "natural", "v1-x", "main", 0, (Prompt(" a b" * 1200, (" c", " d")),))
    with pytest.raises(ModelError) as caught:
        ask(tiny, [*several_families()[:1], item], "sum")
    assert str(caught.value).startswith("scenario 'v1-x' in form 'chat' of shift has 2,400 tokens, and the context of")
    assert tiny.context == 2048
