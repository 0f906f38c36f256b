"""What is read of a vignette, as token sequences; no torch, so that a forecast can count them.

Probe format: the situation, then one action as a plain sentence, then a neutral carrier sentence.
"""

from dataclasses import dataclass

from rearing.corpus.fill import Pool, fill, sentence, slot_values
from rearing.models.trees import Encode
from rearing.records.scenario import SITUATIONS, Option, Situation, Vignette

CARRIER = " The clock on the wall shows half past four."


@dataclass(frozen=True, slots=True)
class Asked:
    """One situation of a vignette: which sequences hold its options, right one first, and where their parts begin.

    Attributes:
        starts: Where the action begins.
        stops: Where it ends.
        sizes: Its bytes.
    """

    situation: Situation
    paths: tuple[int, int]
    starts: int
    stops: tuple[int, int]
    sizes: tuple[int, int]


def pair_sequences(encode: Encode, vignette: Vignette, pool: Pool) -> tuple[list[list[int]], list[Asked]]:
    """Both options of a vignette in both situations, wording `mf`."""
    values = slot_values(vignette, pool, 0)
    filled, actor = fill(vignette, values), values["A"]
    sequences: list[list[int]] = []
    asked: list[Asked] = []
    carrier = encode(CARRIER)
    for situation in SITUATIONS:
        facts = (*filled.setting, *(m.text for m in filled.minds), getattr(filled, situation))
        context = encode(" ".join(map(sentence, facts)))
        right = filled.right(situation)
        rival = next(o for o in filled.options if o.id != right.id)
        texts = [_action(actor, o) for o in (right, rival)]
        actions = [encode(t) for t in texts]
        first = len(sequences)
        sequences += [context + a + carrier for a in actions]
        stops = (len(context) + len(actions[0]), len(context) + len(actions[1]))
        sizes = (len(texts[0].encode()), len(texts[1].encode()))
        asked.append(Asked(situation, (first, first + 1), len(context), stops, sizes))
    return sequences, asked


def _action(actor: str, option: Option) -> str:
    fin = option.mf.fin if option.mf else option.fin
    return f" {actor} {fin}."
