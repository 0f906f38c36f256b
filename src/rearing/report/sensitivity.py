"""Would another analysis have said otherwise? The alternatives of the judge, those that would change its word first."""

from dataclasses import dataclass

from rearing.records.verdict import Alternative, Verdict


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Alternatives that would give another verdict, and those that give the same."""

    other: tuple[Alternative, ...]
    same: tuple[Alternative, ...]


def sensitivity(verdict: Verdict) -> Sensitivity:
    """The alternatives in the order of the judge, parted by what they say."""
    return Sensitivity(
        tuple(a for a in verdict.sensitivity if a.changes), tuple(a for a in verdict.sensitivity if not a.changes)
    )
