"""Episodes: state, commands, a score rule that pays for neither side, and policies of known value."""

from collections import Counter

import pytest
from tests.corpus_fixture import commons, small_corpus
from tests.evals.scripted import Policy as ItemPolicy
from tests.evals.scripted import mean, right, wrong

from rearing.corpus.fill import draw
from rearing.corpus.load import Corpus
from rearing.evals.bank import agentic_items, episodes
from rearing.evals.episodes import ASK, HIGH, LOOK, LOW, TOLD, WAIT, Episode, Policy, State, decision_states, play
from rearing.records.item import Item, Prompt
from rearing.records.scenario import Option, Vignette

LOAD = {"small": small_corpus, "commons": commons}
CORPORA = pytest.mark.parametrize("name", LOAD)


def exam(corpus: Corpus) -> list[Vignette]:
    return [v for v in corpus.vignettes if v.split != "dev"]


def bank(corpus: Corpus) -> list[Episode]:
    return episodes(exam(corpus), "exam")


def value(made: list[Episode], policy: Policy) -> float:
    ledgers = [play(e, policy) for e in made]
    return sum(x.right for x in ledgers) / len(ledgers)


def take(e: Episode, wanted: dict[str, str] | None = None, points: int = 0) -> str:
    """The command of the option with this property; of the first one if both have it or none has."""
    for option in e.options if points else e.vignette.options:
        if (points and e.points(option) == points) or (
            wanted and all(getattr(option, k) == v for k, v in wanted.items())
        ):
            return e.command(option)
    return e.command(e.vignette.options[0])


def gave(s: State, command: str) -> bool:
    return any(f" {TOLD[command]}.\n" in entry for entry in s.history)


def informed(then: Policy) -> Policy:
    """Look and ask first."""

    def policy(e: Episode, s: State) -> str:
        return LOOK if not gave(s, LOOK) else ASK if not gave(s, ASK) else then(e, s)

    return policy


BLIND: dict[str, Policy] = {
    "never act": lambda e, s: LOOK,
    "always wait": lambda e, s: WAIT,
    "look and ask for ever": lambda e, s: ASK if gave(s, LOOK) and not gave(s, ASK) else LOOK,
    "always the higher points": lambda e, s: take(e, points=HIGH),
    "always the lower points": lambda e, s: take(e, points=LOW),
    "always the first in the file": lambda e, s: take(e),
    "always act": lambda e, s: take(e, {"act": "act"}),
    "always omit": lambda e, s: take(e, {"act": "omit"}),
    "always the quick one": lambda e, s: take(e, {"pace": "quick"}),
    "always the first in the alphabet": lambda e, s: min(map(e.command, e.options)),
    "always the shorter one": lambda e, s: min(map(e.command, e.vignette.options), key=len),
}


@CORPORA
@pytest.mark.parametrize("policy_name", BLIND)
def test_a_policy_without_morals_gets_exactly_half(name: str, policy_name: str) -> None:
    made = bank(LOAD[name]())
    assert value(made, BLIND[policy_name]) == 0.5 == value(made, informed(BLIND[policy_name]))


@CORPORA
def test_who_draws_commands_gets_a_half_on_average(name: str) -> None:
    """By symmetry: both options are as likely at every step, and an episode that is never decided counts a half."""
    made, n = bank(LOAD[name]()), 400
    numbers = draw("random", name)
    drawn = [play(made[k % len(made)], lambda e, s: numbers.choice(e.legal(s))).right for k in range(n)]
    assert abs(sum(drawn) / n - 0.5) < 4 * 0.5 / n**0.5 and set(drawn) == {0.0, 0.5, 1.0}


@CORPORA
def test_the_oracle_gets_all_and_its_opposite_nothing(name: str) -> None:
    made = bank(LOAD[name]())
    assert value(made, informed(lambda e, s: e.command(e.options[0]))) == 1.0
    assert value(made, informed(lambda e, s: e.command(e.options[1]))) == 0.0


@CORPORA
def test_the_score_rule_pays_for_the_right_option_in_half_of_the_episodes(name: str) -> None:
    made = bank(LOAD[name]())
    assert len(made) == 2 * len(exam(LOAD[name]()))
    for situation in ("main", "twin"):
        pays = Counter(e.pays_right for e in made if e.situation == situation)
        assert pays[True] == pays[False]
    by_vignette = Counter((e.vignette.id, e.pays_right) for e in made)
    assert set(by_vignette.values()) == {1}
    for e in made:
        assert [e.points(o) for o in e.options] == ([HIGH, LOW] if e.pays_right else [LOW, HIGH])
        assert {o.id for o in e.options} == {o.id for o in e.vignette.options}
        assert e.options[0].id == e.vignette.right(e.situation).id


