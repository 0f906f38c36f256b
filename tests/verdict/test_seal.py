"""What the seal promises, and what the judge says where it was not kept."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from pydantic import TypeAdapter

from rearing.errors import EvidenceError
from rearing.records.plan import Look, derived_seeds
from rearing.records.seal import Confirmatory, Sealed
from rearing.verdict.judge import judge
from rearing.verdict.ledger import LEDGER, read_ledger, record
from rearing.verdict.planted import Truth, plan_of, planted
from rearing.verdict.seal import as_bytes, check_rule, claim, fixed_part, seal_checks, seal_of, sealed_plan, sealing
from rearing.verdict.truths import LOOKS


def document(truth=Truth(), seeds=16, **changed):
    plan = plan_of(truth, seeds)
    block = Confirmatory(claim=claim("BD on x"), plan=fixed_part(plan), seeds=seeds, study={}, inputs={})
    clerical = {"notes": "", "prior_looks": ["the pilot"]}
    whole = Sealed(study="s", model="m", tokens=8000, fed="", items="", confirmatory=block, clerical=clerical)
    return replace(whole, **changed)


def told(*events):
    """A ledger whose events went like this: `sealed`, `A`, `B`, `C`, `judged`, or a number of seeds looked at."""
    made, seal = [], seal_of(document(Truth(looks=LOOKS)))
    for event in events:
        if isinstance(event, int):
            made.append({"event": "unblinded", "seeds": event, "manifest": ""})
        elif event in ("A", "C"):
            made.append({"event": "amended", "class": event, "changed": ["notes"], "why": "a typo"})
        elif event == "B":
            parent = {"event": "amended", "class": "B", "changed": ["plan.gates"], "why": "a mistake", "others": []}
            made.append(parent | {"seal": seal.seal, "key": "another"})
        else:
            made.append({"event": event, "seal": seal.seal, "key": seal.key, "others": []})
            if event == "judged":
                made[-1] = {"event": "judged", "word": "DEMOTED", "verdict": ""}
    return made


def failing(entries, plan=None):
    sealed = document(Truth(looks=LOOKS))
    return [c.name for c in seal_checks(sealed, entries, plan or sealed_plan(sealed)) if not c.passed]


def test_the_seal_is_the_hash_of_the_file_and_survives_it():
    sealed = document()
    written = as_bytes(sealed)
    assert seal_of(sealed).seal == sha256(written).hexdigest()
    read = TypeAdapter(Sealed).validate_python(json.loads(written))
    assert as_bytes(read) == written and sealed_plan(read) == sealed_plan(sealed)
    assert written.startswith(b'{"clerical":{"notes":"","prior_looks":["the pilot"]},"confirmatory":{"claim":')


def test_a_changed_note_rerolls_nothing_and_a_changed_margin_everything():
    one, noted = document(), document(clerical={"notes": "written later", "prior_looks": []})
    narrower = document(Truth(delta=0.04))
    assert seal_of(noted).seal != seal_of(one).seal and seal_of(noted).key == seal_of(one).key
    assert sealed_plan(noted).seeds == sealed_plan(one).seeds == derived_seeds(seal_of(one).key, 16)
    assert not set(sealed_plan(narrower).seeds) & set(sealed_plan(one).seeds)


def test_more_seeds_go_on_with_the_same_series():
    assert derived_seeds("x", 16)[:6] == derived_seeds("x", 6) and len(set(derived_seeds("x", 64))) == 64
    assert all(0 <= seed < 2**31 for seed in derived_seeds("x", 64))


@pytest.mark.parametrize(
    "events", [("sealed", 6), ("sealed", 6, 6, "judged", 10, "judged", "A"), ("sealed", "A", "B", "B", 6, "judged")]
)
def test_a_study_may_go_like_this(events):
    assert failing(told(*events)) == []


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ((), ["seal:document", "seal:order"]),
        (("sealed",), ["seal:order"]),
        ((6, "sealed"), ["seal:order"]),
        (("sealed", "judged", 6), ["seal:order"]),
        (("sealed", 6, "sealed"), ["seal:order"]),
        (("sealed", "sealed", 6), ["seal:order"]),
        (("sealed", 6, "B"), ["seal:order"]),
        (("sealed", 7), ["seal:look"]),
        (("sealed", 10, 6), ["seal:look"]),
        (("sealed", 6, "C", "judged"), ["seal:post_unblinding_change"]),
    ],
)
def test_and_not_like_this(events, names):
    assert failing(told(*events)) == names


def test_another_plan_or_another_document_is_named():
    sealed, entries = document(Truth(looks=LOOKS)), told("sealed", 6)
    for plan in (replace(sealed_plan(sealed), seeds=tuple(range(16))), replace(sealed_plan(sealed), alpha=0.05)):
        assert failing(entries, plan) == ["seal:plan"]
    other = replace(sealed, tokens=9000)
    assert [c.name for c in seal_checks(other, entries, sealed_plan(other)) if not c.passed] == ["seal:document"]


def test_a_plan_that_only_says_it_was_sealed_is_invalid():
    plan, checks, responses, readings = planted(Truth(), 8, 100, np.random.default_rng(0))
    (missing,) = seal_checks(None, (), plan)
    found = judge(plan, (*checks, missing), responses, readings)
    assert (found.word, found.reasons) == ("INVALID", ("seal:document",))
    assert seal_checks(None, (), replace(plan, seal=None)) == ()


def test_another_rule_than_the_sealed_one_does_not_judge():
    check_rule(document())
    row = claim("").sentences[0]
    block = replace(document().confirmatory, claim=replace(claim("x"), sentences=((row[0], "DEMOTED", row[2]),)))
    with pytest.raises(EvidenceError, match=r"another decision table .* judge it with the commit of rearing 0\.0\.1"):
        check_rule(document(confirmatory=block, software={"rearing": "0.0.1"}))


def test_attempts_are_counted_and_deviations_told():
    others = [{"study": "first", "key": "k1"}, {"study": "first", "key": "k2"}, {"study": "second", "key": "k3"}]
    entries = told("sealed", "A", "B", 6, "judged")
    entries[0]["others"], entries[2]["others"] = others[:2], others
    found = sealing(document(), entries)
    assert found.attempts == 5, "two seals here, three beside"
    assert found.looks == (6,)
    assert found.prior == ("the pilot", "first: sealed k1", "first: sealed k2", "second: sealed k3")
    assert found.deviations == (
        "class A, clerical: notes (a typo)",
        "class B, before any score was seen, with new seeds: plan.gates (a mistake)",
    )
    assert sealing(document(), [*entries, *told("judged")]) == found, "what is written after it changes nothing"


def test_the_verdict_of_a_sealed_study_says_which_attempt_it_is():
    plan, checks, responses, readings = planted(Truth(), 8, 100, np.random.default_rng(0))
    told_of = sealing(document(), told("sealed", "B", 6))
    found = judge(plan, checks, responses, readings, sealing=told_of)
    assert found.line.endswith("), attempt 2 on this claim") and found.sealing == told_of
    assert judge(plan, checks, responses, readings).sealing is None


def test_what_was_recorded_is_not_recorded_again(tmp_path):
    for word in ("INCONCLUSIVE", "INCONCLUSIVE", "DEMOTED", "INCONCLUSIVE"):
        record(tmp_path, "judged", word=word, verdict="")
    entries = read_ledger(tmp_path)
    assert [e["word"] for e in entries] == ["INCONCLUSIVE", "DEMOTED", "INCONCLUSIVE"]
    assert [e["prev"] for e in entries] == ["", *(e["hash"] for e in entries[:-1])]


@pytest.mark.parametrize("line", [b"", b"\xff\n", b"[1]\n", b'{"prev":""}\n', b"NaN\n"])
def test_what_is_no_entry_is_named(tmp_path, line):
    record(tmp_path, "unblinded", seeds=6, manifest="")
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(line or b"\n")
    with pytest.raises(EvidenceError, match=rf"{LEDGER}, line 2: the entry was changed"):
        read_ledger(tmp_path)


def test_an_entry_that_lacks_what_its_kind_tells_is_no_entry(tmp_path):
    record(tmp_path, "unblinded", seeds=6)
    with pytest.raises(EvidenceError, match="line 1"):
        read_ledger(tmp_path)


def test_looks_are_part_of_what_is_sealed():
    early = sealed_plan(document(Truth(looks=LOOKS)))
    late = sealed_plan(document(Truth(looks=(Look(seeds=8, alpha=0.005), Look(seeds=16, alpha=0.02)))))
    assert early.looks == LOOKS and not set(early.seeds) & set(late.seeds)
