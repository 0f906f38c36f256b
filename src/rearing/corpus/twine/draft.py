"""A Twine story as a scenario file: without loss if `rearing` wrote it, else as far as passages and links say it."""

import json
import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rearing.corpus.dump import laid_out, print_yaml, quoted, write_yaml
from rearing.corpus.scaffold import scaffold
from rearing.corpus.twine.story import DATA, file_stem, read_story
from rearing.corpus.twine.twee import SPECIAL, Passage, read_twee
from rearing.errors import ScenarioError

SENTENCE_END = re.compile(r"""(?<=[.!?])\s+|(?<=[.!?]["'”’])\s+""")
CODE = re.compile(
    r"<<\w|\{embed |<%|\((?:set|put|if|unless|else|link|goto|display|live|event|click|cycling|print)[\w-]*:"
)
"""How macros of SugarCube, Chapbook, Snowman and Harlowe begin."""
FORK: dict[str, Any] = {
    "situation": "<what {A} meets on this road>",
    "options": [
        {
            "rating": rating,
            "inf": "<{A} could ...>",
            "fin": "<{A} ...>",
            "outcome": {"who": "B", "when": "now", "valence": valence, "text": "<what happens to {B}>"},
            "reason": {"w": "<why, with a moral word>", "mf": "<why, without a moral word>"},
        }
        for rating, valence in (("endorsed", 1), ("rejected", -1))
    ],
}
"""A fork inside a road that is still to be written."""


@dataclass(frozen=True, slots=True)
class Road:
    """What a story tells behind one link.

    Attributes:
        label: Of the link.
        events: Passages up to the next fork; the first one, if there is none.
        ways: The two roads of the fork after them, or none.
        after: Passages that come then.
    """

    label: str
    events: tuple[Passage, ...]
    ways: tuple["Road", ...]
    after: tuple[Passage, ...]

    @property
    def endorsed(self) -> bool:
        """Whether its author tagged it so."""
        return "endorsed" in self.events[0].tags


def import_twee(path: Path, name: str, date: str) -> str:
    """The text of the scenario file `name`.yaml that tells what this Twee file tells.

    Args:
        path: A Twee 3 file.
        name: Id of the scenario and stem of its file.
        date: When it is imported, as YYYY-MM-DD.

    Raises:
        ScenarioError: The file is no Twee, has code in it, or no choice between two roads.
    """
    passages = read_twee(path)
    if DATA in passages:
        return write_yaml(read_story(passages, path) | {"id": file_stem(name)})
    for passage in passages.values():
        if passage.name not in SPECIAL and (code := CODE.search(passage.text)):
            problem = f"passage {passage.name!r} has code ({code.group(0)!r}), which cannot be imported"
            raise ScenarioError(problem, "say it in words and links", path, passage.line)
    return _drafted(passages, path, name, date)


def _drafted(passages: dict[str, Passage], path: Path, name: str, date: str) -> str:
    """The blank of `rearing new` with what the story says put into it."""
    yaml = YAML()
    yaml.preserve_quotes = True
    tree = yaml.load(scaffold(name, date))
    lesson = tree["kind"] == "lesson"
    if "StoryTitle" in passages:
        tree["title"] = quoted(" ".join(passages["StoryTitle"].text.split()))
    before, ahead = _walk(passages, path, _start(passages), ())
    roads = _roads(passages, path, ahead, before)
    _spread(tree["setting"], _sentences(passages[n] for n in before))
    both = [p for p in roads[0].after if p in roads[1].after]
    for option, road in zip(tree["options"], sorted(roads, key=lambda r: not r.endorsed), strict=True):
        events = _acted(option, road)
        if not lesson:
            continue
        if road.ways:
            option["then"] = _fork(road, events)
        _grow(option["outcomes"], len(events))
        for outcome, text in zip(option["outcomes"], events, strict=False):
            _happens(outcome, text)
        reflection, *reasons = _sentences(p for p in road.after if p not in both) or [option["reflection"]["w"]]
        option["reflection"]["w"] = quoted(reflection)
        _grow(option["reasons"], len(reasons))
        for reason, text in zip(option["reasons"], reasons, strict=False):
            reason["w"] = quoted(text)
    if lesson and (general := _sentences(both)):
        tree["principle"]["w"] = quoted(" ".join(general))
    return print_yaml(tree)


