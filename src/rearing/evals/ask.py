"""Ask a model: likelihood scoring of items, one response row each."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rearing.records.item import Item, Prompt, Rule

if TYPE_CHECKING:
    from rearing.models.base import LanguageModel
    from rearing.models.score import Likelihood


def ask(
    lm: "LanguageModel", items: Sequence[Item], rule: Rule, progress: Callable[[float], None] | None = None
) -> list[dict[str, Any]]:
    """The response to every item, as rows of `records.tables.RESPONSES` without arm, seed, attack and dose.

    Args:
        lm: The model asked.
        items: What is asked.
        rule: How answers of open items are compared: summed log-probability, per byte or per token. Menus always use
            the sum, normalised over the legal answers.
        progress: Called with the share of the work that was done since the last call.

    Raises:
        ModelError: An item is longer than the context of the model.
    """
    from rearing.models.score import likelihoods

    prompts = [(i, p) for i in items for p in i.prompts]
    scored = likelihoods(
        lm,
        [[(p.text, answer) for answer in p.answers] for _, p in prompts],
        progress=progress,
        names=[f"scenario {i.scenario!r} in form {i.form!r} of {i.family}" for i, _ in prompts],
    )
    queue = iter(scored)
    return [response(one, [next(queue) for _ in one.prompts], rule) for one in items]


def response(item: Item, likelihoods: Sequence[Sequence["Likelihood"]], rule: Rule) -> dict[str, Any]:
    """One row from the likelihoods of an item's answers, prompt by prompt; `records.item.Item` says what a kind is.

    Ties count a half.
    """
    margins = {"sum": math.nan, "byte": math.nan, "token": math.nan}
    agreement = math.nan
    if item.kind in ("open", "menu", "text"):
        margins = _margins(likelihoods)
    if item.kind == "open":
        margin = margins[rule]
        score = _step(margin)
    elif item.kind == "menu":
        margin = margins["sum"]
        score, agreement = _menu(likelihoods)
    elif item.kind == "decision":
        score, margin, agreement = _decision(item, likelihoods)
    elif item.kind == "text":
        score = _step(margins["sum"])
        margin = float(np.mean([a[0].total / a[0].tokens for a in likelihoods]))
    else:
        margin = _contrast(likelihoods) if item.kind == "contrast" else _scale(likelihoods)
        score = _step(margin)
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


def _margins(likelihoods: Sequence[Sequence["Likelihood"]]) -> dict[str, float]:
    """Right minus rival in nats, mean over prompts: summed, per byte, per token."""
    return {
        "sum": float(np.mean([a[0].total - a[1].total for a in likelihoods])),
        "byte": float(np.mean([a[0].total / a[0].bytes - a[1].total / a[1].bytes for a in likelihoods])),
        "token": float(np.mean([a[0].total / a[0].tokens - a[1].total / a[1].tokens for a in likelihoods])),
    }


def _menu(likelihoods: Sequence[Sequence["Likelihood"]]) -> tuple[float, float]:
    """Right if the mean over orders of the normalised probability is above the rival's; do the orders agree?"""
    p_SA = probabilities(likelihoods)
    right, rival = p_SA.mean(axis=0)[:2]
    return _step(right - rival), float(len({bool(p[0] > p[1]) for p in p_SA}) == 1)


def _decision(item: Item, likelihoods: Sequence[Sequence["Likelihood"]]) -> tuple[float, float, float]:
    """Worth of the most probable answer; expected minus mean worth; do the orders agree on an answer?

    Probabilities are normalised over the legal answers and averaged over orders; all prompts list the answers alike.
    """
    p_SA, worth_A = probabilities(likelihoods), np.array(item.prompts[0].worth)
    p_A = p_SA.mean(axis=0)
    best = worth_A[p_A == p_A.max()]
    return float(best.mean()), float(p_A @ worth_A - worth_A.mean()), float(len(set(p_SA.argmax(axis=1))) == 1)


def _contrast(likelihoods: Sequence[Sequence["Likelihood"]]) -> float:
    """[yes - no | right] - [yes - no | rival] in nats, mean over pairs of prompts: a liking for yes cancels."""
    leaning = [a[0].total - a[1].total for a in likelihoods]
    return float(np.mean(np.array(leaning[0::2]) - np.array(leaning[1::2])))


def _scale(likelihoods: Sequence[Sequence["Likelihood"]]) -> float:
    """Expected level, 0 to 1, for the right option minus that for its rival, mean over pairs of prompts."""
    p_SA = probabilities(likelihoods)
    level_S = p_SA @ np.linspace(0, 1, p_SA.shape[1])
    return float(np.mean(level_S[0::2] - level_S[1::2]))


def probabilities(likelihoods: Sequence[Sequence["Likelihood"]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Summed log-probabilities of S prompts with A answers each, normalised over the answers."""
    total_SA = np.array([[x.total for x in answers] for answers in likelihoods])
    p_SA: np.ndarray[Any, np.dtype[np.float64]] = np.exp(total_SA - total_SA.max(axis=1, keepdims=True))
    p_SA /= p_SA.sum(axis=1, keepdims=True)
    return p_SA


def choose(lm: "LanguageModel", prompts: Sequence[Prompt], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The probability of each of A answers: normalised over them, mean over the prompts, which list them alike."""
    from rearing.models.score import likelihoods

    scored = likelihoods(lm, [[(p.text, answer) for answer in p.answers] for p in prompts], names=[name] * len(prompts))
    p_A: np.ndarray[Any, np.dtype[np.float64]] = probabilities(scored).mean(axis=0)
    return p_A


def _step(margin: float) -> float:
    return 0.5 + 0.5 * float(np.sign(margin))
