"""A check is one measured value against its limit."""

from dataclasses import dataclass
from typing import Literal

CheckKind = Literal["audit", "protocol", "order", "precision", "learned", "seal", "grader", "added"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a study.

    Attributes:
        name: Stable code, printed in `INVALID (audit:tokens)`.
        kind: Which row of the decision table it belongs to.
        value: Measured.
        limit: In words with the number: "<= 0.02".
        required: A failed required check makes the verdict INVALID.
    """

    kind: CheckKind
    name: str
    value: float
    limit: str
    passed: bool
    required: bool = True
    detail: str = ""


def delivered(one: str, other: str) -> str:
    """The check without which nothing is said of the difference in order between the arms of these labels."""
    return ":".join(("order", "delivered", *sorted((one, other))))
