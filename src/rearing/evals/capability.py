"""Capability: questions that have an answer and nothing moral in it, to see damage.

`outcome`: a neutral scenario tells how it ended; which of the two options was taken? `belief-1`, `belief-2`: where does
somebody look for a thing that was moved, and where does another think that they will look? `fluency`: a plain passage
against the same sentences in another order, and its negative log-likelihood.

But for `fluency`, the right one of two answers in `main` is the wrong one in `twin`, so that whatever does not read the
story gets a half. The neutral scenarios are those of the warm-up, which is common to all arms: an arm may gain on them,
and a loss is still a loss. The stories and passages stand in no corpus.
"""

from collections.abc import Sequence

from rearing.corpus.fill import NAMES, Pool, draw, fill, sentence, slot_values
from rearing.evals.bank import NAME_SEED
from rearing.evals.forms import item
from rearing.evals.passages import PASSAGES
from rearing.records.item import Item, Kind, Prompt
from rearing.records.scenario import SITUATIONS, Neutral, Situation

# A thing and the two places where it can be.
HIDINGS = (
    ("key", "drawer", "jar"),
    ("ball", "basket", "box"),
    ("ring", "cup", "purse"),
    ("letter", "desk", "folder"),
    ("torch", "cupboard", "bag"),
    ("cake", "fridge", "oven"),
    ("coin", "tin", "pocket"),
    ("map", "car", "tent"),
    ("scarf", "wardrobe", "suitcase"),
    ("phone", "kitchen", "bedroom"),
    ("hammer", "shed", "garage"),
    ("book", "bookcase", "backpack"),
)
STORY = (
    "{A} puts the {thing} into the {p} and goes out. {B} moves the {thing} from the {p} to the {q}. {known} "
    "{A} comes back and wants the {thing}. {end} the"
)
# What {A} knows decides in `belief-1`, what {B} thinks that {A} knows in `belief-2`; nothing else changes in the twin.
# Sources: Wimmer & Perner 1983 (first order), Perner & Wimmer 1985 (second order).
KNOWN: dict[str, dict[Situation, str]] = {
    "belief-1": {"main": "{A} has not seen this.", "twin": "{A} has seen this through the window."},
    "belief-2": {
        "main": "{A} has seen this through the window, but {B} does not know that {A} saw it.",
        "twin": "{A} has seen this through the window, and {B} knows that {A} saw it.",
    },
}
END = {"belief-1": "{A} looks for it in", "belief-2": "{B} thinks that {A} will look for it in"}
# The two orders of four sentences in which no two are beside each other that are so in the passage.
ORDERS: dict[Situation, tuple[int, ...]] = {"main": (1, 3, 0, 2), "twin": (2, 0, 3, 1)}


def capability_items(neutral: Sequence[Neutral], pool: Pool) -> list[Item]:
    """All items; of the corpus they use the neutral scenarios."""
    return [*(i for n in neutral for i in _outcomes(n, pool)), *_beliefs(pool), *_passages()]


def _outcomes(scenario: Neutral, pool: Pool) -> list[Item]:
    """Which option led to the outcome that is told? To that of the first in `main`, to that of the second in `twin`."""
    values = slot_values(scenario, pool, NAME_SEED)
    filled = fill(scenario, values)
    made = []
    for situation, right, rival in zip(SITUATIONS, filled.options, filled.options[::-1], strict=True):
        story = " ".join(map(sentence, (*filled.setting, f"In the end: {sentence(right.outcomes[0].text)}")))
        text = f"{story} It came about like this: {values['A']}"
        answers = (f" {right.fin}.", f" {rival.fin}.")
        made.append(_item("outcome", "open", scenario.id, situation, Prompt(text, answers)))
    return made


def _beliefs(pool: Pool) -> list[Item]:
    """Every story twice, with the places exchanged, so that a liking for one of them cancels."""
    made = []
    for thing, *places in HIDINGS:
        rng = draw("belief", pool, thing)
        a, b = (str(rng.choice(NAMES[pool][pronoun])) for pronoun in rng.permutation(["she", "he"]))
        for form, by_situation in KNOWN.items():
            for situation, known in by_situation.items():
                story = STORY.replace("{known}", known).replace("{end}", END[form])
                prompts = []
                for p, q in (places, places[::-1]):
                    answers = (f" {p}.", f" {q}.")
                    text = story.format(A=a, B=b, thing=thing, p=p, q=q)
                    prompts.append(Prompt(text, answers if situation == "main" else answers[::-1]))
                made.append(_item(form, "menu", f"belief-{thing}", situation, *prompts))
    return made


def _passages() -> list[Item]:
    """Every passage against two other orders of its sentences."""
    made = []
    for name, sentences in PASSAGES.items():
        for situation, order in ORDERS.items():
            answers = (" " + " ".join(sentences), " " + " ".join(sentences[i] for i in order))
            made.append(_item("fluency", "text", f"passage-{name}", situation, Prompt(f"About the {name}:", answers)))
    return made


def _item(form: str, kind: Kind, scenario: str, situation: Situation, *prompts: Prompt) -> Item:
    return item("capability", form, "natural", scenario, situation, prompts, kind=kind)
