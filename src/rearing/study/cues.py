"""What a policy that reads one cue and not the situation gets of the vignettes that a study asks."""

from collections.abc import Mapping, Sequence

import numpy as np

from rearing.arms.audit import AuditRow, row
from rearing.corpus.bank import CUES, cue_differences
from rearing.records.scenario import Vignette


def cue_row(asked: Mapping[str, Sequence[Vignette]]) -> AuditRow:
    """Of every gate the best such policy in the main situation, reported: the corpus is balanced, a draw of it is not.

    Over both situations each of them has exactly a half. Arms that learn the same cue do not differ by it, but an arm
    that learned to act, or to be quick, and nothing else, would look by so much better than chance.

    Args:
        asked: Vignettes by gate.
    """
    best = {gate: max(_shares(vignettes).items(), key=lambda cue: cue[1]) for gate, vignettes in asked.items()}
    said = ", ".join(f"{gate} {share:.3f} ({cue})" for gate, (cue, share) in best.items())
    text = f"right choices in main by one cue alone, the cue that gets most; {said}"
    return row("cues", text, {}, max(share for _, share in best.values()), None)


def _shares(vignettes: Sequence[Vignette]) -> dict[str, float]:
    """By cue, the share that its liker or its avoider gets right, whichever is more; a tie counts a half."""
    liked_C = (0.5 + 0.5 * np.sign(cue_differences(vignettes))).mean(axis=0)
    return {cue: max(share, 1 - share) for cue, share in zip(CUES, liked_C.tolist(), strict=True)}
