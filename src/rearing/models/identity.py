"""What a base is, without loading it: the string that goes into every digest, and what a dialogue looks like."""

import hashlib
from functools import cache
from itertools import cycle
from pathlib import Path

from rearing.arms.tokens import TOKENIZER
from rearing.errors import ModelError

EMBEDDED = "smollm2-135m"
TINY = "tiny"
DEVICE = "REARING_DEVICE"
FILES = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model")
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# What the chat template of the embedded base puts first.
SYSTEM = {
    EMBEDDED: "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
}


def base_identity(ref: str) -> str:
    """A digest of the base: the hash of its GGUF, of the files of a folder, or the hub id as it stands.

    Raises:
        ModelError: It looks like a path and there is no such folder.
    """
    if ref == EMBEDDED:
        return f"gguf:{GGUF_SHA256}"
    if ref == TINY:
        return "tiny:0"
    folder = Path(ref)
    if folder.is_dir():
        files = sorted(p for pattern in FILES for p in folder.glob(pattern))
        return _folder_identity(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
    return f"hub:{_hub_id(ref)}"


def _hub_id(ref: str) -> str:
    if ref.startswith((".", "/", "~")) or ref.count("/") != 1:
        raise ModelError(
            f"there is no base {ref!r}", f"use {EMBEDDED!r}, {TINY!r}, a folder, or a hub id like owner/name"
        )
    return ref


@cache
def tokenizer_file(ref: str) -> Path:
    """The tokenizer.json of a base: the shipped one, that of a folder, or that of the hub, which is asked for it.

    Raises:
        ModelError: There is none, there is no such base, or the hub cannot be reached.
    """
    if ref in (EMBEDDED, TINY):
        return TOKENIZER
    if Path(ref).is_dir():
        if not (file := Path(ref) / "tokenizer.json").is_file():
            raise ModelError("has no tokenizer.json", "save it there with `AutoTokenizer.save_pretrained`", ref)
        return file
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(_hub_id(ref), "tokenizer.json"))
    except (OSError, ValueError) as err:
        first = str(err).strip().splitlines()[0]
        raise ModelError(
            f"the tokenizer.json of {ref!r} cannot be had from the hub ({first})",
            "check the id and the connection, or download the model and name its folder",
        ) from err


def shipped_chat(ref: str, *turns: str) -> str:
    """A dialogue as `LanguageModel.chat` of a shipped base gives it; other bases are taken to be like `tiny`.

    Args:
        ref: Name of the base.
        turns: What the user and the assistant say in turn; the user begins and has the last word.
    """
    said = zip(cycle(("user", "assistant")), turns, strict=False)
    dialogue = "".join(f"<|im_start|>{who}\n{turn}<|im_end|>\n" for who, turn in said)
    return f"{SYSTEM.get(ref, '')}{dialogue}<|im_start|>assistant\n"


@cache
def _folder_identity(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of (path, size, time of change): gigabytes are hashed once a process, and again only where a file has changed."""
    digest = hashlib.sha256()
    for path, _, _ in files:
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"folder:{digest.hexdigest()}"
