"""What is no reading of right and wrong finds nothing of it, and what hangs on words alone is gone without them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.corpus_fixture import commons

from rearing.corpus.lexicon import MORAL, moral_hits
from rearing.models.base import open_model
from rearing.probes import wordless
from rearing.probes.activations import SITES, PairActivations
from rearing.probes.controls import _control_label, control, surface, texts
from rearing.probes.decode import decoded, read
from rearing.probes.erase import scales, span_of
from rearing.probes.probe import Held
from rearing.probes.residual import forward
from rearing.probes.rows import CARRIER
from rearing.probes.words import MORAL_WORDS, PLAIN_WORDS, TEXTS
from rearing.records.scenario import SITUATIONS

WIDTH, SCENARIOS = 24, 30


def bank(along: Mapping[str, np.ndarray] | np.ndarray, seed: int = 0) -> list[PairActivations]:
    """In `main` the right option lies along a direction, in `twin` the other one is right, and so is the direction."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(SCENARIOS):
        planted = along[f"v{i}"] if isinstance(along, Mapping) else along
        for situation in SITUATIONS:
            noise = 0.1 * rng.standard_normal((2, len(SITES), WIDTH))
            made.append(PairActivations(f"v{i}", situation, noise[0] + planted, noise[1] - planted, 0.0, 0))
    return made


def mean(rows: Any, reading: str, site: str = "", situation: str = "") -> float:
    kept = [r for r in rows if r["reading"] == reading and r["site"] in (site or r["site"])]
    return float(np.mean([r["value"] for r in kept if r["situation"] == (situation or r["situation"])]))


def said(right: list[str], rival: list[str]) -> Any:
    found = {(f"v{i}", "main"): both for i, both in enumerate(zip(right, rival, strict=True))}
    return found | {(name, "twin"): both[::-1] for (name, _), both in found.items()}


def test_words_and_length_are_read_where_they_tell() -> None:
    rng = np.random.default_rng(2)
    names = [f"word{k}" for k in rng.permutation(2 * SCENARIOS)]
    always = said([f"asks {name} first" for name in names[::2]], [f"takes {name} away" for name in names[1::2]])
    rows = list(surface(bank(np.zeros(WIDTH)), always))
    assert mean(rows, "surface", "words", "main") == 1.0 and mean(rows, "surface", "words", "twin") == 0.0
    assert mean(rows, "surface-null", "words", "main") == pytest.approx(0.5, abs=0.2)
    longer = said([f"{name} and so on and on" for name in names[::2]], [f"{name} now" for name in names[1::2]])
    assert mean(surface(bank(np.zeros(WIDTH)), longer), "surface", "length", "main") == 1.0
    nothing = said(["asks"] * SCENARIOS, ["asks"] * SCENARIOS)
    assert {r["value"] for r in surface(bank(np.zeros(WIDTH)), nothing)} == {0.5}


def test_a_bag_of_words_by_hand() -> None:
    """For c, "asks" is right against "takes" twice, so that its "takes" is ranked wrong."""
    three = said(["asks her", "asks him", "takes it"], ["takes her", "takes him", "asks it"])
    rows = [r for r in surface(bank(np.zeros(WIDTH))[:6], three) if r["reading"] == "surface" and r["site"] == "words"]
    by = {(r["scenario"], r["situation"]): r["value"] for r in rows}
    assert by["v2", "main"] == 0.0 and by["v2", "twin"] == 1.0
    # For a there is b (asks - takes) and c (takes - asks), which cancel.
    assert by["v0", "main"] == 0.5


