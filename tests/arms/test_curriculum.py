"""Orders, phases and draws: the same lessons for every arm, and only the order differs."""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus_fixture import commons, grown_corpus

from rearing.arms.curriculum import Arm, arm, curricula
from rearing.arms.order import ORDERS, core_lessons, draw_lessons, schedule
from rearing.arms.renderers import RENDERERS
from rearing.errors import PluginError, StudyError
from rearing.records.document import Curriculum, Document
from rearing.records.recipe import Recipe

NAMES = (
    "branching-developmental",
    "flat-shuffled",
    "principled-shuffled",
    "principled-developmental",
    "branching-developmental-flipped",
    "principled-shuffled-flipped",
)
SEEDS = st.integers(min_value=0, max_value=12)
RECIPE = Recipe(documents_per_step=2, warmup_steps=6)
ONCE = settings(max_examples=10, deadline=None)


@cache
def made(seed: int, names: tuple[str, ...] = NAMES, recipe: Recipe = RECIPE) -> dict[str, Curriculum]:
    return curricula(grown_corpus(), [arm(name) for name in names], seed, recipe)


def phase(curriculum: Curriculum, name: str) -> list[Document]:
    return [d for step in curriculum.steps if step.phase == name for d in step.documents]


@ONCE
@given(SEEDS)
def test_developmental_goes_up_shuffled_does_not_and_both_have_the_same_lessons(seed: int) -> None:
    up, mixed = (phase(made(seed)[name], "ordered") for name in NAMES[:2])
    assert [d.stage for d in up] == sorted(d.stage for d in up)
    assert Counter(d.scenario for d in up) == Counter(d.scenario for d in mixed)
    assert [d.scenario for d in mixed] == [d.scenario for d in phase(made(seed)["principled-shuffled"], "ordered")]


def test_shuffled_mixes_the_stages() -> None:
    for seed in range(8):
        stages = [d.stage for d in phase(made(seed)["flat-shuffled"], "ordered")]
        assert stages != sorted(stages)


def test_reversed_goes_down_and_blocked_keeps_stages_together() -> None:
    starts = set()
    for seed in range(6):
        names = ("branching-developmental", "branching-reversed", "branching-blocked")
        up, down, blocks = (
            [(d.stage, d.scenario) for d in phase(c, "ordered")] for c in made(seed, names, RECIPE).values()
        )
        assert [stage for stage, _ in down] == sorted((stage for stage, _ in down), reverse=True)
        by_stage = [[x for s, x in fed if s == stage] for fed in (up, down, blocks) for stage in range(1, 7)]
        assert by_stage[:6] == by_stage[6:12] == by_stage[12:], "the same order within a stage"
        order = list(dict.fromkeys(stage for stage, _ in blocks))
        assert [stage for stage, _ in blocks] == [s for s in order for stage, _ in up if stage == s]
        starts.add(tuple(order))
    assert len(starts) > 3 and any(order != tuple(sorted(order)) for order in starts)


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_keeps_what_it_promises_and_the_others_do_not(name: str) -> None:
    stages = draw_lessons(commons().lessons, 3)
    fed = {o.name: [x.stage for x in o.arrange(stages, 3)] for o in ORDERS.values()}
    assert ORDERS[name].holds(fed[name])
    for other in fed:
        in_blocks = name == "blocked" and other != "shuffled"
        assert ORDERS[name].holds(fed[other]) == (other == name or in_blocks)


def test_a_step_holds_all_documents_of_its_lessons() -> None:
    c = made(1, ("flat-shuffled", "paths-shuffled", "neutral-shuffled"))
    steps = [[{d.scenario for d in s.documents} for s in arm_.steps if s.phase != "warmup"] for arm_ in c.values()]
    assert steps[0] == steps[1] == steps[2]
    sizes = {name: [len(s.documents) for s in arm_.steps if s.phase == "ordered"] for name, arm_ in c.items()}
    assert set(sizes["paths-shuffled"]) == {4, 5} and set(sizes["neutral-shuffled"]) <= {2, 3, 4}
    for arm_ in c.values():
        assert len({d.id for d in arm_.documents if d.stage}) == len([d for d in arm_.documents if d.stage])


def test_a_second_telling_has_the_same_lesson_in_other_words() -> None:
    names = ("branching-developmental", "flat-shuffled", "paths-shuffled")
    for name, c in curricula(grown_corpus(), [arm(n) for n in names], 1, RECIPE, tellings=2).items():
        once = [d for d in made(1, names)[name].documents if d.stage]
        twice = [d for d in c.documents if d.stage]
        assert Counter(d.scenario for d in twice) == Counter(d.scenario for d in once + once)
        assert len({d.id for d in twice}) == len({d.text for d in twice}) == 2 * len(once)
        assert {d.text for d in twice if "/again-" not in d.id} == {d.text for d in once}
        assert len(phase(c, "cooldown")) == 2 * len(phase(made(1, names)[name], "cooldown"))
        stages = [d.stage for d in phase(c, "ordered")]
        assert (stages == sorted(stages)) == (name == names[0])


