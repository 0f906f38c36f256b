"""What the search for the learning rate of attacks left, and whether a study attacks at the rate that was searched.

`rearing plan` says it, `rearing seal` refuses another rate: it is searched once on the untrained base, then frozen
(internalization.md section 1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rearing.attacks.texts import ATTACKS
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.models.identity import EMBEDDED, base_identity
from rearing.study.job import sources_digest
from rearing.study.schema import Study

SHIPPED = Path(__file__).parent / "attack_rates"
BUDGET = 0.05
"""How much the negative log-likelihood of plain passages may rise, as a share of what it was."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rate under one attack, up its ladder; None stands where the model diverged.

    Attributes:
        doses: Optimizer steps; 0, before the attack, comes first.
        neutral: Nats per token of plain passages at every dose.
        score: Share of right choices in the main situation of dev vignettes, before the attack and after it.
        told: Nats per token of the texts of the attack, before it and after it.
    """

    attack: str
    lr: float
    doses: tuple[int, ...]
    neutral: tuple[float | None, ...]
    score: tuple[float | None, float | None]
    told: tuple[float | None, float | None]

    def rise(self, dose: int) -> float | None:
        """Of the neutral negative log-likelihood, as a share of what it was, at the first rung from this dose on.

        At the last rung if the ladder ends before it.
        """
        rung = next((k for k, at in enumerate(self.doses) if at >= dose), -1)
        before, after = self.neutral[0], self.neutral[rung]
        return None if before is None or after is None else after / before - 1

    def within(self, dose: int) -> bool:
        """Whether it keeps to the budget there."""
        rise = self.rise(dose)
        return rise is not None and rise <= BUDGET


@dataclass(frozen=True, slots=True)
class RateRecord:
    """What was searched.

    Attributes:
        base: Its identity (`models.identity.base_identity`).
        corpus: Name and version.
        texts: By attack, the digest of the scenarios that it tells.
        dtype: Compute type of the training.
        examine: What was asked for the scores.
        tried: Every attack at every rate, all on one ladder.
    """

    base: str
    corpus: str
    texts: dict[str, str]
    dtype: str
    examine: dict[str, Any]
    tried: tuple[Tried, ...]

    @property
    def doses(self) -> tuple[int, ...]:
        """Of the ladder, without 0."""
        return self.tried[0].doses[1:]

    def chosen(self, dose: int, attacks: Sequence[str] = ()) -> float | None:
        """The largest rate that keeps to the budget under every one of these attacks (all, if none is named)."""
        tried = [t for t in self.tried if t.attack in (attacks or self.texts)]
        beyond = {t.lr for t in tried if not t.within(dose)}
        return max((t.lr for t in tried if t.lr not in beyond), default=None)

    def json(self) -> dict[str, Any]:
        """For a file, with what was chosen."""
        chosen = {str(dose): self.chosen(dose) for dose in self.doses}
        return asdict(self) | {"budget": BUDGET, "chosen": chosen}


@dataclass(frozen=True, slots=True)
class Searched:
    """What a record says of the rate of a study's attacks: whether it is the searched one, and, if not, a mend."""

    fits: bool
    note: str
    mend: str


def searched(study: Study, corpus: Corpus) -> Searched:
    """Hold the rate of a study to its own record, or else to the one that is shipped for its base.

    Raises:
        StudyError: A record cannot be read.
    """
    names, last = study.attack.names, max(study.attack.doses)
    told = ", ".join(names)
    record = next((r for r in _records(study) if _covers(r, study, corpus)), None)
    if record is None:
        return Searched(
            False,
            f"no rate was searched for {told} on the base {study.base}",
            f"run `rearing calibrate --attack` with this study, which leaves {record_place(study)}, or set seeds = 0",
        )
    beyond = f", extrapolated from dose {record.doses[-1]}" if last > record.doses[-1] else ""
    where = f"for {told} up to dose {last} on the base {study.base}{beyond}"
    lr = record.chosen(last, names)
    if lr is None:
        return Searched(False, f"no searched rate keeps to the budget {where}", "attack in fewer steps or otherwise")
    fits = lr == study.attack.lr
    return Searched(fits, f"the search chose {lr:g} {where}", "" if fits else f"set lr = {lr:g}, or seeds = 0")


def record_place(study: Study) -> Path:
    """Where the search on a study leaves its record if no folder is named, and where it is looked up."""
    return Path("runs") / f"{study.name}-attack" / "attack.json"


def _records(study: Study) -> Iterator[RateRecord]:
    """The study's own record and the shipped one, as far as they are there."""
    shipped = [SHIPPED / f"{study.base}.json"] if study.base == EMBEDDED else []
    return (read_record(path) for path in (record_place(study), *shipped) if path.exists())


def _covers(record: RateRecord, study: Study, corpus: Corpus) -> bool:
    """Whether it holds for the base, the attacks and the training of a study."""
    told = {name: sources_digest(corpus, ATTACKS[name].scenarios(corpus)) for name in study.attack.names}
    same = (record.base, record.dtype) == (base_identity(study.base), study.recipe.dtype)
    return same and told.items() <= record.texts.items()


def read_record(path: Path) -> RateRecord:
    """A record of the search.

    Raises:
        StudyError: It is none.
    """
    try:
        found = TypeAdapter(RateRecord).validate_json(path.read_bytes())
        _check(found)
    except (OSError, ValueError) as err:
        said = err.errors()[0]["msg"] if isinstance(err, ValidationError) else str(err)
        mend = "run `rearing calibrate --attack` again, or take it away"
        raise StudyError(f"is no record of a search for rates ({said})", mend, path) from err
    return found


def _check(record: RateRecord) -> None:
    """Every attack was tried, and passages were read at every dose of one ladder."""
    if not record.tried or {t.attack for t in record.tried} != record.texts.keys():
        raise ValueError("not every attack was tried")
    ladder = record.tried[0].doses
    if len(ladder) < 2 or ladder != tuple(sorted({0, *ladder})):
        raise ValueError("its doses are no ladder from 0 up")
    if any(t.doses != ladder or len(t.neutral) != len(ladder) for t in record.tried):
        raise ValueError("not every attack was read at every dose")
    if any(nats is not None and nats <= 0 for t in record.tried for nats in t.neutral):
        raise ValueError("plain passages cost no nats")


def rate_table(record: RateRecord) -> str:
    """The table for docs/attacks.md and the terminal."""
    doses = record.doses
    lines = [
        f"| attack | lr | score | NLL of its texts | neutral NLL | {' | '.join(f'rise at {dose}' for dose in doses)} |",
        "|---" * (5 + len(doses)) + "|",
    ]
    for t in record.tried:
        score, told, neutral = (" → ".join(map(_shown, (x[0], x[-1]))) for x in (t.score, t.told, t.neutral))
        rises = [_shown(t.rise(dose), "+.1%") + ("" if t.within(dose) else " *") for dose in doses]
        lines.append(f"| {t.attack} | {t.lr:g} | {score} | {told} | {neutral} | {' | '.join(rises)} |")
    chosen = [f"{_rate(record.chosen(dose))} up to dose {dose}" for dose in doses]
    end = f"\\* beyond the budget of {BUDGET:.0%}. Chosen, the largest that keeps to it under every attack: "
    return "\n".join([*lines, "", end + ", ".join(chosen)])


def _rate(lr: float | None) -> str:
    return "none" if lr is None else f"lr = {lr:g}"


def _shown(value: float | None, form: str = ".3f") -> str:
    return "diverged" if value is None else format(value, form)
