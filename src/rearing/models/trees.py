"""Trees of tokens: sequences with a common beginning share it, in one masked segment of a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from rearing.models.packed import Row, Segment

ROW_TOKENS = 1024


@dataclass(slots=True)
class Tree:
    """A token trie. Node i has token `tokens[i]`, parent `parents[i]` (-1: a root) and depth `depths[i]`."""

    tokens: list[int]
    parents: list[int]
    depths: list[int]
    paths: list[list[int]]

    def __len__(self) -> int:
        return len(self.tokens)

    def mask(self) -> torch.Tensor:
        """(T, T) bool: True where the column is the row's node or one of its ancestors."""
        n = len(self)
        seen = np.zeros((n, n), dtype=bool)
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                seen[i] = seen[parent]
            seen[i, i] = True
        return torch.from_numpy(seen)


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


def plant(trees: Sequence[Tree]) -> tuple[Row, list[int]]:
    """A row of trees, and where each begins in it."""
    tokens: list[int] = []
    depths: list[int] = []
    segments: list[Segment] = []
    starts: list[int] = []
    for tree in trees:
        start = len(tokens)
        starts.append(start)
        linear = all(parent == i - 1 for i, parent in enumerate(tree.parents))
        segments.append(Segment(start, start + len(tree), None if linear else tree.mask()))
        tokens += tree.tokens
        depths += tree.depths
    return Row(torch.tensor(tokens), torch.tensor(depths), tuple(segments)), starts


def row_batches(trees: Sequence[Tree], row_tokens: int = ROW_TOKENS) -> list[list[int]]:
    """Indices of trees, in order, cut so that a row stays within `row_tokens` (one tree at least)."""
    batches: list[list[int]] = []
    used = row_tokens + 1
    for i, tree in enumerate(trees):
        if used + len(tree) > row_tokens:
            batches.append([])
            used = 0
        batches[-1].append(i)
        used += len(tree)
    return batches