def test_another_dose_tells_every_lesson_so_many_times_as_often_in_the_same_documents() -> None:
    names = ("principled-shuffled", "principled-developmental", "branching-developmental")
    dosed = [f"{name}-x{dose}" for name in names[:2] for dose in ("0.5", "1.5", "2")]
    arms = curricula(grown_corpus(), [arm(n) for n in (*names, *dosed)], 1, RECIPE, tellings=2)
    alone = curricula(grown_corpus(), [arm(n) for n in names], 1, RECIPE, tellings=2)
    for name in names:
        assert [d.text for d in arms[name].documents] == [d.text for d in alone[name].documents], "doses change no arm"
    for name in dosed:
        plain, _, dose = name.rpartition("-x")
        for part in ("ordered", "cooldown"):
            once, told = phase(arms[plain], part), phase(arms[name], part)
            often = {lesson: n * float(dose) for lesson, n in Counter(d.scenario for d in once).items()}
            assert Counter(d.scenario for d in told) == often
            one, two = ({d.text for d in few if "/again-" not in d.id} for few in (once, told))
            assert one == two and len({d.text for d in told}) == len(told), "a second telling has other words"
        stages = [d.stage for d in phase(arms[name], "ordered")]
        assert (stages == sorted(stages)) == ("dev" in name)
        assert phase(arms[name], "warmup") == phase(arms[plain], "warmup")


def test_a_part_of_a_telling_is_refused() -> None:
    arms = [arm("principled-shuffled"), arm("principled-shuffled-x0.5")]
    with pytest.raises(StudyError, match="tells a part of the lessons; give another dose, or more tellings"):
        curricula(grown_corpus(), arms, 1, RECIPE)


def test_a_dose_is_part_of_the_name_of_an_arm() -> None:
    made_ = arm("principled-shuffled-x0.5")
    assert (made_.name, made_.plain, made_.label) == ("principled-shuffled-x0.5", "principled-shuffled", "Px0.5")
    assert arm("flat-shuffled-x4").label == "FSx4"
    for name, words in {
        "flat-shuffled-x2.0": "write 'flat-shuffled-x2'",
        "flat-shuffled-x1": "write 'flat-shuffled'",
        "flat-shuffled-flipped-x2": "a twin has no other dose",
        "flat-shuffled-x2-flipped": "a twin has no other dose",
        "flat-shuffled-x0": "a number from 0.01 to 16",
        "flat-shuffled-x17": "a number from 0.01 to 16",
        "flat-shuffled-x1.2.3": "a number from 0.01",
    }.items():
        with pytest.raises(StudyError, match=words):
            arm(name)


def test_the_placebo_needs_neutral_graphs() -> None:
    corpus = replace(grown_corpus(), neutral=())
    with pytest.raises(StudyError, match="has no neutral graphs for the placebo arm; add some, or leave that arm out"):
        curricula(corpus, [arm("neutral-shuffled")], 1, Recipe(warmup_steps=0))


@ONCE
@given(SEEDS)
def test_warmup_and_cooldown_are_common_and_every_lesson_is_told_once(seed: int) -> None:
    arms = made(seed).values()
    assert len({tuple(d.text for d in phase(c, "warmup")) for c in arms}) == 1
    assert len({tuple(d.scenario for d in phase(c, "cooldown")) for c in arms}) == 1
    for c in arms:
        assert len(phase(c, "cooldown")) == 6
        told = Counter(d.scenario for d in c.documents if d.stage)
        assert set(told.values()) == {1} and all(d.arm == c.arm for d in c.documents if d.stage)
        assert [s.phase for s in c.steps] == sorted(
            (s.phase for s in c.steps), key=["warmup", "ordered", "cooldown"].index
        )


def test_a_fifth_of_every_stage_is_kept_for_the_cooldown() -> None:
    stages = draw_lessons(commons().lessons, 1)
    plan = schedule(stages, "developmental", 1)
    late = Counter(x.stage for x in plan.cooldown)
    assert all(late[stage] == round(len(group) / 5) for stage, group in stages.items())
    assert plan.cooldown == schedule(stages, "shuffled", 1).cooldown
    assert [x.stage for x in plan.cooldown] != sorted(x.stage for x in plan.cooldown)


@settings(max_examples=3, deadline=None)
@given(SEEDS)
def test_draws_depend_on_the_seed_only(seed: int) -> None:
    """Alone, an arm has the same lessons, names, layouts and order as among others; only matching looks at them."""
    for name in NAMES[:4]:
        alone, among = made(seed, (name,))[name], made(seed)[name]
        for a, b in zip(alone.documents, among.documents, strict=True):
            assert (a.id, a.layout) == (b.id, b.layout)
            shared = [
                [s for s in d.sentences if s.role in ("setting", "mind", "menu", "choice", "verdict")] for d in (a, b)
            ]
            assert shared[0] == shared[1]


