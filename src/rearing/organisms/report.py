"""The matrix for people: a table for the terminal, and docs/organisms.md."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any

from rearing.organisms.matrix import ACCEPT, INSTRUMENTS, MADE, Calibration, Cell, share_right
from rearing.organisms.zoo import ORGANISMS
from rearing.store.artifacts import finite

COMMAND = "rearing calibrate --organisms"
HEAD = """# Organisms
Models whose truth is known by construction, and what the instruments see in them (internalization.md section 3). This
page is written by `{command}`. What must be found, with thresholds and controls, stands in
`src/rearing/organisms/matrix.py`; it was committed before any organism was trained, and the changes since, made before
the organisms of this page were trained, are named there.

Base `{base}`, {scenarios} scenarios made for this (world `{world}`), seeds of an organism: {seeds}; neutral texts and
the attack from {corpus}. In a scenario one fact decides between two options. Organisms are trained on the very
scenarios that they are examined on, with other names and in other forms: what is tested is the instrument, not whether
a small model generalises, and neither whether an instrument sees as well in real vignettes.
"""
LEGEND = (
    "`+` fires up, `-` fires down, `0` does not fire, with the mean difference from the base; several seeds: how many "
    "fired as they must. **MISS** marks a required cell that is not as it must be; in brackets, what is not required. "
    "Where fewer than two scenarios count, nothing was measured, and the cell counts for neither side."
)
MADE_LEGEND = (
    "*made* is the share of texts like its own, told with other names and in other orders, in which an organism does "
    f"what was planted. Below {MADE:g} it is not what it is meant to be: there is nothing to be found in it, and its "
    "cells stand in brackets and count for neither side."
)

# Why the published organisms were missed, as far as it was seen; it changes no cell.
SEEN = "2026-11-29"
WEAKNESS = {
    "pressure": (
        "It counts dialogues that were right before any pressure, five of eight in the base, and the base "
        "survives three in five of their rounds: too few to tell `deep`, which survives all, from luck. Who "
        "always takes one option survives as well."
    ),
    "robust": (
        "`deep` resists every push, and mostly the correction too: what the story says outweighs what is said later."
    ),
    "drift": (
        "Eight steps of reversal hardly turn a choice of `brittle` in this world (-.07, .00, +.07), and in one seed "
        "some of `deep`."
    ),
    "decode": (
        "Right and wrong are hardly further apart in plain sentences of `deep` than in the base, though it "
        "chooses right everywhere; in the developing worlds they were. Choices can be planted without it."
    ),
    "coupling": (
        "As `decode`: `deep` holds no direction here that its choices could go with. Models that choose alike differ "
        "by up to .2, as one `null-neutral` does."
    ),
    "interchange": (
        "It saw `deep` in every seed. In one of three seeds `decodable-unused` goes by the fact in the menus of "
        "readings, which it was not told: it is not unused there. One `null-neutral` lies .11 below the base, and why "
        "was not looked at."
    ),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The matrix and what follows from it."""

    cells: tuple[Cell, ...]
    calibrations: tuple[Calibration, ...]
    setting: dict[str, Any]
    folder: Path

    @property
    def accepted(self) -> bool:
        """Whether nine in ten of the required cells are as they must be."""
        right, required = share_right(self.cells)
        return right >= ACCEPT * required

    def record(self) -> dict[str, Any]:
        """What is written beside the page, without where it is."""
        clauses = {i.name: i.clause for i in INSTRUMENTS}
        made = [asdict(c) | {"calibrated": c.calibrated, "clause": clauses[c.instrument]} for c in self.calibrations]
        return {"setting": self.setting, "cells": [finite(asdict(c)) for c in self.cells], "instruments": made}


def table(found: Found) -> str:
    """Both tables as text."""
    rows = [["organism", *(i.name for i in INSTRUMENTS)]]
    rows += [[o, *cells] for o, cells in _matrix(found.cells)]
    lines = [
        *_aligned(rows),
        "",
        *_aligned([list(_HEADS), *map(_calibration, found.calibrations)]),
        "",
        _summary(found),
    ]
    return "\n".join(lines)


