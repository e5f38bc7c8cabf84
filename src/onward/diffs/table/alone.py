"""A table that only one side has: its first rows, told as rows that came or went."""

from __future__ import annotations

import tempfile
from typing import Any

from onward.diffs.table.columns import plain, shown
from onward.diffs.table.database import open_table, quoted
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side


def table_that_came(side: Side, options: DiffOptions) -> Difference | None:
    """A table that was not there before; None where it is none that can be read.

    Raises:
        MissingLibraryError: DuckDB is not installed.
    """
    return _alone(side, options, "added", "after")


def table_that_went(side: Side, options: DiffOptions) -> Difference | None:
    """A table that is not there any more; None where it is none that can be read.

    Raises:
        MissingLibraryError: DuckDB is not installed.
    """
    return _alone(side, options, "removed", "before")


def _alone(side: Side, options: DiffOptions, how: str, where: str) -> Difference | None:
    with tempfile.TemporaryDirectory(prefix="onward-diff-") as folder:
        table = open_table(side, folder)
        if table is None:
            return None
        try:
            columns = table.columns
            wanted = ", ".join(shown(quoted(name), kind) for name, kind in columns.items())
            (count,) = table.row("select count(*) from t")
            first = table.rows(f"select {wanted} from t limit {options.samples}") if columns else []
        finally:
            table.close()
    rows: dict[str, Any] = {"before": 0, "after": 0, "added": 0, "removed": 0, "changed": 0}
    detail = {
        "rows": rows | {where: count, how: count},
        "key": [],
        "schema": {"added": {}, "removed": {}, "retyped": {}, "renamed": {}},
        "columns": [],
        "sample": [
            {"change": how, "key": {}, where: dict(zip(columns, map(plain, row), strict=True))} for row in first
        ],
    }
    return Difference(f"{count:,} rows", detail, 1.0)
