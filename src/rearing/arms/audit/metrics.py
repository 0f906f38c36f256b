"""Properties of single arms, and the largest gap between matched arms that the design allows (DESIGN section 5)."""

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rearing.arms.audit.facts import FORMS, Facts
from rearing.arms.audit.row import AuditRow, relative_spread, row, spread
from rearing.arms.audit.structure import Key

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One property of an arm's documents.

    Attributes:
        limit: Largest gap; None if the metric is reported only.
        gap: From the values of the matched arms to what is compared with the limit.
    """

    name: str
    text: str
    limit: float | None
    gap: Callable[[Values], float]
    measure: Callable[[Sequence[Facts]], float]

    def row(self, arms: Mapping[str, Sequence[Facts]], matched: Sequence[str]) -> AuditRow:
        """Measured in every arm, compared between the matched ones."""
        values = {name: self.measure(facts) for name, facts in arms.items()}
        gap = self.gap({name: values[name] for name in matched})
        return row(self.name, self.text, values, gap, self.limit, self.gap is relative_spread)


def _off_half(values: Values) -> float:
    return max((abs(v - 50) for v in values.values()), default=0.0)


def _largest(values: Values) -> float:
    return max(values.values(), default=0.0)


def _mean(measure: Callable[[Facts], float]) -> Callable[[Sequence[Facts]], float]:
    return lambda facts: float(np.mean([measure(f) for f in facts]))


def _first_action(facts: Sequence[Facts]) -> float:
    """Share of documents whose first full action after the opening is the endorsed one."""
    return _share([f.named[0].endorsed for f in facts if f.named])


def _body_first(facts: Sequence[Facts]) -> float:
    """Share of documents whose first full action in the body is the endorsed one.

    Its limit is 5 points from a half, not the 3 of corpus.md section 3.4: four shapes go round, so that of the 30
    lessons of a quick run 16 begin with one option (3.3 points), in every arm alike. Of 162 lessons it is 0.6.
    """
    firsts = [next((n.endorsed for n in f.named if n.role in ("road", "head")), None) for f in facts]
    return _share([first for first in firsts if first is not None])


def _share(hits: Sequence[bool]) -> float:
    """Per cent; one half of nothing."""
    return 100 * float(np.mean(hits)) if hits else 50.0


def _filler(facts: Sequence[Facts]) -> float:
    return 100 * sum(f.filler for f in facts) / sum(f.tokens for f in facts)


def _reasons(facts: Facts) -> Counter[str]:
    """How often every reason is told, in whatever words."""
    return Counter(s.atom for s in facts.document.sentences if s.role == "reason")


def _restated(facts: Sequence[Facts]) -> float:
    """Share of the reasons of a document that it tells twice, in other words."""
    told = [n for f in facts for n in _reasons(f).values()]
    return 100 * sum(n > 1 for n in told) / max(1, len(told))


def _moral(facts: Sequence[Facts]) -> float:
    return 100 * sum(f.moral for f in facts) / sum(len(f.words) for f in facts)


def _grade(facts: Sequence[Facts]) -> float:
    """Flesch-Kincaid grade (Kincaid et al. 1975): .39 words/sentences + 11.8 syllables/words - 15.59."""
    words = sum(len(f.words) for f in facts)
    sentences = sum(len(f.document.sentences) for f in facts)
    return 0.39 * words / sentences + 11.8 * sum(f.syllables for f in facts) / words - 15.59


def _distinct4(facts: Sequence[Facts]) -> float:
    grams = set[tuple[str, ...]]()
    for f in facts:
        grams.update(zip(*(f.words[i:] for i in range(4)), strict=False))
    return len(grams) / max(1, sum(max(0, len(f.words) - 3) for f in facts))


def _zlib(facts: Sequence[Facts]) -> float:
    """Compressed size as a share, lessons in one order: zlib looks back 32 kB only, and orders differ by design."""
    raw = "\n".join(f.document.text for f in sorted(facts, key=lambda f: f.document.scenario)).encode()
    return len(zlib.compress(raw, 6)) / len(raw)


METRICS = (
    Metric("distance", "tokens from situation to choice", 0.10, relative_spread, _mean(lambda f: f.distance)),
    Metric("first_action", "first full action is the endorsed one, %", 3.0, spread, _first_action),
    Metric("body_first", "endorsed option first in the body, %; gap from 50", 5.0, _off_half, _body_first),
    Metric(
        "inner",
        "full-clause mentions of the ways at a fork inside a road",
        0.05,
        relative_spread,
        _mean(lambda f: f.inner),
    ),
    Metric("filler", "filler, % of tokens", 2.0, spread, _filler),
    Metric("filler_most", "filler of the arm that has most, % of tokens", 15.0, _largest, _filler),
    Metric("reasons", "reasons told per document", None, spread, _mean(lambda f: len(_reasons(f)))),
    Metric("restated", "reasons that are told twice in one document, %", None, spread, _restated),
    Metric("moral_words", "moral words per 100 words", 0.05, relative_spread, _moral),
    Metric("grade", "reading grade (Flesch-Kincaid)", 0.7, spread, _grade),
    Metric("distinct4", "distinct 4-grams, share", 0.10, relative_spread, _distinct4),
    Metric("compression", "zlib ratio", 0.10, relative_spread, _zlib),
    Metric("paragraphs", "paragraphs", 1.5, spread, _mean(lambda f: sum(bool(p) for p in f.document.paragraphs))),
)


def mention_rows(arms: Mapping[str, Sequence[Facts]], matched: Sequence[str]) -> tuple[AuditRow, ...]:
    """Full-clause mentions of either option; the gap is the largest over finite, infinitive, gerund and all of them."""
    rows = []
    for rating, wanted in (("endorsed", True), ("rejected", False)):
        means = {name: _mentions(facts, wanted) for name, facts in arms.items()}
        gap = max(relative_spread({name: means[name][form] for name in matched}) for form in ("all", *FORMS))
        text = f"full-clause mentions of the {rating} option (gap: of any form)"
        values = {name: mean["all"] for name, mean in means.items()}
        rows.append(row(f"mentions_{rating}", text, values, gap, 0.05, True))
    return tuple(rows)


def _mentions(facts: Sequence[Facts], endorsed: bool) -> dict[str, float]:
    """Mentions per document, by form and over all forms."""
    used = Counter(n.form for f in facts for n in f.named if n.endorsed == endorsed)
    return {"all": used.total() / len(facts)} | {form: used[form] / len(facts) for form in FORMS}


def phrasing_row(arms: Mapping[str, Mapping[Key, Facts]], matched: Sequence[str]) -> AuditRow:
    """The most used phrasing of any scaffold slot; in every run its first use is free, for slots that are rare."""
    values = {name: _phrasing(facts) for name, facts in arms.items()}
    gap = max((values[name] for name in matched), default=0.0)
    return row("phrasing", "most used phrasing of any scaffold slot, %", values, gap, 15.0)


def _phrasing(facts: Mapping[Key, Facts]) -> float:
    """Per cent. Taking turns begins anew in every run, so what several runs use once is chance and no pet phrasing."""
    runs = Counter(
        (seed, telling, s.slot, s.phrase)
        for (seed, _, telling), f in facts.items()
        for s in f.document.sentences
        if s.slot
    )
    total, again = Counter[str](), Counter[tuple[str, str]]()
    for (_, _, slot, phrase), n in runs.items():
        total[slot] += n
        again[slot, phrase] += n - 1
    return 100 * max((n / total[slot] for (slot, _), n in again.items()), default=0.0)
