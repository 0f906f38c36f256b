"""Seal a study: fix on paper what will be judged, before there is anything to judge.

`rearing seal` writes sealed.json, whose sha256 is the seal, and the first entry of ledger.jsonl: the evidence folder.
`rearing run` takes seeds and items from the seal and refuses a study that differs from it. `--amend` logs a change by
its class: A, clerical; B, before any score was seen, with a new seal and new seeds; C, after, which makes it INVALID.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rearing.corpus.lint import load_told
from rearing.corpus.load import Corpus
from rearing.errors import StudyError
from rearing.models.identity import base_identity
from rearing.records.plan import Plan
from rearing.records.seal import Confirmatory, Seal, Sealed
from rearing.records.verdict import Sealing
from rearing.store.artifacts import digest, file_digest, write_atomic
from rearing.store.runs import open_run
from rearing.study.curricula import curriculum_digest, study_curricula
from rearing.study.evidence import versions
from rearing.study.forecast import run_tokens
from rearing.study.items import items_digest
from rearing.study.planning import assay_setting, build_plan, load_assay
from rearing.study.schema import Study, load_study
from rearing.study.sealable import refuse
from rearing.verdict.evidence import MANIFEST, PLAN, VERDICT, read_sealed, write_verdict
from rearing.verdict.judge import judge_evidence
from rearing.verdict.ledger import Entry, Event, last, read_ledger, record
from rearing.verdict.seal import SEALED, as_bytes, claim, fixed_part, in_force, key_of, seal_of, sealing

# Of a study file, what stands elsewhere in the document (paths by what they lead to), or is no part of the method.
ELSEWHERE = ("name", "base", "corpus", "assay", "checkpoints", "plugins", "seeds", "seal", "keep")
COMES_OF = {
    "A": "it is clerical: it will be logged, and nothing else changes",
    "B": "no score was seen yet: it will have a new seal and new seeds",
    "C": "scores were seen: the verdict becomes INVALID",
}
SHOWN = 5  # differences that a message lists


@dataclass(frozen=True, slots=True)
class SealResult:
    """What sealing leaves.

    Attributes:
        did: What was done, in a word or two.
        document: As it stands now.
        sealing: What will be told beside the verdict.
        folder: The evidence folder.
    """

    did: str
    document: Sealed
    sealing: Sealing
    folder: Path


def seal_study(path: Path, out: Path | None = None, why: str = "") -> SealResult:
    """Seal a study, or amend its seal.

    Args:
        path: Study file.
        out: Run folder; `runs/<name of the study>` if None.
        why: Why a sealed study is changed; "" to change nothing.

    Raises:
        StudyError: It could not decide, it differs from its seal and nobody says why, or the folder has data.
        EvidenceError: Seal or ledger were changed.
    """
    study = load_study(path)
    corpus = load_told(study.corpus_folder)
    assay = load_assay(study)
    try:
        with open_run(out or Path("runs") / study.name, study.name) as run:
            folder = run / "evidence"
            did = seal_into(folder, study, corpus, assay, why)
    except StudyError as err:
        raise StudyError(err.problem, err.mend, err.file or path, err.where) from err
    document = read_sealed(folder)
    assert document is not None, "it was just written"
    return SealResult(did, document, sealing(document, read_ledger(folder)), folder)


def seal_into(folder: Path, study: Study, corpus: Corpus, assay: dict[str, Any], why: str = "") -> str:
    """Seal a study in this evidence folder, or amend its seal; in a word or two what was done.

    Raises:
        As `seal_study`.
    """
    document, entries = read_sealed(folder), read_ledger(folder)
    if document is not None and entries:
        return _amend(study, corpus, assay, folder, document, entries, why)
    if any((folder / name).is_file() for name in (MANIFEST, "responses.parquet")):  # one that was cut short too
        mend = "choose another folder with --out; these data will be listed as a prior look"
        raise StudyError("there are data of this study already, from before any seal", mend, folder)
    _write(folder, _draw_up(study, corpus, assay, folder), "sealed")
    return "sealed"


def under_seal(study: Study, corpus: Corpus, assay: dict[str, Any], folder: Path) -> Study:
    """The study with the seeds and items of its seal; as it is if it was not sealed.

    Raises:
        StudyError: It differs from what was sealed.
        EvidenceError: Seal or ledger were changed.
    """
    document, entries = read_sealed(folder), read_ledger(folder)
    if document is None and not entries:
        return study
    if document is None or in_force(entries) != seal_of(document).seal:
        raise StudyError("its sealing was cut short", "run `rearing seal` again", folder / SEALED)
    sealed = study.under(seal_of(document))
    if changed := _changed(document, confirmatory(study, corpus, assay), sealed, corpus):
        problem = f"the study is not what was sealed: {_listed(changed)} changed"
        raise StudyError(problem, "change it back, or see `rearing seal --amend`", folder / SEALED)
    return sealed


def looks_left(study: Study, folder: Path) -> tuple[Study, ...]:
    """The study with the seeds of each look from the last one taken on; itself if it is not sealed or has none."""
    taken = max((e["seeds"] for e in read_ledger(folder) if e["event"] == "unblinded"), default=0)
    sizes = [look.seeds for look in study.looks if look.seeds >= taken] if study.sealed else []
    return tuple(study.model_copy(update={"seeds": n}) for n in sizes) or (study,)


def confirmatory(study: Study, corpus: Corpus, assay: dict[str, Any]) -> Confirmatory:
    """The block that seeds and items are drawn from."""
    done = study.model_dump(mode="json", exclude={**dict.fromkeys(ELSEWHERE, True), "examine": {"external"}})
    setting = {k: v for k, v in assay_setting(study, corpus).items() if k not in (*done, "lessons")}
    return Confirmatory(
        claim=claim(f"{study.structured} on {base_identity(study.base)}"),
        plan=fixed_part(build_plan(study, corpus, 0, assay)),
        seeds=study.seeds,
        study=done,
        inputs=setting
        | {
            "corpus": corpus.digest,
            "assay": digest(assay),
            "checkpoints": {c.name: base_identity(str(c.path)) for c in study.checkpoints},
            "external": _external(study),
        },
    )


def _external(study: Study) -> str:
    """The sha256 of the file of somebody else's scenarios; "" if none is asked."""
    if (path := study.examine.external) is None:
        return ""
    try:
        return file_digest(path)
    except OSError as err:
        mend = "put the CSV of MoralChoice there, or give its path"
        raise StudyError(f"{path} cannot be read ({err.strerror})", mend, where="key examine.external") from err


