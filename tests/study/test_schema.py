from pathlib import Path

import pytest

from rearing.errors import StudyError
from rearing.study.planning import load_assay
from rearing.study.schema import load_study

GOOD = """
name = "small"
base = "tiny"
arms = ["branching-developmental", "flat-shuffled", "principled-shuffled"]
seeds = 2
"""


def write(tmp_path: Path, text: str, name: str = "study.toml") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_study_is_read(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, GOOD))
    assert study.seeds == 2
    assert study.comparators == ("principled-shuffled", "flat-shuffled")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sedes = 3", ["unknown key 'sedes'", "'seeds'"]),
        ("[recipe]\nlearning_rate = 1e-4", ["key recipe.learning_rate", "correct or remove"]),
        ("[recipe]\nlr = -1", ["recipe.lr", "-1"]),
        ("[examine]\nforms = ['chatt']", ["'chatt'", "'chat'"]),
        ("[examine]\nexternal = 'mc.csv'", ["key examine", "'moralchoice' and external", "both or neither"]),
        ("structured = 'branching-shuffled'", ["'branching-shuffled'", "not among the arms"]),
        ("comparators = ['linear-shuffled']", ["'linear-shuffled'", "not among the arms"]),
        ("[attack]\nname = 'reversel'", ["key attack", "unknown attack 'reversel'", "'reversal'"]),
        ("[attack]\nbeside = ['benine']", ["key attack", "unknown attack 'benine'", "'benign'"]),
        ("[attack]\nbeside = ['reversal']", ["key attack", "'reversal' stands twice in attacks"]),
        ("twin_seeds = 0", ["key twin_seeds", "0"]),
        ("dosed_seeds = 0", ["key dosed_seeds", "0"]),
        ("tellings = 99", ["key tellings", "99"]),
        ("x = [", ["not valid TOML"]),
    ],
)
def test_mistakes_name_file_place_and_mend(tmp_path: Path, change: str, words: list[str]) -> None:
    path = write(tmp_path, GOOD + change)
    with pytest.raises(StudyError) as caught:
        load_study(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    for word in words:
        assert word in message


def test_only_a_matched_arm_is_compared(tmp_path: Path) -> None:
    text = GOOD.replace("flat-shuffled", "linear-shuffled") + 'comparators = ["linear-shuffled"]'
    with pytest.raises(StudyError, match="'linear-shuffled' is compared but cannot have the tokens of the others"):
        load_study(write(tmp_path, text))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"flat-shuffled"',
            '"flat-shuffled-x2"',
            "'flat-shuffled-x2' is a dose of 'flat-shuffled', which is not among the comparators",
        ),
        ("]", ', "flat-shuffled-x2.0"]', "'flat-shuffled-x2.0' is no arm; write 'flat-shuffled-x2'"),
        ("]", ', "principled-shuffled-x0.5"]', "'principled-shuffled-x0.5' with tellings = 1 tells a part"),
        ("]", ', "branching-developmental-x2"]', "a dose of 'branching-developmental', which is not among the compar"),
        ("]", ', "flat-shuffled-x2"]\ncomparators = ["flat-shuffled-x2"]', "'flat-shuffled-x2' is compared but has"),
    ],
)
def test_doses_are_of_an_arm_of_the_study_and_not_compared_themselves(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    others = 'comparators = ["principled-shuffled"]\n' if "comparators" not in new else ""
    with pytest.raises(StudyError, match=words):
        load_study(write(tmp_path, GOOD.replace(old, new) + others))


def test_an_unknown_arm_names_the_renderers(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("flat-shuffled", "flatt-shuffled"))
    with pytest.raises(StudyError, match="use one of branching, neutral, flat, flat-principled"):
        load_study(path)


def test_a_study_extends_another(tmp_path: Path) -> None:
    write(tmp_path, GOOD + "[recipe]\nlr = 3e-4\nwarmup_steps = 5\n", "base.toml")
    study = load_study(write(tmp_path, 'extends = "base.toml"\nname = "child"\n[recipe]\nlr = 1e-4\n'))
    assert (study.name, study.recipe.lr, study.recipe.warmup_steps) == ("child", 1e-4, 5)


def test_a_missing_study_and_a_missing_assay_are_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no such study file"):
        load_study(tmp_path / "none.toml")
    study = load_study(write(tmp_path, GOOD + 'assay = "nonesuch"'))
    with pytest.raises(StudyError, match="rearing calibrate --assay"):
        load_assay(study)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace('"flat-shuffled"', '"principled-shuffled"'), "stands twice in arms"),
        (GOOD + 'structured = "flat-shuffled"', "stands twice in structured and comparators"),
        (GOOD + "comparators = []", "comparators"),
        (GOOD + "[attack]\ndoses = []", "attack.doses"),
        (GOOD + '[examine]\nforms = ["chat", "chat"]', "stands twice in forms"),
        ('extends = "study.toml"\nname = "x"', "extends itself"),
    ],
)
def test_studies_that_cannot_run_are_refused_before_training(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(StudyError, match=words):
        load_study(write(tmp_path, text))


def test_a_child_needs_a_name_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "base.toml")
    with pytest.raises(StudyError, match="no name of its own"):
        load_study(write(tmp_path, 'extends = "base.toml"\n'))
