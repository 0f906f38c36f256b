"""One row a scenario, the same in JSONL and Parquet.

The columns are the fields of `records.scenario`, so what an author may write travels by itself. Mappings with names of
an author's own (`people`, `slots`) become lists of name and value, so that all rows have one type. Private text is no
field of a scenario: none can get here.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from rearing.corpus.bank import in_table, split_of
from rearing.corpus.load import Corpus
from rearing.records.scenario import AttackScenario, Lesson, Neutral, Scenario, Vignette

if TYPE_CHECKING:
    import polars as pl

JSONL, PARQUET = "scenarios.jsonl", "scenarios.parquet"
MEANING = {
    "corpus": "name of the corpus",
    "version": "version of the corpus",
    "digest": "sha256 over all files of the corpus, the same in every row and every export of this state",
    "used_for": "train (lessons, neutral), dev (tuning), exam (never trained on) or attack (adversarial fine-tuning)",
    "kind": "lesson, vignette, neutral or attack",
    "id": "unique name; letter of the kind, stage, a few words",
    "title": "a few words",
    "theme": "what it is about; no two scenarios share a theme",
    "domain": "everyday, school, work, software, community; health and environment in held-out vignettes only",
    "stage": "how hard, 1 to 6; 0 for neutral graphs",
    "social_domain": "moral, conventional or personal",
    "foundations": "what is at stake: care, fairness, loyalty, authority, sanctity, liberty, honesty",
    "people": "placeholder and pronoun of each person; {A} acts",
    "slots": "placeholders for other words, with their possible values",
    "remoteness": "0: somebody affected is present, 1: somewhere else, 2: unknown or in the future",
    "institutional": "whether a role, a rule or a metric is in play",
    "setting": "sentences that hold on both roads",
    "minds": "what somebody wants, believes, knows or feels; `holds` is false for a mistaken belief",
    "options": (
        "the two options, in an order drawn by a hash of the id: `rating` (in `main`), three grammatical forms (`inf`, "
        "`fin`, `ger`), `mf` forms without a word that judges, and in lessons consequences, reflection and reasons, "
        "each with (`w`) and without (`mf`) moral words; `then` is a fork inside this road"
    ),
    "provenance": "who wrote it, how, when, under which licence",
    "review": "status (draft, reviewed, contested) and the blind readings: `agree` of `of` chose the endorsed option",
    "affected": "lessons: people to whom every option does something",
    "principle": "lessons: one general sentence with (`w`) and without (`mf`) moral words",
    "split": "vignettes: theme (held-out theme), domain (held-out domain) or dev",
    "main": "vignettes and attack: the fact under which the endorsed option is right",
    "twin": "vignettes: the changed fact under which the other option is right",
    "excuse": "attack: what makes the rejected option sound natural",
}
"""What stands in every column."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A type taken apart: one value or a list, of texts, numbers and truths, or of parts by name and type."""

    held: type
    listed: bool
    parts: dict[str, Any]


@cache
def columns() -> dict[str, Any]:
    """Every column with its type, in order: those of the corpus, then the fields of every kind of scenario."""
    found: dict[str, Any] = dict.fromkeys(("corpus", "version", "digest", "used_for"), str)
    for kind in (Scenario, Lesson, Vignette, Neutral, AttackScenario):
        found |= {name: hint for name, hint in _fields(kind).items() if name not in found}
    return found


def _fields(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def shape(hint: Any) -> Shape:
    """The shape of values of this type in a row."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return Shape(type(args[0]), False, {})
    if origin is dict:
        return Shape(dict, True, {"name": args[0], "value": args[1]})
    if origin is tuple:
        return replace(shape(args[0]), listed=True)
    if args:  # X | None
        return shape(args[0])
    return Shape(hint, False, _fields(hint) if is_dataclass(hint) else {})


def rows(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """One row a scenario, sorted by id; what its kind does not have is None."""
    of_corpus = {"corpus": corpus.name, "version": corpus.version, "digest": corpus.digest}
    for scenario in sorted(corpus.scenarios, key=lambda s: s.id):
        row = {**of_corpus, "used_for": split_of(scenario)}
        told = replace(scenario, options=in_table(scenario))
        yield row | {name: _plain(getattr(told, name, None)) for name in columns() if name not in row}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return [{"name": name, "value": _plain(part)} for name, part in value.items()]
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def jsonl(corpus: Corpus) -> bytes:
    """All rows, one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(corpus)).encode()


def parquet(corpus: Corpus) -> bytes:
    """All rows as a Parquet file with nested columns."""
    import polars as pl

    table = pl.DataFrame(list(rows(corpus)), schema={name: _dtype(hint) for name, hint in columns().items()})
    stream = BytesIO()
    table.write_parquet(stream, compression="zstd", statistics=False)
    return stream.getvalue()


def _dtype(hint: Any) -> "pl.DataType":
    import polars as pl

    found = shape(hint)
    simple: dict[type, pl.DataType] = {str: pl.String(), int: pl.Int64(), bool: pl.Boolean()}
    parts = {name: _dtype(part) for name, part in found.parts.items()}
    inside = pl.Struct(parts) if parts else simple[found.held]
    return pl.List(inside) if found.listed else inside
