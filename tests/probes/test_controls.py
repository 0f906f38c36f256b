"""What is no reading of right and wrong finds nothing of it, and what hangs on words alone is gone without them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.corpus_fixture import commons

from rearing.corpus.fill import draw
from rearing.corpus.lexicon import MORAL, moral_hits
from rearing.models.base import open_model
from rearing.probes import wordless
from rearing.probes.activations import SITES, PairActivations, text_activations
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


def test_warm_and_cold_words_by_hand() -> None:
    """Right minus rival: for a +1 - 0, for b 0 - -2, for c -1 - +1, for d 0 - 0."""
    four = said(
        ["helps her", "waits there", "ignores it", "counts them"],
        ["stands there", "takes it and leaves", "smiles at her", "counts twice"],
    )
    rows = [r for r in surface(bank(np.zeros(WIDTH))[:8], four) if r["site"] == "sentiment"]
    value = {(r["scenario"], r["situation"]): r["value"] for r in rows if r["reading"] == "surface"}
    assert len(rows) == 2 * len(value) == 16
    # For a the labels of two of b (+2), c (-2) and d (0): b and d say right, c and d wrong, b and c nothing.
    assert value["v0", "main"] == pytest.approx(0.5, abs=0.1)
    # For c two of a (+1), b (+2) and d (0) always say that the warmer one is right, and the rival is.
    assert value["v2", "main"] == 0.0 and value["v2", "twin"] == 1.0
    assert value["v3", "main"] == value["v3", "twin"] == 0.5, "neither has a word of the lists"


def test_a_control_task_by_hand() -> None:
    """What the made-up labels call right is along the mean of the others, though right and wrong are not."""
    zero, one = (next(w for w in map(str, range(99)) if draw("control", w).integers(2) == label) for label in (0, 1))
    # The labels say right, rival, right; the differences are 3, -3 and 3, so that all are 3 when turned.
    told = said([f"{one} it", f"{zero} it", f"{one} it"], [f"{zero} it", f"{one} it", f"{zero} it"])
    pairs = [
        PairActivations(f"v{i}", s, np.full((2, 1), sign * turn * 3.0), np.zeros((2, 1)), 0.0, 0)
        for i, sign in enumerate((1, -1, 1))
        for s, turn in (("main", 1), ("twin", -1))
    ]  # type: ignore[misc]
    assert [_control_label(f"v{i}", told[f"v{i}", "main"]) for i in range(3)] == [False, True, False]
    assert mean(control(pairs, told), "control") == 1.0
    # Of right and wrong itself, each is read by the mean of the two others: 0 for v0 and v2, +3 for v1 with its -3.
    value = {(r["scenario"], r["situation"]): r["value"] for r in decoded("decode", pairs)}
    assert [value[f"v{i}", "main"] for i in range(3)] == [0.5, 0.0, 0.5]


def test_a_reading_without_words_by_hand() -> None:
    """Moral words span (1, 1), the others (1, -1); both axes have the scale 1.6583."""
    words = np.zeros((len(TEXTS), len(SITES), 2))
    words[: len(MORAL_WORDS)] = 5.0
    words[len(MORAL_WORDS) :] = [[[(-1.0) ** k, -((-1.0) ** k)]] for k in range(len(PLAIN_WORDS))]
    texts = dict(zip(TEXTS, words, strict=True))
    pairs = [
        PairActivations(f"v{i}", s, np.array([d, d]), np.zeros((2, 2)), 0.0, 0)  # type: ignore[arg-type]
        for i, d in enumerate([(2.0, 1.0), (2.0, 1.0), (0.5, -2.5)])
        for s in SITUATIONS
    ]
    rows = list(wordless.read(Held(pairs, (), texts=texts)))
    value = {(r["reading"], r["scenario"]): r["value"] for r in rows}
    # Along (1, 1) the differences are 3, 3 and -2, along (1, -1) they are 1, 1 and 3.
    assert {r["value"] for r in decoded("decode", pairs) if r["scenario"] == "v2"} == {0.0}, "2 x 0.5 - 2.5"
    assert value["wordless", "v2"] == 1.0 and value["wordless-null", "v2"] == 0.0


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
    found = text_activations(lm, TEXTS)
    assert tuple(found) == TEXTS and {held.shape for held in found.values()} == {(len(SITES), 32)}
    from rearing.models.packed import pack

    ids = lm.encode(TEXTS[30])
    hidden, _ = forward(lm, pack([ids]), [([0], [ids[1]])])
    stop = len(lm.encode(TEXTS[30].removesuffix(CARRIER))) - 1
    assert lm.tokenizer.decode(ids[stop]) == "."
    assert np.allclose(found[TEXTS[30]], hidden[[stop, -1]].detach().double().numpy(), atol=1e-5)


def test_what_lies_in_moral_words_alone_is_gone_without_them() -> None:
    rng = np.random.default_rng(8)
    axes = np.linalg.qr(rng.standard_normal((WIDTH, 8)))[0].T
    words = np.zeros((len(TEXTS), len(SITES), WIDTH))
    for k in range(len(TEXTS)):  # moral words span axes 0 to 2 about the others, the others 3 to 5
        plane = axes[:3] if k < len(MORAL_WORDS) else axes[3:6]
        words[k] = 7 * axes[7] + rng.standard_normal((len(SITES), 3)) @ plane
    words[: len(MORAL_WORDS)] += words[len(MORAL_WORDS) :].mean(axis=0) - 7 * axes[7]
    texts = dict(zip(TEXTS, words, strict=True))
    for axis, left, null in ((axes[1], 0.5, 1.0), (axes[4], 1.0, 0.5), (axes[6], 1.0, 1.0)):
        rows = list(wordless.read(Held(bank(axis), (), texts=texts)))
        assert mean(rows, "wordless") == pytest.approx(left, abs=0.2)
        assert mean(rows, "wordless-null") == pytest.approx(null, abs=0.2)
    assert span_of(rng.standard_normal((9, 3)) @ axes[:3], scales(bank(axes[6]))[0]).basis_KD.shape == (3, WIDTH)
