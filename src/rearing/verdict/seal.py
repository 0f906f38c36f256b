"""The seal: one document, its sha256, and what follows from it. `sha256sum sealed.json` prints the seal.

The document is canonical JSON (RFC 8785). Training seeds and item draws come from the sha256 of its confirmatory block
alone: a changed note rerolls nothing, a changed margin everything. Source: verdict.md section 5.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan, derived_seeds
from rearing.records.seal import Claim, Confirmatory, Seal, Sealed
from rearing.records.verdict import Sealing
from rearing.verdict.ledger import Entry, canonical
from rearing.verdict.rule import TABLE

SEALED = "sealed.json"
HYPOTHESIS = (
    "Consequence-rich, branching, developmentally ordered moral training produces more robust moral generalization and "
    "more stable moral representations than the same content presented flat."
)
FAILURE_CONDITION = (
    "If principle-rich flat content performs just as well as the BMN-plus-ordering structure on format-neutral and "
    "agentic evaluations and on a representational probe, then branching and developmental ordering add nothing, and "
    "the proposal should be demoted to a dataset-design lens rather than a training mechanism."
)
# Of the plan, what is a name or follows from the seal.
FREE = ("study", "model", "tokens", "seeds", "seal")
CLASSES = {
    "A": "clerical",
    "B": "before any score was seen, with new seeds",
    "C": "after scores were seen",
}


def claim(about: str) -> Claim:
    """The claim, with every sentence that the rule can print."""
    return Claim(
        about=about,
        hypothesis=HYPOTHESIS,
        failure_condition=FAILURE_CONDITION,
        sentences=tuple((row.name, row.word, row.sentence) for row in TABLE),
    )


def as_bytes(value: Confirmatory | Sealed) -> bytes:
    """A document, or a block of one, as the bytes that are hashed."""
    return canonical(TypeAdapter(type(value)).dump_python(value, mode="json"))


def key_of(block: Confirmatory) -> str:
    """The sha256 of a confirmatory block."""
    return hashlib.sha256(as_bytes(block)).hexdigest()


def seal_of(document: Sealed) -> Seal:
    """The seal of a document, and the key of its draws."""
    return Seal(hashlib.sha256(as_bytes(document)).hexdigest(), key_of(document.confirmatory))


def fixed_part(plan: Plan) -> dict[str, Any]:
    """What a confirmatory block keeps of a plan."""
    whole = TypeAdapter(Plan).dump_python(plan, mode="json")
    return {f.name: whole[f.name] for f in fields(Plan) if f.name not in FREE}


def sealed_plan(document: Sealed) -> Plan:
    """The plan that a document fixes.

    Raises:
        EvidenceError: The plan in it has another shape.
    """
    seal, block = seal_of(document), document.confirmatory
    follows = {
        "study": document.study,
        "model": document.model,
        "tokens": document.tokens,
        "seeds": derived_seeds(seal.key, block.seeds),
        "seal": seal.seal,
    }
    try:
        return TypeAdapter(Plan).validate_python(block.plan | follows)
    except ValidationError as err:
        problem = f"the sealed plan has another shape ({err.errors()[0]['msg']})"
        raise EvidenceError(problem, "judge it with the version of rearing that sealed it", SEALED) from err


def check_rule(document: Sealed) -> None:
    """Refuse to judge by another rule than the one that was sealed.

    Raises:
        EvidenceError: The decision table of this version says other things.
    """
    if document.confirmatory.claim.sentences != claim("").sentences:
        problem = "was sealed under another decision table than this version of rearing has"
        by = document.software.get("rearing", "")
        raise EvidenceError(problem, f"judge it with the commit of rearing {by} that sealed it", SEALED)


def in_force(entries: Sequence[Entry]) -> str:
    """The seal that a ledger told of last."""
    return next((e["seal"] for e in reversed(entries) if "seal" in e), "")


def seal_checks(document: Sealed | None, entries: Sequence[Entry], plan: Plan) -> tuple[Check, ...]:
    """Whether plan and ledger are those of the seal; () for an unsealed plan.

    Args:
        document: The sealed document, if there is one.
        entries: Of the ledger.
        plan: The plan that is judged.
    """
    if document is None:
        return () if plan.seal is None else (_check("document", False, "a sealed plan comes with sealed.json"),)
    planned = [look.seeds for look in plan.looks] or [len(plan.seeds)]
    looks = [e["seeds"] for e in entries if e["event"] == "unblinded"]
    return (
        _check("document", in_force(entries) == seal_of(document).seal, "sealed.json is what the ledger says"),
        _check("plan", plan == sealed_plan(document), "the plan is the sealed one, its seeds drawn from the seal"),
        _check("order", _in_order(entries), "sealed, then unblinded, then judged; no new seal after scores were seen"),
        _check("look", looks == sorted(looks) and set(looks) <= set(planned), f"looks at {planned} seeds, in order"),
        _check(
            "post_unblinding_change",
            all(e.get("class") != "C" for e in entries),
            "nothing confirmatory was changed after scores were seen",
        ),
    )


def _check(name: str, passed: bool, limit: str) -> Check:
    return Check(kind="seal", name=f"seal:{name}", value=float(not passed), limit=limit, passed=passed)


def _in_order(entries: Sequence[Entry]) -> bool:
    """Whether a study can have gone this way, up to a first look at scores by arm."""
    if not entries or entries[0]["event"] != "sealed":
        return False
    seen = False
    for entry in entries[1:]:
        kind = entry.get("class", entry["event"])
        if kind in (("sealed", "B") if seen else ("sealed", "C", "judged")):
            return False
        seen |= kind == "unblinded"
    return seen


def sealing(document: Sealed, entries: Sequence[Entry]) -> Sealing:
    """What is told of the seal beside the verdict; nothing that is written after it changes it."""
    others = {o["key"]: f"{o['study']}: sealed {o['key'][:12]}" for e in entries for o in e.get("others", ())}
    keys = {e["key"] for e in entries if "key" in e}
    looks = dict.fromkeys(e["seeds"] for e in entries if e["event"] == "unblinded")
    return Sealing(
        seal=seal_of(document).seal,
        attempts=len(keys | others.keys()),
        looks=tuple(looks),
        prior=(*document.clerical.get("prior_looks", ()), *document.seen, *others.values()),
        deviations=tuple(
            f"class {e['class']}, {CLASSES.get(e['class'], '')}: {', '.join(e['changed'])} ({e['why']})"
            for e in entries
            if e["event"] == "amended"
        ),
    )
