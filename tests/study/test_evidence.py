"""What lies in an evidence folder is of this study."""

import json
from pathlib import Path

from tests.corpus_fixture import small_corpus

from rearing.store.tables import frame
from rearing.study.evidence import write_evidence
from rearing.study.planning import build_plan
from rearing.study.schema import Study


def test_tables_of_an_earlier_study_of_the_same_name_are_not_certified(tmp_path: Path) -> None:
    arms = ("branching-developmental", "flat-shuffled", "principled-shuffled")
    study, corpus = Study(name="mine", base="tiny", arms=arms), small_corpus()
    plan = build_plan(study, corpus, 0, {})
    for names in (("responses", "losses"), ("responses",)):
        write_evidence(tmp_path, study, corpus, plan, [], [], {}, {name: frame(name, ()) for name in names})
        made = json.loads((tmp_path / "manifest.json").read_text())["files"]
        assert {name for name in made if name.endswith(".parquet")} == {f"{name}.parquet" for name in names}
    assert not (tmp_path / "losses.parquet").exists()
