"""Plugins are found by name, in files and in packages; what is wrong with one is told in one sentence."""

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.plugin import KINDS, forgotten, write
from typer.testing import CliRunner

from rearing.arms.curriculum import arm
from rearing.arms.order import ORDERS
from rearing.arms.renderers import RENDERERS
from rearing.cli import app
from rearing.errors import PluginError
from rearing.plugins import TABLES, blame, digests, load

__all__ = ["forgotten"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_works_as_it_is_and_is_gone_when_another_study_is_loaded(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind)
    (source,) = load([path])
    thing = TABLES[kind][f"toy{kind}"]
    assert thing.name == f"toy{kind}" and digests((TABLES[kind], [thing.name])) == {f"{kind} toy{kind}": source.sha256}
    load([path])
    assert TABLES[kind][thing.name] is thing, "what is loaded is not loaded again"
    load([])
    assert thing.name not in TABLES[kind] and not any(table.sources for table in TABLES.values())
    with pytest.raises(PluginError, match=f"there is no {kind} 'toy{kind}'"):
        TABLES[kind][thing.name]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("world", name) for name in ("ending", "counter", "none", "true", "world")),
        *(("renderer", name) for name in ("far-past", "plain-prose", "none")),
        *((kind, "none") for kind in KINDS if kind not in ("world", "renderer")),
    ],
)
def test_a_new_plugin_works_whatever_its_name(tmp_path: Path, kind: str, name: str) -> None:
    """A class of that name hides nothing that the file uses, and its label is free."""
    load([write(tmp_path, kind, name)])
    assert TABLES[kind][name].name == name
    if kind == "world":
        world = TABLES[kind][name](False)
        assert world.ending(world.start()).value == 0


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("probe", "my-null", "'my-null' is the name of a null"),
        ("world", "catch", "'catch' is taken"),
        ("order", "s", "'S' is taken"),
    ],
)
def test_a_name_that_no_plugin_can_have_leaves_no_file(tmp_path: Path, kind: str, name: str, said: str) -> None:
    ran = CliRunner().invoke(app, ["new", kind, name, "--out", str(tmp_path)])
    assert isinstance(ran.exception, PluginError) and ran.stdout == "" and not list(tmp_path.iterdir())
    assert f"{name!r} cannot be the name of this {kind} (" in str(ran.exception) and said in str(ran.exception)


def test_every_kind_is_a_table_with_what_is_shipped() -> None:
    assert set(TABLES) == set(KINDS)
    assert all(table and not digests((table, table)) for table in TABLES.values())


def test_an_arm_is_made_of_a_renderer_and_an_order_of_plugins(tmp_path: Path) -> None:
    load([write(tmp_path, "renderer", "flat-rich"), write(tmp_path, "order", "zigzag")])
    assert (arm("flat-rich-zigzag-flipped").label, arm("branching-zigzag").label) == ("FRZi\u2212", "BZi")
    assert arm("flat-rich-zigzag").renderer is RENDERERS["flat-rich"]


def broken(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PluginError) as caught:
        load([path])
    assert not any(table.sources for table in TABLES.values()), "nothing of a broken file stays"
    return str(caught.value)


TACTIC = 'from rearing.evals.pressure import Tactic\nLINES = ("Do {it}.",) * 8\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", ": this file adds nothing; end it with PLUGINS = (..., ), what it adds."),
        ("x = 1\ny = x +", ", line 2: SyntaxError: invalid syntax in `y = x +`; mend that line."),
        (
            "import nonesuch",
            ", line 1: ModuleNotFoundError: No module named 'nonesuch' in `import nonesuch`; mend that",
        ),
        (
            "def f():\n    return 1 / 0\n\nx = f()",
            ", line 2: ZeroDivisionError: division by zero in `return 1 / 0`; mend",
        ),
        ("def spiral(p):\n    return ()\n\nPLUGINS = (spiral,)", ": PLUGINS holds the function spiral, which is no "),
        (
            TACTIC + 'PLUGINS = (Tactic("x", LINES[:7]),)',
            ", line 3: ValueError: tactic 'x' has 7 lines, not 8 in `PLUGINS",
        ),
        (
            TACTIC + 'PLUGINS = (Tactic("x", ("Do it.",) * 8),)',
            ", line 3: ValueError: 'Do it.' of tactic 'x' must have {it} ",
        ),
        (
            TACTIC + 'PLUGINS = (Tactic("My own", LINES),)',
            ": 'My own' is no proper name; call your tactic in lower-case words",
        ),
        (
            TACTIC + 'PLUGINS = (Tactic("x", LINES), Tactic("x", LINES))',
            ": tactic 'x': 'x' is taken; choose another one.",
        ),
        (TACTIC + 'PLUGINS = (Tactic("authority", LINES),)', ": tactic 'authority': 'authority' is taken; choose"),
        (
            "from rearing.records import private\n" + TACTIC,
            ": imports rearing.records.private, which no plugin may read",
        ),
        (
            "def f():\n    import rearing.records.private as p\n",
            ": imports rearing.records.private, which no plugin may",
        ),
        ("from rearing.evals.noted import write_notes", ": imports rearing.evals.noted, which no plugin may read"),
        ("import rearing.evals.worlds.model as m", ": imports rearing.evals.worlds.model, which no plugin may read"),
        ("from rearing.evals.worlds import model", ": imports rearing.evals.worlds.model, which no plugin may read"),
        ("from rearing.evals.families import noted", ": imports rearing.evals.families.noted, which no plugin may"),
        ("from rearing.evals.families import *", ": imports rearing.evals.families.play, which no plugin may"),
        ("from rearing.evals.transcripts import write_notes", ": imports rearing.evals.transcripts.write_notes, which"),
        ("from rearing.evals.families import Material, play", ": imports rearing.evals.families.play, which no plugin"),
        (
            "from rearing.evals.worlds.model import PrivateNote",
            ": imports rearing.records.private, which no plugin may",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.py"
    told = broken(path, text)
    assert told.startswith(f"{path}{said}") and "\n" not in told, told


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("world", ("    def screen", "    def scream"), "world 'toyworld' lacks screen; write what is missing"),
        (
            "world",
            ("    actor: ", "    acts: "),
            "TypeError: world ToyworldWorld has no actor in `class ToyworldWorld(World[Counter]):`",
        ),
        ("probe", ('Probe("toyprobe"', 'Probe("toy-null"'), "ValueError: 'toy-null' is the name of a null"),
        (
            "probe",
            ('Probe("toyprobe",', 'Probe("toyprobe", graded=True, read='),
            "ValueError: 'toyprobe' is graded and reads no menu",
        ),
        ("order", ('"toyorder"', '"toy-order"'), "the name of an order is one word, without a dash: 'toy-order'"),
        ("order", ('"To"', '"S"'), "order 'toyorder': 'S' is taken; choose another one"),
        (
            "renderer",
            ('"inner-facts1"', '"iner-facts1"'),
            "'iner-facts1' of renderer 'toyrenderer' has no phrasings, did you",
        ),
        (
            "renderer",
            ("phrases={", 'phrases={"inner-facts1": BESIDE, '),
            "'inner-facts1' of renderer 'toyrenderer' is one of",
        ),
        (
            "renderer",
            (": PLAINLY", ": PLAINLY[:7]"),
            "slot 'toyrenderer-one' of renderer 'toyrenderer' needs 8 phrasings",
        ),
    ],
)
def test_what_breaks_its_type_is_refused(tmp_path: Path, kind: str, change: tuple[str, str], said: str) -> None:
    path = write(tmp_path, kind, change=change)
    assert said in broken(path, path.read_text(encoding="utf-8"))


