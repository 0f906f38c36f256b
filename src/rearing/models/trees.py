"""Trees of tokens: sequences that begin alike share their beginning, where that is worth it.

Here stands what is computed for a list of (prompt, answer) pairs, without computing it: the engine (`models.score`) and
the forecast (`study.forecast`) both go by it, so this module needs no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rearing.arms.tokens import Encode

ROW_TOKENS = 1024
# Every token of a tree attends to the whole tree under a mask: so many pairs of tokens cost what one token costs in
# matrix products (docs/lab-log.md). A larger model has dearer tokens, so that this shares too little there.
TOKEN_PAIRS = 1000


@dataclass(slots=True)
class Tree:
    """A token trie. Node i has token `tokens[i]`, parent `parents[i]` (-1: a root) and depth `depths[i]`."""

    tokens: list[int]
    parents: list[int]
    depths: list[int]
    paths: list[list[int]]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def linear(self) -> bool:
        """Whether it is a single sequence, which needs no mask but the causal one."""
        return all(parent == i - 1 for i, parent in enumerate(self.parents))

    def mask(self) -> NDArray[np.bool_]:
        """(T, T): True where the column is the row's node or one of its ancestors."""
        n = len(self)
        seen = np.zeros((n, n), dtype=bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] = seen[parent]
            seen[i, i] = True
        return seen


@dataclass(slots=True)
class Share:
    """Which sequences share a tree, and how many tokens it has."""

    members: list[int]
    tokens: int


def encode_pair(encode: Encode, prompt: str, answer: str) -> tuple[list[int], int]:
    """Token ids of prompt and answer together, and how many of them belong to the prompt.

    Source: `lm_eval.api.model.TemplateLM._encode_pair`.
    """
    spaces = len(prompt) - len(prompt.rstrip())
    if spaces:
        prompt, answer = prompt[:-spaces], prompt[-spaces:] + answer
    whole, start = encode(prompt + answer), len(encode(prompt))
    return whole, start


def grow(sequences: Sequence[Sequence[int]]) -> Tree:
    """The trie of these sequences; `paths[k]` are the nodes of sequence k."""
    tree = Tree([], [], [], [])
    children: dict[tuple[int, int], int] = {}
    for sequence in sequences:
        node, path = -1, []
        for depth, token in enumerate(sequence):
            child = children.get((node, token))
            if child is None:
                child = len(tree.tokens)
                children[node, token] = child
                tree.tokens.append(token)
                tree.parents.append(node)
                tree.depths.append(depth)
            node = child
            path.append(node)
        tree.paths.append(path)
    return tree


def share(sequences: Sequence[list[int]], row_tokens: int = ROW_TOKENS) -> list[Share]:
    """Cut sequences into trees, the largest first, so that trees alike in length come together.

    In sorted order a sequence has its longest common beginning with the one before. It joins that one's tree if the
    beginning that need not be computed again outweighs the tokens that then stand beside each other under one mask, and
    if the tree stays within `row_tokens`.
    """
    made: list[Share] = []
    before: list[int] = []
    for k in sorted(range(len(sequences)), key=sequences.__getitem__):
        sequence = sequences[k]
        size = made[-1].tokens if made else 0
        new = len(sequence) - _common(before, sequence)
        worth = _cost(size + new) <= _cost(size) + _cost(len(sequence))
        if made and worth and (new == 0 or size + new <= row_tokens):
            made[-1].members.append(k)
            made[-1].tokens += new
        else:
            made.append(Share([k], len(sequence)))
        before = sequence
    return sorted(made, key=lambda tree: -tree.tokens)


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """The length of the common beginning of two sequences."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _cost(tokens: int) -> float:
    """What a tree costs, in tokens."""
    return tokens + tokens * tokens / TOKEN_PAIRS


def computed_tokens(encode: Encode, pairs: Sequence[tuple[str, str]]) -> int:
    """Tokens that `models.score.likelihoods` computes for these (prompt, answer) pairs, whatever their grouping."""
    return sum(tree.tokens for tree in share([encode(prompt + answer)[:-1] for prompt, answer in pairs]))


def row_batches(sizes: Sequence[int], row_tokens: int = ROW_TOKENS) -> list[list[int]]:
    """Indices of trees of these sizes, in order, cut so that a row stays within `row_tokens` (one tree at least)."""
    batches: list[list[int]] = []
    used = row_tokens + 1
    for i, size in enumerate(sizes):
        if used + size > row_tokens:
            batches.append([])
            used = 0
        batches[-1].append(i)
        used += size
    return batches