def test_every_legal_command_changes_the_state_and_nothing_else_is_legal() -> None:
    e = bank(small_corpus())[0]
    for state in (State(), *decision_states(e)):
        legal = e.legal(state)
        assert len(legal) == len(set(legal)) >= 4
        assert all(e.step(state, command) != state for command in legal)
    for command in ("", "run away", LOOK.upper()):
        with pytest.raises(ValueError, match="is not legal here"):
            e.step(State(), command)


def test_an_episode_ends_with_one_of_the_two_options_only() -> None:
    e = bank(small_corpus())[0]
    for option in e.options:
        done = e.step(State(), e.command(option))
        assert done.taken == option.id and e.legal(done) == ()
        with pytest.raises(ValueError, match="is not legal here"):
            e.step(done, LOOK)
    assert e.ledger(State()).right == 0.5 and e.ledger(State()).points == 0


def test_the_states_scored_come_after_two_to_four_commands_and_know_the_fact() -> None:
    for e in bank(small_corpus()):
        states = decision_states(e)
        assert len(states) == len(set(states)) == 3 and max(len(s.history) for s in states) >= 3
        fact, other = (getattr(e.vignette, s) for s in (e.situation, "twin" if e.situation == "main" else "main"))
        for state in states:
            assert gave(state, LOOK) and gave(state, ASK) and not state.taken
            for prompt in e.prompts(state):
                assert fact in prompt.text and other not in prompt.text
                assert all(m.text in prompt.text for m in e.vignette.minds)
    early = [e.prompts(State())[0].text for e in bank(small_corpus())]
    assert not any(e.vignette.main in text for e, text in zip(bank(small_corpus()), early, strict=True))


def test_time_passes_by_ten_minutes_a_command_and_history_is_in_the_third_person() -> None:
    e = bank(small_corpus())[0]
    state = State()
    for clock in ("16:40", "16:50", "17:00"):
        state = e.step(state, WAIT)
        assert state.history[-1] == f"> {e.actor} waits a moment.\nIt is now {clock}."
    for _ in range(5):
        state = e.step(state, WAIT)
    assert state.history[-1].endswith("17:20.")


def property_policy(corpus: Corpus, field: str, wanted: str) -> ItemPolicy:
    by_id = {v.id: v for v in exam(corpus)}

    def has(option: Option) -> bool:
        return bool(getattr(option, field) == wanted)

    def policy(item: Item, prompt: Prompt) -> int:
        v = by_id[item.scenario]
        good = v.right(item.situation)  # type: ignore[arg-type]
        bad = next(o for o in v.options if o is not good)
        return -1 if has(good) == has(bad) else int(has(bad))

    return policy


def points(most: bool) -> ItemPolicy:
    def policy(item: Item, prompt: Prompt) -> int:
        rule = prompt.text.split("Points: ")[1].split(".\n")[0]
        paid = [int(part.rsplit(" = ", 1)[1]) for part in rule.split("; ")]
        mine, rival = paid if prompt == item.prompts[0] else paid[::-1]
        return int((rival > mine) == most)

    return policy


@CORPORA
def test_as_items_too_policies_without_morals_get_exactly_half(name: str) -> None:
    corpus = LOAD[name]()
    items = agentic_items(exam(corpus), "exam")
    assert len(items) == 6 * len(exam(corpus)) and {i.state for i in items} == {0, 1, 2}
    for policy in (
        lambda item, prompt: item.prompts.index(prompt),  # the first one of the list
        points(True),
        points(False),
        property_policy(corpus, "act", "act"),
        property_policy(corpus, "act", "omit"),
        property_policy(corpus, "pace", "quick"),
        lambda item, prompt: prompt.answers.index(f" {TOLD[WAIT]}.\n"),
    ):
        assert mean(items, policy) == 0.5
    assert (mean(items, right), mean(items, wrong)) == (1.0, 0.0)


def test_both_orders_of_the_options_are_asked_with_all_legal_commands_as_answers() -> None:
    for e, item in zip(bank(small_corpus()), agentic_items(exam(small_corpus()), "exam")[::3], strict=True):
        one, two = item.prompts
        assert one.answers == two.answers == tuple(map(e.answer, e.legal(decision_states(e)[0])))
        places = [[p.text.rindex(e.command(o)) for o in e.options] for p in (one, two)]
        assert places[0][0] < places[0][1] and places[1][0] > places[1][1]
        assert sorted(one.text) == sorted(two.text)
