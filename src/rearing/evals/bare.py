"""The options without the situation: what does the untrained base take by their words alone?

The base alone is asked. Its answers change no score and no verdict; the report holds every contrast of a gate once more
on the items on which the words mislead it (`verdict.misled`).
"""

from collections.abc import Sequence
from dataclasses import replace

from rearing.corpus.fill import Pool
from rearing.evals.bank import questions
from rearing.evals.forms import Chat, item, kind, prompts
from rearing.records.item import BARE, Item
from rearing.records.scenario import Vignette

MENU = "menu-chat"  # in which those are asked who are not asked in a menu


def bare_items(vignettes: Sequence[Vignette], forms: Sequence[str], pool: Pool, chat: Chat) -> list[Item]:
    """Every vignette in those of the forms that show the options; right is what is right in the main situation."""
    menus = [form for form in forms if kind(form) == "menu"] or [MENU]
    return [
        item(BARE, form, "natural", scenario, situation, prompts(form, replace(q, context=f"{q.actor} decides."), chat))
        for scenario, situation, q in questions(vignettes, pool)
        if situation == "main"
        for form in menus
    ]
