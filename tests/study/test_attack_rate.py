"""The search for the rate of attacks: what it picks, what it keeps its hands off, that it sees a broken model, and that
a study is held to it.
"""

import json
import re
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.corpus_fixture import grown_corpus, write_corpus

from rearing.attacks.texts import ATTACKS
from rearing.corpus.load import COMMONS, load_corpus
from rearing.errors import StudyError
from rearing.store.artifacts import write_json
from rearing.study.attack_rate import RATES, search_rate, try_rates
from rearing.study.attack_record import SHIPPED, RateRecord, Tried, rate_table, read_record, record_place, searched
from rearing.study.job import sources_digest
from rearing.study.schema import AttackTable, ExamineTable, RecipeTable, Study, load_study

STUDY = Study(
    name="rated",
    base="tiny",
    arms=("branching-developmental", "flat-shuffled", "principled-shuffled"),
    recipe=RecipeTable(dtype="fp32"),
    examine=ExamineTable(
        vignettes=4, forms=("chat",), split="dev-search", families=("normal", "shift", "agentic", "capability")
    ),
    attack=AttackTable(name="benign", beside=("reversal",), doses=(1, 2)),
)
FILE = """
name = "rated"
base = "tiny"
corpus = "corpus"
arms = ["branching-developmental", "flat-shuffled", "principled-shuffled"]
recipe = { dtype = "fp32" }
examine = { vignettes = 4, forms = ["chat"] }
[attack]
name = "reversal"
beside = ["obedience", "benign"]
doses = [2]
"""


def tried(lr: float, *rises: float, attack: str = "reversal") -> Tried:
    """At doses 4 and 8, or as many of them as there are rises."""
    neutral = (2.0, *(2.0 * (1 + rise) for rise in rises))
    return Tried(attack, lr, (0, 4, 8)[: len(neutral)], neutral, (0.6, 0.4), (3.0, 2.0))


def record(*rows: Tried, study: Study = STUDY, **changes: Any) -> RateRecord:
    corpus, names = grown_corpus(), {t.attack for t in rows}
    texts = {name: sources_digest(corpus, ATTACKS[name].scenarios(corpus)) for name in names}
    return replace(RateRecord("tiny:0", "grown 1", texts, study.recipe.dtype, {}, rows), **changes)


@pytest.mark.parametrize(
    ("rises", "lr"),
    [
        ({1e-5: 0.0, 1e-4: 0.0499, 1e-3: 0.0501}, 1e-4),
        ({1e-5: -0.1, 1e-4: 0.2, 1e-3: 0.04}, 1e-3),
        ({1e-5: 0.06}, None),
    ],
)
def test_the_largest_rate_within_the_budget_is_taken(rises: dict[float, float], lr: float | None) -> None:
    assert record(*(tried(lr, 0.0, rise) for lr, rise in rises.items())).chosen(8) == lr


def test_a_rate_must_keep_to_the_budget_under_every_attack_that_is_asked_for() -> None:
    found = [tried(lr, 0.01, 0.01) for lr in RATES]
    found += [tried(lr, 0.01, 0.9 if lr > 1e-4 else 0.0, attack="benign") for lr in RATES]
    both = record(*found)
    assert (both.chosen(8), both.chosen(8, ["reversal"]), both.chosen(8, ["benign"])) == (1e-4, 1e-3, 1e-4)


def test_a_study_is_held_to_the_rung_that_covers_its_last_dose() -> None:
    found = record(*(tried(lr, 0.2 if lr > 3e-4 else 0.0, 0.2 if lr > 1e-4 else 0.0) for lr in RATES))
    assert [found.chosen(dose) for dose in (1, 4, 5, 8, 64)] == [3e-4, 3e-4, 1e-4, 1e-4, 1e-4]
    assert found.json()["chosen"] == {"4": 3e-4, "8": 1e-4}


def test_a_model_that_diverged_is_beyond_any_budget() -> None:
    lost = replace(tried(1e-3, 0.0, 0.0), neutral=(2.0, 1.9, None))
    assert lost.within(4) and not lost.within(8) and record(tried(1e-4, 0, 0), lost).chosen(8) == 1e-4
    assert "diverged *" in rate_table(record(lost))


def test_every_rate_begins_at_the_base_and_a_wild_one_breaks_it() -> None:
    """The tiny model knows nothing, so that it loses only where it is broken."""
    study = STUDY.model_copy(update={"attack": AttackTable(name="benign", doses=(1, 2))})
    mild, wild, again = try_rates(study, grown_corpus(), (1e-6, 3e-1, 1e-6))
    assert again == mild, "nothing is left of the rate before"
    assert mild.doses == (0, 1, 2) and mild.within(2) and abs(mild.rise(2) or 1) < 1e-3
    assert not wild.within(2) and record(mild, wild).chosen(2) == 1e-6
    assert (mild.score[0], mild.neutral[0], mild.told[0]) == (wild.score[0], wild.neutral[0], wild.told[0])


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"vignettes": ()}, "has no vignettes in the first half of `dev`, which the search for a rate asks; add some."),
        ({"attack": ()}, "has no attack scenarios, which attack 'reversal' tells; add some"),
    ],
)
def test_a_corpus_with_nothing_to_ask_or_tell_is_refused_in_one_sentence(lacking: dict[str, Any], said: str) -> None:
    study = STUDY.model_copy(update={"attack": AttackTable(name="reversal", doses=(1,))})
    corpus = replace(grown_corpus(), **lacking)
    with pytest.raises(StudyError, match=re.escape(said)):
        next(try_rates(study, corpus))


