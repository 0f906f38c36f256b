"""Bags of words: how alike two scenarios are, and what the words of an option give away by themselves.

Scenarios are compared by the cosine of their words, each weighed by how few scenarios have it (Spärck Jones 1972). What
words give away is what ridge regression on cosine features learns, in its dual (Saunders et al. 1998).
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rearing.corpus.lint import SLOT
from rearing.records.scenario import Scenario

RIDGE = 0.3
Matrix = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.bool_]]
_WORD = re.compile(r"[\w']+")


def words(text: str) -> list[str]:
    """The words of a text in lower case, placeholders left out."""
    return _WORD.findall(SLOT.sub(" ", text).lower())


def unit_rows(bags: Sequence[Counter[str]], rare_first: bool = False) -> Matrix:
    """Bags as rows of length 1, a column a word.

    If rare words count more, a word that is there n times weighs (1 + ln n) ln(bags / bags with it).
    """
    held = Counter(word for bag in bags for word in bag)
    columns = {word: j for j, word in enumerate(sorted(held))}
    matrix = np.zeros((len(bags), len(columns)))
    for i, bag in enumerate(bags):
        for word, n in bag.items():
            matrix[i, columns[word]] = (1 + np.log(n)) * np.log(len(bags) / held[word]) if rare_first else n
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float64)


def ridge_scores(features: Matrix, labels: Matrix, train: Rows, test: Rows) -> Matrix:
    """Scores of the rows `test` by a ridge regression that was fitted on the rows `train` of features and labels."""
    kernel = features[train] @ features[train].T
    solved = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), labels[train])
    return np.asarray(features[test] @ features[train].T @ solved, dtype=np.float64)


def most_alike(texts: dict[str, Sequence[str]]) -> tuple[float, str]:
    """The largest cosine of the words of two scenarios, and which two; `texts` are their sentences by id."""
    if len(texts) < 2:
        return 0.0, "there are no two"
    names = list(texts)
    rows = unit_rows([Counter(w for text in found for w in words(text)) for found in texts.values()], rare_first=True)
    alike = np.triu(rows @ rows.T, 1)
    i, j = np.unravel_index(int(np.argmax(alike)), alike.shape)
    return float(alike[i, j]), f"{names[int(i)]} and {names[int(j)]}"


def given_away(taught: Sequence[Scenario], asked: Sequence[Scenario]) -> float:
    """Share of `asked` whose endorsed option is found by the words of the two option phrases alone; a tie is a half.

    The words and pairs of words of every option of `taught` are what the ridge regression is fitted on.
    """
    if not taught or not asked:
        return 0.5
    options = [o for s in (*taught, *asked) for o in (s.option("endorsed"), s.option("rejected"))]
    labels = np.array([1.0 if o.rating == "endorsed" else -1.0 for o in options])
    train = np.arange(len(options)) < 2 * len(taught)
    scores = ridge_scores(unit_rows([_said(o.inf) for o in options]), labels, train, ~train)
    return float(np.mean(0.5 + 0.5 * np.sign(np.round(scores[::2] - scores[1::2], 12))))


def _said(phrase: str) -> Counter[str]:
    found = words(phrase)
    return Counter((*found, *(" ".join(pair) for pair in pairwise(found))))
