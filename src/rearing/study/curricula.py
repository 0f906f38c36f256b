"""What a study feeds: the curricula of all arms, seed by seed, made once a process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from rearing.arms.curriculum import arm, curricula
from rearing.arms.order import ORDERS, by_stage, draw_lessons
from rearing.arms.renderers import RENDERERS
from rearing.arms.tokens import Count, counter
from rearing.corpus.load import Corpus
from rearing.models.identity import tokenizer_file
from rearing.plugins import digests, load
from rearing.probes.probe import Told
from rearing.records.document import Curriculum
from rearing.records.recipe import Recipe
from rearing.store.artifacts import digest
from rearing.store.workers import cores, on_all_cores
from rearing.study.schema import Study
from rearing.study.seeds import seeds_of

_MADE: dict[tuple[object, ...], dict[str, Curriculum]] = {}
_given: tuple[Study, Corpus] | None = None  # of a worker
MANY = 1000
"""Tellings of lessons, about twenty seconds, from which on several processes match."""


def study_count(study: Study) -> Count:
    """The number of tokens of a text by the tokenizer of the base, by which the arms are matched."""
    return counter(tokenizer_file(study.base))


def seed_curricula(study: Study, corpus: Corpus, seed: int) -> dict[str, Curriculum]:
    """The curriculum of every arm for one seed, but of other doses only those that are trained on it.

    All renderers of the study take part in the matching.
    """
    key = _key(study, corpus, seed)
    if key not in _MADE:
        arms = [arm(name) for name in study.arms if arm(name).dose == 1 or seed in seeds_of(study, name)]
        recipe, count = study.recipe.recipe(), study_count(study)
        _MADE[key] = curricula(corpus, arms, seed, recipe, study.tellings, study.stage_lessons, count)
    return _MADE[key]


def _key(study: Study, corpus: Corpus, seed: int) -> tuple[object, ...]:
    recipe = study.recipe.recipe()
    told = study.tellings, study.stage_lessons, study.dosed_seeds
    return corpus.digest, study.base, study.plugins, study.arms, seed, recipe, *told


def renderer_digests(study: Study, corpus: Corpus) -> dict[str, str]:
    """A fingerprint of how every renderer of a study writes: one lesson of each stage, told alone for seed 0.

    It changes with what our code writes and with the source of a plugin; what is told of has `lessons_digest`.
    """
    few = replace(corpus, lessons=tuple(group[0] for group in by_stage(corpus.lessons).values()))
    names = sorted({arm(name).renderer.name for name in study.arms})
    made = {name: curricula(few, [arm(f"{name}-shuffled")], 0, Recipe(warmup_steps=0)) for name in names}
    told = {name: curriculum_digest(by_arm[f"{name}-shuffled"]) for name, by_arm in made.items()}
    sources = {name: RENDERERS.digest(name) for name in names}
    return {name: digest([text, sources[name]]) if sources[name] else text for name, text in told.items()}


def lessons_digest(corpus: Corpus) -> str:
    """A fingerprint of all that a run may be told: lessons, fillers, and the neutral scenarios of the warm-up.

    Who wrote and who reviewed them does not enter: no run is told that.
    """
    told = [asdict(x) for x in (*corpus.lessons, *corpus.neutral)]
    return digest([*({k: v for k, v in x.items() if k not in ("provenance", "review")} for x in told), *corpus.fillers])


def told(curriculum: Curriculum, corpus: Corpus) -> Told | None:
    """Which lessons a curriculum tells, by id, and when: their place among all documents, mean over tellings.

    None for the placebo: its documents stand in the place of lessons and tell none.
    """
    if not arm(curriculum.arm).renderer.stakes:
        return None
    lessons, documents = {x.id: x for x in corpus.lessons}, curriculum.documents
    places: dict[str, list[float]] = {}
    for k, document in enumerate(documents):
        if document.scenario in lessons:
            places.setdefault(document.scenario, []).append(k / max(1, len(documents) - 1))
    names = sorted(places)
    return Told(tuple(lessons[n] for n in names), tuple(sum(places[n]) / len(places[n]) for n in names))


def arm_plugins(name: str) -> dict[str, str]:
    """The source of the plugins that an arm is made by, by kind and name."""
    made = arm(name)
    return digests((RENDERERS, [made.renderer.name]), (ORDERS, [made.order]))


def study_curricula(study: Study, corpus: Corpus) -> dict[str, list[Curriculum]]:
    """The curricula of every arm, one a seed, in the order of the seeds."""
    _make(study, corpus)
    return {name: [seed_curricula(study, corpus, seed)[name] for seed in seeds_of(study, name)] for name in study.arms}


def _make(study: Study, corpus: Corpus) -> None:
    """Make what is not there yet of all seeds in several processes, if that is much."""
    seeds = sorted({seed for name in study.arms for seed in seeds_of(study, name)})
    todo = [seed for seed in seeds if _key(study, corpus, seed) not in _MADE]
    lessons = sum(map(len, draw_lessons(corpus.lessons, 0, study.stage_lessons).values()))
    tellings = study.tellings * max(arm(name).dose for name in study.arms)
    if min(cores(), len(todo)) < 2 or len(todo) * tellings * lessons < MANY:
        return
    with _kept():
        found = on_all_cores(_of_seed, [(s,) for s in todo], _begin, (study, corpus))
    for seed, made in zip(todo, found, strict=True):
        _MADE[_key(study, corpus, seed)] = made


@contextmanager
def _kept() -> Iterator[None]:
    """Nothing that is made in here is garbage, and to look for it would take a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _begin(study: Study, corpus: Corpus) -> None:
    global _given
    load(study.plugins)
    gc.disable()  # what is made stays
    _given = study, corpus


def _of_seed(seed: int) -> dict[str, Curriculum]:
    assert _given is not None
    return seed_curricula(*_given, seed)


def first_arms(study: Study) -> dict[str, str]:
    """The first arm of every renderer of a study that is neither a twin nor at another dose, by renderer."""
    found: dict[str, str] = {}
    for name in study.arms:
        if arm(name).plain == name:
            found.setdefault(arm(name).renderer.name, name)
    return found


def curriculum_digest(curriculum: Curriculum) -> str:
    """The sha256 of every text that is fed, in order."""
    return digest([[s.phase, [d.text for d in s.documents]] for s in curriculum.steps])
