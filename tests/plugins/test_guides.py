"""The guides say what works: their study files load with the files that they begin."""

import re
from pathlib import Path

import pytest
from tests.plugins.plugin import KINDS, forgotten, write

from rearing.plugins import TABLES
from rearing.study.planning import jobs_of
from rearing.study.schema import load_study

__all__ = ["forgotten"]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("guide", ["baselines.md", "red-team.md", "interpretability.md"])
def test_the_study_of_a_guide_loads_with_what_it_begins(tmp_path: Path, guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    begun = re.findall(rf"^rearing new ({'|'.join(KINDS)}) (\S+)", text, re.MULTILINE)
    for kind, name in begun:
        write(tmp_path, kind, name)
    study = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert study and begun
    (tmp_path / "mine.toml").write_text(study[1].replace("studies/", f"{ROOT}/studies/"), encoding="utf-8")
    loaded = load_study(tmp_path / "mine.toml")
    assert [source.path.parent for source in loaded.plugins] == [tmp_path] * len(loaded.plugins)
    assert len(jobs_of(loaded)) > 1
    assert all(name in TABLES[kind] for kind, name in begun if kind != "order")
