"""Files in, records out: every mistake is one sentence with file, line and mend."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus_fixture import lesson, neutral, small_corpus, write, write_corpus

from rearing.corpus.lint import lint_file, load_told
from rearing.corpus.load import MAX_BYTES, load_corpus, load_scenario
from rearing.errors import ScenarioError
from rearing.records.scenario import Lesson

TEXT = """\
id: n-bench
kind: neutral
title: no
theme: two places for a bench
domain: everyday
stage: 0
social_domain: personal
foundations: []
people: {A: she}
setting:
- "{A} has a new bench for the yard."
- "{A} has room at the wall and at the gate."
options:
- {id: wall, rating: either, act: act, pace: slow, payoff: 0,
   inf: "put it at the wall", fin: "puts it at the wall", ger: "putting it at the wall"}
- {id: gate, rating: either, act: act, pace: slow, payoff: 0,
   inf: "put it at the gate", fin: "puts it at the gate", ger: "putting it at the gate"}
provenance: {author: tests, method: human, date: "2026-11-24", licence: CC0}
review: {status: draft}
"""
Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new)

    return edit


def bench(folder: Path, edit: Edit = str) -> Path:
    path = folder / "n-bench.yaml"
    path.write_text(edit(TEXT), encoding="utf-8")
    return path


def test_a_file_becomes_a_record_with_its_lines(tmp_path: Path) -> None:
    scenario, source = load_scenario(bench(tmp_path))
    assert scenario.id == "n-bench" and scenario.options[1].inf == "put it at the gate"
    assert source.line("setting", 1) == 12 and source.line("options", 1, "ger") == 17
    assert source.line("options", 0, "reflection", "w") == 14, "the deepest key that the file has"
    assert source.line("nothing") == 1


def test_no_is_a_text(tmp_path: Path) -> None:
    assert load_scenario(bench(tmp_path))[0].title == "no"


@pytest.mark.parametrize(
    ("edit", "line", "problem", "mend"),
    [
        (swap("theme:", "motto:"), 4, "unknown key motto", "correct its spelling"),
        (swap("id: wall, ", "id: wall, colour: red, "), 14, "unknown key options.0.colour", "correct its spelling"),
        (swap("theme: two places for a bench\n", ""), 1, "key theme is missing", "add it"),
        (swap('"puts it at the gate"', "3"), 17, "options.1.fin is 3", "write a text"),
        (
            swap("gate, rating: either", "gate, rating: none"),
            16,
            "options.1.rating is 'none'",
            "'rejected' or 'either'",
        ),
        (
            swap('payoff: 0,\n   inf: "put it at the gate', 'payoff: 5,\n   inf: "go'),
            16,
            "options.1.payoff is 5",
            "write -1, 0 or 1",
        ),
        (swap("stage: 0", "stage: 7"), 6, "stage is 7", "5 or 6"),
        (swap("stage: 0", "stag: 0"), 6, "unknown key stag", "to stage"),
        (swap('\n- "{A} has a new bench for the yard."\n- ', " "), 10, "setting is '{A} has", "write a list"),
        (swap("kind: neutral", "kind: story"), 2, "kind is 'story'", "lesson, vignette, neutral, attack"),
        (swap("kind: neutral", "kind: [neutral]"), 2, "kind is ['neutral']", "lesson, vignette, neutral, attack"),
        (swap("title: no", "title: no: and yes"), 3, "is not valid YAML", "double quotes"),
        (swap('yard."\n', "yard.\n"), 12, "is not valid YAML", "double quotes"),
        (swap("title: no", "title: no\nid: again"), 4, 'duplicate key "id"', "keep one of the two keys"),
        (swap("stage: 0", "\tstage: 0"), 6, "is not valid YAML", "spaces instead of the tab"),
        (swap("title: no", "title: &t no\ntheme2: *t"), 4, "uses a YAML alias", "write the text out"),
    ],
    ids=lambda value: None if callable(value) else str(value)[:24],
)
def test_a_mistake_is_one_sentence(tmp_path: Path, edit: Edit, line: int, problem: str, mend: str) -> None:
    path = bench(tmp_path, edit)
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line {line}: ") and message.endswith(".") and "\n" not in message
    assert problem in message and mend in message


def test_all_mistakes_of_form_are_told_at_once(tmp_path: Path) -> None:
    path = bench(tmp_path, lambda text: text.replace("stage: 0", "stage: 7").replace("pace: slow", "pase: slow"))
    found = [(p.line, p.rule, p.text.split(";")[0]) for p in lint_file(path)]
    assert found == [
        (6, "V0", "stage is 7"),
        (14, "V0", "unknown key options.0.pase"),
        (16, "V0", "unknown key options.1.pase"),
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"# " + b"x" * MAX_BYTES, f"has {MAX_BYTES + 2} bytes, the limit is {MAX_BYTES}"),
        (b"title: \xff\xfe", "is not UTF-8"),
        (b"- a list", "is not a mapping"),
        (b"date: 2026-13-45", r"is not valid YAML \(month must be"),
        (b"stage: !!int many", r"is not valid YAML \(invalid literal"),
        (b"title: a\x00b", r"is not valid YAML \(unacceptable character"),
        (b"", "is not a mapping"),
        (b"a: " + b"[" * 5000, "is nested too deeply"),
    ],
)
def test_a_file_that_is_no_scenario_at_all(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=problem) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_a_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read .*; check the path"):
        load_scenario(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="is not a corpus folder; give a folder"):
        load_corpus(tmp_path / "none")


def test_private_text_is_dropped(tmp_path: Path) -> None:
    secret = "Nobody may reward this."
    data = lesson(0)
    clean, _ = load_scenario(write(data, tmp_path))
    scenario, source = load_scenario(write(data | {"private": [{"text": secret, "loss": 0}]}, tmp_path))
    assert scenario == clean and secret not in repr(scenario)
    assert secret.encode() not in pickle.dumps((scenario, source)), "workers get no private text"
    assert secret in (tmp_path / f"{data['id']}.yaml").read_text(encoding="utf-8")


def test_a_corpus_is_sorted_and_its_digest_follows_every_file(tmp_path: Path) -> None:
    corpus = load_corpus(write_corpus(tmp_path / "a"))
    assert (len(corpus.lessons), len(corpus.vignettes), len(corpus.neutral), len(corpus.attack)) == (12, 12, 4, 4)
    assert [s.id for s in corpus.lessons] == sorted(s.id for s in corpus.lessons)
    assert all(isinstance(s, Lesson) for s in corpus.lessons)
    assert load_corpus(write_corpus(tmp_path / "b")).digest == corpus.digest == small_corpus().digest
    seen = {corpus.digest}
    for name in ("lessons/l1-case-0.yaml", "fillers.yaml", "corpus.yaml"):
        path = tmp_path / "a" / name
        path.write_text(path.read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8")
        seen.add(load_corpus(tmp_path / "a").digest)
    assert len(seen) == 4


def test_a_scenario_in_the_wrong_folder(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "small")
    path = write(neutral(0) | {"id": "n-astray"}, root / "lessons")
    with pytest.raises(ScenarioError, match=r"a neutral lies in lessons/; move it to its own folder") as caught:
        load_corpus(root)
    assert str(caught.value).startswith(f"{path}, line ")


def test_one_id_twice(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "small")
    first = root / "lessons" / "l1-case-0.yaml"
    path = root / "lessons" / "l9-copy.yaml"
    path.write_bytes(first.read_bytes())
    with pytest.raises(ScenarioError, match=r"id 'l1-case-0' is used twice; rename it") as caught:
        load_corpus(root)
    assert str(caught.value).startswith(f"{path}, line ") and str(first) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("corpus.yaml", "name: small\n", "has no text under `name` or `version`"),
        ("corpus.yaml", "name: small\nversion: 1.0\n", "has no text under `name` or `version`"),
        ("fillers.yaml", "fillers: [1, 2]\n", "has no list of sentences under `fillers`"),
    ],
)
def test_the_two_other_files_of_a_corpus(tmp_path: Path, name: str, content: str, problem: str) -> None:
    root = write_corpus(tmp_path / "small")
    (root / name).write_text(content, encoding="utf-8")
    with pytest.raises(ScenarioError, match=problem) as caught:
        load_corpus(root)
    assert str(root / name) in str(caught.value)


def test_a_study_refuses_a_corpus_that_cannot_be_told(tmp_path: Path) -> None:
    root = write_corpus(tmp_path / "small")
    assert load_told(root) == load_corpus(root)
    path = next(p for p in (root / "vignettes").glob("*.yaml") if "rejected" in p.read_text(encoding="utf-8"))
    path.write_text(path.read_text(encoding="utf-8").replace("rejected", "endorsed", 1), encoding="utf-8")
    with pytest.raises(ScenarioError, match=rf"^{path}, line .*; rearing check {path} says more"):
        load_told(root)
