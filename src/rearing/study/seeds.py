"""Training seeds: derived, never chosen."""

from rearing.arms.curriculum import arm
from rearing.records.plan import derived_seeds
from rearing.study.schema import Study


def training_seeds(study: Study) -> tuple[int, ...]:
    """One seed a run, from the seal or else from the study's name; the same for every arm, so that seeds are paired."""
    return derived_seeds(study.sealed.key if study.sealed else study.name, study.seeds)


def seeds_of(study: Study, name: str) -> tuple[int, ...]:
    """The seeds that an arm is trained on: all, but of a twin or another dose the first of them that the study says."""
    made = arm(name)
    most = study.twin_seeds if made.flipped else study.dosed_seeds if made.dose != 1 else None
    return training_seeds(study)[:most]
