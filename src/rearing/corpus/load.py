"""Scenario files: YAML 1.2 to frozen records, with the line of every key kept for messages."""

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, SequenceNode

from rearing.corpus.parsed import Keys, parsed_files
from rearing.errors import ScenarioError
from rearing.records import scenario as records
from rearing.records.scenario import AttackScenario, Lesson, Neutral, Scenario, Vignette

MAX_BYTES = 64 * 1024
COMMONS = Path(__file__).resolve().parent.parent / "corpora" / "commons"
KINDS: dict[str, TypeAdapter[Any]] = {
    "lesson": TypeAdapter(Lesson),
    "vignette": TypeAdapter(Vignette),
    "neutral": TypeAdapter(Neutral),
    "attack": TypeAdapter(AttackScenario),
}
KEYS = sorted({f.name for kind in vars(records).values() if is_dataclass(kind) for f in fields(kind)})
UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")
FOLDERS = {"lesson": "lessons", "vignette": "vignettes", "neutral": "neutral", "attack": "attack"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scenario came from, and on which line each of its keys stands. No text: some is private."""

    path: Path
    lines: dict[Keys, int]
    digest: str

    def line(self, *keys: str | int) -> int:
        """The line of the deepest of these keys that the file has."""
        for end in range(len(keys), 0, -1):
            if keys[:end] in self.lines:
                return self.lines[keys[:end]]
        return 1


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything in a corpus folder, sorted by id; `digest` is the sha256 over all files."""

    root: Path
    name: str
    version: str
    lessons: tuple[Lesson, ...]
    vignettes: tuple[Vignette, ...]
    neutral: tuple[Neutral, ...]
    attack: tuple[AttackScenario, ...]
    fillers: tuple[str, ...]
    digest: str
    sources: dict[str, Source] = field(default_factory=dict, compare=False)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios of all kinds."""
        return (*self.lessons, *self.vignettes, *self.neutral, *self.attack)


def _read_yaml(path: Path) -> tuple[dict[str, Any], Source]:
    try:
        raw = path.read_bytes()
    except OSError as err:
        raise ScenarioError(f"cannot be read ({err.strerror})", "check the path", path) from err
    if len(raw) > MAX_BYTES:
        raise ScenarioError(
            f"has {len(raw)} bytes, the limit is {MAX_BYTES}", "split it into one scenario a file", path
        )
    digest = hashlib.sha256(raw).hexdigest()
    said = parsed_files().get(digest)
    if said is None:
        said = _parse(raw, path)
        parsed_files().put(digest, *said)
    return said[0], Source(path, said[1], digest)


def _parse(raw: bytes, path: Path) -> tuple[dict[str, Any], dict[Keys, int]]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    yaml.allow_duplicate_keys = False
    try:
        text = raw.decode("utf-8")
        # Most files have no asterisk, and then need no second parse.
        for event in YAML(typ="safe", pure=True).parse(text) if "*" in text else ():
            if isinstance(event, AliasEvent):
                line = event.start_mark.line + 1
                raise ScenarioError("uses a YAML alias (*name)", "write the text out", path, line)
        node = yaml.compose(text)
        data = yaml.constructor.construct_document(node) if node else None
    except UnicodeDecodeError as err:
        raise ScenarioError("is not UTF-8 text", "save it as UTF-8", path) from err
    except RecursionError as err:
        raise ScenarioError("is nested too deeply", "see docs/corpus.md for the format", path) from err
    except MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        problem = " ".join(str(err.problem or err.context).split("\n")[0].split())
        mend = "look here and one line above: put texts in double quotes, and begin lines of one list in one column"
        if "duplicate key" in problem:
            mend = "keep one of the two keys"
        elif "'\\t'" in problem:
            mend = "write spaces instead of the tab"
        raise ScenarioError(f"is not valid YAML ({problem})", mend, path, mark.line + 1 if mark else None) from err
    except (ValueError, YAMLError) as err:  # A date or number that is none, or a character that YAML forbids.
        problem = str(err).split("\n")[0]
        raise ScenarioError(f"is not valid YAML ({problem})", "quote the text with double quotes", path) from err
    if not isinstance(data, dict):
        raise ScenarioError("is not a mapping of keys to values", "see docs/corpus.md for the format", path)
    return data, _lines(node)


def _lines(node: Any, at: Keys = ()) -> dict[Keys, int]:
    found: dict[Keys, int] = {}
    if isinstance(node, MappingNode):
        for key, value in node.value:
            name = str(key.value)  # A key that is no text has children in place of it.
            found[(*at, name)] = key.start_mark.line + 1
            found |= _lines(value, (*at, name))
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            found[(*at, index)] = value.start_mark.line + 1
            found |= _lines(value, (*at, index))
    return found


def load_scenario(path: Path) -> tuple[Scenario, Source]:
    """Read one scenario file.

    Private text (the key `private`) is dropped here and never leaves this function.

    Raises:
        ScenarioError: The file is not valid; the message has the line.
    """
    if path.suffix in (".twee", ".tw"):
        raise ScenarioError(
            "is a story from Twine", f"make a scenario of it: rearing new scenario ID --from {path}", path
        )
    data, source = _read_yaml(path)
    data.pop("private", None)
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ScenarioError(f"kind is {kind!r}", f"use one of {', '.join(KINDS)}", path, source.line("kind"))
    try:
        scenario: Scenario = KINDS[kind].validate_python(data, strict=False)
    except ValidationError as err:
        first, *others = _faults(err, path, source)
        first.others = tuple(others)
        raise first from err
    return scenario, source


def _faults(err: ValidationError, path: Path, source: Source) -> list[ScenarioError]:
    """What does not fit the form of a scenario, in the order of lines."""
    found = [(tuple(k for k in e["loc"] if isinstance(k, (str, int))), e) for e in err.errors(include_url=False)]
    # A misspelled key is unknown and missing at once; its own line says more.
    misspelled = {keys[:-1] for keys, e in found if e["type"] in UNKNOWN_KEY}
    told = [(keys, e) for keys, e in found if e["type"] != "missing" or keys[:-1] not in misspelled]
    faults = [ScenarioError(*_in_words(keys, e), path, source.line(*keys)) for keys, e in told]
    return sorted(faults, key=lambda fault: int(fault.where or 0))


def _in_words(keys: Keys, error: Any) -> tuple[str, str]:
    """Problem and mend of one fault that pydantic found."""
    name, kind, about = ".".join(map(str, keys)), error["type"], error.get("ctx", {})
    value = f"{name} is {error['input']!r}"
    if kind in UNKNOWN_KEY:
        near = get_close_matches(str(keys[-1]), KEYS, 1)
        spelled = f" to {near[0]}" if near else ""
        return f"unknown key {name}", f"remove it or correct its spelling{spelled} (docs/corpus.md lists the keys)"
    if kind == "missing" and isinstance(keys[-1], int):
        return f"{'.'.join(map(str, keys[:-1]))} has too few entries", "write two"
    if kind == "missing":
        return f"key {name} is missing", "add it (docs/corpus.md has a finished example)"
    if kind == "too_long":
        return f"{name} has {about['actual_length']} entries", f"write {about['max_length']}"
    record = getattr(records, about.get("class_name", "Wording"))
    mends = {
        "literal_error": f"write {about.get('expected')}",
        "dataclass_type": f"write the keys {', '.join(f.name for f in fields(record))} under it",
        "tuple_type": "write a list: `[a, b]`, or one line with `- ` for each",
        "dict_type": "write `{name: value}`",
        "bool_parsing": "write true or false",
        "string_type": "write a text in double quotes",
    }
    return value, mends.get(kind, f"{error['msg'].lower()}, as docs/corpus.md says")


def load_corpus(root: Path = COMMONS) -> Corpus:
    """Read a corpus folder: `lessons/ vignettes/ neutral/ attack/`, `fillers.yaml`, `corpus.yaml`.

    Raises:
        ScenarioError: The folder or a file in it is not valid.
    """
    if not root.is_dir():
        raise ScenarioError("is not a corpus folder", "give a folder with lessons/ and vignettes/ in it", root)
    by_kind: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    sources: dict[str, Source] = {}
    for kind, folder in FOLDERS.items():
        for path in sorted((root / folder).glob("*.y*ml")):
            scenario, source = load_scenario(path)
            if scenario.id in sources:
                raise ScenarioError(
                    f"id {scenario.id!r} is used twice",
                    f"rename it; {sources[scenario.id].path} has it too",
                    path,
                    source.line("id"),
                )
            sources[scenario.id] = source
            if scenario.kind != kind:
                raise ScenarioError(
                    f"a {scenario.kind} lies in {folder}/", "move it to its own folder", path, source.line("kind")
                )
            by_kind[kind].append(scenario)
    about, about_source = _read_yaml(root / "corpus.yaml")
    if not isinstance(about.get("name"), str) or not isinstance(about.get("version"), str):
        raise ScenarioError(
            "has no text under `name` or `version`", 'write for example version: "0.1"', root / "corpus.yaml"
        )
    fillers, filler_digest = _load_fillers(root / "fillers.yaml")
    parsed_files().save()
    listing = (
        "\n".join(f"{name} {src.digest}" for name, src in sorted(sources.items())) + filler_digest + about_source.digest
    )
    ordered = {kind: tuple(sorted(found, key=lambda s: s.id)) for kind, found in by_kind.items()}
    return Corpus(
        root,
        about["name"],
        about["version"],
        ordered["lesson"],
        ordered["vignette"],
        ordered["neutral"],
        ordered["attack"],
        fillers,
        hashlib.sha256(listing.encode()).hexdigest(),
        sources,
    )


def _load_fillers(path: Path) -> tuple[tuple[str, ...], str]:
    data, source = _read_yaml(path)
    fillers = data.get("fillers")
    if not isinstance(fillers, list) or not all(isinstance(f, str) for f in fillers):
        raise ScenarioError("has no list of sentences under `fillers`", "see the one of the corpus commons", path)
    return tuple(dict.fromkeys(str(f) for f in fillers)), source.digest
