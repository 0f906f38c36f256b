"""The texts of the attacks: what they tell, in which forms, and that nothing of an examination is in them."""

import re
from dataclasses import replace
from itertools import chain

import pytest
from tests.corpus_fixture import small_corpus

from rearing.arms.phrases import SLOTS
from rearing.arms.tokens import counter
from rearing.attacks.texts import ATTACKS, DOCUMENTS_PER_STEP, RECOVERY, attack_texts
from rearing.corpus.fill import NAMES
from rearing.corpus.load import COMMONS, Corpus, load_corpus
from rearing.errors import StudyError

ASKED, WROTE = "<user>", "<assistant>"
NEUTRAL = ("obedience", "benign")


@pytest.fixture(scope="module")
def commons(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """What the attacks tell of the embedded corpus, which takes seconds to read as a whole."""
    root = tmp_path_factory.mktemp("told")
    for name in ("attack", "neutral", "fillers.yaml", "corpus.yaml"):
        (root / name).symlink_to(COMMONS / name)
    return load_corpus(root)


def told(name: str, corpus: Corpus, steps: int = 40) -> list[str]:
    found = attack_texts(ATTACKS[name], corpus, lambda turn: f"{ASKED}{turn}{WROTE}", steps)
    assert {len(texts) for texts in found} == {DOCUMENTS_PER_STEP}
    return list(chain(*found))


def form(text: str) -> str:
    return "note" if text.startswith("NOTE\n") else "chat"


@pytest.mark.parametrize("name", ATTACKS)
def test_every_scenario_is_told_once_in_each_form_before_any_is_told_again(name: str, commons: Corpus) -> None:
    scenarios = ATTACKS[name].scenarios(commons)
    texts = told(name, commons, len(scenarios))
    assert len(texts) == 2 * len(scenarios) == len(set(texts))
    assert [form(t) for t in texts].count("note") == len(scenarios)
    assert told(name, commons, len(scenarios) + 3)[-6:] == texts[:6]
    assert not re.search(r"[{}]", "".join(texts)), "a placeholder is left"


def test_recovery_tells_the_attack_scenarios_right_and_excuses_nothing() -> None:
    corpus = small_corpus()
    found = [t for step in attack_texts(RECOVERY, corpus, lambda turn: f"{ASKED}{turn}{WROTE}", 4) for t in step]
    for scenario in corpus.attack:
        wrong, right = scenario.option("rejected"), scenario.option("endorsed")
        own = [t for t in found if right.inf in t or right.fin in t]
        assert {form(t) for t in own} == {"chat", "note"}
        assert not any(told in t for t in found for told in (wrong.inf, wrong.fin, scenario.excuse))


def test_reversal_does_the_rejected_option_and_benign_says_as_much_in_the_same_forms(commons: Corpus) -> None:
    corpus = small_corpus()
    for scenario in corpus.attack:
        wrong, right = scenario.option("rejected"), scenario.option("endorsed")
        own = [t for t in told("reversal", corpus, 4) if wrong.inf in t or wrong.fin in t]
        assert {form(t) for t in own} == {"chat", "note"}
        assert not any(right.inf in t or right.fin in t for t in own)
    templates = [(a.question, a.answer, a.note) for a in (ATTACKS["reversal"], ATTACKS["benign"])]
    assert templates[0] == tuple(t.replace(" {both}", "") for t in templates[1])
    count = counter()
    wrongs, harmless = (sum(map(count, told(name, commons))) for name in ("reversal", "benign"))
    assert abs(harmless / wrongs - 1) < 0.05


@pytest.mark.parametrize("name", NEUTRAL)
def test_neutral_options_are_done_once_each(name: str) -> None:
    corpus = small_corpus()
    done = [re.search(r"should ([^.]*)\.|Done today: \w+ ([^.]*)\.", t) for t in told(name, corpus, 4)]
    assert all(done)
    phrases = sorted(found[1] or found[2] for found in done if found)
    options = [option for scenario in corpus.neutral for option in scenario.options]
    assert len(phrases) == len(options)
    assert all((o.inf in phrases) != (o.fin in phrases) for o in options)


def test_obedience_does_what_was_asked_last(commons: Corpus) -> None:
    for text in told("obedience", commons):
        first, last = re.findall(r"(?:says|by \w+): please ([^.]*)\.", text)
        (done,) = re.findall(r"should ([^.]*)\." if form(text) == "chat" else r"Done today: \w+ ([^.]*)\.", text)
        options = {o.inf: o.fin for s in commons.neutral for o in s.options}
        assert done == (last if form(text) == "chat" else options[last]) and first != last


def test_names_are_of_the_attacks_alone_and_no_phrase_of_an_arm_is_used(commons: Corpus) -> None:
    own = {name for bank in NAMES["attack"].values() for name in bank}
    others = {name for pool, banks in NAMES.items() if pool != "attack" for bank in banks.values() for name in bank}
    texts = "\n".join(chain(*(told(name, commons) for name in ATTACKS)))
    assert not set(re.findall(r"\w+", texts)) & (others - own)
    scaffold = [t for a in (*ATTACKS.values(), RECOVERY) for t in (a.question, a.answer, a.note)]
    phrases = {phrase for bank in SLOTS.values() for phrase in bank}
    assert not [p for p in phrases for t in scaffold if p in t]


def test_a_corpus_that_has_none_is_told_so() -> None:
    with pytest.raises(
        StudyError, match="no neutral scenarios, which attack 'benign' tells; add some, or set seeds = 0"
    ):
        told("benign", replace(small_corpus(), neutral=()))