def _amend(
    study: Study,
    corpus: Corpus,
    assay: dict[str, Any],
    folder: Path,
    document: Sealed,
    entries: Sequence[Entry],
    why: str,
) -> str:
    """Log a change by its class."""
    changed = _changed(document, confirmatory(study, corpus, assay), study.under(seal_of(document)), corpus)
    notes = study.seal.model_dump(mode="json")
    noted = [e["now"] for e in entries if e.get("class") == "A"][-1:] or [document.clerical]
    kind = "A" if not changed else "B" if last(entries, "unblinded") is None else "C"
    changed = changed or [f"seal.{k}" for k, v in notes.items() if noted[0].get(k) != v]
    if not changed:
        return "already sealed"
    if not why:
        problem = f"is sealed, and {_listed(changed)} changed since"
        raise StudyError(problem, f"change it back, or give a reason with --amend ({COMES_OF[kind]})")
    told = {"class": kind, "changed": changed, "why": why}
    if kind == "B":
        _write(folder, _draw_up(study, corpus, assay, folder), "amended", parent=seal_of(document).seal, **told)
    else:
        record(folder, "amended", **told, **({"now": notes} if kind == "A" else {}))
    if (folder / VERDICT).is_file():
        write_verdict(folder, judge_evidence(folder))
    return f"amended, class {kind}"


