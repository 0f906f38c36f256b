"""What adversarial fine-tuning does: the score against the dose, an arm a line, and how far each arm falls."""

from dataclasses import dataclass

from markupsafe import Markup

from rearing.records.verdict import Band, Drift, Lead, Verdict
from rearing.report import curves
from rearing.report.arms import Look
from rearing.report.charts import Line, Point, score, signed
from rearing.report.evidence import title


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One arm in numbers."""

    label: str
    before: str
    last: str
    fall: str
    band: str
    logit: str
    half_dose: str
    half_band: str
    nll: str
    at_nats: str
    regained: str
    half_back: str


@dataclass(frozen=True, slots=True)
class Attacked:
    """One family after one attack (`shift-reversal`): its curves, wide and narrow, and a row an arm.

    Attributes:
        drawn: Arms that have a curve.
        nats: Learned by every model in the end, as text; empty if losses were not measured.
        steps: On good documents, all of them; 0 if there were none.
    """

    name: str
    title: str
    attack: str
    measure: str
    last: int
    drawn: tuple[Look, ...]
    wide: Markup
    narrow: Markup
    lines: tuple[DriftLine, ...]
    nats: str
    steps: int


@dataclass(frozen=True, slots=True)
class LeadLine:
    """Which gave way first in one arm, a reading or the choices.

    Attributes:
        led: In how many of its seeds the reading did.
        by_seed: The order at each of them.
        doublings, band: How far apart both are over seeds, with its interval; in words why there is none.
    """

    label: str
    attack: str
    reading: str
    family: str
    held: str
    chosen: str
    first: str
    led: str
    by_seed: str
    doublings: str
    band: str


def leads(verdict: Verdict, known: dict[str, Look]) -> tuple[LeadLine, ...]:
    """Every reading against every family, arm by arm."""
    return tuple(
        LeadLine(
            known[one.arm].arm.label,
            one.attack,
            title(one.reading),
            title(one.family),
            _dose(one.held),
            _dose(one.chosen),
            one.first,
            f"{one.by_seed.count('reading')} of {len(one.seeds)}" if one.seeds else "",
            ", ".join(one.by_seed),
            signed(one.doublings.mean, 2) if one.doublings else "",
            _apart(one),
        )
        for one in verdict.leads
        if one.arm in known
    )


def drift(verdict: Verdict, known: dict[str, Look]) -> tuple[Attacked, ...]:
    """Every family that was asked again after an attack; twins and other doses have rows and no curve."""
    groups: dict[tuple[str, str], dict[str, Drift]] = {}
    for one in verdict.drift:
        groups.setdefault((one.attack, one.family), {})[one.arm] = one
    return tuple(_attacked(by_arm, known) for by_arm in groups.values())


def _attacked(by_arm: dict[str, Drift], known: dict[str, Look]) -> Attacked:
    held = [(look, by_arm[name]) for name, look in known.items() if name in by_arm]
    drawn = tuple(look for look, _ in held if look.drawn)
    lines = [Line(look.arm.label, look.style, _points(by_arm[look.arm.name])) for look in drawn]
    first = next(iter(by_arm.values()))
    return Attacked(
        f"{first.family}-{first.attack}",
        title(first.family),
        first.attack,
        first.measure,
        first.doses[-1],
        drawn,
        curves.dose(lines, 760, 320),
        curves.dose(lines, 380, 300),
        tuple(_line(look.arm.label, one) for look, one in held),
        f"{first.nats:.2f}" if first.nll else "",
        max(first.steps, default=0),
    )


def _points(one: Drift) -> tuple[Point, ...]:
    return tuple(Point(float(d), b.mean, b.low, b.high) for d, b in zip(one.doses, one.curve, strict=True))


def _line(label: str, one: Drift) -> DriftLine:
    return DriftLine(
        label,
        score(one.curve[0].mean, 3),
        score(one.curve[-1].mean, 3),
        signed(one.fall.mean),
        between(one.fall),
        signed(one.logit.mean, 2),
        _dose(one.half_dose),
        _half_band(one.half_band),
        f"{one.nll[0].mean:.2f} \u2192 {one.nll[-1].mean:.2f}" if one.nll else "",
        signed(one.at_nats.mean) if one.at_nats else "",
        signed(one.regained[-1].mean) if one.regained else "",
        _dose(one.half_back),
    )


def _apart(one: Lead) -> str:
    if one.doublings:
        return f"{signed(one.doublings.low, 2)} to {signed(one.doublings.high, 2)}"
    if not one.seeds:
        return "no seed at which both begin above U"
    return "one seed: no interval" if len(one.seeds) == 1 else "not half-way at every seed: no interval"


def _half_band(ends: tuple[float | None, float | None] | None) -> str:
    """An end that is not within the ladder is none; nothing where neither is, or there is one seed."""
    low, high = map(_dose, ends or (None, None))
    return f"{low} to {high}" if high else f"from {low} on" if low else ""


def _dose(at: float | None) -> str:
    return "" if at is None else f"{at:.1f}"


def between(band: Band) -> str:
    """A band over seeds, or nothing where there is one seed."""
    return f"{signed(band.low)} to {signed(band.high)}" if band.high > band.low else ""
