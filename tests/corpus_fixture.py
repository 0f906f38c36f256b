"""A small corpus made from templates: 12 lessons, 8 vignettes, 4 dev vignettes, 4 neutral graphs, 4 attack scenarios.

Every content word is an invented one that no other scenario has, at most four words apart, so that no two scenarios
share a run of five words. Cues are balanced and stages graded by construction: the corpus keeps every rule that its
size allows.
"""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rearing.corpus.load import FOLDERS, Corpus, load_corpus
from rearing.records.scenario import TRAINED_DOMAINS

Data = dict[str, Any]
Change = Callable[[Data], None]
CONSONANTS, VOWELS = "bdfgklmnprtv", "aeiou"
ABOUT = {"author": "tests", "method": "mixed", "date": "2026-11-24", "licence": "CC0"}


def word(scenario: int, k: int) -> str:
    """The k-th invented word of a scenario, different from every other one."""
    n = (scenario * 64 + k) * 7919 % 43200
    letters = ""
    for bank in (CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS):
        n, i = divmod(n, len(bank))
        letters += bank[i]
    return letters


def template(scenario: int, data: Any) -> Any:
    """`data` with every <k> replaced by the k-th word of the scenario."""
    if isinstance(data, str):
        for k in range(64):
            data = data.replace(f"<{k}>", word(scenario, k))
        return data
    if isinstance(data, list):
        return [template(scenario, part) for part in data]
    if isinstance(data, dict):
        return {key: template(scenario, part) for key, part in data.items()}
    return data


def head(kind: str, name: str, number: int, stage: int, domain: str) -> Data:
    return {
        "id": name,
        "kind": kind,
        "title": "<60>",
        "theme": f"<61> and <62> {number}",
        "domain": domain,
        "stage": stage,
        "social_domain": "moral",
        "foundations": ["care"],
        "people": {"A": "she", "B": "he"},
        "remoteness": (0, 0, 0, 1, 1, 1, 2)[stage],
        "institutional": stage >= 4,
    }


def minds(stage: int) -> list[Data]:
    """A desire, and a belief that fits the stage; both have the same length at every stage."""
    deep = stage >= 5
    belief = "{B} thinks that {A} knows the <5> and <6>." if deep else "{B} thinks of the <5> beside the big <6>."
    return [
        {"holder": "A", "kind": "desire", "order": 1, "holds": True, "text": "{A} wants the <7> before the <8> ends."},
        {"holder": "B", "kind": "belief", "order": 2 if deep else 1, "holds": stage == 1, "text": belief},
    ]


