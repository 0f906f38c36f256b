"""Names and slot values: disjoint by pool, drawn from the seed alone, and nothing left open."""

from dataclasses import asdict, replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from tests.corpus_fixture import small_corpus

from rearing.corpus.fill import NAMES, draw, fill, sentence, slot_values

POOLS = st.sampled_from(sorted(NAMES))
SEEDS = st.integers(min_value=0, max_value=2**31)


def test_no_name_is_in_two_pools() -> None:
    pools = {pool: {name for bank in banks.values() for name in bank} for pool, banks in NAMES.items()}
    assert all(banks.keys() == {"she", "he", "they"} for banks in NAMES.values())
    assert [(a, b) for a, b in combinations(pools, 2) if pools[a] & pools[b]] == []
    for banks in NAMES.values():
        names = [name for bank in banks.values() for name in bank]
        assert len(set(names)) == len(names)


@given(POOLS, SEEDS)
def test_values_fit_and_depend_on_pool_seed_and_scenario_only(pool: str, seed: int) -> None:
    lesson = small_corpus().lessons[0]
    crowd = replace(lesson, people={"A": "she", "B": "he", "C": "she", "D": "they"})
    values = slot_values(crowd, pool, seed)  # type: ignore[arg-type]
    people = [values[person] for person in "ABCD"]
    assert len(set(people)) == 4
    assert all(name in NAMES[pool][crowd.people[who]] for who, name in zip("ABCD", people, strict=True))  # type: ignore[index]
    assert values["colour"] in ("red", "blue")
    assert values == slot_values(replace(crowd, title="another"), pool, seed)  # type: ignore[arg-type]


def test_seeds_pools_and_scenarios_differ() -> None:
    one, two = small_corpus().lessons[:2]
    assert len({tuple(slot_values(one, "train", seed).values()) for seed in range(20)}) > 10
    assert slot_values(one, "train", 1) != slot_values(one, "normal", 1)
    assert [slot_values(one, "train", s) for s in range(5)] != [slot_values(two, "train", s) for s in range(5)]
    assert draw("a", 1).integers(2**32) == draw("a", 1).integers(2**32) != draw("a", 2).integers(2**32)


def test_all_slots_of_a_scenario_take_the_value_of_one_index() -> None:
    lesson = replace(small_corpus().lessons[0], slots={"drink": ("tea", "milk"), "cup": ("teacup", "milk glass")})
    seen = {(v["drink"], v["cup"]) for v in (slot_values(lesson, "train", seed) for seed in range(30))}
    assert seen == {("tea", "teacup"), ("milk", "milk glass")}


@given(POOLS, SEEDS)
def test_no_placeholder_is_left(pool: str, seed: int) -> None:
    for scenario in small_corpus().scenarios[::5]:
        values = slot_values(scenario, pool, seed)  # type: ignore[arg-type]
        filled = fill(scenario, values)
        assert "{" in repr(scenario.setting) and "{" not in repr((*filled.setting, *filled.minds, *filled.options))
        assert values["A"] in filled.setting[0]
        kept = ("id", "people", "slots", "provenance", "review")
        assert all(asdict(filled)[key] == asdict(scenario)[key] for key in kept)


def test_a_sentence_begins_with_a_capital() -> None:
    assert (sentence("tea is hot."), sentence("Tea."), sentence("")) == ("Tea is hot.", "Tea.", "")
