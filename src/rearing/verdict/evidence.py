"""Evidence that travels: a folder with plan, checks, tables and their hashes, judged the same anywhere.

manifest.json   {"files": {name: sha256}}, and what made it
plan.json, checks.json, responses.parquet, readings.parquet   what the verdict is made from
verdict.json    the verdict; no part of the manifest
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.verdict import Verdict
from rearing.store.artifacts import file_digest, write_json
from rearing.store.tables import read_table

if TYPE_CHECKING:
    import polars as pl

PLAN, CHECKS, MANIFEST, VERDICT = "plan.json", "checks.json", "manifest.json", "verdict.json"
NEEDED = (PLAN, CHECKS, "responses.parquet", "readings.parquet")
MEND = "get the folder again from whoever published it, or run the study again"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is made from."""

    plan: Plan
    checks: tuple[Check, ...]
    responses: "pl.DataFrame"
    readings: "pl.DataFrame"


def verify(folder: Path) -> tuple[str, ...]:
    """The names of the files of an evidence folder, all as their hashes say.

    Raises:
        EvidenceError: A file is missing, changed or not in the manifest.
    """
    path = folder / MANIFEST
    manifest = _json(path)
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict):
        raise EvidenceError("the manifest names no files", MEND, path, "files")
    for name in NEEDED:
        if name not in files:
            raise EvidenceError(f"the manifest does not name {name}", MEND, path, "files")
    for name, expected in sorted(files.items()):
        if Path(name).name != name:
            raise EvidenceError(f"{name!r} is not a plain file name", MEND, path, "files")
        if not (folder / name).is_file():
            raise EvidenceError("the file is missing", MEND, folder / name)
        if file_digest(folder / name) != expected:
            raise EvidenceError("the file was changed after its hash was written", MEND, folder / name)
    return tuple(sorted(files))


def load_evidence(folder: Path) -> Evidence:
    """Read an evidence folder, hashes first.

    Raises:
        EvidenceError: A file is missing, changed, or not what its name says.
    """
    verify(folder)
    plan: Plan = _typed(folder / PLAN, TypeAdapter(Plan))
    checks: list[Check] = _typed(folder / CHECKS, TypeAdapter(list[Check]))
    return Evidence(plan, tuple(checks), read_table(folder, "responses"), read_table(folder, "readings"))


def write_verdict(folder: Path, verdict: Verdict) -> Path:
    """Write `verdict.json` beside the evidence: sorted keys, no NaN, the same bytes for the same verdict."""
    write_json(folder / VERDICT, TypeAdapter(Verdict).dump_python(verdict, mode="json"))
    return folder / VERDICT


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise EvidenceError(f"cannot be read ({err.strerror})", MEND, path) from err
    except ValueError as err:
        raise EvidenceError(f"is not JSON ({err})", MEND, path) from err


def _typed(path: Path, adapter: TypeAdapter[Any]) -> Any:
    """A JSON file as its type; keys that the type does not have are refused, also deep inside."""
    raw = _json(path)
    try:
        value = adapter.validate_python(raw)
    except ValidationError as err:
        first = err.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(f"has another shape ({first['msg']})", MEND, path, place) from err
    stray = _stray(raw, adapter.dump_python(value, mode="json"))
    if stray is not None:
        raise EvidenceError("a key that nobody reads", "take it out, or name it as the plan does", path, stray)
    return value


def _stray(raw: Any, known: Any, place: str = "") -> str | None:
    """Key path of the first key in `raw` that `known` does not have."""
    if isinstance(raw, dict):
        if extra := sorted(raw.keys() - known.keys()):
            return f"{place}{extra[0]}"
        inside = [(key, value, known[key]) for key, value in raw.items()]
    elif isinstance(raw, list):
        inside = [(str(i), value, known[i]) for i, value in enumerate(raw)]
    else:
        return None
    return next((found for key, a, b in inside if (found := _stray(a, b, f"{place}{key}."))), None)
