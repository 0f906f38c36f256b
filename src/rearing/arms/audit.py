"""The audit: are the arms matched? Every row is one measured gap against its limit."""

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rearing.arms.tokens import Count, counter
from rearing.corpus.lexicon import moral_hits
from rearing.records.check import Check
from rearing.records.document import Curriculum, Document

WORD = re.compile(r"[A-Za-z']+")


@dataclass(frozen=True, slots=True)
class Metric:
    """One property of an arm's documents and the largest gap between arms that the design allows.

    Attributes:
        relative: The gap is divided by the mean over arms.
    """

    name: str
    text: str
    limit: float
    relative: bool
    measure: Callable[[Sequence[Document], Count], float]


def _mentions(rating: str) -> Callable[[Sequence[Document], Count], float]:
    def measure(documents: Sequence[Document], count: Count) -> float:
        hits = [
            sum((option == d.endorsed) == (rating == "endorsed") for s in d.sentences for option in s.mentions)
            for d in documents
        ]
        return float(np.mean(hits))

    return measure


def _distance(documents: Sequence[Document], count: Count) -> float:
    """Mean tokens between the end of the opening and the choice sentence."""
    total = []
    for d in documents:
        roles = [s.role for s in d.sentences]
        start = max(i for i, role in enumerate(roles) if role in ("filler", "setting", "mind"))
        total.append(sum(count(" " + s.text) for s in d.sentences[start + 1 : roles.index("choice")]))
    return float(np.mean(total))


def _first_action(documents: Sequence[Document], count: Count) -> float:
    """Share of documents whose first full action after the opening is the endorsed one."""
    firsts = [next(s.mentions[0] for s in d.sentences if s.mentions) == d.endorsed for d in documents]
    return 100 * float(np.mean(firsts))


def _filler(documents: Sequence[Document], count: Count) -> float:
    filler = sum(count(" " + s.text) for d in documents for s in d.sentences if s.role == "filler")
    return 100 * filler / sum(count(d.text) for d in documents)


def _moral(documents: Sequence[Document], count: Count) -> float:
    words = sum(len(WORD.findall(d.text)) for d in documents)
    return 100 * sum(moral_hits(d.text) for d in documents) / words


def _grade(documents: Sequence[Document], count: Count) -> float:
    """Flesch-Kincaid grade (Kincaid et al. 1975): .39 words/sentences + 11.8 syllables/words - 15.59."""
    words = [w for d in documents for w in WORD.findall(d.text)]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", w.lower())))) for w in words)
    sentences = sum(len(d.sentences) for d in documents)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def _distinct4(documents: Sequence[Document], count: Count) -> float:
    grams = [g for d in documents for g in _grams(d.text, 4)]
    return len(set(grams)) / len(grams)


def _grams(text: str, n: int) -> list[tuple[str, ...]]:
    words = WORD.findall(text.lower())
    return list(zip(*(words[i:] for i in range(n)), strict=False))


def _zlib(documents: Sequence[Document], count: Count) -> float:
    raw = "\n".join(d.text for d in documents).encode()
    return len(zlib.compress(raw, 9)) / len(raw)


