"""Tables to Parquet, each by the library that it belongs to, and what they say once they lie there.

Cells are never turned into Python objects, apart from those that are some already (a list of dicts, an object
column of pandas). What would come back as something else is refused, by the name of its column.

pandas: a missing value of a float column is written as null, so it counts as one; an index other than the
default range is written as columns behind the others, and counts; column labels that are no strings are
brought back from the metadata.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from onward.runtime.values.errors import CannotKeep, MissingLibrary
from onward.runtime.values.libraries import first_installed, is_a, is_installed, need

ROW_GROUP_SIZE = 122_880
"""Rows in a row group, whichever library writes: duckdb's default, a multiple of its vector size."""
DATABASE = ":memory:onward"
"""duckdb's own database in memory, by a name: opened a second time while it is open, it is the same one.

To open another one costs more than most queries.
"""


class KeptTable(NamedTuple):
    """A table that has been written: its canonical meaning, and what is said of it without opening it."""

    content: dict[str, Any]
    facts: dict[str, Any]


def is_table(value: object) -> bool:
    """Whether a value is a frame, a series or a relation of a library that is known here."""
    return (
        is_a(value, "polars", "DataFrame", "LazyFrame", "Series")
        or is_a(value, "pandas", "DataFrame", "Series")
        or is_a(value, "pyarrow", "Table", "RecordBatch", "RecordBatchReader")
        or is_a(value, "duckdb", "DuckDBPyRelation")
        or is_narwhals(value)
    )


def is_narwhals(value: object) -> bool:
    """Whether a value is a wrapper of narwhals around a frame or a series."""
    modules = ("narwhals", "narwhals.stable.v1", "narwhals.stable.v2")
    return any(is_a(value, module, "DataFrame", "LazyFrame", "Series") for module in modules)


