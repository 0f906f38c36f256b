"""Lexical dependence: the questions of `shift` again, without moral words and against moral words for the wrong option.

What is reported is how far the score falls from `natural` to `mf` to `adv`. The level of `adv` alone says nothing: who
always avoids what is praised gets all of it.
"""

from collections.abc import Sequence

from rearing.corpus.fill import Pool
from rearing.evals.bank import shift_items
from rearing.evals.forms import Chat
from rearing.records.item import Item
from rearing.records.scenario import Vignette

WORDINGS = ("mf", "adv")


def lexical_items(vignettes: Sequence[Vignette], forms: Sequence[str], pool: Pool, chat: Chat) -> list[Item]:
    """Both situations of every vignette in every form, in both wordings."""
    return [
        item for wording in WORDINGS for item in shift_items(vignettes, forms, wording, pool, chat, family="lexical")
    ]