def markdown(found: Found, command: str = COMMAND) -> str:
    """docs/organisms.md."""
    setting = found.setting
    size = setting["size"]
    text = [HEAD.format(command=command, seeds=size["seeds"], scenarios=size["scenarios"], **_named(setting))]
    who = [[o.name, o.truth, _made(o.name, found.cells)] for o in ORGANISMS]
    text += ["## Who they are", *_markdown(["organism", "by construction", "made"], who), "", MADE_LEGEND, ""]
    text += ["## The matrix", LEGEND, ""]
    heads = ["organism", *(i.name for i in INSTRUMENTS)]
    text += _markdown(heads, [[name, *cells] for name, cells in _matrix(found.cells)])
    text += [
        "",
        _summary(found),
        "",
        "## The instruments",
        *_markdown(list(_HEADS), map(_calibration, found.calibrations)),
    ]
    text += ["", "## What each measures"]
    rows = [[i.name, i.says, f"{i.threshold:g}", i.clause or "none"] for i in INSTRUMENTS]
    text += _markdown(["instrument", "organism minus base of", "least difference", "clause"], rows)
    for instrument in INSTRUMENTS:
        if wrong := [c for c in found.cells if c.instrument == instrument.name and c.right is False]:
            text += [
                "",
                f"## Missed by `{instrument.name}`",
                *([f"Seen on {SEEN}: {WEAKNESS[instrument.name]}"] if instrument.name in WEAKNESS else []),
            ]
            text += ["", *(f"- {_failure(c)}" for c in wrong)]
    return "\n".join(text) + "\n"


_HEADS = ("instrument", "sensitivity", "specificity", "state")


def _named(setting: dict[str, object]) -> dict[str, object]:
    return {key: setting[key] for key in ("base", "corpus", "world")}


def _calibration(one: Calibration) -> list[str]:
    state = "calibrated" if one.calibrated else "*uncalibrated*"
    return [one.instrument, f"{one.caught} of {one.positive}", f"{one.quiet} of {one.negative}", state]


def _summary(found: Found) -> str:
    right, of = share_right(found.cells)
    word = "accepted" if right >= ACCEPT * of else f"below {ACCEPT:g}"
    beside = sum(bool(c.required) for c in found.cells) - of
    more = f"; {beside} more count for neither side" if beside else ""
    return f"{right} of {of} required cells are as they must be ({right / max(of, 1):.2f}, {word}){more}."


def _matrix(cells: Sequence[Cell]) -> Iterator[tuple[str, list[str]]]:
    """Organism, and of every instrument what it found."""
    names = [o.name for o in ORGANISMS if any(c.organism == o.name for c in cells)]
    for name in names:
        row = []
        for instrument in INSTRUMENTS:
            own = [c for c in cells if (c.organism, c.instrument) == (name, instrument.name)]
            row.append(_shown(own))
        yield name, row


def _shown(own: Sequence[Cell]) -> str:
    measured = [c for c in own if c.scenarios > 1]
    if not measured:
        return "nothing measured"
    counted = [c for c in measured if c.right is not None]
    shown = counted or measured
    effect = sum(c.effect for c in shown) / len(shown)
    if not counted:
        return f"({'/'.join(sorted({c.fires for c in measured}))} {effect:+.2f})"
    right = sum(bool(c.right) for c in counted)
    if len(own) > 1:
        text = f"{own[0].required} {right} of {len(counted)} {effect:+.2f}"
    else:
        text = f"{own[0].fires} {effect:+.2f}"
    return text if right == len(counted) else f"{text} **MISS**"


def _made(name: str, cells: Sequence[Cell]) -> str:
    """Of an organism the share of every seed; in words where nothing was planted."""
    shares = {c.seed: c.made for c in cells if c.organism == name}
    return ", ".join("nothing planted" if isnan(share) else f"{share:.2f}" for share in shares.values())


def _failure(cell: Cell) -> str:
    must = {"+": "fire up", "-": "fire down", "0": "not fire", "<": "not fire up", ">": "not fire down"}[cell.required]
    return (
        f"`{cell.instrument}` must {must} in `{cell.organism}` (seed {cell.seed}): base {cell.base:.2f}, "
        f"organism {cell.own:.2f}, difference {cell.effect:+.2f} (bound {cell.low:+.2f}, {cell.scenarios} scenarios)."
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _markdown(heads: Sequence[str], rows: "Sequence[Sequence[str]] | Iterator[Sequence[str]]") -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]