def test_one_command_searches_every_attack_of_a_study_and_holds_it_to_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "rated.toml"
    file.write_text(FILE)
    write_corpus(tmp_path / "corpus")
    study = load_study(file)
    corpus = load_corpus(study.corpus_folder)
    before = searched(study, corpus)
    assert not before.fits and before.note == "no rate was searched for reversal, obedience, benign on the base tiny"
    assert f"`rearing calibrate --attack` with this study, which leaves {record_place(study)}" in before.mend
    found, path = search_rate(file, rates=(1e-6,), quiet=True)
    assert path == record_place(study) and read_record(path) == found
    assert [(t.attack, t.lr) for t in found.tried] == [(name, 1e-6) for name in ("reversal", "obedience", "benign")]
    after = searched(study, corpus)
    assert not after.fits and after.mend == "set lr = 1e-06, or seeds = 0"
    assert after.note == "the search chose 1e-06 for reversal, obedience, benign up to dose 2 on the base tiny"
    mended = searched(attacking(study, lr=1e-6), corpus)
    assert mended.fits and mended.mend == ""


def test_a_search_that_was_interrupted_goes_on_and_another_one_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rated.toml"
    file.write_text(FILE)
    write_corpus(tmp_path / "corpus")
    whole, path = search_rate(file, tmp_path / "out", (1e-6, 1e-5), quiet=True)
    rest = tmp_path / "out" / "unfinished.json"
    assert not rest.exists()
    tried = list[tuple[str, float]]()

    def counted(study: Study, corpus: Any, rates: Sequence[float], done: Container[tuple[str, float]]) -> Any:
        for one in try_rates(study, corpus, rates, done):
            tried.append((one.attack, one.lr))
            yield one
            if len(tried) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr("rearing.study.attack_rate.try_rates", counted)
    path.unlink()
    with pytest.raises(KeyboardInterrupt):
        search_rate(file, tmp_path / "out", (1e-6, 1e-5), quiet=True)
    assert rest.exists() and not path.exists()
    again, _ = search_rate(file, tmp_path / "out", (1e-6, 1e-5), quiet=True)
    assert again == whole and len(tried) == len(set(tried)) == 6, "each rate once"
    rest.write_text(json.dumps(whole.json() | {"dtype": "other"}))
    search_rate(file, tmp_path / "out", (1e-6,), quiet=True)
    assert len(tried) == 9, "what another search tried is none of this one"


def attacking(study: Study, **changes: Any) -> Study:
    return study.model_copy(update={"attack": study.attack.model_copy(update=changes)})


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes the record of STUDY where it is looked up, and asks whether a study fits it."""
    monkeypatch.chdir(tmp_path)

    def ask(study: Study, **changes: Any) -> Any:
        rows = [tried(lr, 0.0, 0.0, attack=name) for name in ("benign", "reversal") for lr in (1e-5, 1e-4)]
        write_json(record_place(study), record(*rows, **changes).json())
        return searched(study, grown_corpus())

    return ask


def test_more_doses_than_were_searched_are_extrapolated_and_not_refused(own: Any) -> None:
    assert own(STUDY).fits and "extrapolated" not in own(STUDY).note
    further = own(attacking(STUDY, doses=(1, 32)))
    assert further.fits and further.note.endswith("up to dose 32 on the base tiny, extrapolated from dose 8")


def test_a_record_of_something_else_says_nothing(own: Any) -> None:
    none = "no rate was searched"
    assert own(attacking(STUDY, beside=("obedience",))).note.startswith(none)
    assert own(STUDY, base="tiny:1").note.startswith(none)
    assert own(STUDY, dtype="bf16").note.startswith(none)
    assert own(STUDY, texts={"benign": "0", "reversal": "0"}).note.startswith(none)


def test_what_is_no_record_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path, whole = tmp_path / "attack.json", record(tried(1e-4, 0.0, 0.0)).json()
    (row,) = whole["tried"]
    for spoiled, said in (
        ({"base": "tiny:0"}, "Field required"),
        (whole | {"tried": []}, "not every attack was tried"),
        (whole | {"texts": whole["texts"] | {"benign": "0"}}, "not every attack was tried"),
        (whole | {"tried": [row | {"doses": [0], "neutral": [2.0]}]}, "its doses are no ladder from 0 up"),
        (whole | {"tried": [row | {"doses": [0, 8, 4]}]}, "its doses are no ladder from 0 up"),
        (whole | {"tried": [row | {"neutral": [2.0, 2.0]}]}, "not every attack was read at every dose"),
        (whole | {"tried": [row, row | {"doses": [0, 4, 16]}]}, "not every attack was read at every dose"),
        (whole | {"tried": [row | {"neutral": [0.0, 2.0, 2.0]}]}, "plain passages cost no nats"),
    ):
        write_json(path, spoiled)
        with pytest.raises(StudyError, match=rf"is no record of a search for rates \({said}\); run `rearing cal"):
            read_record(path)


def test_the_docs_show_the_record_and_the_studies_have_its_rate() -> None:
    shipped, corpus = read_record(SHIPPED / "smollm2-135m.json"), load_corpus(COMMONS)
    assert rate_table(shipped) in Path("docs/attacks.md").read_text()
    for name in ("quick", "pilot", "full"):
        study = load_study(Path(f"studies/{name}.toml"))
        assert searched(study, corpus).fits, name
        milder = searched(attacking(study, lr=1e-4), corpus)
        assert not milder.fits and milder.mend == "set lr = 0.0003, or seeds = 0"
