"""The guides say what works: their study files load with the files that they begin."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.plugin import KINDS, forgotten, write
from typer import BadParameter
from typer.main import get_command

from rearing.cli import app
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


HEAD = 'extends = "studies/quick.toml"\nname = "mine"\n'  # of an excerpt that is no whole file
SCENARIO = "scenario_id,ambiguity,context,action1,action2\nC_1,low,You sell a bike.,I tell of the brake.,I do not.\n"


def test_the_excerpts_for_other_tools_load_beside_what_they_name(tmp_path: Path) -> None:
    """The commands of that guide are run by tests/study/test_interop.py."""
    text = (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")
    model = tmp_path / "models" / "theirs"
    model.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (model / name).touch()
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "moralchoice_low_ambiguity.csv").write_text(SCENARIO)
    seen = set[str]()
    for excerpt in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        path = tmp_path / "studies" / "mine.toml"
        whole = excerpt if "extends" in excerpt else HEAD + excerpt
        path.write_text(whole.replace("studies/", f"{ROOT}/studies/"), encoding="utf-8")
        loaded = load_study(path)
        seen |= {f"checkpoint {c.name}" for c in loaded.checkpoints} | {f"keep {loaded.keep}"}
        seen |= {f"rule {loaded.examine.rule}", f"external {loaded.examine.external is not None}"}
        assert len(jobs_of(loaded)) == 10 + len(loaded.checkpoints)
    assert seen >= {"checkpoint theirs", "keep final", "rule byte", "external True"}


BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
GUIDES = sorted(path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md"))


def commands(text: str) -> Iterator[tuple[str, bool]]:
    """What stands after `rearing` in a guide, and whether it is a whole command: those between words may be cut."""
    for block in BLOCK.findall(text):
        for line in re.findall(r"^rearing (\S.*?)(?: {2}.*| #.*)?$", re.sub(r"\\\n\s*", " ", block), re.MULTILINE):
            yield line, True
    for line in re.findall(r"`rearing ([a-z][^`|]*)`", BLOCK.sub("", text).replace("\n", " ")):
        yield line, False


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_every_command_of_a_guide_has_verbs_and_options_that_are_there(guide: Path) -> None:
    """Whether it then works is shown where it is run."""
    verbs = get_command(app).commands  # type: ignore[attr-defined]
    for line, whole in commands((ROOT / guide).read_text(encoding="utf-8")):
        verb, *arguments = shlex.split(line)
        assert verb in verbs, line
        try:
            verbs[verb].make_context(verb, arguments)
        except BadParameter.__mro__[1] as err:
            assert not whole and type(err).__name__ == "MissingParameter", f"rearing {line}: {err}"