def _draw_up(study: Study, corpus: Corpus, assay: dict[str, Any], folder: Path) -> Sealed:
    """The document, if the study could decide."""
    drawn = study.under(Seal("", key_of(confirmatory(study, corpus, assay))))
    plan = build_plan(drawn, corpus, 0, assay)
    return document_of(study, corpus, assay, refuse(drawn, corpus, plan, assay), _seen(folder, plan))


def document_of(
    study: Study, corpus: Corpus, assay: dict[str, Any], power: dict[str, float], seen: tuple[str, ...] = ()
) -> Sealed:
    """The sealed document of a study, whether or not it could decide."""
    block = confirmatory(study, corpus, assay)
    drawn = study.under(Seal("", key_of(block)))
    return Sealed(
        study=study.name,
        model=study.base,
        tokens=run_tokens(drawn, corpus),
        fed=_fed(drawn, corpus),
        items=items_digest(drawn, corpus),
        confirmatory=block,
        clerical=study.seal.model_dump(mode="json"),
        seen=seen,
        power=power,
        software=versions(),
    )


def _write(folder: Path, document: Sealed, event: Event, **told: Any) -> None:
    """Ledger first: what was cut short between the two is known by it, and sealing again mends it."""
    seal, others = seal_of(document), _others(folder, document.confirmatory.claim.about)
    record(folder, event, seal=seal.seal, key=seal.key, others=others, **told)
    write_atomic(folder / SEALED, as_bytes(document))


def _fed(study: Study, corpus: Corpus) -> str:
    """The sha256 of every text that is fed."""
    made = study_curricula(study, corpus)
    return digest({name: [curriculum_digest(c) for c in per_seed] for name, per_seed in made.items()})


def _changed(document: Sealed, now: Confirmatory, study: Study, corpus: Corpus) -> list[str]:
    """Key paths of the confirmatory block that are not as they were sealed; else what differs for another reason.

    Such a reason is another version of rearing.
    """
    if key_of(now) != key_of(document.confirmatory):
        then, this = (json.loads(as_bytes(block)) for block in (document.confirmatory, now))
        return list(dict.fromkeys(_paths(then, this)))
    same = {
        "what the arms write": _fed(study, corpus) == document.fed,
        "what is asked": items_digest(study, corpus) == document.items,
        "the path of the base": study.base == document.model,
    }
    return [what for what, holds in same.items() if not holds]


def _paths(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted(one.keys() | other.keys())
        return [p for n in names for p in _paths(one.get(n), other.get(n), f"{place}.{n}".lstrip("."))]
    return [] if one == other else [place]


def _listed(changed: Sequence[str]) -> str:
    more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
    return ", ".join(changed[:SHOWN]) + more


def _beside(folder: Path) -> list[Path]:
    """The evidence folders of the run folders beside this one."""
    return [p for p in sorted(folder.parent.parent.glob("*/evidence")) if p != folder]


def _others(folder: Path, about: str) -> list[dict[str, str]]:
    """Every seal on the same claim beside this one. A broken one is an error: nobody could count it."""
    found = []
    for other in _beside(folder):
        document, entries = read_sealed(other), read_ledger(other)
        if document is not None and document.confirmatory.claim.about == about:
            found += [{"study": document.study, "key": e["key"]} for e in entries if "key" in e]
    return found


def _seen(folder: Path, plan: Plan) -> tuple[str, ...]:
    """Unsealed data on the same structured arm and base beside this folder: prior looks that nobody need remember."""
    found = []
    for other in _beside(folder):
        try:
            there = json.loads((other / PLAN).read_text(encoding="utf-8"))
            same = there["model"] == plan.model and any(
                a["role"] == "structured" and a["name"] == plan.role("structured")[0].name for a in there["arms"]
            )
            if same and not there["seal"]:
                whole = (other / MANIFEST).is_file()
                told = f"manifest {file_digest(other / MANIFEST)[:12]}" if whole else "cut short"
                found.append(f"{there['study']}: unsealed data, {told}")
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(found)
