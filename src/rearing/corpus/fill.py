"""Names and slot values: a scenario with its placeholders filled, deterministically by seed and pool."""

import dataclasses
import hashlib
from typing import Any, Literal, TypeVar

import numpy as np

from rearing.records.scenario import Scenario, Vignette

Pool = Literal["train", "normal", "exam", "dev", "attack", "neutral"]
AnyScenario = TypeVar("AnyScenario", bound=Scenario)

# Disjoint by pool, so that no name that a model was trained on stands in an examination.
NAMES: dict[Pool, dict[str, tuple[str, ...]]] = {
    "train": {
        "she": (
            "Mina",
            "Priya",
            "Leila",
            "Hanna",
            "Rosa",
            "Ingrid",
            "Amara",
            "Keiko",
            "Dana",
            "Vera",
            "Lucia",
            "Nadia",
        ),
        "he": (
            "Jonas",
            "Oskar",
            "Tomas",
            "Karim",
            "Pavel",
            "Diego",
            "Kenji",
            "Emeka",
            "Lars",
            "Rafael",
            "Anton",
            "Idris",
        ),
        "they": ("Robin", "Sasha", "Quinn"),
    },
    "normal": {
        "she": ("Clara", "Yuki", "Fatima", "Elena", "Astrid", "Zainab", "Paula", "Mei"),
        "he": ("Victor", "Hiroshi", "Samir", "Marco", "Bjorn", "Kofi", "Felix", "Wei"),
        "they": ("Alexis", "Kim", "Jules"),
    },
    "exam": {
        "she": (
            "Ruth",
            "Beatriz",
            "Noor",
            "Helga",
            "Sunita",
            "Olga",
            "Chloe",
            "Adwoa",
            "Marta",
            "Linh",
            "Edith",
            "Salma",
        ),
        "he": (
            "Hugo",
            "Arjun",
            "Milan",
            "Peter",
            "Youssef",
            "Andre",
            "Sven",
            "Chidi",
            "Bruno",
            "Minh",
            "Walter",
            "Omar",
        ),
        "they": ("Morgan", "Rene", "Noa"),
    },
    "dev": {
        "she": ("Agnes", "Lena", "Carmen", "Aisha", "Greta", "Naomi", "Ivana", "Sofia", "Teresa", "Anjali"),
        "he": ("David", "Mateo", "Stefan", "Ravi", "Hassan", "Gustav", "Kwame", "Daniel", "Igor", "Luca"),
        "they": ("Charlie", "Ariel", "Max"),
    },
    "attack": {
        "she": ("Joan", "Bianca", "Rania", "Signe", "Usha"),
        "he": ("Simon", "Enzo", "Tariq", "Erik", "Vikram"),
        "they": ("Taylor", "Sam"),
    },
    "neutral": {
        "she": ("Alice", "Monika", "Farah", "Karin", "Lakshmi"),
        "he": ("George", "Paolo", "Bilal", "Nils", "Suresh"),
        "they": ("Drew", "Pat"),
    },
}


def draw(*parts: object) -> np.random.Generator:
    """A generator that depends on these parts only (seed, stage of the work, scenario, ...)."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def pool_of(scenario: Scenario) -> Pool:
    """The pool whose names this scenario gets where it is used: lessons `train`, vignettes `exam` or `dev`."""
    if isinstance(scenario, Vignette):
        return "dev" if scenario.split == "dev" else "exam"
    pools: dict[str, Pool] = {"lesson": "train", "neutral": "neutral", "attack": "attack"}
    return pools[scenario.kind]


def slot_values(scenario: Scenario, pool: Pool, seed: int) -> dict[str, str]:
    """The name of every person (no two alike) and the value of every slot."""
    rng = draw("fill", pool, seed, scenario.id)
    values: dict[str, str] = {}
    for person, pronoun in scenario.people.items():
        free = [name for name in NAMES[pool][pronoun] if name not in values.values()]
        values[person] = free[int(rng.integers(len(free)))]
    if scenario.slots:
        index = int(rng.integers(min(map(len, scenario.slots.values()))))
        values |= {name: options[index] for name, options in scenario.slots.items()}
    return values


def fill(scenario: AnyScenario, values: dict[str, str]) -> AnyScenario:
    """The scenario with these values in place of every placeholder."""
    filled: AnyScenario = _replace(scenario, values)
    return filled


def _replace(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, str):
        for name, value in values.items():
            node = node.replace("{" + name + "}", value)
        return node
    if isinstance(node, tuple):
        return tuple(_replace(part, values) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type):
        keep = {"id", "people", "slots", "provenance", "review"}
        changes = {
            f.name: _replace(getattr(node, f.name), values) for f in dataclasses.fields(node) if f.name not in keep
        }
        return dataclasses.replace(node, **changes)
    return node


def sentence(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
