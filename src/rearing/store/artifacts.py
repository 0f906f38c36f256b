"""Artifacts: a folder named by the digest of what made it, complete or absent, never half-written.

root/<kind>/<digest>/manifest.json   inputs, sha256 of every file, when and where it was made, what it cost
root/<kind>/<digest>/...             payload
"""

import errno
import hashlib
import json
import math
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rearing.errors import StoreError, UserError

MANIFEST = "manifest.json"


def digest(value: Any) -> str:
    """The sha256 of a JSON value in canonical form (sorted keys, no spaces)."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Where converted weights and parsed files are kept: $REARING_CACHE, or rearing/ in the user cache."""
    if home := os.environ.get("REARING_CACHE"):
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rearing"


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk refuses into one sentence that says what to do; other errors pass.

    Args:
        path: What is being written.

    Raises:
        StoreError: The disk is full, the place may not be written, or a file is where a folder must be.
    """
    try:
        yield
    except OSError as err:
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from err
        if err.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
            raise StoreError(f"cannot be written ({err.strerror})", "choose another folder with --out", path) from err
        raise
    except UserError:
        raise
    except Exception as err:  # safetensors and polars wrap the system's error in their own
        if os.strerror(errno.ENOSPC) in str(err):
            raise _full(path) from err
        raise


def _full(path: Path) -> StoreError:
    return StoreError("the disk is full", "free some space and run the same command again; finished work is kept", path)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, and a crash loses neither.

    Raises:
        StoreError: It cannot be written, as in `disk_errors`.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def finite(value: Any) -> Any:
    """The same with None for every number that could not be computed: JSON has no other word for it."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def json_bytes(value: Any) -> bytes:
    """A JSON value as a file of it: sorted keys, no NaN."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value with sorted keys, atomically."""
    write_atomic(path, json_bytes(value))


class Store:
    """Artifacts of one run folder."""

    def __init__(self, root: Path) -> None:
        """Open a store; `root` is made when something is first kept."""
        self.root = root

    def path(self, kind: str, key: str) -> Path:
        """Where the artifact is or would be."""
        return self.root / kind / key[:20]

    def get(self, kind: str, key: str) -> Path | None:
        """The folder of a complete artifact, or None.

        Every file is checked against its hash; an artifact that does not match is set aside and made anew.
        """
        folder = self.path(kind, key)
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            sound = manifest["key"] == key and all(file_digest(folder / n) == d for n, d in manifest["files"].items())
        except (OSError, ValueError, KeyError):
            sound = False
        if sound:
            return folder
        if folder.exists():
            folder.rename(folder.with_name(f"{folder.name}.corrupt-{time.time_ns()}"))
        return None

    @contextmanager
    def create(
        self, kind: str, key: str, inputs: dict[str, Any], spent: Callable[[], dict[str, float]] = dict
    ) -> Iterator[Path]:
        """A folder to write an artifact into; it becomes visible when the block ends without an error.

        Args:
            kind: Of the artifact.
            key: Digest of `inputs`.
            inputs: What it is made from.
            spent: Called at the end: what it cost. Like host and time it is in no digest.
        """
        target = self.path(kind, key)
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            half = Path(tempfile.mkdtemp(dir=target.parent, prefix=".half-"))
            try:
                yield half
                files = {str(p.relative_to(half)): file_digest(p) for p in sorted(half.rglob("*")) if p.is_file()}
                manifest = {
                    "key": key,
                    "kind": kind,
                    "inputs": inputs,
                    "files": files,
                    "spent": spent(),
                    "host": platform.node(),
                    "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                }
                write_json(half / MANIFEST, manifest)
                if target.exists():
                    shutil.rmtree(target)
                half.rename(target)
            finally:
                shutil.rmtree(half, ignore_errors=True)

    def spent(self, kind: str, key: str) -> dict[str, float]:
        """What an artifact cost when it was made; {} if it is not there or does not say."""
        try:
            found: dict[str, float] = json.loads((self.path(kind, key) / MANIFEST).read_text()).get("spent", {})
        except (OSError, ValueError, AttributeError):
            return {}
        return found

    def drop(self, kind: str, key: str) -> None:
        """Remove an artifact, if it is there."""
        shutil.rmtree(self.path(kind, key), ignore_errors=True)

    def sweep(self) -> None:
        """Remove what killed writers left half-written. Only the one writer of the run folder may call this."""
        for half in self.root.glob("*/.half-*"):
            shutil.rmtree(half, ignore_errors=True)