def is_rows(value: object) -> bool:
    """Whether a value is a list of dicts, with at least one of them."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def write_table(value: Any, path: str) -> KeptTable:
    """Write a table as Parquet.

    Args:
        value: a frame, series or relation, or a list of dicts.
        path: the file to write.

    Raises:
        CannotKeep: a column would not come back as it is; names it.
        MissingLibrary: no library that is installed writes this.
    """
    if isinstance(value, list):
        return _write_rows(value, path)
    if is_narwhals(value):
        return write_table(value.to_native(), path)
    if is_a(value, "polars", "LazyFrame"):
        value = value.collect()
    if is_a(value, "polars", "Series"):
        return _as_series(_write_polars(value.to_frame(value.name or "value"), path), bool(value.name))
    if is_a(value, "polars", "DataFrame"):
        return _write_polars(value, path)
    if is_a(value, "pandas", "Series"):
        name = "value" if value.name is None else value.name
        return _as_series(_write_pandas(value.to_frame(name), path), value.name is not None)
    if is_a(value, "pandas", "DataFrame"):
        return _write_pandas(value, path)
    if is_a(value, "duckdb", "DuckDBPyRelation"):
        return _write_relation(value, path, "duckdb")
    if is_a(value, "pyarrow", "Table", "RecordBatch", "RecordBatchReader"):
        return _write_arrow(_arrow_table(value), path)
    raise CannotKeep(f"a {type(value).__qualname__} is no table: return a frame, a series or a list of dicts")


def _as_series(kept: KeptTable, named: bool) -> KeptTable:
    """A series without a name is a table whose column is called `value`; it comes back without one."""
    return KeptTable(kept.content, {**kept.facts, "series": "named" if named else "unnamed"})


def _kept(source: Any, library: str) -> KeptTable:
    """The meaning of a table that offers itself as an Arrow stream."""
    # Imported here, for only tables need it, and every step's process is a copy of what its parent has loaded.
    from onward.runtime.arrow import ArrowError
    from onward.runtime.values.content import TableContent

    try:
        table = TableContent(source)
    except ArrowError as error:
        raise CannotKeep(f"{error}: cast it to another type before it is kept") from error
    return KeptTable(table.meaning, {"rows": table.rows, "columns": table.columns, "library": library})


def _refuse_duplicates(names: Sequence[Any]) -> None:
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            raise CannotKeep(f"column `{name}` is there twice: give each column a name of its own")
        seen.add(name)


def _refuse(error: Exception, names: Sequence[str], write_one: Callable[[str], object]) -> CannotKeep:
    """The refusal for a frame that its library failed to write, by the first column that fails alone."""
    for name in names:
        try:
            write_one(name)
        except Exception as reason:  # noqa: BLE001 - each library has its own classes; all give a reason
            return CannotKeep(f"column `{name}` cannot be kept as Parquet: {reason}")
    return CannotKeep(f"the table cannot be kept as Parquet: {error}")


# polars


def _write_polars(frame: Any, path: str) -> KeptTable:
    for name, kind in frame.schema.items():
        for wide in ("Int128", "UInt128"):
            if wide in _dtype_words(kind):
                raise CannotKeep(f"column `{name}` is {wide}, which polars alone can read: cast it to Int64")
        if "Object" in _dtype_words(kind):
            raise CannotKeep(f"column `{name}` holds Python objects: give it a type, or keep them as a model")
    settings = {"compression": "zstd", "row_group_size": ROW_GROUP_SIZE}
    try:
        frame.write_parquet(path, **settings)
    except OSError:
        raise
    except Exception as error:  # polars' classes differ between versions; it is refused by column and reason
        raise _refuse(
            error, frame.columns, lambda name: frame.select(name).write_parquet(io.BytesIO(), **settings)
        ) from error
    return _kept(frame, "polars")


def _dtype_words(kind: Any) -> set[str]:
    """The names of a polars type and of all the types inside it."""
    words = {kind.base_type().__name__}
    inner = getattr(kind, "inner", None)
    if inner is not None:
        words |= _dtype_words(inner)
    for part in getattr(kind, "fields", None) or ():
        words |= _dtype_words(part.dtype)
    return words


# pyarrow


def _arrow_table(value: Any) -> Any:
    pyarrow = need("pyarrow")
    if isinstance(value, pyarrow.Table):
        return value
    if isinstance(value, pyarrow.RecordBatch):
        return pyarrow.Table.from_batches([value])
    return value.read_all()


def _write_arrow(table: Any, path: str, library: str = "pyarrow") -> KeptTable:
    _refuse_duplicates(table.column_names)
    parquet = need("pyarrow.parquet")

    def write(part: Any, where: Any) -> None:
        parquet.write_table(part, where, compression="zstd", row_group_size=ROW_GROUP_SIZE, store_schema=True)

    try:
        write(table, path)
    except OSError:
        raise
    except Exception as error:  # pyarrow raises a dozen classes; it is refused by column and reason
        raise _refuse(error, table.column_names, lambda name: write(table.select([name]), io.BytesIO())) from error
    return _kept(table, library)


# pandas


def _write_pandas(frame: Any, path: str) -> KeptTable:
    _refuse_duplicates(list(frame.columns))
    for place, name in enumerate(frame.columns):
        _refuse_mixed(name, frame.iloc[:, place])
    if is_installed("pyarrow"):
        return _write_pandas_by_arrow(frame, path)
    if is_installed("duckdb"):
        return _write_pandas_by_duckdb(frame, path)
    raise MissingLibrary("pyarrow", purpose="keep frames of pandas as Parquet")


def _write_pandas_by_arrow(frame: Any, path: str) -> KeptTable:
    pyarrow = need("pyarrow")
    # Without columns the rows are in the index alone.
    preserve = None if _has_default_index(frame) and (len(frame.columns) or not len(frame)) else True
    if frame.columns.nlevels == 1 and len({type(label) for label in frame.columns}) > 1:
        raise _refuse_labels(frame)
    try:
        table = pyarrow.Table.from_pandas(frame, preserve_index=preserve)
    except (TypeError, ValueError, NotImplementedError, OverflowError, pyarrow.ArrowException) as error:
        reason = ": ".join(str(part) for part in reversed(error.args)) or str(error)
        raise CannotKeep(f"{reason}. Give the column one type, or drop it") from error
    empty = _empty_again(table, frame)
    for name, before, after in zip(frame.columns, frame.dtypes, empty.dtypes):
        if hasattr(before, "construct_array_type") and type(before) is not type(after):
            raise CannotKeep(f"column `{name}` is {before} and would come back as {after}: convert it first")
    kept = _write_arrow(table, path, "pandas")
    return KeptTable(*_with_labels(frame, kept, preserve is True))


def _empty_again(table: Any, frame: Any) -> Any:
    """What will come back of a frame, without its rows."""
    try:
        empty = table.schema.empty_table().to_pandas()
    except (TypeError, ValueError) as error:
        raise _refuse_labels(frame) from error
    if list(empty.columns) != list(frame.columns):
        raise _refuse_labels(frame)
    return empty


def _refuse_labels(frame: Any) -> CannotKeep:
    labels = ", ".join(repr(label) for label in frame.columns[:3])
    return CannotKeep(f"the column labels ({labels}, ...) would not come back: make strings of them")


def _with_labels(frame: Any, kept: KeptTable, indexed: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Meaning and facts with what pandas knows beyond columns: its index, and labels that are no strings."""
    content, facts = dict(kept.content), dict(kept.facts)
    if indexed:
        content["index"] = facts["index"] = [None if name is None else str(name) for name in frame.index.names]
    if not all(isinstance(label, str) for label in frame.columns):
        content["labels"] = [repr(label) for label in frame.columns]
    return content, facts


