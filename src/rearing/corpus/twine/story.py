"""A scenario as a branching story for Twine, and back without loss.

What a reader meets stands in passages, one sentence a line. All else stands in one more passage as JSON, in which null
marks what a passage tells: so every text is in one place, and what an author changes in Twine is what is read back.
"""

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rearing.corpus.load import KINDS, Corpus
from rearing.corpus.parsed import Keys
from rearing.corpus.twine.twee import BARRED, Passage, link, write_twee
from rearing.errors import ScenarioError
from rearing.records.scenario import SITUATIONS, Scenario

DATA = "StoryRearing"
START, CHOICE = "The situation", "The choice"
LAST = {"lesson": ("The principle", "principle", "w"), "attack": ("The excuse", "excuse")}
"""By kind, what comes after both roads: the name of its passage and the key path of its text."""
SITUATION_NAMES = dict(zip(SITUATIONS, ("As it is", "With one fact changed"), strict=True))
LOOK_BACK, GO_BACK = "Look back", "Go back and take the other road"
COLOURS = {"endorsed": "green", "rejected": "red", "reflection": "blue", "principle": "purple"}
STEP = 200
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A text of a scenario by its key path, and what a passage writes around it."""

    keys: Keys
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What one passage tells.

    Attributes:
        place: Column and row in Twine's map.
        links: A text of the scenario or a fixed label, and the name of the passage that it leads to.
    """

    name: str
    place: tuple[int, int]
    tags: tuple[str, ...]
    paragraphs: tuple[tuple[Told, ...], ...]
    links: tuple[tuple[Told | str, str], ...] = ()

    @property
    def told(self) -> Iterator[Told]:
        """Every text of the scenario that it holds."""
        for paragraph in self.paragraphs:
            yield from paragraph
        yield from (label for label, _ in self.links if isinstance(label, Told))


