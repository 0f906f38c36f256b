"""Are right and wrong told apart by more than what a model holds of moral words?"""

import numpy as np
import torch

from rearing.models.base import LanguageModel
from rearing.models.packed import pack
from rearing.models.trees import row_batches
from rearing.probes.activations import SITES
from rearing.probes.decode import decoded
from rearing.probes.erase import scales, span_of, without
from rearing.probes.probe import Held
from rearing.probes.residual import forward
from rearing.probes.rows import CARRIER, Floats, Rows
from rearing.probes.words import MORAL_WORDS, TEXTS


@torch.inference_mode()
def word_activations(lm: LanguageModel) -> Floats:
    """What a model holds of `words.TEXTS` at the sites of the sentence format, (W, S, D), moral words first."""
    sequences = [lm.encode(text) for text in TEXTS]
    stops = [len(lm.encode(text.removesuffix(CARRIER))) - 1 for text in TEXTS]
    found = []
    for batch in row_batches([len(s) for s in sequences]):
        packed = pack([sequences[i] for i in batch])
        # One log-probability is asked for, since a forward has to be asked something.
        hidden_TD, _ = forward(lm, packed, [([0], [sequences[batch[0]][1]])])
        for i, segment in zip(batch, packed.segments, strict=True):
            found.append(hidden_TD[[segment.start + stops[i], segment.stop - 1]].double().cpu().numpy())
    return np.stack(found)


def read(lm: LanguageModel, own: Held) -> Rows:
    """`decode` after the span of the activations of moral words is projected out (internalization.md section 2).

    The span is that of every moral word minus the mean of the other words, at the same site of the same plain sentence;
    in the null it is that of the other words around their own mean, of nearly the same rank.
    """
    words_WSD = word_activations(lm)
    moral_WSD, plain_WSD = words_WSD[: len(MORAL_WORDS)], words_WSD[len(MORAL_WORDS) :]
    middle_SD = plain_WSD.mean(axis=0)
    scale_SD = scales(own.pairs)
    for name, span_WSD in (("wordless", moral_WSD), ("wordless-null", plain_WSD)):
        spans = [
            span_of((span_WSD[:, k] - middle_SD[k]) / scale_D, scale_D)
            for k, scale_D in zip(range(len(SITES)), scale_SD, strict=True)
        ]
        yield from decoded(name, without(own, spans).pairs)
