"""Twee 3, the text form of Twine stories: passages in, passages out.

Written after the Twee 3 specification of the Interactive Fiction Technology Foundation, and Twine's own escapes.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rearing.corpus.load import MAX_BYTES
from rearing.errors import ScenarioError

HEADER = re.compile(r"::(?P<name>(?:\\.|[^\\\[\]{}])*+)(?P<tags>\[(?:\\.|[^\\\]])*\])?[ \t]*(?P<place>\{.*\})?[ \t]*")
LINK = re.compile(r"\[\[(.+?)\]\]")
SPECIAL = ("StoryTitle", "StoryData")
BARRED = re.compile(r"[\r\n]|\[\[|\]\]|->|<-|\||^\s|\s$|^::|^\\|^$")
"""What a sentence, a label or a name cannot have if it is to be read back as it was."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a story.

    Attributes:
        position: Left and top in Twine's map, in pixels.
        line: Where its header stands in the file, from 1.
    """

    name: str
    text: str
    tags: tuple[str, ...] = ()
    position: tuple[int, int] | None = None
    line: int = 0

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """Label and target of every link."""
        return tuple(map(_link, LINK.findall(self.text)))

    @property
    def paragraphs(self) -> list[list[str]]:
        """The lines of every paragraph; a line of nothing but links is none, a link among words is its label."""
        lines = [_prose(line.strip()) for line in self.text.split("\n")]
        return [list(group) for filled, group in groupby(lines, key=bool) if filled]


def _prose(line: str) -> str:
    only_links = LINK.search(line) and not re.search(r"\w", LINK.sub("", line))
    return "" if only_links else LINK.sub(lambda found: _link(found[1])[0], line)


def _link(inside: str) -> tuple[str, str]:
    """A link in one of Twine's forms: [[label->target]], [[target<-label]], [[label|target]], [[target]]."""
    if "->" in inside:
        label, _, target = inside.rpartition("->")
    elif "<-" in inside:
        target, _, label = inside.partition("<-")
    elif "|" in inside:
        label, _, target = inside.partition("|")
    else:
        label = target = inside
    return label.strip(), target.strip()


def link(label: str, target: str) -> str:
    """A link as it is written."""
    return f"[[{label}->{target}]]"


def write_twee(passages: Iterable[Passage]) -> str:
    """The text of a Twee file, with the passages in this order."""
    return "\n\n".join(f"{_header(p)}\n{p.text}" for p in passages) + "\n"


def _header(passage: Passage) -> str:
    parts = ["::", _escaped(passage.name)]
    if passage.tags:
        parts.append(f"[{' '.join(map(_escaped, passage.tags))}]")
    if passage.position:
        left, top = passage.position
        parts.append(json.dumps({"position": f"{left},{top}"}, separators=(",", ":")))
    return " ".join(parts)


def _escaped(name: str) -> str:
    return re.sub(r"([\\\[\]{}])", r"\\\1", name)


def _unescaped(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name)


def read_twee(path: Path) -> dict[str, Passage]:
    """The passages of a Twee file by name, in their order.

    Raises:
        ScenarioError: It cannot be read, or is no Twee.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as err:
        raise ScenarioError(f"cannot be read ({err.strerror})", "check the path", path) from err
    except UnicodeDecodeError as err:
        raise ScenarioError("is not UTF-8 text", "save it as UTF-8", path) from err
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"has {len(raw)} bytes, the limit is {MAX_BYTES}", "export one short story", path)
    passages: dict[str, Passage] = {}
    heads: list[tuple[int, str]] = []
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("::"):
            heads.append((number, line))
    if not heads:
        mend = "in Twine choose Build, then Export As Twee"
        raise ScenarioError("has no passage, which begins with `:: Name`", mend, path)
    ends = [number - 1 for number, _ in heads[1:]] + [len(lines)]
    for (number, line), end in zip(heads, ends, strict=True):
        passage = _passage(path, number, line, lines[number:end])
        if passage.name in passages:
            raise ScenarioError(f"has two passages named {passage.name!r}", "rename one", path, number)
        if not {"script", "stylesheet"} & set(passage.tags):
            passages[passage.name] = passage
    return passages


def _passage(path: Path, number: int, header: str, body: list[str]) -> Passage:
    found = HEADER.fullmatch(header)
    if not found or not found["name"].strip():
        raise ScenarioError(f"{header!r} is no passage header", "write `:: Name`", path, number)
    name, text = _unescaped(found["name"]).strip(), "\n".join(body).strip()
    tags = tuple(_unescaped(tag) for tag in (found["tags"] or "[]")[1:-1].split())
    return Passage(name, re.sub(r"^\\:\\?:", "::", text, flags=re.MULTILINE), tags, line=number)