def test_a_file_that_is_not_there_or_was_changed_in_between(tmp_path: Path) -> None:
    with pytest.raises(
        PluginError, match=r"none.py: this plugin cannot be read \(No such file or directory\); give its path"
    ):
        load([tmp_path / "none.py"])
    path = write(tmp_path, "tactic")
    sources = load([path])
    assert pickle.loads(pickle.dumps(sources)) == sources and load(sources) == sources
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(PluginError, match="was changed while the study ran; run the same command again"):
        load(sources)
    assert load([path]) != sources, "its path alone takes what is there now"


def test_a_mistake_that_shows_when_it_is_used_is_the_plugins(tmp_path: Path) -> None:
    path = write(tmp_path, "order", "zigzag", ("return [stage for", "return [] + stagse or [stage for"))
    load([path])
    with pytest.raises(NameError) as caught:
        ORDERS["zigzag"].holds([1, 2])
    told = blame(caught.value)
    assert (
        told is not None and told.file == path and "NameError: name 'stagse' is not defined in `return []" in str(told)
    )
    assert pickle.loads(pickle.dumps(told)).args == told.args, "it can leave a worker process"
    with pytest.raises(KeyError) as ours:
        {}["nothing of a plugin"]
    assert blame(ours.value) is None


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package as pip leaves it, with an order and a helper module."""
    package = tmp_path / "site" / "zigs"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("ONE = 1\n")
    write(package, "order", "zigzag")
    (package / "entry.py").write_text("from zigs.zigzag import PLUGINS\n\nORDER = PLUGINS[0]\n")
    about = tmp_path / "site" / "zigs-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: zigs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[rearing.orders]\nzigzag = zigs.entry:ORDER\nzag = zigs.entry:ORDER\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield package
    ORDERS.forget(list(ORDERS.sources.values()))
    unimport()


def unimport() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "zigs"]:
        del sys.modules[name]


def test_what_is_installed_is_found_by_name(installed: Path) -> None:
    with pytest.raises(PluginError, match=r"no order 'zigzga', did you mean 'zigzag'\?; use one of developmental"):
        ORDERS["zigzga"]
    with pytest.raises(PluginError, match="what is installed as order 'zag' is none of that name"):
        ORDERS["zag"]
    assert "zigzag" not in ORDERS, "nothing is imported before somebody names it"
    assert arm("flat-zigzag").order == "zigzag"
    assert ORDERS.sources["zigzag"].path == installed and len(ORDERS.digest("zigzag")) == 64
    load([])
    assert "zigzag" in ORDERS, "what is installed stays"


def test_the_digest_of_a_package_covers_all_of_its_text(installed: Path) -> None:
    found = set[str]()
    for text in ("ONE = 1\n", "ONE = 2\n"):
        (installed / "helper.py").write_text(text)
        found.add(ORDERS.digest("zigzag"))
        ORDERS.forget(list(ORDERS.sources.values()))
        unimport()
    assert len(found) == 2


def test_a_package_that_cannot_be_imported(installed: Path) -> None:
    (installed / "entry.py").write_text("1 / 0\n")
    with pytest.raises(
        PluginError, match=r"zigs.entry:ORDER cannot be imported \(ZeroDivisionError: division by zero\)"
    ):
        ORDERS["zigzag"]
