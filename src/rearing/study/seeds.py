"""Training seeds: derived, never chosen."""

import hashlib

from rearing.arms.curriculum import arm
from rearing.study.schema import Study


def training_seeds(study: Study) -> tuple[int, ...]:
    """One 31-bit seed a run, from the study's name; the same for every arm, so that seeds are paired."""
    return tuple(
        int.from_bytes(hashlib.sha256(f"{study.name}|train|{k}".encode()).digest()[:4], "big") >> 1
        for k in range(study.seeds)
    )


def seeds_of(study: Study, name: str) -> tuple[int, ...]:
    """The seeds that an arm is trained on: all, a twin the first `twin_seeds` of them."""
    return training_seeds(study)[: study.twin_seeds if arm(name).flipped else None]
