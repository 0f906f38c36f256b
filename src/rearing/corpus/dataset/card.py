"""The dataset card of a corpus (Hugging Face form); every number in it is counted when it is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args, get_type_hints

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rearing.corpus.bank import BankRow, atoms
from rearing.corpus.dataset.table import JSONL, MEANING, PARQUET
from rearing.corpus.load import Corpus
from rearing.records.scenario import Lesson, Scenario, Vignette

CARD = "card.md"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Count:
    """One line of a table of the card: a name, and a number for each group of scenarios."""

    name: str
    numbers: tuple[int, ...]

    @property
    def total(self) -> int:
        """Of all groups."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Readings:
    """Blind readings of some scenarios.

    Attributes:
        scenarios: How many there are.
        read: How many of them have a reading.
        agree, of: Readings that chose the endorsed option, and all readings.
    """

    name: str
    scenarios: int
    read: int
    agree: int
    of: int


def card(corpus: Corpus, balance: Sequence[BankRow]) -> str:
    """The text of the card.

    Args:
        corpus: What it is about.
        balance: The rows of `check_corpus`, which are printed as they are.
    """
    groups = _groups(corpus)
    foundations = get_args(get_args(get_type_hints(Scenario)["foundations"])[0])
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|")
    return environment.get_template("card.md.jinja").render(
        corpus=corpus,
        files=(JSONL, PARQUET),
        columns=MEANING,
        groups=list(groups),
        stages=_counted(groups, lambda s: (f"stage {s.stage}" if s.stage else "no stage (0)",)),
        domains=_counted(groups, lambda s: (s.domain,)),
        foundations=_counted(groups, lambda s: s.foundations or ("none",)),
        words=sum(len(text.split()) for s in corpus.scenarios for text in atoms(s)),
        deep=sum(lesson.deep for lesson in corpus.lessons),
        licences=sorted({s.provenance.licence for s in corpus.scenarios}),
        authors=_tally((p.author, p.method, p.model or "no model") for p in (s.provenance for s in corpus.scenarios)),
        statuses=_tally((s.review.status,) for s in corpus.scenarios),
        readers=_tally((reader,) for s in corpus.scenarios for reader in s.review.readers),
        agreement=[
            (kind, by, lines)
            for kind, group in (("vignettes", corpus.vignettes), ("lessons", corpus.lessons))
            for by, lines in _agreement(group, foundations).items()
        ],
        read=_readings("vignettes", corpus.vignettes),
        lessons_read=_readings("lessons", corpus.lessons),
        contested=sorted(s.id for s in corpus.scenarios if s.review.status == "contested"),
        balance=balance,
    )


def _groups(corpus: Corpus) -> dict[str, Sequence[Scenario]]:
    vignettes: dict[str, Sequence[Scenario]] = {
        f"vignettes, {split}": [v for v in corpus.vignettes if v.split == split]
        for split in get_args(get_type_hints(Vignette)["split"])
    }
    return {"lessons": corpus.lessons, **vignettes, "neutral": corpus.neutral, "attack": corpus.attack}


def _counted(groups: dict[str, Sequence[Scenario]], key: Callable[[Scenario], Iterable[str]]) -> list[Count]:
    """How many scenarios of each group have each value; a scenario with two values counts for both."""
    counted = [Counter(value for s in found for value in key(s)) for found in groups.values()]
    return [Count(name, tuple(c[name] for c in counted)) for name in sorted({name for c in counted for name in c})]


def _tally(found: Iterable[tuple[str, ...]]) -> list[tuple[str, int]]:
    return sorted((", ".join(parts), times) for parts, times in Counter(found).items())


def _agreement(group: Sequence[Vignette] | Sequence[Lesson], foundations: Sequence[str]) -> dict[str, list[Readings]]:
    """Blind readings by stage and by foundation."""
    return {
        "stage": [_readings(f"stage {stage}", [s for s in group if s.stage == stage]) for stage in range(1, 7)],
        "foundation": [_readings(name, [s for s in group if name in s.foundations]) for name in foundations],
    }


def _readings(name: str, scenarios: Sequence[Scenario]) -> Readings:
    reviews = [s.review for s in scenarios if s.review.of]
    agree, of = (sum(getattr(review, key) or 0 for review in reviews) for key in ("agree", "of"))
    return Readings(name, len(scenarios), len(reviews), agree, of)
