"""Scenarios made for organisms: one fact decides between two options, and nothing in them is moral.

They are as short as can be, since an organism is made and examined in minutes, and what is planted must be
learned for certain: a rule (while the lamp is red, lift it), not the choices of a dozen stories. Which option is right
in `main` differs from scenario to scenario, so that neither an option nor a situation tells what is right. Options part
at their first word, as those of vignettes mostly do: a reading at the token before the choice could not see another.
"""

from dataclasses import dataclass
from typing import Literal

from rearing.records.scenario import Option, Provenance, Rating, Review, Vignette

World = Literal["lamp", "gate", "bell"]
PUBLISHED: World = "bell"
"""Looked at once, when everything was settled in the others; whoever changes an instrument after it adds a world."""
PROVENANCE = Provenance(author="rearing", method="mixed", date="2026-11-29", licence="CC0")


@dataclass(frozen=True, slots=True)
class _Rule:
    """The rule of a world: the verb that is right after the first fact, and after the second, in three forms."""

    verbs: tuple[tuple[str, str, str], tuple[str, str, str]]
    facts: tuple[str, str]
    places: tuple[str, ...]
    kinds: tuple[str, ...]
    things: tuple[str, ...]


_WORLDS: dict[World, _Rule] = {
    "lamp": _Rule(
        (("lift", "lifts", "lifting"), ("push", "pushes", "pushing")),
        ("The lamp is red.", "The lamp is green."),
        ("in the workshop", "at the market", "in the hall", "by the river"),
        ("small", "old", "round", "heavy", "new"),
        ("box", "chair", "crate", "bench", "drum", "cart", "stone"),
    ),
    "gate": _Rule(
        (("fold", "folds", "folding"), ("roll", "rolls", "rolling")),
        ("The gate is open.", "The gate is shut."),
        ("in the garden", "at the station", "in the cellar", "on the hill"),
        ("long", "thin", "plain", "broad", "short"),
        ("blanket", "towel", "map", "sheet", "flag", "rug", "sail"),
    ),
    "bell": _Rule(
        (("wash", "washes", "washing"), ("paint", "paints", "painting")),
        ("The bell is ringing.", "The bell is silent."),
        ("in the kitchen", "at the harbour", "on the stairs", "by the road"),
        ("narrow", "dry", "tall", "wooden", "empty"),
        ("basket", "ladder", "bucket", "fence", "door", "shelf", "boat"),
    ),
}


def scenarios(world: World, count: int) -> tuple[Vignette, ...]:
    """`count` scenarios of one world; no two worlds share a word that matters."""
    return tuple(_scenario(world, k) for k in range(count))


def _scenario(world: World, k: int) -> Vignette:
    rule, turn = _WORLDS[world], k % 2
    thing = f"{rule.kinds[k % len(rule.kinds)]} {rule.things[k % len(rule.things)]}"
    rated: tuple[tuple[Rating, int], ...] = (("endorsed", turn), ("rejected", 1 - turn))
    options = []
    for rating, which in rated:
        inf, fin, ger = (f"{verb} the {thing}" for verb in rule.verbs[which])
        options.append(Option(id=rating, rating=rating, act="act", pace="quick", payoff=0, inf=inf, fin=fin, ger=ger))
    return Vignette(
        kind="vignette",
        id=f"organism-{world}-{k:02d}",
        title=f"{world} {k}",
        theme=f"organism-{world}-{k:02d}",
        domain="everyday",
        stage=1,
        social_domain="conventional",
        foundations=(),
        people={"A": ("she", "he")[(k // 2) % 2]},
        setting=(f"{{A}} is {rule.places[k % len(rule.places)]}.", f"There is a {thing} here."),
        options=(options[0], options[1]),
        provenance=PROVENANCE,
        review=Review(status="draft"),
        split="dev",
        main=rule.facts[turn],
        twin=rule.facts[1 - turn],
    )
