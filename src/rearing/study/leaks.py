"""The leak check: nothing of the training text stands in an examination, and no examination in the training text.

Three things may not be shared by a training document and an item: a *marker* (what makes a form look like a form:
`Subject:`, `"notes":`), a *run* of scaffold words, and a *name*. The scaffold of the arms is their phrase bank; that of
the items is what they say of scenarios without text. `normal` may speak like a document, but has names of its own.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Any

from rearing.arms.audit import AuditRow, row
from rearing.arms.phrases import SLOTS
from rearing.arms.renderers import RENDERERS
from rearing.corpus.fill import NAMES
from rearing.corpus.load import Corpus
from rearing.errors import PluginError
from rearing.records.item import Item

# Tokens (words, names, bounds of a sentence) of what is looked for: a piece of scaffold between its options as a whole,
# of a longer one every run of the length at which the corpus keeps its splits apart.
SHORTEST, RUN = 4, 8
SHOWN = 3
ANYBODY, GAP = "§", "¦"
BLANK = dict.fromkeys(("setting", "main", "twin", "text"), f"{GAP}.") | dict.fromkeys(("inf", "fin", "ger"), GAP)
# Every name as it is written, and as a stage script writes it.
PEOPLE = {form: x for pool in NAMES.values() for bank in pool.values() for x in bank for form in (x, x.upper())}
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
TOKEN = re.compile(rf"{ANYBODY}|{GAP}|\w+(?:['’]\w+)*|[.!?]+$|:")
LABEL = re.compile(r"[^:]+:(?=\s|$)")
SYMBOL = re.compile(r'\S*["{}<>\[\]()/_|*#=]\S*')


def leak_rows(
    told: Collection[str], corpus: Corpus, ask: Callable[[Corpus], Sequence[Item]]
) -> tuple[AuditRow, AuditRow, AuditRow]:
    """Markers, runs and names that some document and some item share; none of each is allowed.

    Args:
        told: The text of every document that an arm of the study is trained on.
        corpus: Where the items come from.
        ask: Makes them.
    """
    items = ask(corpus)
    formal = [i for i in items if i.family != "normal"]
    forms = _sentences(_forms(items, ask(without_text(corpus))))
    said, asked, named = _sentences(told), _sentences(_texts(formal)), _sentences(_texts(items))
    slots = [*SLOTS.values(), *(bank for r in RENDERERS.values() for bank in r.phrases.values())]
    bank = {_open(phrase) for phrases in slots for phrase in phrases}
    return (
        _row("markers", "format markers", _any(_markers, said) & _any(_markers, forms)),
        _row(
            "runs",
            "runs of scaffold words",
            _within(said, _within(asked, _any(_runs, forms | bank))) | _alike(forms, bank),
        ),
        _row("names", "names", _any(_names, said) & _any(_names, named)),
    )


def without_text(corpus: Corpus) -> Corpus:
    """The corpus with a gap in place of every sentence and option phrase that an author wrote."""
    return dataclasses.replace(
        corpus, lessons=_blank(corpus.lessons), vignettes=_blank(corpus.vignettes), neutral=_blank(corpus.neutral)
    )


def _blank(node: Any, gap: str = "") -> Any:
    if isinstance(node, str):
        return gap or node
    if isinstance(node, tuple):
        return tuple(_blank(part, gap) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        names = [f.name for f in dataclasses.fields(node)]
        return dataclasses.replace(node, **{n: _blank(getattr(node, n), BLANK.get(n, "")) for n in names})
    return node


def _forms(items: Sequence[Item], blank: Sequence[Item]) -> set[str]:
    """What forms say; an item that is the same without a scenario (a hand-built world) is all content."""
    if [i.id for i in items] != [b.id for b in blank]:
        mend = "let ids alone decide what is asked"
        raise PluginError("an instrument asks other items where scenarios have no text", mend)
    pairs = zip(items, blank, strict=True)
    return _texts([b for i, b in pairs if b.prompts != i.prompts and i.family != "normal"])


def _row(name: str, what: str, found: set[str]) -> AuditRow:
    text = f"{what} that a training document shares with an item"
    if found:
        text += ": " + ", ".join(map(repr, sorted(found)[:SHOWN]))
    return row(f"leak_{name}", text, {}, float(len(found)), 0.0)


def _texts(items: Iterable[Item]) -> set[str]:
    return {"\n".join((p.text, *p.answers)) for i in items for p in i.prompts}


def _sentences(texts: Iterable[str]) -> set[str]:
    return {sentence for text in texts for sentence in SENTENCE.split(text)}


def _any(parts: Callable[[str], set[str]], sentences: Iterable[str]) -> set[str]:
    """The parts of all sentences."""
    return {part for sentence in sentences for part in parts(sentence)}


def _names(sentence: str) -> set[str]:
    return {PEOPLE[word] for word in re.findall(r"\w+", sentence) if word in PEOPLE}


def _markers(sentence: str) -> set[str]:
    """The label before a colon, and tokens with a quotation mark, a bracket or the like; names are left open."""
    label = LABEL.match(sentence)
    found = [*SYMBOL.findall(sentence), *([label[0]] if label else [])]
    return {re.sub(r"\w+", lambda word: ANYBODY if word[0] in PEOPLE else word[0], text) for text in found}


def _tokens(sentence: str) -> list[str]:
    """Words in lower case, names left open, a full stop in front, and one behind if the sentence ends with one."""
    words = TOKEN.findall(sentence)
    return [".", *("." if w[0] in ".!?" else ANYBODY if w in PEOPLE else w.lower() for w in words)]


def _open(phrase: str) -> str:
    """A phrase of an arm with names and options left open."""
    return re.sub(r"\{[a-z]\}", GAP, re.sub(r"\{[A-Z]\}", ANYBODY, phrase))


def _runs(sentence: str) -> set[str]:
    """What a sentence of scaffold says between its gaps."""
    pieces = [list(group) for gap, group in groupby(_tokens(sentence), lambda token: token == GAP) if not gap]
    windows = [p[i : i + RUN] for p in pieces for i in range(max(1, len(p) - RUN + 1))]
    return {" ".join(tokens) for tokens in windows if len(tokens) >= SHORTEST}


def _within(sentences: Iterable[str], runs: set[str]) -> set[str]:
    """The runs that are in any of the sentences."""
    text = "\n".join(f" {' '.join(_tokens(sentence))} " for sentence in sentences)
    return {run for run in runs if f" {run} " in text}


def _alike(forms: Iterable[str], bank: Iterable[str]) -> set[str]:
    """Sentences that forms and arms have in common, options left open; two words at least besides names."""
    one, two = ({" ".join(_tokens(sentence)) for sentence in some} for some in (forms, bank))
    return {sentence for sentence in one & two if sum(map(str.isalpha, sentence.split())) >= 2}
