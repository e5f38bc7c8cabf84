"""Parquet files opened as the frame that an annotation asks for.

polars and pandas see a file alike whichever wrote it, with two rules where they differ. An index of pandas
arrives elsewhere as columns behind the others, an unnamed one as `index` (several: `level_0`, ...). In a file
that pandas did not write, integers and booleans with missing values arrive in pandas as its nullable types,
so that no integer becomes a float; lists and structs that lack integers are Python's own for the same reason;
everything else is as pyarrow gives it.
"""

from __future__ import annotations

import re
from typing import Any

from onward.runtime.own_json import loads
from onward.runtime.values.annotations import FRAMES, Wanted
from onward.runtime.values.errors import CannotRead, DoesNotFit, MissingLibrary
from onward.runtime.values.libraries import FRAME_LIBRARIES, first_installed, is_installed, need
from onward.runtime.values.tables import open_relation

_LIBRARY_CLASSES = {
    "polars": "polars.DataFrame",
    "pandas": "pandas.DataFrame",
    "pyarrow": "pyarrow.Table",
    "duckdb": "duckdb.DuckDBPyRelation",
    "list": "list",
}
_UNNAMED = re.compile(r"__index_level_(\d+)__")


def read_parquet(path: str, wanted: Wanted, facts: dict[str, Any]) -> Any:
    """The table at `path`.

    Args:
        path: a Parquet file; its name needs no extension.
        wanted: what it shall be; where that is anything, what it was when it was saved, or a frame of the
            next library that is installed.
        facts: what was said of it when it was written.

    Raises:
        DoesNotFit: a table cannot be what is wanted, or a series is wanted of several columns.
        MissingLibrary: the library that is wanted is not installed.
        CannotRead: the file is no Parquet file.
    """
    name = wanted.name or _as_saved(facts)
    if wanted.library == "narwhals":
        return _as_narwhals(read_parquet(path, Wanted(""), facts), wanted)
    if name not in FRAMES and name not in ("list", "dict"):
        raise DoesNotFit(f"a table cannot arrive as `{wanted.name}`: ask for one of {', '.join(sorted(FRAMES))}")
    reader = {
        "polars.DataFrame": _as_polars,
        "polars.LazyFrame": _as_lazy,
        "polars.Series": _as_polars_series,
        "pandas.DataFrame": _as_pandas,
        "pandas.Series": _as_pandas_series,
        "pyarrow.Table": _as_arrow,
        "duckdb.DuckDBPyRelation": _as_relation,
        "list": _as_rows,
        "dict": _as_columns,
    }[name]
    try:
        found: Any = reader(path)
        unnamed = name.endswith(".Series") and facts.get("series") == "unnamed"
        return found.rename(None if name == "pandas.Series" else "") if unnamed else found
    except (MissingLibrary, DoesNotFit, MemoryError, FileNotFoundError):
        raise
    except Exception as error:  # each library has classes of its own for a file that it cannot read
        raise CannotRead(f"{path}: cannot be read as Parquet: {error}") from error


def _as_saved(facts: dict[str, Any]) -> str:
    """The class that a table had, if its library is there, else a frame of one that is."""
    library = str(facts.get("library", ""))
    if library == "list":
        return "list"
    if library not in _LIBRARY_CLASSES or not is_installed(library):
        library = first_installed(FRAME_LIBRARIES, "open a table")
    if facts.get("series") and library in ("polars", "pandas"):
        return f"{library}.Series"
    return _LIBRARY_CLASSES[library]


def _as_narwhals(frame: Any, wanted: Wanted) -> Any:
    narwhals = need("narwhals")
    series = wanted.name.endswith("Series")
    found = narwhals.from_native(frame, allow_series=series)
    if wanted.name.endswith("LazyFrame") and hasattr(found, "lazy"):
        return found.lazy()
    return found.collect() if wanted.name.endswith(".DataFrame") and hasattr(found, "collect") else found


# polars


def _as_polars(path: str) -> Any:
    polars = need("polars")
    return _renamed(polars.read_parquet(path, glob=False, hive_partitioning=False))


def _as_lazy(path: str) -> Any:
    polars = need("polars")
    frame = polars.scan_parquet(path, glob=False, hive_partitioning=False)
    names = index_names(frame.collect_schema().names())
    return frame.rename(names) if names else frame


def _renamed(frame: Any) -> Any:
    names = index_names(frame.columns)
    return frame.rename(names) if names else frame


def _as_polars_series(path: str) -> Any:
    return _only_column(_as_polars(path)).to_series()


def index_names(columns: list[str]) -> dict[str, str]:
    """New names for the unnamed levels of an index of pandas, as `reset_index` would give them."""
    levels = [name for name in columns if _UNNAMED.fullmatch(name)]
    if not levels:
        return {}
    names = {name: f"level_{name.split('_')[4]}" for name in levels}
    if len(levels) == 1 and "index" not in columns:
        names = {levels[0]: "index"}
    return {old: new for old, new in names.items() if new not in columns}


# pyarrow and pandas


def _as_arrow(path: str) -> Any:
    parquet = need("pyarrow.parquet")
    return _plain_table(path, parquet)


def _plain_table(path: str, parquet: Any) -> Any:
    # `read_table` would take `a=1` in a path for a column.
    with parquet.ParquetFile(path) as file:
        return file.read()


