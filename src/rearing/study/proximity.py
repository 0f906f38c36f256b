"""How near the training text of every arm is to what the examination asks, in runs of words with names left out."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from rearing.arms.audit import AuditRow, row
from rearing.records.item import Item
from rearing.study.leaks import PEOPLE

WORD = re.compile(r"\w+(?:['’]\w+)*")
OVERLAP = 8  # words; what is as long as this was copied
NEAR = 3
# These ask about what was told: trained scenarios, and the warm-up that is common to all arms.
TOLD = ("normal", "capability")


def proximity_rows(told: Mapping[str, Collection[str]], items: Sequence[Item]) -> tuple[AuditRow, AuditRow]:
    """Runs of eight words that a document shares with an item (none is allowed), and how familiar the items are.

    Args:
        told: Sentences by arm.
        items: What is asked; families that ask about what was told are left out.
    """
    asked = _words({prompt.text for i in items if i.family not in TOLD for prompt in i.prompts})
    long, short = _runs(asked, OVERLAP), _runs(asked, NEAR)
    copied: set[tuple[str, ...]] = set()
    familiar: dict[str, float] = {}
    for name, texts in told.items():
        sentences = _words(texts)
        copied |= long & _runs(sentences, OVERLAP)
        familiar[name] = 100 * len(short & _runs(sentences, NEAR)) / max(1, len(short))
    text = "runs of eight words shared by a document and an item"
    shown = ": " + ", ".join(repr(" ".join(run)) for run in sorted(copied)[:3]) if copied else ""
    near = "runs of three words of the items that the arm was told, %"
    gap = max(familiar.values()) - min(familiar.values())
    return row("overlap", text + shown, {}, float(len(copied)), 0.0), row("proximity", near, familiar, gap, None)


def _words(texts: Iterable[str]) -> set[tuple[str, ...]]:
    return {tuple(w.lower() for w in WORD.findall(text) if w not in PEOPLE) for text in texts}


def _runs(texts: Iterable[tuple[str, ...]], size: int) -> set[tuple[str, ...]]:
    return {words[i : i + size] for words in texts for i in range(len(words) - size + 1)}
