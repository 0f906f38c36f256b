"""One row of the parity certificate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rearing.records.check import Check


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One property: its value in every arm, the gap that was found and the largest one that is allowed.

    Attributes:
        values: By arm name; empty where the property is not one of single arms.
        limit: None if the row is reported only.
        relative: The gap is a share of the mean over arms.
    """

    name: str
    text: str
    values: dict[str, float]
    gap: float
    limit: float | None
    relative: bool
    passed: bool

    @property
    def gates(self) -> bool:
        """Whether a failure makes the study invalid."""
        return self.limit is not None

    @property
    def check(self) -> Check:
        """The same as a check for the judge."""
        unit = "relative" if self.relative else "absolute"
        return Check(
            kind="audit",
            name=f"audit:{self.name}",
            value=self.gap,
            limit="reported" if self.limit is None else f"<= {self.limit:g} ({unit})",
            passed=self.passed,
            required=self.gates,
            detail=self.text,
        )


def row(
    name: str, text: str, values: Mapping[str, float], gap: float, limit: float | None, relative: bool = False
) -> AuditRow:
    """A row that passes if its gap is within its limit."""
    return AuditRow(name, text, dict(values), gap, limit, relative, limit is None or gap <= limit + 1e-12)


def spread(values: Mapping[str, float]) -> float:
    """Largest minus smallest."""
    return max(values.values()) - min(values.values()) if values else 0.0


def relative_spread(values: Mapping[str, float]) -> float:
    """The same as a share of the mean."""
    return spread(values) / max(abs(float(np.mean(list(values.values())))), 1e-12) if values else 0.0