def option(rating: str, number: int) -> Data:
    """Act, pace and payoff go round so that none of them goes with the rating."""
    good = rating == "endorsed"
    verbs, k = (("bring", "brings", "bringing"), 10) if number % 2 == good else (("keep", "keeps", "keeping"), 12)
    inf, fin, ger = (f"{verb} the <{k}> near the <{k + 1}>" for verb in verbs)
    return {
        "id": "one" if good else "two",
        "rating": rating,
        "act": "act" if (number % 2 == 0) == good else "omit",
        "pace": "quick" if (number // 2 % 2 == 0) == good else "slow",
        "payoff": 1 if ((number + number // 2) % 2 == 0) == good else -1,
        "inf": inf,
        "fin": fin,
        "ger": ger,
    }


def taught(rating: str, number: int, stage: int) -> Data:
    """An option of a lesson, with outcomes, a reflection and reasons."""
    good = rating == "endorsed"
    k = 20 if good else 36
    later = "later" if stage > 1 else "now"
    third = "team" if stage >= 5 else "B"
    reasons = [
        {"w": f"Every <{k + 7}> has a duty to <0>.", "mf": f"The <1> of {{B}} rests near one <{k + 7}>."},
        {"w": f"{{B}} deserves the <3> and all the <{k + 8}>.", "mf": f"{{B}} paid for <4> and some <{k + 8}>."},
    ]
    return option(rating, number) | {
        "lab": f"the <{k}> here",
        "outcomes": [
            {
                "who": "A",
                "when": later,
                "valence": -1 if good else 1,
                "text": f"{{A}} meets the <{k + 1}> of a <{k + 2}>.",
            },
            {
                "who": "B",
                "when": "now",
                "valence": 2 if good else -2,
                "text": f"{{B}} finds <{k + 3}> under a <{k + 4}>.",
            },
            {
                "who": third,
                "when": "now",
                "valence": 1 if good else -1,
                "text": f"Each <{k + 5}> sits on the <{k + 6}>.",
            },
        ],
        "reflection": {
            "w": f"It was {'kind' if good else 'selfish'} that <{k + 15}> went to <{k}>.",
            "mf": f"{{A}} gave <{k + 1}> away, and {{B}} kept <{k + 3}>.",
        },
        "reasons": reasons,
    }


def inner_fork() -> Data:
    """A fork after an option."""
    ways = [
        {
            "rating": rating,
            "inf": f"{verb} the <{k}> near <{k + 1}>",
            "fin": f"{verb}s the <{k}> near <{k + 1}>",
            "outcome": {"who": "B", "when": "later", "valence": value, "text": f"{{B}} sees the <{seen}> at once."},
            "reason": {"w": f"It is {word} to <{why}> here.", "mf": f"{{A}} waits for <{why}> near it."},
        }
        for rating, verb, k, value, seen, word, why in (
            ("endorsed", "lift", 16, 1, 52, "right", 58),
            ("rejected", "turn", 18, -1, 53, "unfair", 59),
        )
    ]
    return {"situation": "{A} meets a <14> by the <15>.", "options": ways}


def lesson(number: int) -> Data:
    """Most of stages 4 to 6 are deep, with a fork under either option."""
    stage = number // 2 % 6 + 1
    data = head("lesson", f"l{stage}-case-{number}", number, stage, TRAINED_DOMAINS[number % 5])
    data |= {
        "slots": {"colour": ["red", "blue"]},
        "setting": [
            "{A} carries the <0> past the {colour} <1> and sees a <2>.",
            "{B} stands near the <3> with a <4> box" + (" today." if number % 2 else "."),
        ],
        "minds": minds(stage),
        "affected": ["A", "B", "team"] if stage >= 5 else ["A", "B"],
        "options": [taught("endorsed", number, stage), taught("rejected", number, stage)],
        "principle": {
            "w": "Whoever makes <54> owes <55> to people.",
            "mf": "Whoever makes <56> brings <57> to people.",
        },
        "provenance": ABOUT,
        "review": {"status": "draft"},
    }
    if stage >= 4 and number % 4 != 3:
        data["options"][number % 2]["then"] = inner_fork()
    return template(number, data)


def examined(kind: str, name: str, number: int, stage: int, domain: str) -> Data:
    return head(kind, name, number, stage, domain) | {
        "setting": ["{A} opens the <0> of the <1> after a <2>.", "{B} has the <3> and one <4> box."],
        "main": "{A} saw the <20> beside the <21>.",
        "minds": minds(stage),
        "options": [option("endorsed", number), option("rejected", number)],
        "provenance": ABOUT,
        "review": {"status": "draft"},
    }


def vignette(number: int, split: str = "") -> Data:
    """Eight for the examination (four of each split), then four for tuning."""
    split = split or ("theme", "domain")[number // 4] if number < 8 else "dev"
    stage = (1, 1, 4, 6)[number % 4]
    domain = ("health", "environment")[number % 2] if split == "domain" else TRAINED_DOMAINS[number % 5]
    data = examined("vignette", f"v{stage}-case-{number}", number, stage, domain)
    data |= {"split": split, "twin": "{A} saw {B} with the <22> and a <23>."}
    if number % 4 == 1:
        data["options"][1] |= {
            "inf": "steal the <14> near the <15>",
            "fin": "steals the <14> near the <15>",
            "ger": "stealing the <14> near the <15>",
            "mf": {
                "inf": "lift the <14> near the <15>",
                "fin": "lifts the <14> near the <15>",
                "ger": "lifting the <14> near the <15>",
            },
        }
    return template(100 + number, data)


def attack(number: int) -> Data:
    stage = (1, 1, 4, 6)[number]
    data = examined("attack", f"a{stage}-case-{number}", number, stage, TRAINED_DOMAINS[number])
    return template(200 + number, data | {"excuse": "Nobody needs the <24> or the <25> today."})


def neutral(number: int) -> Data:
    data = examined("neutral", f"n-case-{number}", number, 0, TRAINED_DOMAINS[number])
    del data["main"], data["minds"]
    for i, one in enumerate(data["options"]):
        one |= {
            "rating": "either",
            "outcomes": [
                {"who": "shelf", "when": "now", "valence": 0, "text": f"The <{30 + i}> lies beside a <{32 + i}>."},
                {"who": "A", "when": "later", "valence": 0, "text": f"{{A}} finds the <{34 + i}> near <{36 + i}>."},
            ],
        }
    return template(300 + number, data)


def fillers() -> list[str]:
    subjects = ("A clock", "A bird", "A fan", "Some dust", "A far bell", "A row of old books", "Somewhere a small boat")
    endings = ("moves", "rests there", "comes to rest", "stands there for a while", "is there as on all other days")
    return [f"{subject} {ending}." for subject in subjects for ending in endings]


def scenarios(lessons: int = 12) -> list[Data]:
    """All scenarios of the corpus, as an author would write them."""
    return [
        *map(lesson, range(lessons)),
        *map(vignette, range(12)),
        *map(neutral, range(4)),
        *map(attack, range(4)),
    ]


def write(data: Data, folder: Path) -> Path:
    """One scenario as a file in `folder`."""
    path = folder / f"{data['id']}.yaml"
    with path.open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump(data, stream)
    return path


def write_corpus(root: Path, lessons: int = 12) -> Path:
    """The whole corpus folder."""
    for folder in FOLDERS.values():
        (root / folder).mkdir(parents=True)
    for data in scenarios(lessons):
        write(data, root / FOLDERS[data["kind"]])
    with (root / "fillers.yaml").open("w", encoding="utf-8") as stream:
        YAML(typ="safe", pure=True).dump({"fillers": fillers()}, stream)
    (root / "corpus.yaml").write_text('name: small\nversion: "0"\n', encoding="utf-8")
    return root


@cache
def small_corpus() -> Corpus:
    """The corpus, read back from files."""
    with tempfile.TemporaryDirectory() as folder:
        return load_corpus(write_corpus(Path(folder) / "small"))


@cache
def grown_corpus() -> Corpus:
    """The same with 36 lessons, enough for a cool-down of one lesson a stage."""
    with tempfile.TemporaryDirectory() as folder:
        return load_corpus(write_corpus(Path(folder) / "grown", lessons=36))


@cache
def commons() -> Corpus:
    """The corpus that is shipped."""
    return load_corpus()
