"""A scenario goes to Twine and comes back; a plain story becomes the beginning of one."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.corpus_fixture import commons, scenarios

from rearing.corpus.dataset.files import export_stories
from rearing.corpus.lint import lint_file
from rearing.corpus.load import KINDS, load_scenario
from rearing.corpus.twine.draft import import_twee
from rearing.corpus.twine.story import read_story, write_story
from rearing.corpus.twine.twee import BARRED, SPECIAL, Passage, read_twee
from rearing.errors import ScenarioError
from rearing.records.scenario import Lesson, Scenario

ORACLE = Path(__file__).with_name("oracle.mjs")
EXTWEE = next((p for p in (folder / "node_modules" / "extwee" for folder in ORACLE.parents) if p.exists()), None)
needs_extwee = pytest.mark.skipif(
    shutil.which("node") is None or EXTWEE is None,
    reason="extwee is not installed: npm install --no-save --no-package-lock extwee@2.3.18",
)
SMALL: list[Scenario] = [KINDS[data["kind"]].validate_python(data) for data in scenarios()]
KINDS_OF_STORY = [
    next(s for s in SMALL if isinstance(s, Lesson) and s.deep),
    *(next(s for s in SMALL if s.kind == kind) for kind in ("vignette", "neutral", "attack")),
]
PLAIN = """:: StoryTitle
The green bicycle

:: StoryData
{"ifid": "D674C58C-DEFA-4F70-B7A2-27742230C0FC", "start": "Evening"}

:: Evening {"position":"100,100"}
{A} rides home from the pool on a green bicycle. At the gate {A} sees that it is that of {B}.

[[Ring Pavel and bring it back.->Ring]]
[[Keep quiet|Quiet]]

:: Ring [nice]
{A} rings {B} and brings it back. {B} gets it before the pool closes. {A} is late for supper. The rain stops.

[[Later->Ring later]]

:: Ring later
It was honest to admit the mistake. It is fair to repair it.

[[End]] [[Evening]]

:: Quiet
{B} walks home. {A} eats a warm supper.

[[End]]

:: End
Whoever takes a thing has a duty to return it.
"""


def back(scenario: Scenario, folder: Path, **corpus: Any) -> Scenario:
    """Scenario to Twee to scenario file to scenario."""
    path = folder / "story.twee"
    path.write_text(write_story(scenario, **corpus), encoding="utf-8")
    made = folder / f"{scenario.id}.yaml"
    made.write_text(import_twee(path, scenario.id, "2026-11-24"), encoding="utf-8")
    return load_scenario(made)[0]


def written(folder: Path, text: str) -> Path:
    path = folder / "story.twee"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_scenario_of_commons_comes_back_equal(tmp_path: Path) -> None:
    corpus = commons()
    for scenario in corpus.scenarios:
        text = write_story(scenario, corpus)
        assert text == write_story(scenario, corpus) and corpus.digest in text
        path = written(tmp_path, text)
        assert KINDS[scenario.kind].validate_python(read_story(read_twee(path), path)) == scenario


def test_scenario_files_made_from_stories_hold_the_same(tmp_path: Path) -> None:
    corpus = commons()
    chosen = [*corpus.scenarios[::40], *[x for x in corpus.lessons if x.deep][:2], *corpus.neutral[:1], *SMALL]
    for scenario in chosen:
        assert back(scenario, tmp_path, corpus=corpus) == scenario


def leaves(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Key paths of all free texts."""
    if isinstance(node, str):
        return [at]
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for key, part in parts for path in leaves(part, (*at, key))]


FREE = set("title theme setting text inf fin ger lab w mf main twin excuse situation".split())


@given(st.data())
def test_any_text_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    scenario = data.draw(st.sampled_from(KINDS_OF_STORY))
    tree = KINDS[scenario.kind].dump_python(scenario, mode="json")
    path = data.draw(st.sampled_from([p for p in leaves(tree) if FREE & set(p)]))
    text = data.draw(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])) | st.from_regex(BARRED))
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = text
    changed = KINDS[scenario.kind].validate_python(tree)
    folder = tmp_path_factory.mktemp("any")
    try:
        written(folder, write_story(changed))
    except ScenarioError as err:
        assert BARRED.search(text) and "Twine reads as its own" in str(err)
        return
    passages = read_twee(folder / "story.twee")
    assert KINDS[scenario.kind].validate_python(read_story(passages, folder)) == changed


