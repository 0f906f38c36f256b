"""The ledger of a sealed study: what happened to it, in order.

`ledger.jsonl` has one entry a line, in canonical JSON (RFC 8785). An entry carries the hash of the one before it
(`prev`) and its own (`hash`, of everything else in it): none can be changed, moved or taken out of the middle unseen.

sealed      seal and key, and other attempts on the same claim
amended     class, what was changed, why; class B has a new seal and key
unblinded   after how many seeds scores were looked at by arm, and the hash of the manifest of what was seen
judged      the verdict in a word, and the hash of verdict.json
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import rfc8785

from rearing.errors import EvidenceError
from rearing.store.artifacts import write_atomic

LEDGER = "ledger.jsonl"
Event = Literal["sealed", "amended", "unblinded", "judged"]
# What an entry of each kind tells, at least.
TOLD: dict[str, set[str]] = {
    "sealed": {"seal", "key", "others"},
    "amended": {"class", "changed", "why"},
    "unblinded": {"seeds", "manifest"},
    "judged": {"word", "verdict"},
}
Entry = dict[str, Any]


def read_ledger(folder: Path) -> tuple[Entry, ...]:
    """All entries; () if there is no ledger.

    Raises:
        EvidenceError: An entry is not as it was written where it stands; the error names the first.
    """
    path = folder / LEDGER
    if not path.is_file():
        return ()
    entries: list[Entry] = []
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        entry = _written(line, entries[-1]["hash"] if entries else "")
        if entry is None:
            raise EvidenceError("the entry was changed after it was written", "get the ledger again", path, number)
        entries.append(entry)
    return tuple(entries)


def last(entries: Sequence[Entry], event: Event) -> Entry | None:
    """The last entry of this kind."""
    return next((e for e in reversed(entries) if e["event"] == event), None)


def record(folder: Path, event: Event, **told: Any) -> None:
    """Append an entry, unless the last one of its kind says the same: a run that goes on repeats what it said.

    Raises:
        EvidenceError: The ledger was changed.
        StoreError: It cannot be written.
    """
    entries = read_ledger(folder)
    before = last(entries, event)
    if before is not None and {k: before.get(k) for k in told} == told:
        return
    entry = {"at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "event": event, **told}
    entry["prev"] = entries[-1]["hash"] if entries else ""
    entry["hash"] = _hash(entry)
    write_atomic(folder / LEDGER, b"".join(map(_line, (*entries, entry))))


def _written(line: bytes, before: str) -> Entry | None:
    """The entry of a line, if it is what was written after `before`."""
    try:
        entry: Entry = json.loads(line)
        sound = entry["prev"] == before and entry["hash"] == _hash(entry) and line == _line(entry)
        return entry if sound and entry.keys() >= TOLD[entry["event"]] else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def canonical(value: Any) -> bytes:
    """A JSON value as the bytes that are hashed (RFC 8785)."""
    return rfc8785.dumps(value)


def _hash(entry: Entry) -> str:
    return hashlib.sha256(canonical({k: v for k, v in entry.items() if k != "hash"})).hexdigest()


def _line(entry: Entry) -> bytes:
    return canonical(entry) + b"\n"
