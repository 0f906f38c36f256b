"""Renderers and orders: what matching, the twins and the audit rely upon."""

from collections import Counter
from collections.abc import Sequence

from rearing.arms.audit.facts import measure
from rearing.arms.audit.structure import EXCHANGED
from rearing.arms.curriculum import Arm, Matched, match_seed
from rearing.arms.order import ORDERS, Order, draw_lessons
from rearing.arms.renderers import RENDERERS, Renderer
from rearing.arms.tokens import counter
from rearing.records.document import Document, Sentence
from rearing.testing.broken import Broken, few, need, no_private

OURS = ("branching", "flat", "principled")
SEEDS = range(4)


def check_renderer(renderer: Renderer) -> None:
    """A renderer writes the same every time, can be matched exactly, and has a flipped twin.

    Raises:
        Broken: It does not.
    """
    no_private(renderer.write)
    name = renderer.name
    ours = [RENDERERS[other] for other in OURS if other != name]
    try:
        matched = match_seed(few(), [*ours, renderer], 1)
    except Exception as err:
        raise Broken(f"{name} cannot be matched: {type(err).__name__}: {err}") from err
    again = match_seed(few(), [*ours, renderer], 1)
    for lesson, told in matched.items():
        documents = _documents(told, renderer)
        need(bool(documents), f"{name} tells nothing of {lesson}")
        _well_formed(name, documents)
        need(_documents(again[lesson], renderer) == documents, f"{name} tells {lesson} otherwise the second time")
        twins = _documents(told, renderer, flipped=True)
        _twin(name, documents, twins)
        if renderer.matched:
            _matched(name, documents, _documents(told, ours[0]))
            phrasings = [Counter((s.slot, s.phrase) for d in pair for s in d.sentences) for pair in (documents, twins)]
            need(phrasings[0] == phrasings[1], f"the flipped twin of {name} uses other phrasings")


def _documents(told: Matched, renderer: Renderer, flipped: bool = False) -> tuple[Document, ...]:
    return told.documents(Arm(renderer, "shuffled", flipped))


def _well_formed(name: str, documents: Sequence[Document]) -> None:
    for d in documents:
        what = f"{name} tells of {d.scenario}"
        need(all(isinstance(s, Sentence) for s in d.sentences), f"{what} something that is no Sentence")
        need(all(s.text.strip() == s.text != "" for s in d.sentences), f"{what} an empty or a padded sentence")
        need("{" not in d.text and "}" not in d.text, f"{what} with a blank that nothing filled in")
        for role in ("choice", "verdict"):
            need(any(s.role == role for s in d.sentences), f"{what} without a {role} sentence")


def _twin(name: str, documents: Sequence[Document], twins: Sequence[Document]) -> None:
    """Sentence by sentence the same, but for the exchanged options."""
    need(len(documents) == len(twins), f"the flipped twin of {name} has another number of documents")
    for one, two in zip(documents, twins, strict=True):
        what = f"the flipped twin of {name} on {one.scenario}"
        kinds = [[(s.role, s.atom, s.words) for s in d.sentences] for d in (one, two)]
        need(kinds[0] == kinds[1], f"{what} has not the same sentences in the same places")
        changed = {a.role for a, b in zip(one.sentences, two.sentences, strict=True) if a.text != b.text}
        extra = ", ".join(sorted(changed - set(EXCHANGED)))
        need(not extra, f"{what} exchanges more than choice, verdict, heads and rules: {extra}")
        need("verdict" in changed, f"{what} calls the same option right")


def _matched(name: str, documents: Sequence[Document], ours: Sequence[Document]) -> None:
    """As many tokens and full mentions of either option as one of ours, in the same grammatical forms."""
    count, scenario, both = counter(), documents[0].scenario, (documents, ours)
    sizes = [sum(count(d.text) for d in told) for told in both]
    mend = "does a sentence that a lever may leave out open a paragraph?"
    need(sizes[0] == sizes[1], f"{name} tells {scenario} in {sizes[0]} tokens where all others have {sizes[1]}; {mend}")
    mine, wanted = (Counter((n.endorsed, n.form) for f in measure(told, count, {}) for n in f.named) for told in both)
    for endorsed, form in mine | wanted:
        option = f"the {'endorsed' if endorsed else 'rejected'} option of {scenario}"
        have, want = mine[endorsed, form], wanted[endorsed, form]
        need(have == want, f"{name} names {option} {have} times as {form}, all others {want} times")


def check_order(order: Order) -> None:
    """An order gives back what it is given, the same every time, and its promise can be broken.

    Raises:
        Broken: It does not.
    """
    no_private(order.arrange)
    refused = False
    for seed in SEEDS:
        stages = draw_lessons(few().lessons, seed)
        given = [x.id for group in stages.values() for x in group]
        fed = order.arrange({stage: list(group) for stage, group in stages.items()}, seed)
        ids = [x.id for x in fed]
        need(Counter(ids) == Counter(given), f"{order.name} adds or loses lessons")
        again = order.arrange(stages, seed)
        need([x.id for x in again] == ids, f"{order.name} feeds another order the second time, with seed {seed}")
        kept = [x.id for group in stages.values() for x in group] == given
        need(kept, f"{order.name} changes the lessons that it is given")
        held = order.holds([x.stage for x in fed])
        need(held, f"{order.name} does not keep what its own `holds` promises, with seed {seed}")
        others = [other.arrange(stages, seed) for other in ORDERS.values() if other.name != order.name]
        refused = refused or not all(order.holds([x.stage for x in lessons]) for lessons in others)
    need(refused, f"`holds` of {order.name} accepts every order, so that the audit could never see another one")
