"""Would another analysis have said otherwise? The alternatives of the judge, those that say otherwise first."""

from dataclasses import dataclass

from rearing.records.verdict import LEANS, Alternative, Verdict


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Alternatives with another word or first reason than `usual`, and those with the same.

    Attributes:
        usual: What they are held against: the verdict with its first reason; of an unsealed study its leaning.
    """

    usual: str
    other: tuple[Alternative, ...]
    same: tuple[Alternative, ...]


def sensitivity(verdict: Verdict) -> Sensitivity:
    """The alternatives in the order of the judge, parted by what they say."""
    leaning = next((note.removeprefix(LEANS) for note in verdict.notes if note.startswith(LEANS)), "")
    said = f"{verdict.word} ({', '.join(verdict.reasons[:1])})"
    return Sensitivity(
        f"the leaning {leaning}" if leaning else said,
        tuple(a for a in verdict.sensitivity if a.changes),
        tuple(a for a in verdict.sensitivity if not a.changes),
    )
