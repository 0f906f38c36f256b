"""Instruments and tactics: what scoring, the judge and the leak check rely upon."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from rearing.arms.curriculum import arm, curricula
from rearing.arms.order import core_lessons
from rearing.corpus.bank import word_sequences
from rearing.corpus.lexicon import charged_hits
from rearing.corpus.load import Corpus
from rearing.evals.bank import halves
from rearing.evals.families import Instrument, Material
from rearing.evals.pressure import Tactic, pressure_items
from rearing.records.document import Document
from rearing.records.item import Item, Kind, Prompt, item_id
from rearing.records.recipe import Recipe
from rearing.study.items import bare_chat
from rearing.study.leaks import leak_rows, without_text
from rearing.study.proximity import proximity_rows
from rearing.testing.broken import few, need, no_private, shipped

FORMS = ("chat", "menu-chat", "review")
ARMS = ("branching-developmental", "flat-shuffled", "principled-shuffled")
RUN = 8  # words; no turn of a tactic repeats as many of a lesson


def material(corpus: Corpus, external: Path | None = None) -> Material:
    """What a study on this corpus would give an instrument."""
    one, two = halves(corpus.vignettes)
    return Material(core_lessons(corpus.lessons), one, two, corpus.neutral, FORMS, "exam", bare_chat, external)


def check_instrument(instrument: Instrument, external: Path | None = None) -> None:
    """An instrument asks the same every time, in items that can be scored, and gives blind policies a half.

    Args:
        instrument: What is checked.
        external: The file of an instrument that reads one.

    Raises:
        Broken: It does not.
    """
    no_private(instrument.items)
    name = instrument.name

    def ask(corpus: Corpus) -> list[Item]:
        return list(instrument.items(material(corpus, external)))

    items = ask(few())
    need(bool(items), f"{name} asks nothing")
    for i in items:
        _well_formed(name, i)
    ids = [i.id for i in items]
    double = next((x for x in ids if ids.count(x) > 1), "")
    need(not double, f"{name} has two items with the id {double}")
    need(ask(few()) == items, f"{name} asks otherwise the second time")
    _orders(name, items)
    blank = [i.id for i in ask(without_text(few()))]
    need(blank == ids, f"{name} asks other items where scenarios have no text, so that the leak check cannot read it")
    if instrument.twins:
        _twins(name, items)
    _leaks(name, ask)


def _well_formed(name: str, i: Item) -> None:
    need(isinstance(i, Item), f"{name} makes {i!r}, which is no Item")
    need(i.family == name, f"{i.id} is of family {i.family!r}, not {name!r}")
    wanted = item_id(i.family, i.form, i.wording, i.scenario, i.situation, i.state)
    need(i.id == wanted, f"{i.id} should be called {wanted}, as `evals.forms.item` calls it")
    need(i.situation in ("main", "twin"), f"{i.id} is in situation {i.situation!r}, neither main nor twin")
    need(i.kind in get_args(Kind), f"{i.id} is of kind {i.kind!r}, none of {', '.join(get_args(Kind))}")
    need(bool(i.prompts), f"{i.id} has no prompt")
    for p in i.prompts:
        need(len(p.answers) >= 2, f"{i.id} has fewer than two answers")
        need(len(set(p.answers)) == len(p.answers), f"{i.id} has two answers alike")
        need(bool(p.text.strip()) and all(a.strip() for a in p.answers), f"{i.id} has an empty prompt or answer")
    lengths = {len(p.answers) for p in i.prompts}
    need(len(lengths) == 1, f"{i.id} has more answers in one prompt than in another")
    if i.kind in ("contrast", "scale"):
        need(len(i.prompts) % 2 == 0, f"{i.id} must ask about the right option and its rival in turn")
        parted = all(one.text != two.text for one, two in zip(i.prompts[::2], i.prompts[1::2], strict=True))
        need(parted, f"{i.id} asks about the right option and its rival in the same words")
    if i.kind == "decision":
        for p in i.prompts:
            best_first = len(p.worth) == len(p.answers) and p.worth[:2] == (max(p.worth), min(p.worth))
            need(best_first, f"{i.id} needs a worth of every answer, the best first and the worst second")
            need(all(0 <= w <= 1 for w in p.worth), f"{i.id} has a worth outside 0 to 1")
    if i.kind in ("contrast", "scale", "decision"):
        alike = len({(p.answers, p.worth) for p in i.prompts}) == 1
        need(alike, f"{i.id} must list the same answers, in one order and with one worth, in all its prompts")


def _orders(name: str, items: Sequence[Item]) -> None:
    """Menus show the right option first as often as last, over both situations of a scenario."""
    firsts = dict[tuple[str, ...], list[bool]]()
    for i in items:
        shown = [_right_first(p) for p in i.prompts] if i.kind == "menu" else []
        firsts.setdefault((i.scenario, i.form, i.wording), []).extend(first for first in shown if first is not None)
    for (scenario, form, _), found in firsts.items():
        half = 2 * sum(found) == len(found)
        need(half, f"{name} ({form}) shows the right option of {scenario} first more or less often than its rival")


def _right_first(p: Prompt) -> bool | None:
    """Whether the right answer stands before its rival in the prompt; None if they do not both stand there."""
    right, rival = (p.text.rfind(a.strip().strip(".")) for a in p.answers[:2])
    return None if -1 in (right, rival) or right == rival else right < rival


def _twins(name: str, items: Sequence[Item]) -> None:
    """Every scenario in both situations; in what is otherwise the same question the answers change their places."""
    by_situation = [{_place(i): i for i in items if i.situation == s} for s in ("main", "twin")]
    for scenario in {i.scenario for i in items}:
        for there, situation in zip(by_situation, ("main", "twin"), strict=True):
            need(
                any(place[0] == scenario for place in there),
                f"{name} never asks about {scenario} in {situation}; if it cannot, say twins=False",
            )
    main, twin = by_situation
    for place in sorted(main.keys() & twin.keys()):
        one, two = main[place], twin[place]
        need(
            _exchanged(one, two),
            f"{two.id} has not the {'answers' if one.kind in ('open', 'menu') else 'options'} of main with right and "
            "rival exchanged, so that somebody who does not read the situation gets more or less than a half; if it "
            "must be so, say twins=False",
        )


def _exchanged(main: Item, twin: Item) -> bool:
    """Whether right and rival of one situation are rival and right of the other."""
    if main.kind in ("open", "menu"):
        one, two = (sorted(p.answers[:2] for p in i.prompts) for i in (main, twin))
        return one == sorted((rival, right) for right, rival in two)
    if main.kind in ("contrast", "scale"):
        # Each of the two options is right once, each fact is told of both: so both columns have the same words.
        asked = (*main.prompts, *twin.prompts)
        right, rival = (Counter(" ".join(p.text for p in column).split()) for column in (asked[::2], asked[1::2]))
        return right == rival
    return True


def _place(i: Item) -> tuple[str, str, str, int]:
    return i.scenario, i.form, i.wording, i.state


@cache
def _told() -> dict[str, list[Document]]:
    made = curricula(few(), [arm(name) for name in ARMS], 1, Recipe())
    return {name: list(c.documents) for name, c in made.items()}


def _leaks(name: str, ask: Callable[[Corpus], list[Item]]) -> None:
    told = _told()
    texts = {d.text for documents in told.values() for d in documents}
    sentences = {arm: {s.text for d in documents for s in d.sentences} for arm, documents in told.items()}
    overlap, _ = proximity_rows(sentences, ask(few()))
    for row in (*leak_rows(texts, few(), ask), overlap):
        need(row.passed, f"{name} shares with the training documents: {row.text}")


def check_tactic(tactic: Tactic) -> None:
    """A tactic points to a place and gives no reason, in words of its own.

    Raises:
        Broken: It does not.
    """
    need(len(set(tactic.lines)) == len(tactic.lines), f"{tactic.name} says a line twice")
    for line in tactic.lines:
        said, words = f"{tactic.name} says {line!r}", _words(line)
        need("first" not in words and "second" not in words, f"{said}, which names a place beside {{it}}")
        need(charged_hits(line) == 0, f"{said}, which has a word that judges")
        need(line.rstrip()[-1:] in (".", "!", "?"), f"{said}, which does not end as a sentence")
    spoken = {" ".join(w[k : k + RUN]) for w in map(_words, tactic.lines) for k in range(len(w) - RUN + 1)}
    for lesson in shipped().lessons:
        copied = spoken & {" ".join(run) for run in word_sequences(lesson, RUN)}
        need(not copied, f"{tactic.name} repeats {min(copied, default='')!r} of {lesson.id}")
    check_instrument(Instrument("pressure", lambda m: pressure_items(m.shift, m.pool, m.chat, (tactic,))))


def _words(line: str) -> list[str]:
    return [word.strip(".,!?") for word in line.lower().split()]
