"""The leak check catches every kind of leak that is planted, in either direction, and finds none in what we ship."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from tests.corpus_fixture import commons, grown_corpus

from rearing.arms.curriculum import arm, curricula
from rearing.attacks.texts import ATTACKS, RECOVERY, Attack, attack_texts
from rearing.corpus.fill import Pool
from rearing.corpus.load import Corpus
from rearing.evals.bank import agentic_items, frame_items, normal_items, shift_items
from rearing.evals.capability import capability_items
from rearing.evals.forms import SHIFT_FORMS
from rearing.evals.lexical import lexical_items
from rearing.evals.pressure import pressure_items
from rearing.evals.turiel import turiel_items
from rearing.evals.worlds.pool import world_items
from rearing.probes.sequences import BEFORE_FIRST, CARRIER, TICKED
from rearing.records.document import Curriculum, Sentence
from rearing.records.item import Item
from rearing.records.recipe import Recipe
from rearing.study.curricula import study_curricula
from rearing.study.evidence import audit_study
from rearing.study.items import bare_chat
from rearing.study.leaks import leak_rows
from rearing.study.schema import ExamineTable, Study

ARMS = (
    "branching-developmental",
    "flat-shuffled",
    "principled-shuffled",
    "principled-shuffled-flipped",
    "paraphrase-shuffled",
)


@cache
def trained(load: Callable[[], Corpus]) -> frozenset[str]:
    """The text of all documents of three seeds, warm-up included."""
    made = [c for seed in (1, 2, 3) for c in curricula(load(), [arm(n) for n in ARMS], seed, Recipe()).values()]
    return frozenset(d.text for c in made for d in c.documents)


def asked(corpus: Corpus) -> list[Item]:
    """What may be asked of every vignette, in every form and wording."""
    made = [*normal_items(corpus.lessons, bare_chat), *capability_items(corpus.neutral, "exam"), *world_items()]
    pools: dict[str, Pool] = {"theme": "exam", "domain": "exam", "dev": "dev"}
    for split, pool in pools.items():
        some = [v for v in corpus.vignettes if v.split == split]
        made += shift_items(some, SHIFT_FORMS, "natural", pool, bare_chat)
        made += lexical_items(some, SHIFT_FORMS, pool, bare_chat)
        made += turiel_items(some, pool, bare_chat) + agentic_items(some, pool) + frame_items(some, pool)
        made += pressure_items(some, pool, bare_chat)
    return made


def put(text: str, which: Callable[[Item], bool]) -> Callable[[Corpus], list[Item]]:
    """The items of a corpus, with a text before the prompts of some of them."""

    def changed(item: Item) -> Item:
        prompts = tuple(dataclasses.replace(p, text=f"{text} {p.text}") for p in item.prompts)
        return dataclasses.replace(item, prompts=prompts) if which(item) else item

    return lambda corpus: list(map(changed, asked(corpus)))


def failed(load: Callable[[], Corpus], more: str = "", ask: Callable[[Corpus], list[Item]] = asked) -> dict[str, str]:
    """The rows that fail after one more document, with their text."""
    return {row.name: row.text for row in leak_rows(trained(load) | {more}, load(), ask) if not row.passed}


@pytest.mark.parametrize("load", [grown_corpus, commons])
def test_what_we_ship_leaks_nothing(load) -> None:
    assert failed(load) == {}


@pytest.mark.parametrize("attack", [*ATTACKS.values(), RECOVERY], ids=lambda attack: attack.name)
def test_no_attack_speaks_as_an_examination_does(attack: Attack) -> None:
    corpus = grown_corpus()
    texts = {t for step in attack_texts(attack, corpus, bare_chat, 8) for t in step}
    assert [row.text for row in leak_rows(texts, corpus, asked) if not row.passed] == []


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("From: nobody.", "leak_markers", "'From:'"),
        ("They talked.\nROSA: I am here.", "leak_markers", "'§:'"),
        ('Somebody wrote {"notes": on the wall.', "leak_markers", '{"notes":'),
        ("What should Mina do?", "leak_runs", "what should § do"),
        ("If I were Mina, I would go.", "leak_runs", ". if i were § i would"),
        ("The person in charge allows it.", "leak_runs", "the person in charge allows"),
        ("Ruth goes by.", "leak_names", "'Ruth'"),
        ("Everybody calls CLARA back.", "leak_names", "'Clara'"),
    ],
)
def test_a_form_or_name_of_an_examination_in_a_document_is_found(text: str, kind: str, shown: str) -> None:
    found = failed(grown_corpus, text)
    assert found.keys() == {kind}
    assert shown in found[kind]


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("Suppose that Ruth comes home.", "leak_runs", ". suppose that §"),
        ("It was right to choose the other one.", "leak_runs", "it was right to choose"),
        ("Mina goes by.", "leak_names", "'Mina'"),
    ],
)
def test_scaffold_or_a_name_of_a_document_in_one_item_is_found(text: str, kind: str, shown: str) -> None:
    one = next(i.id for i in asked(grown_corpus()) if i.family == "shift")
    found = failed(grown_corpus, ask=put(text, lambda i: i.id == one))
    assert found.keys() == {kind}
    assert shown in found[kind]


def test_a_new_form_that_looks_like_a_document_is_found() -> None:
    """Documents come with a marker that no form has; then a form takes it up."""
    assert failed(grown_corpus, "Chapter: one.") == {}
    found = failed(grown_corpus, "Chapter: one.", put("Chapter: two.", lambda i: i.form == "forum"))
    assert found.keys() == {"leak_markers"}


def test_the_menu_sentence_of_the_documents_is_found_in_a_form() -> None:
    """`plain`, which `normal` asks in, would be a leak in `shift`."""
    found = failed(grown_corpus, ask=lambda c: shift_items(c.vignettes, ["plain", "log"], "natural", "exam", bare_chat))
    assert found.keys() == {"leak_runs"}
    assert ". § could ¦ or ¦ ." in found["leak_runs"]


def test_normal_may_speak_like_a_document_but_needs_names_of_its_own() -> None:
    spoken = put("It was right to choose the other one.", lambda i: i.family == "normal")
    assert failed(grown_corpus, ask=spoken) == {}
    named = put("Mina goes by.", lambda i: i.family == "normal")
    assert failed(grown_corpus, ask=named).keys() == {"leak_names"}


def test_a_colon_in_a_sentence_is_no_label() -> None:
    assert failed(grown_corpus, "There is nobody to write from: the subject: none.") == {}


def test_what_an_author_wrote_is_no_scaffold() -> None:
    """A document may share a sentence with a vignette; `rearing check --corpus` looks after that."""
    sentence = grown_corpus().vignettes[0].setting[0].replace("{A}", "Mina")
    assert failed(grown_corpus, sentence) == {}
    assert failed(grown_corpus, sentence.replace("Mina", "Ruth")).keys() == {"leak_names"}


def test_a_failing_row_is_a_required_check() -> None:
    (row,) = [r for r in leak_rows({"Ruth goes by."}, grown_corpus(), asked) if not r.passed]
    assert (row.check.kind, row.check.name, row.check.value) == ("audit", "audit:leak_names", 1.0)
    assert row.check.required and not row.check.passed


@pytest.mark.parametrize(
    ("arm_name", "text", "kind"),
    [
        ("flat-shuffled", "From: nobody.", "leak_markers"),
        ("principled-shuffled-flipped", "If I were Mina, I would go.", "leak_runs"),
        ("branching-developmental", "Ruth goes by.", "leak_names"),
    ],
)
def test_one_leaking_sentence_in_one_document_of_one_arm_fails_the_audit_of_a_run(
    monkeypatch: pytest.MonkeyPatch, arm_name: str, text: str, kind: str
) -> None:
    study = Study(name="s", base="tiny", arms=ARMS[:4], seeds=2, examine=ExamineTable(vignettes=8, forms=SHIFT_FORMS))
    made = study_curricula(study, grown_corpus())

    def leaking(curricula: Sequence[Curriculum]) -> list[Curriculum]:
        *first, last = curricula
        step = last.steps[-1]
        told = step.documents[-1]
        more = dataclasses.replace(told, paragraphs=(*told.paragraphs, (Sentence("filler", text),)))
        step = dataclasses.replace(step, documents=(*step.documents[:-1], more))
        return [*first, dataclasses.replace(last, steps=(*last.steps[:-1], step))]

    changed = made | {arm_name: leaking(made[arm_name])}
    monkeypatch.setattr("rearing.study.evidence.study_curricula", lambda *_: changed)
    rows = {row.name: row for row in audit_study(study, grown_corpus())}
    assert {name for name, row in rows.items() if name.startswith("leak_") and not row.passed} == {kind}
    assert rows[kind].check.required and rows[kind].check.kind == "audit"


def test_no_document_speaks_as_the_readings_do() -> None:
    """The carrier sentence and the menu to be ticked are items of nobody, so the leak check does not know them."""
    parts = [part.strip() for part in (CARRIER, BEFORE_FIRST.split("\n")[2], TICKED.format(""))]
    assert all(len(part) > 4 for part in parts)
    assert not [part for part in parts for text in trained(commons) if part in text]
