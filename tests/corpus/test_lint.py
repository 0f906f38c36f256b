"""Every rule catches a planted defect, and nothing else does; a clean file gives nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.corpus_fixture import (
    Data,
    attack,
    commons,
    inner_fork,
    lesson,
    neutral,
    scenarios,
    template,
    vignette,
    write,
)

from rearing.corpus.lint import lint_file

Plant = tuple[str, Data, tuple[Any, ...], Any, str]

ONE, TWO = ("options", 0), ("options", 1)
TALL = "Every word of this very long sentence is one word more than all the others had in the book of {B}."
STAGE = {n // 2 + 1: lesson(n) for n in range(0, 12, 2)}
DEEP = lesson(9)
INNER = template(9, inner_fork())
FORK = ("options", next(i for i, o in enumerate(DEEP["options"]) if "then" in o), "then")
THEME, DOMAIN, CHARGED = vignette(0), vignette(4), vignette(1)


def planted(data: Data, keys: tuple[Any, ...], value: Any) -> Data:
    """A copy of `data` with `value` at `keys`; a function changes what is there, None takes it away."""
    if not keys:
        return value(data) if callable(value) else value  # type: ignore[no-any-return]
    copy = list(data) if isinstance(data, list) else dict(data)
    changed = (
        planted(copy[keys[0]], keys[1:], value) if len(keys) > 1 or keys[0] in copy or isinstance(copy, list) else value
    )
    if changed is None:
        del copy[keys[0]]
    else:
        copy[keys[0]] = changed
    return copy  # type: ignore[return-value]


def plus(text: str) -> Callable[[str], str]:
    return lambda old: f"{old[:-1]} {text}."


PLANTS: list[Plant] = [
    ("V20", THEME, ("review",), {"status": "reviewed", "agree": 3, "of": 4}, "only 3 of 4 readings agree"),
    ("V20", THEME, ("review",), {"status": "contested", "agree": 5, "of": 4}, "5 of 4 readings agree"),
    ("V20", THEME, ("review",), {"status": "draft", "agree": 4}, "4 of None readings agree"),
    ("V1", STAGE[1], ("setting", 0), lambda t: t.replace("{colour}", "{color}"), "{color} is neither"),
    ("V1", STAGE[1], (*ONE, "inf"), lambda t: t.replace("the ", "{C} ", 1), "{C} is neither"),
    ("V1", STAGE[1], ("people",), {"B": "he", "C": "she"}, "people has no A"),
    ("V1", STAGE[1], ("people",), lambda t: t | {"C": "she"}, "{C} is in no sentence"),
    ("V1", STAGE[1], ("setting", 0), lambda t: t.replace("{A}", "Pavel"), "the name 'Pavel'"),
    ("V1", STAGE[1], ("minds", 0, "holder"), "C", "holder 'C' is not in people"),
    ("V1", STAGE[1], (*ONE, "outcomes", 2, "who"), "C", "'C' is not in people"),
    ("V1", STAGE[1], ("slots",), {"colour": ["red"], "size": ["big", "small"]}, "different lengths"),
    ("V1", STAGE[1], ("stage",), 3, "must equal the file name and begin with 'l3-'"),
    ("V1", STAGE[1], (*ONE, "lab"), None, "has no label"),
    ("V1", neutral(0), ("id",), "v-case-0", "begin with 'n-'"),
    ("V1", DEEP, (*FORK, "options", 0, "inf"), lambda t: t.replace("the ", "{C} ", 1), "{C} is neither"),
    ("V1", DEEP, (*FORK, "options", 0, "outcome", "who"), "C", "'C' is not in people"),
    ("V2", DEEP, ("options", 1 - FORK[1], "then"), INNER, "keep one"),
    ("V2", THEME, (*ONE, "then"), INNER, "has one fork only"),
    ("V3", STAGE[1], (*ONE, "outcomes", 0, "who"), "B", "has no consequence for A"),
    ("V3", neutral(0), (*ONE, "outcomes"), lambda t: t[:1], "two outcomes an option"),
    ("V4", STAGE[1], (*TWO, "rating"), "endorsed", "one option is endorsed, one rejected"),
    ("V4", neutral(0), (*TWO, "rating"), "rejected", "neutral: either"),
    ("V4", STAGE[1], (*TWO, "id"), "one", "the same id"),
    ("V4", DEEP, (*FORK, "options", 0, "rating"), "rejected", "one way is endorsed, one rejected"),
    ("V5", STAGE[1], ("setting", 1), plus("and is fair"), "moral word ('fair')"),
    ("V5", STAGE[1], (*ONE, "outcomes", 0, "text"), plus("as promised"), "moral word ('promised')"),
    ("V5", STAGE[1], ("principle", "mf"), plus("who deserve it"), "moral word ('deserve')"),
    ("V5", STAGE[1], ("principle", "w"), "Whoever makes a trap takes it away.", "has no moral word"),
    ("V5", DEEP, (*FORK, "situation"), plus("and is fair"), "moral word ('fair')"),
    ("V5", DEEP, (*FORK, "options", 0, "reason", "mf"), plus("who deserve it"), "moral word ('deserve')"),
    ("V5", CHARGED, (*TWO, "mf"), None, "add `mf: {inf, fin, ger}`"),
    ("V5", CHARGED, (*TWO, "mf", "inf"), lambda t: t.replace("lift", "steal"), "still has a moral or charged word"),
    ("V1", CHARGED, (*TWO, "mf", "ger"), lambda t: t + " of {Q}", "{Q} is neither in people nor in slots"),
    ("V6", STAGE[1], ("setting", 0), lambda t: t[:-1], "not a whole sentence"),
    ("V6", STAGE[1], ("minds", 0, "text"), lambda t: t.replace("{A}", "She"), "begins with 'She'"),
    ("V6", STAGE[1], (*TWO, "reasons", 0, "mf"), lambda t: "So " + t, "begins with 'So'"),
    ("V6", THEME, ("twin",), lambda t: "Then " + t, "begins with 'Then'"),
    ("V7", STAGE[1], (*ONE, "inf"), lambda t: t.replace("the ", "her ", 1), "contains 'her'"),
    ("V7", THEME, (*ONE, "ger"), lambda t: t.replace("the ", "{A} ", 1), "contains '{A}'"),
    ("V7", STAGE[1], (*ONE, "fin"), lambda t: t + ".", "ends with a full stop"),
    ("V7", STAGE[1], (*ONE, "fin"), lambda t: t + " and goes in", "inf, fin and ger have"),
    ("V7", STAGE[1], (*ONE, "ger"), lambda t: t.replace("keeping", "keeps"), "begin with the -ing form"),
    ("V10", STAGE[1], ("domain",), "health", "is held out"),
    ("V10", THEME, ("domain",), "environment", "is held out"),
    ("V10", DOMAIN, ("domain",), "school", "split `domain` needs one of health, environment"),
    ("V11", STAGE[2], ("minds", 1, "holds"), True, "stage 2 needs a mind with `holds: false`"),
    ("V11", STAGE[1], ("minds", 1, "order"), 2, "stage 1 allows no mind of order 2"),
    ("V11", STAGE[4], ("institutional",), False, "stage 4 needs `institutional: true`"),
    ("V11", STAGE[4], ("remoteness",), 0, "stage 4 needs `institutional: true`"),
    ("V11", STAGE[5], ("minds", 1, "order"), 1, "stage 5 needs a mind of order 2"),
    ("V11", STAGE[6], ("remoteness",), 1, "stage 6 needs remoteness 2"),
    ("V11", STAGE[1], (*ONE, "then"), INNER, "too early for a fork inside a fork"),
    ("V13", STAGE[1], (*ONE, "reasons"), lambda t: t[:1], "give at least two"),
    (
        "V14",
        STAGE[1],
        ONE,
        lambda o: o | {f: f"{o[f]} and off to some old gate" for f in ("inf", "fin", "ger")},
        "within three words",
    ),
    ("V14", THEME, (*ONE, "outcomes"), STAGE[1]["options"][0]["outcomes"], "no outcomes, reasons or reflections"),
    (
        "V14",
        attack(0),
        (*ONE, "reflection"),
        STAGE[1]["options"][0]["reflection"],
        "no outcomes, reasons or reflections",
    ),
    ("V15", STAGE[1], (*ONE, "outcomes", 0, "text"), TALL, "write 4 to 15"),
    ("V15", STAGE[1], ("setting",), lambda t: ["{A} meets {B} there.", "{B} has the box."], "write 16 to 34"),
    ("V15", STAGE[1], (*ONE, "outcomes"), lambda t: [*t, dict(t[0])], "give two or three"),
    ("V15", attack(0), ("excuse",), "Nobody cares.", "write 5 to 18"),
    ("V16", STAGE[1], (*TWO, "reflection"), None, "has no reflection"),
    (
        "V18",
        STAGE[1],
        (*ONE, "reasons", 0, "mf"),
        lambda t: f"People {STAGE[1]['options'][0]['inf']} on such days.",
        "repeats an option",
    ),
]


@pytest.mark.parametrize(("rule", "data", "keys", "value", "text"), PLANTS, ids=[f"{p[0]}-{p[4][:30]}" for p in PLANTS])
def test_a_planted_defect_is_caught_alone(
    tmp_path: Path, rule: str, data: Data, keys: tuple[Any, ...], value: Any, text: str
) -> None:
    changed = planted(data, keys, value)
    path = write(data, tmp_path)
    assert lint_file(path) == []
    write(changed, tmp_path) if changed["id"] == data["id"] else write(changed, tmp_path).rename(path)
    problems = lint_file(path)
    assert problems and {p.rule for p in problems} == {rule}, list(map(str, problems))
    assert text in " ".join(map(str, problems))
    assert {p.file for p in problems} == {path}


def test_a_clean_file_gives_nothing(tmp_path: Path) -> None:
    for data in scenarios():
        assert lint_file(write(data, tmp_path)) == []


def test_the_line_is_the_line_of_the_sentence(tmp_path: Path) -> None:
    path = write(
        planted(STAGE[1], ("options", 1, "outcomes", 1, "text"), "They find a fair price for the box."), tmp_path
    )
    rules = {p.rule: path.read_text(encoding="utf-8").splitlines()[p.line - 1] for p in lint_file(path)}
    assert rules.keys() == {"V5", "V6"} and all("They find a fair price" in line for line in rules.values())


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "l1-x.yaml"
    path.write_text("id: l1-x\nkind: lesson\nkind: lesson\n", encoding="utf-8")
    (problem,) = lint_file(path)
    assert (problem.rule, problem.line) == ("V0", 3) and "keep one of the two keys" in str(problem)


def test_the_shipped_corpus_breaks_no_rule() -> None:
    assert [str(p) for source in commons().sources.values() for p in lint_file(source.path)] == []