def _as_pandas(path: str) -> Any:
    pandas = need("pandas")
    if not is_installed("pyarrow"):
        return _as_pandas_by_duckdb(path)
    table = _plain_table(path, need("pyarrow.parquet"))
    pyarrow = need("pyarrow")
    frame = table.to_pandas()
    # With what pandas itself has written it brings its own types back.
    is_own = b"pandas" in (table.schema.metadata or {})
    for place, column in enumerate(table.columns[: frame.shape[1]]):
        nullable = None if is_own else _nullable_type(pyarrow, pandas, column.type)
        if nullable is not None and column.null_count:
            frame.isetitem(place, nullable.__from_arrow__(column))
        elif is_own and _is_lost_category(table, place, frame.dtypes.iloc[place]):
            frame.isetitem(place, frame.iloc[:, place].astype(_category(pandas, table, place)))
        elif str(frame.dtypes.iloc[place]) == "object" and _lacks_integers(pyarrow, column):
            # Else an integer beside a missing one would become a float inside its list or struct.
            frame.isetitem(place, pandas.Series(column.to_pylist(), index=frame.index, dtype=object))
    return frame


def _own_metadata(table: Any, place: int) -> dict[str, Any]:
    """What pandas noted of a column when it wrote the file."""
    noted = loads(table.schema.metadata[b"pandas"])["columns"]
    return noted[place] if place < len(noted) else {}


def _is_lost_category(table: Any, place: int, kind: Any) -> bool:
    return str(kind) != "category" and _own_metadata(table, place).get("pandas_type") == "categorical"


def _category(pandas: Any, table: Any, place: int) -> Any:
    """The type of categories that are no text: they are the values in order, which writing made sure of."""
    ordered = bool((_own_metadata(table, place).get("metadata") or {}).get("ordered"))
    # Of the column as it lies in the file: in pandas it may have become floats for lack of a missing integer.
    values = table.column(place).drop_null().unique().to_pandas()
    return pandas.CategoricalDtype(values.sort_values().array, ordered=ordered)


def _lacks_integers(pyarrow: Any, column: Any) -> bool:
    """Whether integers inside a list or a struct are missing."""
    types = pyarrow.types
    for chunk in column.chunks if hasattr(column, "chunks") else [column]:
        if types.is_struct(chunk.type):
            parts = chunk.flatten()
        elif types.is_nested(chunk.type) and hasattr(chunk, "flatten"):
            parts = [chunk.flatten()]
        else:
            continue
        for part in parts:
            if (types.is_integer(part.type) and part.null_count) or _lacks_integers(pyarrow, part):
                return True
    return False


def _nullable_type(pyarrow: Any, pandas: Any, kind: Any) -> Any:
    if pyarrow.types.is_boolean(kind):
        return pandas.BooleanDtype()
    if pyarrow.types.is_integer(kind):
        name = str(kind)
        return getattr(pandas, name.replace("uint", "UInt").replace("int", "Int") + "Dtype")()
    return None


def _as_pandas_by_duckdb(path: str) -> Any:
    if not is_installed("duckdb"):
        raise MissingLibrary("pyarrow", purpose="open a table as a frame of pandas")
    pandas = need("pandas")
    connection = need("duckdb").connect()
    try:
        relation = open_relation(connection, path)
        frame = relation.df()
        for name, kind in zip(relation.columns, relation.types):
            nullable = _INTEGERS.get(str(kind))
            # duckdb makes floats of integers with nulls, which are exact up to 2**53 only: read these again.
            if nullable is not None and frame[name].dtype.kind in "fO":
                cells = relation.select(name).fetchall()
                frame[name] = pandas.array([cell for (cell,) in cells], dtype=nullable)
        return frame
    finally:
        connection.close()


_INTEGERS = {
    "TINYINT": "Int8",
    "SMALLINT": "Int16",
    "INTEGER": "Int32",
    "BIGINT": "Int64",
    "UTINYINT": "UInt8",
    "USMALLINT": "UInt16",
    "UINTEGER": "UInt32",
    "UBIGINT": "UInt64",
    "BOOLEAN": "boolean",
}


def _as_pandas_series(path: str) -> Any:
    return _only_column(_as_pandas(path)).iloc[:, 0]


def _only_column(frame: Any) -> Any:
    if frame.shape[1] != 1:
        raise DoesNotFit(f"a series has one column, and this table has {frame.shape[1]}: ask for a DataFrame")
    return frame


# duckdb


def _as_relation(path: str) -> Any:
    duckdb = need("duckdb")
    # The module itself stands for the connection that `duckdb.sql` uses, so the relation joins with others.
    relation = open_relation(duckdb, path)
    names = index_names(relation.columns)
    if not names:
        return relation
    quoted = (f'"{name}"'.replace('"', '""')[1:-1] for name in relation.columns)
    return relation.project(", ".join(f"{old} as {names.get(old.strip(chr(34)), old)}" for old in quoted))


# without a library's class


def _as_rows(path: str) -> list[dict[str, Any]]:
    library = first_installed(("pyarrow", "polars", "duckdb"), "open a table as a list of dicts")
    if library == "pyarrow":
        table = _as_arrow(path)
        return table.rename_columns(_new_names(table.column_names)).to_pylist()
    if library == "polars":
        return _as_polars(path).to_dicts()
    relation = _as_relation(path)
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


def _new_names(names: list[str]) -> list[str]:
    renamed = index_names(names)
    return [renamed.get(name, name) for name in names]


def _as_columns(path: str) -> dict[str, list[Any]]:
    rows = _as_rows(path)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
