"""Probes: what the judge and the worker rely upon, tried on the tiny model."""

from collections import Counter
from dataclasses import replace
from typing import Any

from rearing.probes.probe import Held, Probe, Seen, Told
from rearing.records.reading import NULL
from rearing.records.scenario import SITUATIONS
from rearing.records.tables import READINGS, WHO
from rearing.testing.broken import few, need, no_private

COLUMNS = {name: kind for name, kind in READINGS.items() if name not in WHO}
WORDING = "mf"


def check_probe(probe: Probe) -> None:
    """A probe reads every scenario, leaves the model as it is, and finds a half where nothing is held.

    The tiny model is random, so this says nothing of what a probe finds in a trained one.

    Raises:
        Broken: It does not.
        ImportError: Torch is not installed.
    """
    from rearing.models.base import open_model
    from rearing.probes.read import hold

    no_private(probe.read)
    lm, vignettes = open_model("tiny"), few().vignettes
    lessons = few().lessons if probe.on_told else ()
    told = Told(lessons, [i / len(lessons) for i in range(len(lessons))]) if lessons else None
    own = hold(lm, vignettes, "exam", probe.formats, probe.graded, lessons=lessons, texts=probe.beside)
    seen, before = Seen(lm, vignettes, "exam", own, own, told=told), lm.copy_weights()
    rows = list(probe.read(seen))
    need(bool(rows), f"{probe.name} makes no rows")
    need(
        all(bool((before[name] == p).all()) for name, p in lm.model.named_parameters()),
        f"{probe.name} trains the model",
    )
    hooked = any(m._forward_hooks or m._forward_pre_hooks for m in lm.model.modules())
    need(not hooked, f"{probe.name} leaves a hook in the model; remove it in a finally")
    need(list(probe.read(seen)) == rows, f"{probe.name} reads otherwise the second time")
    rows = [row for row in rows if _well_formed(probe.name, row)]
    of_lessons = bool(lessons) and all(row["scenario"] in {x.id for x in lessons} for row in rows)
    asked = [(x.id, "main") for x in lessons] if of_lessons else [(v.id, s) for v in vignettes for s in SITUATIONS]
    _whole(probe.name, rows, set(asked))
    if probe.on_before:
        attacked = probe.read(replace(seen, before=own))
        _whole(probe.name, [row for row in attacked if _well_formed(probe.name, row)], set(asked))
    if probe.of_vectors and not probe.passes and not probe.passes_back:
        nothing = _nothing(own)
        for row in probe.read(Seen(lm, vignettes, "exam", nothing, nothing)):
            said = f"{row['reading']} is {row['value']} where the right option and its rival are held alike"
            need(row["value"] == 0.5, f"{said}; it must be a half (probes.rows.share)")


def _well_formed(name: str, row: dict[str, Any]) -> bool:
    """Whether it is a row of this probe; the others that it makes have a probe of their own."""
    need(row.keys() == COLUMNS.keys(), f"a row of {name} has {sorted(row)}, not {sorted(COLUMNS)} (probes.rows.row)")
    for column, kind in COLUMNS.items():
        good = isinstance(row[column], float if kind == "float" else str)
        need(good, f"{column} of a row of {name} is {row[column]!r}, no {kind}")
    need(0 <= row["value"] <= 1, f"a row of {name} has the value {row['value']}, which is outside 0 to 1")
    need(row["wording"] == WORDING, f"a row of {name} has the wording {row['wording']!r}, not {WORDING!r}")
    return str(row["reading"]).removesuffix(NULL) == name


def _whole(name: str, rows: list[dict[str, Any]], bank: set[tuple[str, str]]) -> None:
    """Every scenario and situation once, for every site of the reading and of its null."""
    need(any(row["reading"] == name for row in rows), f"{name} makes no row with its own name in `reading`")
    for reading, site in {(row["reading"], row["site"]) for row in rows}:
        own = Counter((r["scenario"], r["situation"]) for r in rows if (r["reading"], r["site"]) == (reading, site))
        need(own.keys() == bank, f"{reading} ({site}) does not read every scenario in main and twin")
        need(set(own.values()) == {1}, f"{reading} ({site}) reads a scenario more than once")


def _nothing(held: Held) -> Held:
    """The same bank, the right option and its rival held alike and none chosen."""
    return replace(
        held,
        pairs=tuple(replace(p, rival_SD=p.right_SD, margin=0.0) for p in held.pairs),
        choices=tuple(
            replace(c, mention_D=0 * c.mention_D, slope_D=0 * c.slope_D, margin=0.0, lens=0.0) for c in held.choices
        ),
    )
