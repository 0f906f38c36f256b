"""Evidence that travels: a folder with plan, seal, checks, tables and their hashes, judged the same anywhere.

manifest.json   {"files": {name: sha256}}, and what made it
plan.json, checks.json, responses.parquet, readings.parquet   what the verdict is made from
losses.parquet, recovery.parquet   of a study with attacks: what stands beside it
sealed.json, ledger.jsonl   of a sealed study: what was fixed before the data, and what happened since
verdict.json    the verdict; no part of the manifest
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.seal import Sealed
from rearing.records.verdict import Sealing, Verdict
from rearing.store.artifacts import file_digest, write_json
from rearing.store.tables import read_table
from rearing.verdict.ledger import LEDGER, Event, last, read_ledger, record
from rearing.verdict.seal import SEALED, check_rule, seal_checks, sealing

if TYPE_CHECKING:
    import polars as pl

PLAN, CHECKS, MANIFEST, VERDICT = "plan.json", "checks.json", "manifest.json", "verdict.json"
ORGANISMS = "organisms.json"
OF_ATTACKS = ("losses", "recovery")
NEEDED = (PLAN, CHECKS, "responses.parquet", "readings.parquet")
MEND = "get the folder again from whoever published it, or run the study again"
# A file that no manifest names, the kind of entry that tells of it, and where in the entry.
TOLD_OF: tuple[tuple[str, Event, str], ...] = ((MANIFEST, "unblinded", "manifest"), (VERDICT, "judged", "verdict"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is made from; `checks` include those of the seal."""

    plan: Plan
    checks: tuple[Check, ...]
    responses: "pl.DataFrame"
    readings: "pl.DataFrame"
    sealing: Sealing | None = None
    losses: "pl.DataFrame | None" = None
    recovery: "pl.DataFrame | None" = None


def changes(folder: Path) -> tuple[EvidenceError, ...]:
    """Every file of an evidence folder that is not as manifest and ledger say, as the error that names it.

    Raises:
        EvidenceError: There is no evidence in the folder, changed or not.
    """
    if not (folder / MANIFEST).is_file() and last(read_ledger(folder), "unblinded") is None:
        raise EvidenceError("cannot be read (there is no such file)", "name a folder with evidence", folder / MANIFEST)
    return (*_against_manifest(folder), *_against_ledger(folder))


def broken(folder: Path) -> list[str]:
    """What is wrong with an evidence folder, in sentences: files that were changed, or else what the seal forbids.

    Raises:
        EvidenceError: There is no evidence in the folder, or it cannot be read.
    """
    if changed := changes(folder):
        return list(map(str, changed))
    checks = read_evidence(folder).checks
    return [f"{folder}: {c.name} does not hold ({c.limit})." for c in checks if c.kind == "seal" and not c.passed]


def verify(folder: Path) -> None:
    """See that all files of an evidence folder are as they were written.

    Raises:
        EvidenceError: A file is missing or changed, or the manifest does not name it.
    """
    for changed in changes(folder):
        raise changed


def load_evidence(folder: Path) -> Evidence:
    """Read an evidence folder, hashes first.

    Raises:
        EvidenceError: A file is missing, changed, or not what its name says.
    """
    verify(folder)
    return read_evidence(folder)


def read_evidence(folder: Path) -> Evidence:
    """Read an evidence folder whose hashes the caller has just seen to hold: no file is hashed twice.

    Raises:
        EvidenceError: A file is missing, or not what its name says.
    """
    plan, sealed, entries = read_plan(folder), read_sealed(folder), read_ledger(folder)
    checks: list[Check] = _typed(folder / CHECKS, TypeAdapter(list[Check]))
    if sealed is not None:
        check_rule(sealed)
    return Evidence(
        plan,
        (*checks, *seal_checks(sealed, entries, plan)),
        read_table(folder, "responses"),
        read_table(folder, "readings"),
        sealing(sealed, entries) if sealed is not None else None,
        **{name: read_table(folder, name) for name in OF_ATTACKS if (folder / f"{name}.parquet").is_file()},
    )


def read_plan(folder: Path) -> Plan:
    """The plan in an evidence folder.

    Raises:
        EvidenceError: It cannot be read as one.
    """
    plan: Plan = _typed(folder / PLAN, TypeAdapter(Plan))
    return plan


def read_sealed(folder: Path) -> Sealed | None:
    """The sealed document in an evidence folder; None if there is none.

    Raises:
        EvidenceError: It cannot be read as one.
    """
    if not (folder / SEALED).is_file():
        return None
    document: Sealed = _typed(folder / SEALED, TypeAdapter(Sealed))
    return document


def write_verdict(folder: Path, verdict: Verdict) -> Path:
    """Write `verdict.json` beside the evidence, and into the ledger of a sealed study that it was judged."""
    path = save_verdict(folder / VERDICT, verdict)
    if (folder / LEDGER).is_file():
        record(folder, "judged", word=verdict.word, verdict=file_digest(path))
    return path


def save_verdict(path: Path, verdict: Verdict) -> Path:
    """Write a verdict as JSON: sorted keys, no NaN, the same bytes for the same verdict."""
    write_json(path, TypeAdapter(Verdict).dump_python(verdict, mode="json"))
    return path


def _against_manifest(folder: Path) -> Iterator[EvidenceError]:
    path = folder / MANIFEST
    if not path.is_file():
        yield EvidenceError("the file is missing: the run was cut short, or somebody removed it", MEND, path)
        return
    try:
        files = _json(path)["files"]
        names = sorted(files.keys())
    except EvidenceError as err:
        yield err
        return
    except (TypeError, KeyError, AttributeError):
        yield EvidenceError("the manifest names no files", MEND, path, "files")
        return
    for name in NEEDED:
        if name not in names:
            yield EvidenceError(f"the manifest does not name {name}", MEND, path, "files")
    for table in (folder / f"{name}.parquet" for name in OF_ATTACKS):
        if table.is_file() and table.name not in names:
            yield EvidenceError("the manifest does not name the file", MEND, table)
    for name in names:
        if Path(name).name != name:
            yield EvidenceError(f"{name!r} is not a plain file name", MEND, path, "files")
        elif not (folder / name).is_file():
            yield EvidenceError("the file is missing", MEND, folder / name)
        elif file_digest(folder / name) != files[name]:
            yield EvidenceError("the file was changed after its hash was written", MEND, folder / name)


def _against_ledger(folder: Path) -> Iterator[EvidenceError]:
    try:
        entries = read_ledger(folder)
    except EvidenceError as err:
        yield err
        return
    if not entries:
        if (folder / SEALED).is_file() or (folder / LEDGER).is_file():
            yield EvidenceError("the ledger is missing", MEND, folder / LEDGER)
        return
    if not (folder / SEALED).is_file():
        yield EvidenceError("the file is missing", MEND, folder / SEALED)
    for name, event, key in TOLD_OF:
        entry = last(entries, event)
        if (folder / name).is_file() and (entry is None or entry[key] != file_digest(folder / name)):
            yield EvidenceError("the file was changed: the ledger tells of another one", MEND, folder / name)


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