def _has_default_index(frame: Any) -> bool:
    index = frame.index
    if not is_a(index, "pandas", "RangeIndex") or index.name is not None:
        return False
    return bool(index.start == 0 and index.step == 1) or len(index) == 0


_FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("number", ("int", "float", "Decimal", "int8", "int16", "int32", "int64")),
    ("number", ("uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")),
    ("list", ("list", "tuple", "ndarray")),
    ("text", ("str", "str_")),
    ("truth", ("bool", "bool_")),
    ("instant", ("datetime", "Timestamp", "datetime64")),
    ("duration", ("timedelta", "Timedelta", "timedelta64")),
    ("missing", ("NoneType", "NAType", "NaTType")),
)
_FAMILY_OF = {name: family for family, names in _FAMILIES for name in names}


def _refuse_mixed(name: Any, column: Any) -> None:
    """An object column has to hold values of one family, else a library would make one of them of all."""
    if str(column.dtype) == "category":
        _refuse_categories(name, column)
    if column.dtype != object:
        return
    kinds = {type(value) for value in column[column.notna()]}
    odd = kinds & {set, frozenset, complex}
    if odd:
        raise CannotKeep(f"column `{name}` holds {odd.pop().__name__} values: make a list or a string of each")
    families = {_FAMILY_OF.get(kind.__name__, kind.__qualname__) for kind in kinds} - {"missing"}
    if len(families) > 1:
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise CannotKeep(f"column `{name}` mixes {found}: give it one type, for instance with `.astype(str)`")


def _refuse_categories(name: Any, column: Any) -> None:
    """Parquet keeps categories that are text; others are made anew of the values when they are read."""
    categories = column.cat.categories
    kind = str(categories.dtype)
    if kind.startswith(("interval", "period")):
        raise CannotKeep(f"column `{name}` has categories of type {kind}: convert it with `.astype(str)`")
    if kind.startswith("str") or (kind == "object" and all(isinstance(each, str) for each in categories)):
        return
    if not categories.is_monotonic_increasing or column.nunique() != len(categories):
        what = f"column `{name}` has categories of type {kind}, some of them unused or out of order"
        raise CannotKeep(f"{what}, which would not come back: make strings of them")


def _write_pandas_by_duckdb(frame: Any, path: str) -> KeptTable:
    """Where pyarrow is missing: what duckdb can take over from pandas without changing it."""
    purpose = "keep this frame of pandas"
    if not _has_default_index(frame) or not all(isinstance(label, str) for label in frame.columns):
        raise MissingLibrary("pyarrow", purpose=f"{purpose} with its index and labels")
    for name, kind in zip(frame.columns, frame.dtypes):
        word = str(kind)
        if word.startswith(("period", "interval", "Sparse")) or (
            word.startswith("datetime64") and "," in word and "UTC" not in word
        ):
            raise MissingLibrary("pyarrow", purpose=f"{purpose} with its column `{name}` of type {word}")
        if word.startswith("complex"):
            raise CannotKeep(f"column `{name}` is {word}, which Parquet has no type for")
    duckdb = need("duckdb")
    connection = duckdb.connect()
    try:
        return _write_relation(connection.from_df(frame), path, "pandas")
    finally:
        connection.close()


# duckdb