def file_stem(name: str) -> str:
    """The id of a scenario, if it can be the name of a file in whatever folder.

    Raises:
        ScenarioError: It cannot.
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ScenarioError(f"{name!r} is no id", "write lower-case words with dashes")
    return name


def write_story(scenario: Scenario, corpus: Corpus | None = None) -> str:
    """The scenario as a Twee 3 file, the same text every time.

    Args:
        scenario: Any kind, broken rules or not.
        corpus: Where it comes from; its name, version and digest go into the file.

    Raises:
        ScenarioError: A text has what Twine reads as its own: a line break, a link, a space at its end.
    """
    data: Data = KINDS[scenario.kind].dump_python(scenario, mode="json", exclude_defaults=True)
    pages = list(_pages(data))
    passages = [_passage(page, data) for page in pages]
    name, times = Counter(page.name for page in pages).most_common(1)[0]
    if times > 1:
        raise ScenarioError(f"{times} passages would be named {name!r}", "rename an option", scenario.id)
    for page in pages:
        for text in page.told:
            _put(data, text.keys, None)
    if corpus:
        data["corpus"] = {"name": corpus.name, "version": corpus.version, "digest": corpus.digest}
    ifid = uuid.UUID(bytes=hashlib.sha256(scenario.id.encode()).digest()[:16], version=4)
    about = {
        "ifid": str(ifid).upper(),
        "format": "Harlowe",
        "format-version": "3.3.9",
        "start": START,
        "tag-colors": COLOURS,
    }
    title, *rest = passages
    return write_twee([title, Passage("StoryData", _json(about)), *rest, Passage(DATA, _json(data), position=(0, 0))])


def _json(data: Data) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)


def _passage(page: Page, data: Data) -> Passage:
    blocks = [[_framed(data, text) for text in paragraph] for paragraph in page.paragraphs]
    blocks.append([link(_framed(data, x) if isinstance(x, Told) else x, _safe(y, data)) for x, y in page.links])
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    column, row = page.place
    position = None if page.name == "StoryTitle" else (STEP * column, STEP * row)
    return Passage(_safe(page.name, data), text, page.tags, position)


def _framed(data: Data, text: Told) -> str:
    value = data
    for key in text.keys:
        value = value[key]  # type: ignore[index]
    return text.before + _safe(str(value), data, text.keys) + text.after


def _safe(text: str, data: Data, keys: Keys = ()) -> str:
    if found := BARRED.search(text):
        problem = f"{text!r} has {found.group(0)!r}, which Twine reads as its own"
        raise ScenarioError(problem, "reword it", data["id"], ".".join(map(str, keys)) or None)
    return text


def _put(data: Data, keys: Keys, value: str | None) -> None:
    node: Any = data
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value


def read_story(passages: dict[str, Passage], path: Path) -> Data:
    """What a scenario file holds, read back from a story that `write_story` wrote and an author may have changed.

    Args:
        passages: Those of a Twee file, `StoryRearing` among them.
        path: Where they come from, for messages.

    Raises:
        ScenarioError: A passage, a link or a sentence is missing, or there is one too many.
    """
    about = passages[DATA]
    try:
        data: Data = json.loads(about.text)
        data.pop("corpus", None)
        setting = passages[START].paragraphs[:1] if START in passages else []
        data["setting"] = [None for lines in setting for _ in lines]
        for page in list(_pages(data)):
            _read(page, passages, data, path)
    except (ValueError, LookupError, TypeError, AttributeError) as err:
        problem = f"passage {DATA!r} is not as it was written ({type(err).__name__}: {err})"
        raise ScenarioError(problem, "take it from the exported file again", path, about.line) from err
    return data


def _read(page: Page, passages: dict[str, Passage], data: Data, path: Path) -> None:
    """Put every text of a page into its place."""
    passage = passages.get(page.name)
    if passage is None:
        raise ScenarioError(f"has no passage {page.name!r}", "give it this name again", path)
    wanted = [paragraph for paragraph in page.paragraphs if paragraph]
    found = passage.paragraphs
    if list(map(len, found)) != list(map(len, wanted)):
        counts = [" and ".join(str(len(p)) for p in part) or "no" for part in (found, wanted)]
        problem = f"passage {page.name!r} has {counts[0]} lines in its paragraphs, {DATA} describes {counts[1]}"
        raise ScenarioError(problem, "write one sentence a line, and change both together", path, passage.line)
    for paragraph, lines in zip(wanted, found, strict=True):
        for text, line in zip(paragraph, lines, strict=True):
            _put(data, text.keys, _bare(text, line))
    labels = {target: label for label, target in passage.links}
    for label, target in page.links:
        if isinstance(label, Told):
            if target not in labels:
                problem = f"passage {page.name!r} has no link to {target!r}"
                raise ScenarioError(problem, f"write [[what {{A}} could do->{target}]]", path, passage.line)
            _put(data, label.keys, _bare(label, labels[target]))


def _bare(text: Told, line: str) -> str:
    return line.removeprefix(text.before).removesuffix(text.after)


def _pages(data: Data) -> Iterator[Page]:
    """How a scenario of any kind is told: its title, the situation, two roads, and what is seen in looking back."""
    options = list(enumerate(data["options"]))
    fork = tuple((_could("options", i), option["id"]) for i, option in options)
    tags = (data["kind"], f"stage-{data['stage']}", data["domain"], *data["foundations"])
    opening = (
        tuple(Told(("setting", i)) for i, _ in enumerate(data["setting"])),
        tuple(Told(("minds", i, "text")) for i, _ in enumerate(data.get("minds", ()))),
    )
    yield Page("StoryTitle", (0, 0), (), ((Told(("title",)),),))
    if data["kind"] == "vignette":
        yield Page(START, (2, 0), tags, opening, tuple((name, name) for name in SITUATION_NAMES.values()))
        for column, (key, name) in zip((1, 3), SITUATION_NAMES.items(), strict=True):
            yield Page(name, (column, 1), (key,), ((Told((key,)),),), ((CHOICE, CHOICE),))
        yield Page(CHOICE, (2, 2), ("choice",), (), fork)
    else:
        main = ((Told(("main",)),),) if data["kind"] == "attack" else ()
        yield Page(START, (2, 0), tags, (*opening, *main), fork)
    last = LAST.get(data["kind"])
    for i, option in options:
        yield from _road(option, i, ((last[0], last[0]),) if last else ())
    if last:
        name, *keys = last
        yield Page(name, (2, 6), (keys[0],), ((Told(tuple(keys)),),), ((GO_BACK, START),))


def _road(option: Data, i: int, onward: tuple[tuple[str, str], ...]) -> Iterator[Page]:
    """An option and its consequences, the fork after it if there is one, and the look back."""
    name, column, at = option["id"], 1 + 2 * i, ("options", i)
    reflection = (Told((*at, "reflection", "w")),) if "reflection" in option else ()
    reasons = tuple(Told((*at, "reasons", j, "w")) for j, _ in enumerate(option.get("reasons", ())))
    after = f"Looking back on {name}"
    back = ((GO_BACK, START), *onward)
    onward = ((LOOK_BACK, after),) if reflection or reasons else back
    outcomes = tuple(Told((*at, "outcomes", j, "text")) for j, _ in enumerate(option.get("outcomes", ())))
    paragraphs: tuple[tuple[Told, ...], ...] = ((_does(*at),), outcomes)
    links: tuple[tuple[Told | str, str], ...] = onward
    ways = option["then"]["options"] if "then" in option else []
    if ways:
        paragraphs = (*paragraphs, (Told((*at, "then", "situation")),))
        links = tuple((_could(*at, "then", "options", j), f"{name} {j + 1}") for j, _ in enumerate(ways))
    yield Page(name, (column, 3), ("road", option["rating"]), paragraphs, links)
    for j, way in enumerate(ways):
        inner = (*at, "then", "options", j)
        told = ((_does(*inner),), (Told((*inner, "outcome", "text")),), (Told((*inner, "reason", "w")),))
        yield Page(f"{name} {j + 1}", (column + j, 4), ("road", way["rating"]), told, onward)
    if reflection or reasons:
        yield Page(after, (column, 5), ("reflection",), (reflection, reasons), back)


def _could(*at: str | int) -> Told:
    return Told((*at, "inf"), "{A} could ", ".")


def _does(*at: str | int) -> Told:
    return Told((*at, "fin"), "{A} ", ".")
