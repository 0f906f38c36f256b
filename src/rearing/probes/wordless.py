"""Are right and wrong told apart by more than what a model holds of moral words?"""

import numpy as np

from rearing.probes.activations import SITES
from rearing.probes.decode import decoded
from rearing.probes.erase import scales, span_of, without
from rearing.probes.probe import Held
from rearing.probes.rows import Rows
from rearing.probes.words import MORAL_WORDS, TEXTS


def read(own: Held) -> Rows:
    """`decode` after the span of the activations of moral words is projected out (internalization.md section 2).

    The span is that of every moral word minus the mean of the other words, at the same site of the same plain sentence;
    in the null it is that of the other words around their own mean, of nearly the same rank.

    Args:
        own: With `words.TEXTS` among its texts.
    """
    words_WSD = np.stack([own.texts[text] for text in TEXTS])
    moral_WSD, plain_WSD = words_WSD[: len(MORAL_WORDS)], words_WSD[len(MORAL_WORDS) :]
    middle_SD = plain_WSD.mean(axis=0)
    scale_SD = scales(own.pairs)
    for name, span_WSD in (("wordless", moral_WSD), ("wordless-null", plain_WSD)):
        spans = [
            span_of((span_WSD[:, k] - middle_SD[k]) / scale_D, scale_D)
            for k, scale_D in zip(range(len(SITES)), scale_SD, strict=True)
        ]
        yield from decoded(name, without(own, spans).pairs)
