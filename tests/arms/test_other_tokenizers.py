"""A base with a tokenizer of its own: the arms are matched by it, and what cannot be asked about is refused."""

from pathlib import Path

import pytest
from tests.corpus_fixture import commons
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from rearing.arms.audit import audit
from rearing.arms.curriculum import arm, curricula
from rearing.arms.tokens import TOKENIZER, counter
from rearing.errors import ModelError
from rearing.models.identity import tokenizer_file
from rearing.records.document import Curriculum
from rearing.records.recipe import Recipe

ARMS = [
    arm(name)
    for name in ("branching-developmental", "flat-shuffled", "principled-shuffled", "flat-principled-shuffled")
]
# Full stop and blank line are one piece (meta-llama/llama3, tokenizer.py; Qwen 2 has nearly the same).
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def like_llama_3() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    return made


def like_llama_2() -> Tokenizer:
    """Every text begins with a space of its own (as sentencepiece's dummy prefix does)."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.pre_tokenizer = pre_tokenizers.Split(Regex("▁?[^▁\n.]+|▁?\\.|\n+"), behavior="isolated")
    return made


@pytest.fixture(scope="module", params=[like_llama_3, like_llama_2])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer.json that was trained on what the arms say."""
    made, path = request.param(), tmp_path_factory.mktemp("base") / "tokenizer.json"
    told = [d.text for c in taught().values() for d in c.documents]
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        special_tokens=["<unk>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(told, trainer)
    made.save(str(path))
    return path


def taught(file: Path = TOKENIZER) -> dict[str, Curriculum]:
    return curricula(commons(), ARMS, 1, Recipe(warmup_steps=0), most=2, count=counter(file))


def sizes(file: Path, told: dict[str, Curriculum]) -> dict[str, set[int]]:
    """By lesson, how long the tokenizer itself says that its documents are."""
    tokenizer = Tokenizer.from_file(str(file))
    found: dict[str, set[int]] = {}
    for c in told.values():
        for d in c.documents:
            found.setdefault(d.scenario, set()).add(len(tokenizer.encode(d.text, add_special_tokens=False).ids))
    return found


def test_the_arms_have_equally_many_tokens_by_the_tokenizer_of_the_base(file: Path) -> None:
    told = taught(file)
    assert all(len(lengths) == 1 for lengths in sizes(file, told).values())
    by_name = {row.name: row for row in audit({name: [c] for name, c in told.items()}, counter(file))}
    assert by_name["tokens"].passed
    assert not all(len(lengths) == 1 for lengths in sizes(file, taught()).values()), "matched by another tokenizer"


def test_a_base_has_the_tokenizer_that_lies_in_its_folder(tmp_path: Path) -> None:
    assert tokenizer_file("smollm2-135m") == tokenizer_file("tiny") == TOKENIZER
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        tokenizer_file(str(tmp_path))
    (tmp_path / "tokenizer.json").write_text("{}")
    assert tokenizer_file(str(tmp_path)) == tmp_path / "tokenizer.json"
    with pytest.raises(ModelError, match="is no tokenizer"):
        counter(tokenizer_file(str(tmp_path)))("Ann waits.")


def test_a_hub_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="cannot be had from the hub"):
        tokenizer_file("owner/name")
