"""What must be INVALID, planted: defects of a study one by one, and evidence that was tampered with (C18 and C21).

That the audit sees an arm that is not matched is shown by the tests of the audit: no arm is made here.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.seal import Confirmatory, Sealed
from rearing.store.artifacts import file_digest, write_atomic, write_json
from rearing.verdict.evidence import CHECKS, MANIFEST, NEEDED, PLAN
from rearing.verdict.judge import judge, judge_evidence
from rearing.verdict.ledger import LEDGER, record
from rearing.verdict.planted import Truth, checks_of, everywhere, plan_of, plant, planted, tables_of
from rearing.verdict.seal import SEALED, as_bytes, claim, fixed_part, seal_of, sealed_plan
from rearing.verdict.truths import LOOKS

if TYPE_CHECKING:
    import polars as pl

Rows = Iterator[tuple[str, float, int, float, float]]


@dataclass(frozen=True, slots=True)
class _Study:
    """What a verdict is made from."""

    plan: Plan
    checks: tuple[Check, ...]
    responses: "pl.DataFrame"
    readings: "pl.DataFrame"

    def where(self, rows: "pl.Expr") -> "_Study":
        """The same with these rows only."""
        return replace(self, responses=self.responses.filter(rows), readings=self.readings.filter(rows))

    @property
    def invalid(self) -> tuple[str, ...]:
        """The reasons why it is INVALID, if it is."""
        found = judge(self.plan, self.checks, self.responses, self.readings, alternatives=False)
        return found.reasons if found.word == "INVALID" else ()


def defects(replicates: int, rng: np.random.Generator) -> Rows:
    """Every defect alone: INVALID by its own name and no other. Without it the study is not INVALID."""
    sound = _Study(*planted(Truth(), 8, 100, rng))
    found = [(study.invalid == (name,)) for name, study in _broken(sound, rng)]
    yield "named", sum(found) / len(found), len(found), 1.0, 1.0
    yield "INVALID when mended", float(bool(sound.invalid)), 1, 0.0, 0.0


def _broken(sound: _Study, rng: np.random.Generator) -> Iterator[tuple[str, _Study]]:
    """A study with one defect, and the name of the defect."""
    import polars as pl

    for name in ("audit:leakage", "order:as_planned", "precision:bf16", "seal:plan"):
        check = Check(kind="audit", name=name, value=1.0, limit="<= 0", passed=False)
        yield name, replace(sound, checks=(*sound.checks, check))
    plan, untrained = sound.plan, pl.col("arm") == "untrained"
    yield "protocol:missing_cells", replace(sound, responses=sound.responses[1:])
    stranger = sound.responses.head(1).with_columns(arm=pl.lit("stranger"))
    yield "protocol:unplanned", replace(sound, responses=pl.concat([sound.responses, stranger]))
    seven = replace(sound, plan=replace(plan, seeds=plan.seeds[:7]))
    yield "protocol:seeds", seven.where((pl.col("seed") < 7) | untrained)
    yield "protocol:scenarios", sound.where(~pl.col("scenario").str.ends_with("-0000"))
    paired = tuple(arm for arm in plan.arms if arm.label != "P")
    alone = replace(sound, plan=replace(plan, arms=paired))
    yield "protocol:comparators", alone.where(pl.col("arm").is_in([arm.name for arm in paired]))
    looked = _Study(*planted(Truth(looks=LOOKS, gains={"BD": everywhere(0.1)}), 16, 100, rng))
    yield "protocol:look", looked.where((pl.col("seed") < 8) | untrained)


def tampering(replicates: int, rng: np.random.Generator) -> Rows:
    """A changed byte in any file of a sealed evidence folder is named, and so are results of another seal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sealed = _document(tokens=8000)
        _write(folder, sealed, sealed, rng)
        yield "INVALID when whole", float(judge_evidence(folder).word == "INVALID"), 1, 0.0, 0.0
        files = (*NEEDED, SEALED, LEDGER, MANIFEST)
        named = sum(_named(folder / file, rng) for file in files)
        yield "a changed byte is named", named / len(files), len(files), 1.0, 1.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, sealed, _document(tokens=9000), rng)
        yield "results of another seal are named", float("seal:plan" in judge_evidence(folder).reasons), 1, 1.0, 1.0


def _named(path: Path, rng: np.random.Generator) -> bool:
    """Whether the verdict is INVALID and names this file if one of its bits is turned; it is turned back."""
    whole = path.read_bytes()
    at = int(rng.integers(len(whole)))
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    found = judge_evidence(path.parent)
    path.write_bytes(whole)
    return found.word == "INVALID" and any(reason.startswith(f"changed:{path.name}") for reason in found.reasons)


def _document(tokens: int) -> Sealed:
    """What was sealed: the plan of a planted study of 8 seeds."""
    block = Confirmatory(claim=claim("BD"), plan=fixed_part(plan_of(Truth(), 8)), seeds=8, study={}, inputs={})
    return Sealed(
        study="planted", model="planted", tokens=tokens, fed="", items="", confirmatory=block, clerical={}, software={}
    )


def _write(folder: Path, sealed: Sealed, of: Sealed, rng: np.random.Generator) -> None:
    """An evidence folder sealed as `sealed`, whose results are those of the study that was sealed as `of`."""
    plan, seal = sealed_plan(of), seal_of(sealed)
    responses, readings = tables_of(plan, plant(Truth(), plan, 100, rng))
    record(folder, "sealed", seal=seal.seal, key=seal.key, others=[])
    write_atomic(folder / SEALED, as_bytes(sealed))
    write_json(folder / PLAN, TypeAdapter(Plan).dump_python(plan, mode="json"))
    write_json(folder / CHECKS, TypeAdapter(list[Check]).dump_python(list(checks_of(Truth())), mode="json"))
    responses.write_parquet(folder / "responses.parquet")
    readings.write_parquet(folder / "readings.parquet")
    write_json(folder / MANIFEST, {"files": {n: file_digest(folder / n) for n in (*NEEDED, SEALED)}})
    record(folder, "unblinded", seeds=len(plan.seeds), manifest=file_digest(folder / MANIFEST))