def test_a_control_task_is_not_found_in_what_holds_right_and_wrong() -> None:
    rng = np.random.default_rng(5)
    told = said(
        [f"verb{k} it" for k in rng.permutation(SCENARIOS)], [f"verb{k} that" for k in rng.permutation(SCENARIOS)]
    )
    axis = 2 * rng.standard_normal(WIDTH) / WIDTH**0.5
    pairs = bank(axis)
    assert mean(decoded("decode", pairs), "decode") > 0.98
    rows = list(control(pairs, told))
    for name in ("control", "control-null"):
        assert mean(rows, name) == pytest.approx(0.5, abs=0.2)
    by_label = {f"v{i}": axis * (-1 if _control_label(f"v{i}", told[f"v{i}", "main"]) else 1) for i in range(SCENARIOS)}
    assert mean(control(bank(by_label), told), "control", situation="main") > 0.98, "a planted control task is found"


def test_the_label_of_an_action_is_that_of_its_word_in_either_situation() -> None:
    """In the twin the same action is called right."""
    words = [f"verb{k} it" for k in range(12)]
    labels = [_control_label("s", (one, other)) for one, other in pairwise(words)]
    turned = [_control_label("s", (other, one)) for one, other in pairwise(words)]
    assert any(a != b for a, b in zip(labels, turned, strict=True)), "not the coins of scenarios alone"
    assert {True, False} == set(labels)


def test_decoded_is_decode() -> None:
    pairs = bank(np.random.default_rng(1).standard_normal(WIDTH) / 40)
    assert list(decoded("decode", pairs)) == [r for r in read(pairs) if r["reading"] == "decode"]


def test_texts_are_the_actions_that_are_read() -> None:
    v = commons().vignettes[0]
    both = texts([v], "dev")
    assert both[v.id, "main"] == both[v.id, "twin"][::-1]
    assert all(text and "{" not in text for text in both[v.id, "main"])


def test_moral_words_judge_and_the_others_do_not() -> None:
    assert all(MORAL.fullmatch(word) for word in MORAL_WORDS)
    assert not any(moral_hits(text) for text in TEXTS[len(MORAL_WORDS) :])
    assert len(MORAL_WORDS) == len(PLAIN_WORDS) == len({*MORAL_WORDS, *PLAIN_WORDS}) / 2


def test_words_are_read_at_the_sites_of_the_sentence_format() -> None:
    lm = open_model("tiny")
    found = wordless.word_activations(lm)
    assert found.shape == (len(TEXTS), len(SITES), 32)
    from rearing.models.packed import pack

    ids = lm.encode(TEXTS[30])
    hidden, _ = forward(lm, pack([ids]), [([0], [ids[1]])])
    stop = len(lm.encode(TEXTS[30].removesuffix(CARRIER))) - 1
    assert lm.tokenizer.decode(ids[stop]) == "."
    assert np.allclose(found[30], hidden[[stop, -1]].detach().double().numpy(), atol=1e-5)


def test_what_lies_in_moral_words_alone_is_gone_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    axes = np.linalg.qr(rng.standard_normal((WIDTH, 8)))[0].T
    words = np.zeros((len(TEXTS), len(SITES), WIDTH))
    for k in range(len(TEXTS)):  # moral words span axes 0 to 2 about the others, the others 3 to 5
        plane = axes[:3] if k < len(MORAL_WORDS) else axes[3:6]
        words[k] = 7 * axes[7] + rng.standard_normal((len(SITES), 3)) @ plane
    words[: len(MORAL_WORDS)] += words[len(MORAL_WORDS) :].mean(axis=0) - 7 * axes[7]
    monkeypatch.setattr(wordless, "word_activations", lambda lm: words)
    for axis, left, null in ((axes[1], 0.5, 1.0), (axes[4], 1.0, 0.5), (axes[6], 1.0, 1.0)):
        rows = list(wordless.read(None, Held(bank(axis), ())))  # type: ignore[arg-type]
        assert mean(rows, "wordless") == pytest.approx(left, abs=0.2)
        assert mean(rows, "wordless-null") == pytest.approx(null, abs=0.2)
    assert span_of(rng.standard_normal((9, 3)) @ axes[:3], scales(bank(axes[6]))[0]).basis_KD.shape == (3, WIDTH)
