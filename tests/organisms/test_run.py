"""From planting to the page, on the tiny model, and again without repeating anything."""

import json
from dataclasses import replace

from typer.testing import CliRunner

from rearing.cli import app
from rearing.organisms.matrix import INSTRUMENTS
from rearing.organisms.run import Size, run_organisms
from rearing.organisms.zoo import ORGANISMS, Examination
from rearing.report.evidence import Organisms, _read


def test_a_run_leaves_a_page_and_a_record_and_goes_on_where_it_stopped(tmp_path):
    among = [replace(o, epochs=1) for o in ORGANISMS if o.name == "deep"]
    asked = Examination(doses=(1,), dtype="fp32")

    def run(which):
        size = Size(seeds=1, scenarios=2, seconds=1)
        return run_organisms(size, tmp_path, True, base="tiny", world="lamp", among=which, examination=asked)

    run([])
    made = {p: p.read_bytes() for p in (tmp_path / "store").rglob("manifest.json")}
    found = run(among)
    assert len(made) == 1 and all(p.read_bytes() == told for p, told in made.items()), "finished work is reused"
    assert {(c.organism, c.instrument) for c in found.cells} == {(o.name, i.name) for o in among for i in INSTRUMENTS}
    page = (tmp_path / "organisms.md").read_text()
    assert page.startswith("# Organisms") and "| deep |" in page and "| parrot | goes with moral praise" in page
    record = json.loads((tmp_path / "organisms.json").read_text())
    assert len(record["cells"]) == len(found.cells)
    read = _read(tmp_path / "organisms.json", Organisms)
    assert [i.instrument for i in read.instruments] == [i.name for i in INSTRUMENTS]
    assert {i.clause for i in read.instruments} == {"", "held", "causal", "pressure", "fine-tuning", "lexical"}


def test_one_thing_is_calibrated_at_a_time():
    result = CliRunner().invoke(app, ["calibrate", "--organisms", "--null"])
    assert result.exit_code == 2 and "--organisms" in result.output
