"""The published matrix is of the organisms that are here, from the world that nothing was developed in."""

import json
import math
from dataclasses import asdict, fields
from pathlib import Path

from rearing.organisms.matrix import INSTRUMENTS, REQUIRED, Cell, calibrations, fires
from rearing.organisms.report import Found, markdown
from rearing.organisms.scenarios import PUBLISHED
from rearing.organisms.zoo import ORGANISMS
from rearing.store.artifacts import digest
from rearing.study.clauses import ORGANISMS as RECORDS

RECORD = json.loads((RECORDS / "smollm2-135m.json").read_text())
PAGE = Path(__file__).resolve().parents[2] / "docs" / "organisms.md"


def cells() -> tuple[Cell, ...]:
    names = [f.name for f in fields(Cell)]
    return tuple(Cell(**{n: math.nan if row[n] is None else row[n] for n in names}) for row in RECORD["cells"])


def test_the_record_is_of_these_organisms_in_the_other_world():
    assert RECORD["setting"]["world"] == PUBLISHED
    assert RECORD["setting"]["organisms"] == digest(json.loads(json.dumps([asdict(o) for o in ORGANISMS])))
    assert {(c.organism, c.instrument) for c in cells()} == {(o.name, i.name) for o in ORGANISMS for i in INSTRUMENTS}
    assert all(c.required == REQUIRED[c.organism].get(c.instrument, "") for c in cells())
    least = {i.name: i.threshold for i in INSTRUMENTS}
    assert all(c.fires == fires(c.effect, c.low, least[c.instrument]) for c in cells())


def test_sensitivity_and_the_page_follow_from_its_cells():
    found = calibrations(cells())
    clauses = {i.name: i.clause for i in INSTRUMENTS}
    told = [asdict(c) | {"calibrated": c.calibrated, "clause": clauses[c.instrument]} for c in found]
    assert told == RECORD["instruments"]
    page = markdown(Found(cells(), tuple(found), RECORD["setting"], PAGE.parent))
    assert page.split("## Who they are")[1] == PAGE.read_text().split("## Who they are")[1]
