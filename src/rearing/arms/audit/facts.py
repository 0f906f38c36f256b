"""What the audit measures of one document: from its text, not from what a renderer says of itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rearing.arms.tokens import Count, following
from rearing.corpus.lexicon import moral_hits
from rearing.records.document import Document, Role, Sentence

WORD = re.compile(r"[A-Za-z']+")
VOWELS = re.compile(r"[aeiouy]+")
OPENING: tuple[Role, ...] = ("filler", "setting", "mind")
Form = Literal["inf", "fin", "ger"]
FORMS: tuple[Form, ...] = ("inf", "fin", "ger")


@dataclass(frozen=True, slots=True)
class Naming:
    """One place where a document names an option in full, in which grammatical form, in which kind of sentence."""

    endorsed: bool
    form: Form
    role: Role


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured of one document.

    Attributes:
        tokens: By the tokenizer of the base.
        filler: Those of filler sentences.
        distance: Those between the opening and the choice.
        words: In reading order, lower case.
        named: Every full naming of an option after the opening.
        inner: How often a way of a fork inside a road is named in full.
    """

    document: Document
    tokens: int
    filler: int
    distance: int
    words: tuple[str, ...]
    syllables: int
    moral: int
    named: tuple[Naming, ...]
    inner: int


Known = dict[tuple[tuple[Sentence, ...], ...], Facts]


def measure(documents: Iterable[Document], count: Count, known: Known) -> tuple[Facts, ...]:
    """The facts of every document; arms that differ in order only share what is `known`."""
    found = []
    for d in documents:
        facts = known.get(d.paragraphs) or known.setdefault(d.paragraphs, _facts(d, count))
        found.append(facts)
    return tuple(found)


def _facts(d: Document, count: Count) -> Facts:
    roles = [s.role for s in d.sentences]
    start = max((i for i, role in enumerate(roles) if role in OPENING), default=-1) + 1
    between = d.sentences[start : roles.index("choice")] if "choice" in roles else ()
    said = [_said(s.text) for s in d.sentences]
    return Facts(
        d,
        count(d.text),
        sum(following(count, " " + s.text) for s in d.sentences if s.role == "filler"),
        sum(following(count, " " + s.text) for s in between),
        tuple(word for words, *_ in said for word in words),
        sum(n for _, n, _ in said),
        sum(n for *_, n in said),
        _namings(d, start),
        sum(len(_any_of(d.inner).findall(s.text)) for s in d.sentences) if d.inner else 0,
    )


@lru_cache(maxsize=50_000)
def _said(text: str) -> tuple[tuple[str, ...], int, int]:
    """Words, syllables and moral words of a sentence; most sentences stand in several arms."""
    words = tuple(WORD.findall(text.lower()))
    return words, sum(map(syllables, words)), moral_hits(text)


@lru_cache(maxsize=50_000)
def syllables(word: str) -> int:
    """Groups of vowels, a final e aside; one at least."""
    return max(1, len(VOWELS.findall(word.removesuffix("e"))))


def _namings(d: Document, start: int) -> tuple[Naming, ...]:
    options = [(True, d.endorsed), (False, d.rejected)]
    called = {getattr(o, form).lower(): (endorsed, form) for endorsed, o in options if o for form in FORMS}
    if not called:
        return ()
    pattern = _any_of(tuple(called))
    return tuple(Naming(*called[hit.lower()], s.role) for s in d.sentences[start:] for hit in pattern.findall(s.text))


@lru_cache(maxsize=10_000)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(set(phrases), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
