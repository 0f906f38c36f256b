"""Parquet tables with the columns of `records.tables`, in a fixed row order, so that equal rows give equal bytes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.errors import EvidenceError
from rearing.records.tables import TABLES

if TYPE_CHECKING:
    import polars as pl


def _schema(name: str) -> "dict[str, pl.DataType]":
    import polars as pl

    types = {"str": pl.String(), "int": pl.Int64(), "float": pl.Float64()}
    return {column: types[kind] for column, kind in TABLES[name].items()}


def frame(name: str, rows: Iterable[Mapping[str, Any]]) -> "pl.DataFrame":
    """A table of this kind, sorted by its columns that are no measurements."""
    import polars as pl

    schema = _schema(name)
    table = pl.DataFrame(list(rows), schema=schema, orient="row")
    keys = [column for column, kind in TABLES[name].items() if kind != "float"]
    return table.sort(keys)


def write_table(folder: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write `folder/name.parquet`."""
    frame(name, rows).write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=False)


def read_table(folder: Path, name: str) -> "pl.DataFrame":
    """Read `folder/name.parquet`.

    Raises:
        EvidenceError: It is missing or has other columns.
    """
    import polars as pl

    path = folder / f"{name}.parquet"
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as err:
        raise EvidenceError(
            f"cannot be read ({str(err).splitlines()[0]})", "run the study again or fetch the evidence again", path
        ) from err
    if dict(table.schema) != _schema(name):
        raise EvidenceError(f"has columns {table.columns}", f"it must have {list(TABLES[name])} (table schema 1)", path)
    return table


def join(name: str, folders: Sequence[Path]) -> "pl.DataFrame":
    """The rows of this table in all folders, in the fixed order."""
    import polars as pl

    parts = [read_table(folder, name) for folder in folders]
    if not parts:
        return frame(name, [])
    keys = [column for column, kind in TABLES[name].items() if kind != "float"]
    return pl.concat(parts).sort(keys)
