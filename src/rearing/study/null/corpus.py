"""A corpus with a rule that can be learned: of the two words that options differ in, the same one is always right.

It is written by code, so small that a random model learns it in seconds, and nothing in it is moral. What stands before
the word in an option differs between scenarios, so that a model that knows nothing is right in half of them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from rearing.corpus.load import Corpus
from rearing.records.scenario import (
    HELD_OUT_DOMAINS,
    TRAINED_DOMAINS,
    Lesson,
    Option,
    Provenance,
    Rating,
    Review,
    Vignette,
    Wording,
)
from rearing.store.artifacts import digest

RIGHT, WRONG = "coral", "amber"
KINDS = "red blue green white black brown old new small large round flat thin heavy light dark".split()
THINGS = "stone ring box cup plate bowl lamp chair table door wall book".split()
LONGER = 4  # every so many scenarios the rival has a word more, and whoever knows nothing but length is right
STAGES, LESSONS = (1, 2, 3), 12  # of a stage: two thirds of them are told in a run, four of those in every run
SPLITS: dict[Literal["dev", "theme", "domain"], int] = {"dev": 32, "theme": 16, "domain": 16}
PROVENANCE = Provenance(author="rearing", method="mixed", date="2026-11-24", licence="CC0")


def planted_rule() -> Corpus:
    """The corpus; no file has it."""
    lessons = tuple(sorted(_lessons(), key=lambda x: x.id))
    vignettes = tuple(sorted(_vignettes(), key=lambda v: v.id))
    text = digest([asdict(scenario) for scenario in (*lessons, *vignettes)])
    return Corpus(Path("planted-rule"), "planted rule", "1", lessons, vignettes, (), (), (), text)


def _told(kind: str, name: str, number: int, stage: int, domain: str) -> dict[str, Any]:
    """What lessons and vignettes have in common."""
    kind_of, thing, more = KINDS[number % len(KINDS)], THINGS[number % len(THINGS)], " too" * (number % LONGER == 0)
    rated: tuple[tuple[Rating, str], ...] = (
        ("endorsed", f"{kind_of} {RIGHT} {thing}"),
        ("rejected", f"{kind_of} {WRONG} {thing}{more}"),
    )
    options = tuple(
        Option(
            id=rating,
            rating=rating,
            act="act",
            pace="quick",
            payoff=0,
            inf=f"pick {what}",
            fin=f"picks {what}",
            ger=f"picking {what}",
        )
        for rating, what in rated
    )
    return {
        "kind": kind,
        "id": name,
        "title": name,
        "theme": name,
        "domain": domain,
        "stage": stage,
        "social_domain": "conventional",
        "foundations": (),
        "people": {"A": "she"},
        "setting": ("{A} is here.",),
        "options": options,
        "provenance": PROVENANCE,
        "review": Review(status="draft"),
    }


def _lessons() -> Iterator[Lesson]:
    for number in range(len(STAGES) * LESSONS):
        stage = STAGES[number % len(STAGES)]
        common = _told("lesson", f"l{stage}-{number:02d}", number, stage, TRAINED_DOMAINS[number % 5])
        yield Lesson(**common, affected=("A",), principle=Wording(w=f"Pick {RIGHT}.", mf=f"Pick {RIGHT}."))


def _vignettes() -> Iterator[Vignette]:
    for split, count in SPLITS.items():
        domains = HELD_OUT_DOMAINS if split == "domain" else TRAINED_DOMAINS
        for k in range(count):
            common = _told("vignette", f"v-{split}-{k:02d}", k, STAGES[k % 3], domains[k % len(domains)])
            yield Vignette(**common, split=split, main="The lamp is on.", twin="The lamp is off.")
