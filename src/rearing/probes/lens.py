"""Is the choice already made at the depth of the readings, in a format that no arm was trained on?"""

from collections.abc import Sequence

from rearing.probes.menus import Choice
from rearing.probes.rows import Rows, row, share

SITE = "decision"


def read(choices: Sequence[Choice]) -> Rows:
    """1 where the residual stream at this depth, read by final norm and head alone, prefers what is right.

    With l(o) the log-probability per byte of option o under softmax(W norm(h)), h the residual stream after two thirds
    of the blocks, mean of both orders of the list: `lens` = S(l(right) - l(rival)), S as in `decode`.
    Source: logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens"). Its null is the model's own other
    situation: an option that is preferred whatever is right has a half over both.
    """
    for c in choices:
        yield row("lens", SITE, c, float(share(c.lens)))
