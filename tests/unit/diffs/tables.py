"""Tables for the tests of differences, written as SQL."""

from __future__ import annotations

from pathlib import Path

import duckdb

from onward.diffs.table.kind import TableDiff
from onward.model.artifact import Artifact
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from onward.testing.diffs import side_of

PARQUET = "application/vnd.apache.parquet"


def table(folder: Path, name: str, query: str) -> Side:
    """The result of a query as a stored table."""
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
    return side_of(Artifact("table", name, name, PARQUET, path.stat().st_size), path)


def compared(folder: Path, before: str, after: str, *, key: tuple[str, ...] = ()) -> Difference:
    """The difference between the results of two queries."""
    sides = table(folder, "before", before), table(folder, "after", after)
    found = TableDiff().compare(*sides, DiffOptions(key=key))
    assert found is not None
    return found