def test_what_an_author_changes_in_twine_is_what_is_read(tmp_path: Path) -> None:
    lesson = KINDS_OF_STORY[0]
    assert isinstance(lesson, Lesson)
    old, new = lesson.options[0].outcomes[0].text, "{A} waits at the gate."
    text = write_story(lesson)
    assert text.count(old) == 1
    path = written(tmp_path, text.replace(old, new))
    changed = KINDS["lesson"].validate_python(read_story(read_twee(path), path))
    one, two = changed.options
    assert one.outcomes[0].text == new
    assert replace(changed, options=(replace(one, outcomes=lesson.options[0].outcomes), two)) == lesson


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (":: The principle", ":: The rule", "has no passage 'The principle'"),
        ("\n\n[[Go back", "\nOne more.\n\n[[Go back", "write one sentence a line"),
        ('"kind": "lesson"', '"kind": "lesson",,', "is not as it was written"),
        ('"options"', '"optoins"', "is not as it was written"),
        (".->two]]", ".->three]]", "has no link to 'two'"),
    ],
)
def test_a_story_that_lost_something_says_what(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = write_story(KINDS_OF_STORY[0])
    assert old in text
    with pytest.raises(ScenarioError, match=words):
        import_twee(written(tmp_path, text.replace(old, new, 1)), "l4-case", "2026-11-24")


def test_a_plain_story_is_imported_as_far_as_it_goes(tmp_path: Path) -> None:
    made = tmp_path / "l2-green-bicycle.yaml"
    made.write_text(import_twee(written(tmp_path, PLAIN), made.stem, "2026-11-24"), encoding="utf-8")
    lesson, _ = load_scenario(made)
    assert isinstance(lesson, Lesson)
    one, two = lesson.options
    assert (lesson.title, len(lesson.setting)) == ("The green bicycle", 2)
    assert lesson.setting[1] == "At the gate {A} sees that it is that of {B}."
    assert (one.inf, one.fin, two.inf) == ("ring Pavel and bring it back", "rings {B} and brings it back", "keep quiet")
    assert [(o.who, o.text) for o in one.outcomes] == [
        ("B", "{B} gets it before the pool closes."),
        ("A", "{A} is late for supper."),
        ("A", "The rain stops."),
    ]
    assert [o.text for o in two.outcomes] == ["{B} walks home.", "{A} eats a warm supper."]
    assert one.reflection and one.reflection.w == "It was honest to admit the mistake."
    assert one.reasons[0].w == "It is fair to repair it." and one.reasons[1].w.startswith("<")
    assert lesson.principle.w == "Whoever takes a thing has a duty to return it."
    lines = made.read_text(encoding="utf-8").splitlines()
    blanks = {i for i, line in enumerate(lines, 1) if '"<' in line}
    assert blanks == {p.line for p in lint_file(made) if p.rule == "V19"}
    assert any(line.lstrip().startswith("# ") for line in lines), "the comments of the blank are kept"


def test_a_fork_behind_a_link_becomes_a_deep_lesson(tmp_path: Path) -> None:
    fork = "[[Tell->T]] [[Hide it->H]]\n\n:: T\n{A} tells.\n\n:: H\n{B} waits. Bad."
    text = PLAIN.replace("[[End]]\n\n:: End", f"{fork}\n\n:: End")
    made = tmp_path / "l4-green-bicycle.yaml"
    made.write_text(import_twee(written(tmp_path, text), made.stem, "2026-11-24"), encoding="utf-8")
    lesson, _ = load_scenario(made)
    then = lesson.options[1].then
    assert then and then.situation == "{A} eats a warm supper."
    assert [(w.inf, w.fin) for w in then.options] == [("tell", "tells"), ("hide it", "<{A} ...>")]
    assert then.options[1].outcome.text == "{B} waits." and then.options[1].reason.w == "Bad."


def test_a_tag_says_which_road_is_endorsed(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN.replace(":: Quiet", ":: Quiet [endorsed]"))
    made = tmp_path / "l2-green-bicycle.yaml"
    made.write_text(import_twee(path, made.stem, "2026-11-24"), encoding="utf-8")
    assert load_scenario(made)[0].option("endorsed").inf == "keep quiet"


def test_a_story_in_the_place_of_a_scenario_is_told_its_way(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    assert [p.text for p in lint_file(path)] == [
        f"is a story from Twine; make a scenario of it: rearing new scenario ID --from {path}"
    ]


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", ""])
def test_an_id_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    lesson = KINDS_OF_STORY[0]
    with pytest.raises(ScenarioError, match="is no id"):
        export_stories([replace(lesson, id=name)], tmp_path / "stories")
    with pytest.raises(ScenarioError, match="is no id"):
        import_twee(written(tmp_path, write_story(lesson)), name, "2026-11-24")
    assert not (tmp_path / "stories").exists()


def test_an_option_that_would_take_the_name_of_another_passage_is_refused() -> None:
    lesson = KINDS_OF_STORY[0]
    one, two = lesson.options
    for name in (two.id, "The situation"):
        with pytest.raises(ScenarioError, match=f"2 passages would be named '{name}'; rename an option"):
            write_story(replace(lesson, options=(replace(one, id=name), two)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html></html>", "Export As Twee"),
        (PLAIN.replace("[[Keep quiet|Quiet]]", "[[Keep quiet|Quiet]]\n[[Shout->End]]"), "has 3 links that lead on"),
        (PLAIN.replace("[[Keep quiet|Quiet]]", ""), "has 0 links that lead on"),
        (PLAIN.replace(":: Quiet", ":: Silent"), "no passage 'Quiet'"),
        (PLAIN.replace(":: Quiet", ":: Ring"), "two passages named 'Ring'"),
        (PLAIN.replace("{B} walks home.", "<<set $x to 1>>"), "has code"),
        (PLAIN.replace("{B} walks home.", "(set: $x to 1)"), "has code"),
        (PLAIN.replace(":: Quiet", ":: [quiet"), "no passage header"),
    ],
)
def test_a_story_that_is_none_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=words) as caught:
        import_twee(written(tmp_path, text), "l2-case", "2026-11-24")
    assert "story.twee" in str(caught.value)


@needs_extwee
def test_extwee_reads_the_same_passages_and_links_from_twee_and_from_html(tmp_path: Path) -> None:
    corpus = commons()
    chosen = [*KINDS_OF_STORY, *corpus.scenarios[::60]]
    for scenario in chosen:
        (tmp_path / f"{scenario.id}.twee").write_text(write_story(scenario, corpus), encoding="utf-8")
    ran = subprocess.run(["node", str(ORACLE), str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert set(told) == {s.id for s in chosen}
    for name, ways in told.items():
        ours = read_twee(tmp_path / f"{name}.twee")
        passages = {p.name: [p.text, sorted(p.tags)] for p in ours.values() if p.name not in SPECIAL}
        links = sorted([p.name, target] for p in ours.values() for _, target in p.links)
        for way in ("twee", "html"):
            found = {p["name"]: [p["text"], sorted(p["tags"])] for p in ways[way]["passages"]}
            assert {n: p for n, p in found.items() if n not in SPECIAL} == passages, (name, way)
            assert sorted(ways[way]["links"]) == links, (name, way)
        assert ways["html"]["start"] == ways["twee"]["start"] == "The situation"
        assert ways["html"]["title"] == ours["StoryTitle"].text
        theirs = {p["name"]: Passage(p["name"], p["text"]) for p in ways["html"]["passages"]}
        theirs["StoryTitle"] = Passage("StoryTitle", ways["html"]["title"])
        scenario = next(s for s in chosen if s.id == name)
        assert KINDS[scenario.kind].validate_python(read_story(theirs, tmp_path)) == scenario
