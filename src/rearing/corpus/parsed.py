"""What YAML files said, kept in the user's cache: parsing a corpus takes seconds, and every command reads it."""

import contextlib
import functools
import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rearing.errors import StoreError
from rearing.store.artifacts import cache_folder, write_atomic

Keys = tuple[str | int, ...]
"""The way to a value in a scenario file."""
Said = tuple[dict[str, Any], dict[Keys, int]]
"""The mapping of a file, and the line of each of its keys."""
MAX_FILES = 4000
HIDDEN = "private"


@dataclass(slots=True)
class Parsed:
    """Files by the sha256 of their bytes. What is private in them is not kept; a file that JSON would change is not."""

    path: Path
    entries: dict[str, Any]
    used: set[str] = field(default_factory=set)
    grown: bool = False

    def get(self, digest: str) -> Said | None:
        """What the file of this digest said, if it was parsed before."""
        if (entry := self.entries.get(digest)) is None:
            return None
        self.used.add(digest)
        return dict(entry["said"]), {tuple(keys): line for keys, line in entry["lines"]}

    def put(self, digest: str, said: dict[str, Any], lines: dict[Keys, int]) -> None:
        """Keep what a file said."""
        open_part = {key: value for key, value in said.items() if key != HIDDEN}
        shown = [[keys, line] for keys, line in lines.items() if keys[0] != HIDDEN]
        entry = {"said": open_part, "lines": shown}
        with contextlib.suppress(TypeError, ValueError):
            same = json.loads(json.dumps(entry, allow_nan=False))
            if same["said"] == open_part:
                self.entries[digest] = same
                self.used.add(digest)
                self.grown = True

    def save(self) -> None:
        """Write what was added; where that is not possible, the next process parses again."""
        if not self.grown:
            return
        if len(self.entries) > MAX_FILES:
            self.entries = {digest: self.entries[digest] for digest in self.used}
        with contextlib.suppress(StoreError, OSError):
            write_atomic(self.path, json.dumps(self.entries).encode())
        self.grown = False


@functools.cache
def parsed_files() -> Parsed:
    """What this process and those before it parsed with the code as it is."""
    here = Path(__file__).parent
    code = b"".join((here / name).read_bytes() for name in ("load.py", "parsed.py")) + version("ruamel.yaml").encode()
    path = cache_folder() / f"yaml-{hashlib.sha256(code).hexdigest()[:12]}.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        entries = {}
    return Parsed(path, entries if isinstance(entries, dict) else {})