def _write_relation(relation: Any, path: str, library: str) -> KeptTable:
    """Write a duckdb relation, which is evaluated once: its meaning is read from what has been written.

    HUGEINT, the type of `sum` over integers, has no place in Parquet, where duckdb makes a float of it: it is
    written as BIGINT.
    """
    duckdb = need("duckdb")
    _refuse_duplicates(relation.columns)
    huge = [name for name, kind in zip(relation.columns, relation.types) if str(kind) in ("HUGEINT", "UHUGEINT")]
    if huge:
        casts = (
            f"cast({_quoted(name)} as bigint) as {_quoted(name)}" if name in huge else _quoted(name)
            for name in relation.columns
        )
        relation = relation.project(", ".join(casts))
    try:
        relation.write_parquet(path, compression="zstd", row_group_size=ROW_GROUP_SIZE)
    except duckdb.ConversionException as error:
        if not huge:
            raise
        names = ", ".join(f"`{name}`" for name in huge)
        raise CannotKeep(f"column {names} does not fit a BIGINT: cast it to DECIMAL(38, 0) or DOUBLE") from error
    except duckdb.NotImplementedException as error:
        raise CannotKeep(f"the relation cannot be kept as Parquet: {error}") from error
    connection = duckdb.connect(DATABASE)
    try:
        return _kept(open_relation(connection, path), library)
    finally:
        connection.close()


def open_relation(connection: Any, path: str) -> Any:
    """The Parquet file at `path` as a relation of `connection`."""
    return connection.read_parquet(without_patterns(path), hive_partitioning=False)


def without_patterns(path: str) -> str:
    """A path for duckdb, which would read `*`, `?` and `[` as patterns."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def parquet_content(path: str) -> KeptTable:
    """Meaning and facts of a Parquet file that was written elsewhere.

    Raises:
        CannotKeep: it is no Parquet file.
        MissingLibrary: nothing that is installed reads one.
    """
    library = first_installed(("pyarrow", "polars", "duckdb"), "read a Parquet file")
    try:
        if library == "pyarrow":
            with need("pyarrow.parquet").ParquetFile(path) as file:
                return _kept(file.read(), library)
        if library == "polars":
            return _kept(need("polars").read_parquet(path, glob=False, hive_partitioning=False), library)
        connection = need("duckdb").connect()
        try:
            return _kept(open_relation(connection, path), library)
        finally:
            connection.close()
    except CannotKeep:
        raise
    except Exception as error:  # each library has classes of its own for a broken file
        raise CannotKeep(f"the file is no Parquet file that can be read: {error}") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# lists of dicts


def _write_rows(rows: list[Any], path: str) -> KeptTable:
    """A list of dicts: a column for each key in order of appearance, null where a row lacks it."""
    columns: dict[str, list[Any]] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise CannotKeep(f"a table is a list of dicts, and this one holds a {type(row).__qualname__}")
        for key in row:
            if not isinstance(key, str):
                raise CannotKeep(f"the key {key!r} is no string: name columns by strings")
            columns.setdefault(key, [])
    for name, cells in columns.items():
        cells.extend(row.get(name) for row in rows)
        if {type(cell) for cell in cells} - {type(None)} == {int, float}:
            # One library takes whole numbers among floats for floats, another refuses them.
            cells[:] = [float(cell) if isinstance(cell, int) else cell for cell in cells]
    library = first_installed(("pyarrow", "polars"), "keep a list of dicts as a table")
    table = _rows_by_arrow(columns) if library == "pyarrow" else _rows_by_polars(columns)
    kept = _write_arrow(table, path) if library == "pyarrow" else _write_polars(table, path)
    return KeptTable(kept.content, {**kept.facts, "library": "list"})


def _rows_by_arrow(columns: dict[str, list[Any]]) -> Any:
    pyarrow = need("pyarrow")
    arrays = {}
    for name, cells in columns.items():
        try:
            arrays[name] = pyarrow.array(cells)
        except (TypeError, ValueError, OverflowError, NotImplementedError, pyarrow.ArrowException) as error:
            raise _refuse_cells(name, error) from error
    return pyarrow.table(arrays)


def _rows_by_polars(columns: dict[str, list[Any]]) -> Any:
    polars = need("polars")
    series = []
    for name, cells in columns.items():
        try:
            series.append(polars.Series(name, cells, strict=True))
        except Exception as error:  # polars' own classes, TypeError, OverflowError: all say that cells differ
            raise _refuse_cells(name, error) from error
    return polars.DataFrame(series)


def _refuse_cells(name: str, error: Exception) -> CannotKeep:
    return CannotKeep(
        f"column `{name}` of the list of dicts has no one type ({error}): "
        'make its values alike, or keep the list as JSON with kind="file"'
    )