@ONCE
@given(SEEDS)
def test_every_arm_tells_a_lesson_with_the_same_names_layout_and_menu(seed: int) -> None:
    told: dict[str, set[tuple[object, ...]]] = {}
    for c in made(seed).values():
        for d in c.documents:
            shared = tuple(s for s in d.sentences if s.role in ("setting", "mind", "menu"))
            told.setdefault(d.scenario, set()).add((d.layout, d.endorsed, shared))
    assert all(len(versions) <= (1 if name.startswith("l") else 2) for name, versions in told.items())


def test_a_twin_is_fed_in_the_order_of_its_arm() -> None:
    c = made(1)
    for name in ("branching-developmental", "principled-shuffled"):
        assert [d.scenario for d in c[name].documents] == [d.scenario for d in c[f"{name}-flipped"].documents]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def texts(seed: int) -> list[str]:
        fresh = curricula(grown_corpus(), [arm(name) for name in NAMES], seed, RECIPE)
        return [d.text for c in fresh.values() for d in c.documents]

    assert texts(3) == texts(3) != texts(4)


def test_two_thirds_of_a_stage_are_drawn_with_the_core_always_in_it() -> None:
    lessons = commons().lessons
    core = {x.id for x in core_lessons(lessons)}
    assert Counter(x.stage for x in lessons if x.id in core) == dict.fromkeys(range(1, 7), 4)
    draws = [{x.id for group in draw_lessons(lessons, seed).values() for x in group} for seed in range(6)]
    two_thirds = sum(round(2 * n / 3) for n in Counter(x.stage for x in lessons).values())
    assert all(core <= drawn and len(drawn) == two_thirds for drawn in draws)
    assert len(set(map(frozenset, draws))) == 6 and len(set.union(*draws)) > 0.9 * len(lessons)


def test_a_study_may_draw_fewer_lessons_of_a_stage_and_never_loses_the_core() -> None:
    lessons = commons().lessons
    core = {x.id for x in core_lessons(lessons)}
    drawn = draw_lessons(lessons, 5, most=6)
    assert [len(group) for group in drawn.values()] == [6] * 6
    assert core <= {x.id for group in drawn.values() for x in group}
    told = [{x.id for group in draw_lessons(lessons, seed, most=2).values() for x in group} for seed in range(3)]
    assert all(one == {x.id for x in core_lessons(lessons, 2)} < core for one in told), "what is asked is what is told"
    fed = curricula(grown_corpus(), [arm(NAMES[0])], 5, RECIPE, most=1)[NAMES[0]]
    assert Counter(d.stage for d in fed.documents if d.stage) == dict.fromkeys(range(1, 7), 1)


def test_the_recipe_says_how_many_steps() -> None:
    one = made(1, NAMES[:1])[NAMES[0]]
    assert [len(s.documents) for s in one.steps if s.phase == "warmup"] == [1] * 6
    ordered = phase(one, "ordered")
    assert [len(s.documents) for s in one.steps if s.phase == "ordered"] == [2] * (len(ordered) // 2)
    other = made(1, NAMES[:1], Recipe(documents_per_step=3, warmup_steps=0))[NAMES[0]]
    assert phase(other, "warmup") == []
    assert [d.scenario for d in phase(other, "ordered")] == [d.scenario for d in ordered]
    assert phase(other, "cooldown") == phase(one, "cooldown")


def test_names_and_labels_of_arms() -> None:
    labels = {name: arm(name).label for name in NAMES}
    assert list(labels.values()) == ["BD", "FS", "P", "PD", "BD−", "P−"]
    assert arm("flat-principled-shuffled").label == "FPS" and arm("branching-blocked-flipped").label == "BB−"
    assert len({Arm(r, o).label for r in RENDERERS.values() for o in ORDERS}) == len(RENDERERS) * len(ORDERS)
    assert [arm(name).name for name in NAMES] == list(NAMES)
    with pytest.raises(PluginError, match=f"there is no renderer 'spiral'; use one of {', '.join(RENDERERS)}"):
        arm("spiral-shuffled")
    with pytest.raises(PluginError, match=r"no order 'suffled', did you mean 'shuffled'\?; use one of developmental"):
        arm("flat-suffled")


def test_a_corpus_without_neutral_graphs_needs_no_warmup() -> None:
    corpus = replace(grown_corpus(), neutral=())
    with pytest.raises(StudyError, match="has no neutral graphs; add some, or set warmup_steps = 0"):
        curricula(corpus, [arm(NAMES[0])], 1, RECIPE)
    assert curricula(corpus, [arm(NAMES[0])], 1, Recipe(warmup_steps=0))[NAMES[0]].documents
