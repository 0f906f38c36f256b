"""What training cost: rows of the judge on questions with nothing moral in them, by arm."""

from dataclasses import dataclass

from rearing.records.verdict import GateRow, Verdict

WHAT = {"score": "Right answers, share", "nll": "Plain text, nats per token"}


@dataclass(frozen=True, slots=True)
class DamageLine:
    """One loss of one arm against the untrained model."""

    label: str
    what: str
    row: GateRow


def damage(verdict: Verdict) -> tuple[DamageLine, ...]:
    """The rows `damage:LABEL:WHAT`, in the order of the judge."""
    lines = []
    for row in verdict.damage:
        label, _, what = row.row.removeprefix("damage:").rpartition(":")
        lines.append(DamageLine(label, WHAT.get(what, what), row))
    return tuple(lines)
