"""Forms: how one situation of one scenario is asked.

No arm is trained on any of them (`plain`, used by `normal`, excepted); `study.leaks` checks it.
"""

from rearing.evals.forms.contrast import CONTRASTS
from rearing.evals.forms.form import Chat, Form, Question
from rearing.evals.forms.menu import MENUS
from rearing.evals.forms.open import OPEN
from rearing.evals.forms.wording import phrase, praised, question
from rearing.records.item import Family, Item, Kind, Prompt, item_id

__all__ = [
    "FORMS",
    "SHIFT_FORMS",
    "Chat",
    "Form",
    "Question",
    "item",
    "kind",
    "phrase",
    "praised",
    "prompts",
    "question",
]
FORMS: dict[str, Form] = {f.name: f for f in (*OPEN, *MENUS, *CONTRASTS)}
SHIFT_FORMS = tuple(name for name in FORMS if name != "plain")


def prompts(form: str, q: Question, chat: Chat) -> tuple[Prompt, ...]:
    """The prompts of a form: one if open, one an order if menu, one an option if contrast or scale."""
    return FORMS[form].prompts(q, chat)


def kind(form: str) -> Kind:
    """How the prompts of a form are read."""
    return FORMS[form].kind


def item(
    family: Family,
    form: str,
    wording: str,
    scenario: str,
    situation: str,
    made: tuple[Prompt, ...],
    state: int = 0,
    *,
    kind: Kind | None = None,
) -> Item:
    """An item with its id; if no kind is given it is that of the form, or a menu (an episode, a dialogue)."""
    read: Kind = kind or (FORMS[form].kind if form in FORMS else "menu")
    name = item_id(family, form, wording, scenario, situation, state)
    return Item(name, family, form, read, wording, scenario, situation, state, made)
