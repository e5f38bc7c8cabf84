"""What a check returned: whether the asset is as it should be, and the rows that are not."""

from __future__ import annotations

from typing import Any

from onward.runtime.values.errors import CannotKeep
from onward.runtime.values.libraries import is_a
from onward.runtime.values.tables import is_narwhals, is_table

PASSED, BROKEN = "passed", "broken"

_MAY_RETURN = (
    "a check returns a bool, a series of bools, the offending rows as a frame or a list, or nothing and uses `assert`"
)


def check_result(value: Any) -> dict[str, Any]:
    """The outcome that a check's return value stands for.

    Returns:
        `{"outcome": "passed" | "broken", "message": text | None, "rows": number | None, "frame": ...}`.
        `rows` counts what offends; `frame` holds it, as something that `write` takes for a table, or None.

    Raises:
        CannotKeep: a check cannot return that.
    """
    if value is None:
        return _outcome(True, None, None, None)
    if is_a(value, "numpy", "bool_", "bool") or isinstance(value, bool):
        return _outcome(bool(value), None if value else "the check returned False", None, None)
    if is_a(value, "polars", "LazyFrame"):
        value = value.collect()
    if is_narwhals(value):
        return check_result(value.to_native())
    if is_a(value, "polars", "Series") or is_a(value, "pandas", "Series"):
        return _of_series(value)
    if is_a(value, "numpy", "ndarray") and value.dtype == bool:
        return _of_truths(value.size - int(value.sum()), value.size)
    if is_table(value):
        count = row_count(value)
        frame = value if count else None
        return _outcome(count == 0, _offending(count) if count else None, count, frame)
    if isinstance(value, (list, tuple)):
        return _of_list(list(value))
    raise CannotKeep(f"the check returned a {type(value).__qualname__}: {_MAY_RETURN}")


def _outcome(passed: bool, message: str | None, rows: int | None, frame: Any) -> dict[str, Any]:
    return {"outcome": PASSED if passed else BROKEN, "message": message, "rows": rows, "frame": frame}


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _offending(count: int) -> str:
    return "1 offending row" if count == 1 else f"{count:,} offending rows"


def row_count(frame: Any) -> int:
    """The number of rows of a frame or relation."""
    if is_a(frame, "duckdb", "DuckDBPyRelation"):
        return int(frame.count("*").fetchall()[0][0])
    if is_a(frame, "pyarrow", "Table", "RecordBatch"):
        return int(frame.num_rows)
    return len(frame)


def _of_series(series: Any) -> dict[str, Any]:
    """A series of truth values has to be true all over; a missing one is not true. Any other is not one."""
    kind = str(series.dtype).lower()
    if kind in ("bool", "boolean", "bool[pyarrow]", "boolean[pyarrow]"):
        filled = series.fillna(False) if hasattr(series, "fillna") else series.fill_null(False)
        return _of_truths(len(series) - int(filled.sum()), len(series))
    if len(series) == 0:
        return _outcome(True, None, 0, None)
    raise CannotKeep(f"the check returned a series of {series.dtype}: {_MAY_RETURN}")


def _of_truths(wrong: int, count: int) -> dict[str, Any]:
    message = f"{wrong} of {_rows(count)} fail" if wrong else None
    return _outcome(wrong == 0, message, wrong, None)


def _of_list(found: list[Any]) -> dict[str, Any]:
    if not found:
        return _outcome(True, None, 0, None)
    if all(isinstance(each, bool) or is_a(each, "numpy", "bool_", "bool") for each in found):
        return _of_truths(sum(1 for each in found if not each), len(found))
    rows = found if all(isinstance(each, dict) for each in found) else [{"value": each} for each in found]
    return _outcome(False, _offending(len(found)), len(found), rows)
