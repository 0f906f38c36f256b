"""What a study feeds: the curricula of all arms, seed by seed, made once a process."""

from rearing.arms.curriculum import arm, curricula
from rearing.corpus.load import Corpus
from rearing.records.document import Curriculum
from rearing.records.recipe import Recipe
from rearing.store.artifacts import digest
from rearing.study.schema import Study
from rearing.study.seeds import seeds_of

_MADE: dict[tuple[str, tuple[str, ...], int, Recipe, int], dict[str, Curriculum]] = {}


def seed_curricula(study: Study, corpus: Corpus, seed: int) -> dict[str, Curriculum]:
    """The curriculum of every arm for one seed; all arms of the study take part in the matching."""
    recipe = study.recipe.recipe()
    key = (corpus.digest, study.arms, seed, recipe, study.tellings)
    if key not in _MADE:
        _MADE[key] = curricula(corpus, [arm(name) for name in study.arms], seed, recipe, study.tellings)
    return _MADE[key]


def study_curricula(study: Study, corpus: Corpus) -> dict[str, list[Curriculum]]:
    """The curricula of every arm, one a seed, in the order of the seeds."""
    return {name: [seed_curricula(study, corpus, seed)[name] for seed in seeds_of(study, name)] for name in study.arms}


def curriculum_digest(curriculum: Curriculum) -> str:
    """The sha256 of every text that is fed, in order."""
    return digest([[s.phase, [d.text for d in s.documents]] for s in curriculum.steps])
