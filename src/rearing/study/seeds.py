"""Training seeds: derived, never chosen."""

import hashlib

from rearing.study.schema import Study


def training_seeds(study: Study) -> tuple[int, ...]:
    """One 31-bit seed a run, from the study's name; the same for every arm, so that seeds are paired."""
    return tuple(
        int.from_bytes(hashlib.sha256(f"{study.name}|train|{k}".encode()).digest()[:4], "big") >> 1
        for k in range(study.seeds)
    )
