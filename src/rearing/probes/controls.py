"""What the recipe of `decode` finds where there is nothing of right and wrong to find: its nulls.

`surface` puts features of the text in the place of activations, `control` a made-up label in the place of right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from rearing.corpus.bank import COLD, WARM
from rearing.corpus.fill import Pool, draw
from rearing.probes.activations import PairActivations
from rearing.probes.decode import decoded, ranked_right
from rearing.probes.directions import scale_of
from rearing.probes.rows import Floats, Rows, row
from rearing.probes.sequences import options_of
from rearing.records.scenario import Situation, Vignette

# Of every scenario and situation, right and rival action in words.
Texts = Mapping[tuple[str, Situation], tuple[str, str]]


def texts(vignettes: Sequence[Vignette], pool: Pool) -> Texts:
    """The actions as the sentence format has them, without who acts."""
    return {
        (v.id, situation): (right.fin, rival.fin)
        for v in vignettes
        for situation, (right, rival) in options_of(v, pool).items()
    }


def surface(pairs: Sequence[PairActivations], said: Texts) -> Rows:
    """Few-label probes of the text alone, with the draws of `decode`.

    Site `words`: how often every word of the bank is in the action (bag of words); site `length`: its bytes; site
    `sentiment`: its warm minus its cold words, by the lists with which `corpus.bank` balances options. They are the
    same for every model, and the twin mirrors `main`, where alone they can be off a half. The null has a coin for every
    label.
    """
    known = sorted({word for both in said.values() for text in both for word in _words(text)})
    features: dict[str, Callable[[str], Floats]] = {
        "words": lambda text: _counts(text, known),
        "length": lambda text: np.array([float(len(text.encode()))]),
        "sentiment": lambda text: np.array([float(len(WARM.findall(text)) - len(COLD.findall(text)))]),
    }
    mains = [p.scenario for p in pairs if p.situation == "main"]
    coins_N = draw("surface", *mains).choice((-1.0, 1.0), size=len(mains))
    for site, feature in features.items():
        by_key = {key: feature(right) - feature(rival) for key, (right, rival) in said.items()}
        raw_ND = np.stack([by_key[name, "main"] for name in mains])
        scale_D = scale_of(raw_ND)
        for name, labels_N in (("surface", np.ones(len(mains))), ("surface-null", coins_N)):
            bank_ND = raw_ND / scale_D * labels_N[:, None]
            for p in pairs:
                asked_KD = by_key[p.scenario, p.situation][None] / scale_D
                (value,) = ranked_right(bank_ND, mains.index(p.scenario), asked_KD)
                yield row(name, site, p, float(value))


def control(pairs: Sequence[PairActivations], said: Texts) -> Rows:
    """`decode` of a control task: what a probe of this size learns of anything (Hewitt and Liang 2019, 1909.03368).

    Their control task gives every word type a random label, so that only memory of types can do it. The type of an
    action is its first word here; where both have one label, a coin of the scenario decides. What `decode` has above
    it is selectivity. The null is `decode` with a coin for every scenario: shuffled labels.
    """
    turned = {
        "control": {p.scenario: _control_label(p.scenario, said[p.scenario, "main"]) for p in pairs},
        "control-null": {p.scenario: bool(draw("shuffled labels", p.scenario).integers(2)) for p in pairs},
    }
    for name, by_scenario in turned.items():
        labelled = [
            replace(p, right_SD=p.rival_SD, rival_SD=p.right_SD)
            if by_scenario[p.scenario] != (p.situation == "twin")
            else p
            for p in pairs
        ]
        yield from decoded(name, labelled)


def _control_label(scenario: str, both: tuple[str, str]) -> bool:
    """Whether the control task calls the rival of `main` right."""
    right, rival = (int(draw("control", _words(text)[0]).integers(2)) for text in both)
    return rival > right if right != rival else bool(draw("control", "coin", scenario).integers(2))


def _words(text: str) -> list[str]:
    return [word.strip(".,;:!?\"'").lower() for word in text.split()]


def _counts(text: str, known: Sequence[str]) -> Floats:
    words = _words(text)
    return np.array([float(words.count(word)) for word in known])
