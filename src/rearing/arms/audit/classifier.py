"""An adversary: can the arms be told apart by the content words of their atoms, scaffold left out?

A linear classifier in closed form (ridge regression on cosine features), tested on scenarios that it was not fitted on.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rearing.arms.audit.facts import WORD, Facts
from rearing.corpus.bags import ridge_scores, unit_rows

FOLDS = 5
SUFFIX = re.compile(r"(?:ingly|edly|ing|ed|ly|es|s)$")
SHORT = 4


def content_words(facts: Facts) -> Counter[str]:
    """Stemmed words of four letters or more of every sentence that states an atom."""
    return Counter(w for s in facts.document.sentences if s.atom for w in _stems(s.text))


@lru_cache(maxsize=20_000)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(SUFFIX.sub("", w) for w in WORD.findall(text.lower()) if len(w) >= SHORT)


def overlap_f1(one: Sequence[Facts], two: Sequence[Facts]) -> float:
    """Mean F1 of the content words of two arms, document by document."""
    shares = []
    for a, b in zip(map(content_words, one), map(content_words, two), strict=True):
        shares.append(2 * (a & b).total() / max(1, a.total() + b.total()))
    return float(np.mean(shares))


def separability(one: Sequence[Facts], two: Sequence[Facts]) -> float:
    """Area under the ROC curve of the adversary, folds by scenario: .5 is chance, 1 is full separation."""
    features = unit_rows([content_words(f) for f in (*one, *two)])
    labels = np.array([1.0] * len(one) + [-1.0] * len(two))
    scenarios = [f.document.scenario for f in (*one, *two)]
    fold_of = {name: i % FOLDS for i, name in enumerate(sorted(set(scenarios)))}
    folds = np.array([fold_of[name] for name in scenarios])
    scores = np.zeros(len(labels))
    for fold in range(FOLDS):
        test, train = folds == fold, folds != fold
        if test.any() and train.any():
            scores[test] = ridge_scores(features, labels, train, test)
    return _auc(scores, labels)


def _auc(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> float:
    """Mann-Whitney U over the number of pairs: of every pair, whether the positive one is ahead; a tie is half."""
    ahead, behind = scores[labels > 0], np.sort(scores[labels <= 0])
    u = sum(float(np.searchsorted(behind, ahead, side).sum()) for side in ("left", "right")) / 2
    return u / max(1, len(ahead) * len(behind))