def _start(passages: dict[str, Passage]) -> str:
    """Where the story begins: as StoryData says, or at `Start`, or at its first passage."""
    try:
        chosen = json.loads(passages["StoryData"].text)["start"]
    except (LookupError, ValueError, TypeError):
        chosen = "Start"
    return chosen if chosen in passages else next((name for name in passages if name not in SPECIAL), "Start")


def _walk(
    passages: dict[str, Passage], path: Path, name: str, seen: Sequence[str]
) -> tuple[list[str], list[tuple[str, str]]]:
    """The passages from here on while there is one link ahead, and the links where there is none or a choice."""
    walked: list[str] = []
    while True:
        if name not in passages:
            raise ScenarioError(f"has no passage {name!r}, to which a link leads", "write it, or mend the link", path)
        walked.append(name)
        ahead = {target: label for label, target in passages[name].links if target not in (*seen, *walked)}
        if len(ahead) != 1:
            return walked, [(label, target) for target, label in ahead.items()]
        name = next(iter(ahead))


def _roads(
    passages: dict[str, Passage], path: Path, ahead: list[tuple[str, str]], seen: Sequence[str]
) -> tuple[Road, Road]:
    if len(ahead) != 2:
        at = passages[seen[-1]]
        problem = f"passage {at.name!r} has {len(ahead)} links that lead on"
        raise ScenarioError(problem, "give it two: a scenario is a choice between two roads", path, at.line)
    one, two = (_road(passages, path, label, target, seen) for label, target in ahead)
    return one, two


def _road(passages: dict[str, Passage], path: Path, label: str, target: str, seen: Sequence[str]) -> Road:
    walked, ahead = _walk(passages, path, target, seen)
    found = tuple(passages[name] for name in walked)
    if not ahead:
        return Road(label, found[:1], (), found[1:])
    one, two = _roads(passages, path, ahead, (*seen, *walked))
    return Road(label, found, (one, two), tuple(p for p in one.after if p in two.after))


def _sentences(passages: Iterable[Passage]) -> list[str]:
    """All sentences of these passages, in their order."""
    lines = [" ".join(paragraph) for passage in passages for paragraph in passage.paragraphs]
    return [sentence for line in lines for sentence in SENTENCE_END.split(line) if sentence]


def _acted(option: Any, road: Road) -> list[str]:
    """Name an option as the story does; what else the story says of it is returned."""
    phrase = road.label.removeprefix("{A} could ").removesuffix(".")
    option["inf"] = quoted(phrase[:1].lower() + phrase[1:])
    events = _sentences(road.events)
    if events and events[0].startswith("{A} "):
        option["fin"] = quoted(events.pop(0).removeprefix("{A} ").removesuffix("."))
    return events


def _happens(outcome: Any, text: str) -> None:
    outcome["text"] = quoted(text)
    if found := re.match(r"\{(\w+)\}", text):
        outcome["who"] = found[1]


def _fork(road: Road, events: list[str]) -> Any:
    """The fork after an option, whose situation is the last of the events before it."""
    fork = deepcopy(FORK)
    if events:
        fork["situation"] = quoted(events.pop())
    for way, onward in zip(fork["options"], sorted(road.ways, key=lambda r: not r.endorsed), strict=True):
        told = _acted(way, onward)
        if told:
            _happens(way["outcome"], told[0])
        if told[1:]:
            way["reason"]["w"] = quoted(" ".join(told[1:]))
    return laid_out(fork, "then")


def _spread(blanks: Any, texts: Sequence[str]) -> None:
    """Put the texts in the place of the blanks, as many as there are."""
    _grow(blanks, len(texts))
    for i, text in enumerate(texts):
        blanks[i] = quoted(text)


def _grow(blanks: Any, size: int) -> None:
    """Add blanks before the last one, to which the comments that follow the list belong."""
    while len(blanks) < size:
        blanks.insert(len(blanks) - 1, deepcopy(blanks[-2]))