METRICS = (
    Metric("tokens", "supervised tokens", 0.0, True, lambda ds, count: float(sum(count(d.text) for d in ds))),
    Metric(
        "mentions_endorsed",
        "full-clause mentions of the endorsed option, per document",
        0.05,
        True,
        _mentions("endorsed"),
    ),
    Metric(
        "mentions_rejected",
        "full-clause mentions of the rejected option, per document",
        0.05,
        True,
        _mentions("rejected"),
    ),
    Metric("distance", "tokens from situation to choice", 0.10, True, _distance),
    Metric("first_action", "first full action is the endorsed one, % of documents", 3.0, False, _first_action),
    Metric("filler", "filler, % of tokens", 2.0, False, _filler),
    Metric("moral_words", "moral words per 100 words", 0.05, True, _moral),
    Metric("grade", "reading grade (Flesch-Kincaid)", 0.7, False, _grade),
    Metric("distinct4", "distinct 4-grams, share", 0.10, True, _distinct4),
    Metric("compression", "zlib ratio", 0.10, True, _zlib),
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One metric: its value in every arm, the gap and the limit."""

    name: str
    text: str
    values: dict[str, float]
    gap: float
    limit: float
    relative: bool
    passed: bool

    @property
    def check(self) -> Check:
        """The same as a check for the judge."""
        unit = "relative" if self.relative else "absolute"
        return Check(
            kind="audit",
            name=f"audit:{self.name}",
            value=self.gap,
            limit=f"<= {self.limit:g} ({unit})",
            passed=self.passed,
            detail=self.text,
        )


def audit(curricula: Mapping[str, Sequence[Curriculum]]) -> tuple[AuditRow, ...]:
    """Measure every metric in every arm, over all seeds.

    Args:
        curricula: By arm name, one curriculum a seed, the same seeds in every arm. Twins are left out by the caller.
    """
    count = counter()
    documents = {
        name: [d for c in per_seed for step in c.steps if step.phase != "warmup" for d in step.documents]
        for name, per_seed in curricula.items()
    }
    rows = [_row(metric, {name: metric.measure(ds, count) for name, ds in documents.items()}) for metric in METRICS]
    return (*rows, _scenario_row(documents, count), _step_row(curricula, count), *_structure_rows(curricula, documents))


def _row(metric: Metric, values: dict[str, float]) -> AuditRow:
    gap = max(values.values()) - min(values.values())
    if metric.relative:
        gap /= max(float(np.mean(list(values.values()))), 1e-12)
    return AuditRow(metric.name, metric.text, values, gap, metric.limit, metric.relative, gap <= metric.limit + 1e-12)


def _scenario_row(documents: Mapping[str, Sequence[Document]], count: Count) -> AuditRow:
    """Tokens scenario by scenario: the largest gap between two arms on one document; a missing one has no tokens."""
    sizes = {name: {key: count(d.text) for key, d in _numbered(ds).items()} for name, ds in documents.items()}
    keys = {key for s in sizes.values() for key in s}
    gap = max(max(s.get(k, 0) for s in sizes.values()) - min(s.get(k, 0) for s in sizes.values()) for k in keys)
    values = {name: float(np.mean(list(s.values()))) for name, s in sizes.items()}
    return AuditRow(
        "scenario_tokens", "tokens per document; gap is the largest of any scenario", values, gap, 0.0, False, gap == 0
    )


def _numbered(documents: Sequence[Document]) -> dict[tuple[str, int], Document]:
    """Documents by scenario and telling: the n-th telling over seeds is the same draw in every arm."""
    seen = Counter[str]()
    found = {}
    for d in documents:
        seen[d.scenario] += 1
        found[d.scenario, seen[d.scenario]] = d
    return found


def _step_row(curricula: Mapping[str, Sequence[Curriculum]], count: Count) -> AuditRow:
    """Mean tokens of a step: equal tokens in equally many steps."""
    values = {
        name: float(
            np.mean([sum(count(d.text) for d in s.documents) for c in cs for s in c.steps if s.phase != "warmup"])
        )
        for name, cs in curricula.items()
    }
    gap = (max(values.values()) - min(values.values())) / float(np.mean(list(values.values())))
    return AuditRow("step_tokens", "tokens per optimizer step", values, gap, 0.0, True, gap == 0)


def _structure_rows(
    curricula: Mapping[str, Sequence[Curriculum]], documents: Mapping[str, Sequence[Document]]
) -> tuple[AuditRow, ...]:
    """Proposition ledger, common warm-up, common cool-down."""
    by_renderer = {name.split("-")[0]: ds for name, ds in documents.items()}
    rows = []
    if {"branching", "flat"} <= by_renderer.keys():
        one, two = ({k: _atoms(d) for k, d in _numbered(by_renderer[r]).items()} for r in ("branching", "flat"))
        lost = float(sum(one.get(k) != two.get(k) for k in one.keys() | two.keys()))
        values = {r: float(sum(map(len, told.values()))) for r, told in (("branching", one), ("flat", two))}
        rows.append(
            AuditRow(
                "propositions",
                "documents in which branching and flat state different atoms",
                values,
                lost,
                0.0,
                False,
                lost == 0,
            )
        )
    warmups = {name: [[d.text for d in _phase(c, "warmup")] for c in cs] for name, cs in curricula.items()}
    cooldowns = {name: [[d.scenario for d in _phase(c, "cooldown")] for c in cs] for name, cs in curricula.items()}
    for label, text, by_arm in (
        ("warmup", "arms whose warm-up differs from the first arm's", warmups),
        ("cooldown", "arms whose cool-down scenarios differ from the first arm's", cooldowns),
    ):
        differ = float(sum(fed != next(iter(by_arm.values())) for fed in by_arm.values()))
        rows.append(AuditRow(label, text, {}, differ, 0.0, False, differ == 0))
    return tuple(rows)


def _atoms(d: Document) -> list[str]:
    return sorted(s.atom for s in d.sentences if s.atom)


def _phase(c: Curriculum, phase: str) -> list[Document]:
    return [d for s in c.steps if s.phase == phase for d in s.documents]
