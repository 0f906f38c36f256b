"""Ask a model: likelihood scoring of items, one response row each."""

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from rearing.records.item import Item, Rule

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.models.score import Likelihood


def ask(
    lm: "LanguageModel", items: Sequence[Item], rule: Rule, progress: Callable[[int], None] | None = None
) -> list[dict[str, Any]]:
    """The response to every item, as rows of `records.tables.RESPONSES` without arm, seed, attack and dose.

    Args:
        lm: The model asked.
        items: What is asked.
        rule: How answers of open items are compared: summed log-probability, per byte or per token. Menus always use
            the sum, normalised over the legal answers.
        progress: Called with the number of scenarios that were finished.
    """
    from rearing.models.score import likelihoods

    ordered = sorted(items, key=lambda i: (i.scenario, i.id))
    groups = [list(group) for _, group in groupby(ordered, key=lambda i: i.scenario)]
    pairs = [[(p.text, answer) for i in group for p in i.prompts for answer in p.answers] for group in groups]
    scored = likelihoods(lm, pairs, progress=progress)
    rows = []
    for group, values in zip(groups, scored, strict=True):
        queue = iter(values)
        for one in group:
            rows.append(response(one, [[next(queue) for _ in p.answers] for p in one.prompts], rule))
    return rows


def response(item: Item, likelihoods: Sequence[Sequence["Likelihood"]], rule: Rule) -> dict[str, Any]:
    """One row from the likelihoods of an item's answers, prompt by prompt.

    An open item is right if its margin under `rule` is positive. A menu is right if the mean over orders of the
    probability of the right answer, normalised over the legal ones, is above that of its rival. Ties count a half.
    """
    margins = {
        "sum": float(np.mean([a[0].total - a[1].total for a in likelihoods])),
        "byte": float(np.mean([a[0].total / a[0].bytes - a[1].total / a[1].bytes for a in likelihoods])),
        "token": float(np.mean([a[0].total / a[0].tokens - a[1].total / a[1].tokens for a in likelihoods])),
    }
    if item.kind == "open":
        margin, agreement = margins[rule], math.nan
        score = 0.5 + 0.5 * float(np.sign(margin))
    else:
        margin = margins["sum"]
        p_SA = np.array([_softmax([x.total for x in answers]) for answers in likelihoods])
        right, rival = p_SA.mean(axis=0)[:2]
        score = 0.5 + 0.5 * float(np.sign(right - rival))
        agreement = float(len({bool(p[0] > p[1]) for p in p_SA}) == 1)
    return {
        "family": item.family,
        "form": item.form,
        "kind": item.kind,
        "wording": item.wording,
        "scenario": item.scenario,
        "situation": item.situation,
        "state": item.state,
        "item": item.id,
        "score": score,
        "margin": margin,
        "margin_sum": margins["sum"],
        "margin_byte": margins["byte"],
        "margin_token": margins["token"],
        "agreement": agreement,
    }


def _softmax(values: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    x = np.array(values) - max(values)
    exp: np.ndarray[Any, np.dtype[np.float64]] = np.exp(x) / np.exp(x).sum()
    return exp
