"""The evidence folder as the report reads it."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from rearing.errors import EvidenceError
from rearing.records.check import Check
from rearing.records.plan import Plan
from rearing.records.reading import NULL, ORDERLESS, plain_name
from rearing.store.tables import read_table

if TYPE_CHECKING:
    import polars as pl

T = TypeVar("T")
TITLES = {
    "normal": "Normal conditions",
    "shift": "Distribution shift",
    "agentic": "Agentic episodes",
    "lexical": "Lexical dependence",
    "turiel": "Moral and conventional",
    "frames": "Frames around an episode",
    "worlds": "Worlds",
    "pressure": "Pressure",
    "capability": "Capability",
    "moralchoice": "MoralChoice",
    "bare": "The options without the situation",
    "decode": "Representational probe",
    "coupling": "Coupling of readings and choices",
    "fixed": "Representational probe of the base",
    "choice-coupling": "Coupling of menus and the moral direction of the base",
    "dose": "Choice along the moral direction of the base",
    "interchange": "Interchange between twins",
    "lens": "Choice at two thirds of the depth",
    "rank": "Right and wrong told apart while directions are erased",
    "rank-random": "Right and wrong told apart while random directions are erased",
    "spread": "Components of a choice of right beside those of a choice of place",
    "knockout": "Choice while components are knocked out",
    "necessity": "Margin that hangs on the moral direction, at all depths",
    "stable": "Probe of before the attack",
    "stable-cosine": "Moral direction beside that of before the attack",
    "wordless": "Representational probe without the span of moral words",
    "surface": "Probe of words, length and sentiment of the text",
    "control": "Probe of a made-up label",
    "decode-transfer": "Representational probe of sentences, asked of menus",
    "mdl": "Probability that a label costs in the online code of probes",
    "recency": "Order of training, by lesson",
    "recency-cosine": "Moral direction beside that of the order of training",
}


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One measure on which the arms must match; `gap` is a share where `relative`, no limit means reported only."""

    name: str
    text: str
    values: dict[str, float]
    gap: float
    limit: float | None
    relative: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class AssayGate:
    """What the assay found for one gate on one measure; `value` is the value effect V of each renderer."""

    gate: str
    measure: str
    untrained: float
    principled: float
    p_minus_u: float
    value: dict[str, float]
    delta: float
    state: str
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class AssayCell:
    """One form under one recipe and answer rule, as tried in the assay."""

    recipe: str
    rule: str
    form: str
    measure: str
    untrained: float
    principled: float
    value: dict[str, float]


@dataclass(frozen=True, slots=True)
class Assay:
    """The assay; empty where none was run."""

    gates: tuple[AssayGate, ...] = ()
    grid: tuple[AssayCell, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One instrument on planted organisms: caught of those that it must see, quiet in the others.

    Attributes:
        clause: The clause of "internalized" that it carries; "" for none.
    """

    instrument: str
    clause: str
    caught: int
    positive: int
    quiet: int
    negative: int
    calibrated: bool


@dataclass(frozen=True, slots=True)
class Organisms:
    """What `rearing calibrate --organisms` found on the base; empty where there is no record of it."""

    instruments: tuple[Calibrated, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """Everything in an evidence folder that the page shows; tables are read when first used."""

    folder: Path
    plan: Plan
    checks: tuple[Check, ...]
    audit: tuple[AuditRow, ...]
    assay: Assay
    organisms: Organisms = Organisms()
    manifest: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def responses(self) -> "pl.DataFrame":
        """One row an item asked of one checkpoint."""
        return read_table(self.folder, "responses")

    @cached_property
    def readings(self) -> "pl.DataFrame":
        """One row a reading of one checkpoint on one scenario."""
        return read_table(self.folder, "readings")

    @cached_property
    def fed(self) -> "pl.DataFrame":
        """One row a document really fed."""
        return read_table(self.folder, "fed")

    @cached_property
    def documents(self) -> "pl.DataFrame":
        """One row a training document."""
        return read_table(self.folder, "documents")

    @cached_property
    def items(self) -> "pl.DataFrame":
        """One row an examination item."""
        return read_table(self.folder, "items")


def title(family: str) -> str:
    """A family or a reading in words."""
    name = plain_name(family)
    without = ORDERLESS in family.removeprefix(name)
    return TITLES.get(name, name) + ", without the order" * without + ": null" * family.endswith(NULL)


def reared(table: "pl.DataFrame") -> "pl.DataFrame":
    """The rows of checkpoints as they were reared, before any attack."""
    import polars as pl

    return table.filter((pl.col("attack") == "") & (pl.col("dose") == 0))


def open_evidence(folder: Path) -> Evidence:
    """Read the JSON files of an evidence folder.

    Raises:
        EvidenceError: A file is missing (`assay.json` and `organisms.json` may be), is not JSON, or has another shape.
    """
    assay, organisms = folder / "assay.json", folder / "organisms.json"
    return Evidence(
        folder,
        plan=_read(folder / "plan.json", Plan),
        checks=_read(folder / "checks.json", tuple[Check, ...]),
        audit=_read(folder / "audit.json", tuple[AuditRow, ...]),
        assay=_read(assay, Assay) if assay.exists() else Assay(),
        organisms=_read(organisms, Organisms) if organisms.exists() else Organisms(),
        manifest=_read(folder / "manifest.json", dict[str, Any]),
    )


def _read(path: Path, shape: type[T]) -> T:
    try:
        return TypeAdapter(shape).validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as err:
        raise EvidenceError(f"cannot be read ({err.strerror})", "fetch or make the evidence again", path) from err
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(
            f"has another shape ({first['msg']})", "fetch or make the evidence again", path, where
        ) from err
    except ValueError as err:
        raise EvidenceError(f"is not JSON ({err})", "fetch or make the evidence again", path) from err
