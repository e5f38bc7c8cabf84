"""Two tables side by side in a database that spills to disk instead of filling the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from onward.base.errors import MissingLibraryError
from onward.model.artifact import PARQUET_MEDIA
from onward.model.ports import Side

MEMORY = "1GB"
"""What the database may hold before it spills; the process itself comes on top."""
_READERS = {
    PARQUET_MEDIA: "read_parquet({})",
    "text/csv": "read_csv({}, all_varchar = false, sample_size = -1)",
    "text/tab-separated-values": "read_csv({}, delim = '\\t', sample_size = -1)",
    "application/x-ndjson": "read_json({}, format = 'newline_delimited')",
}


_Opened = TypeVar("_Opened")


class _Connection:
    """What holds tables as views."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found: list[tuple[Any, ...]] = self._connection.execute(query).fetchall()
        return found

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""
        return self.rows(query)[0]

    def do(self, statement: str) -> None:
        self._connection.execute(statement)

    def close(self) -> None:
        self._connection.close()

    def types(self, view: str) -> dict[str, str]:
        """The columns of a table, name to type, in order."""
        return {name: kind for name, kind, *_ in self.rows(f"describe {view}")}


class Database(_Connection):
    """The two tables as the views `a` (before) and `b` (after).

    Attributes:
        before, after: their columns, name to type, in order.
    """

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.before = self.types("a")
        self.after = self.types("b")


class Single(_Connection):
    """One table, as the view `t`, with its columns, name to type, in order."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.columns = self.types("t")


def open_tables(before: Side, after: Side, folder: str) -> Database | None:
    """The tables of two sides; None where one of them is no table that can be read.

    Args:
        folder: where to spill.

    Raises:
        MissingLibraryError: DuckDB is not installed.
    """
    return _open({"a": before, "b": after}, folder, Database)


def open_table(side: Side, folder: str) -> Single | None:
    """The table of a side; None where it is none that can be read.

    Args:
        folder: where to spill.

    Raises:
        MissingLibraryError: DuckDB is not installed.
    """
    return _open({"t": side}, folder, Single)


def _open(views: Mapping[str, Side], folder: str, made: Callable[[Any], _Opened]) -> _Opened | None:
    try:
        import duckdb
    except ImportError as error:
        raise MissingLibraryError(
            "comparing tables needs DuckDB, which is not installed", hint="pip install 'onward[tables]'"
        ) from error
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": folder})
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set enable_progress_bar = false")  # it writes into what the command prints
        for view, side in views.items():
            connection.execute(f"create view {view} as from {_reader(side)}")
        return made(connection)
    except duckdb.Error:
        connection.close()
        return None


def _reader(side: Side) -> str:
    reader = _READERS.get(side.artifact.media, _READERS[PARQUET_MEDIA])
    return reader.format(text(str(side.file())))


def quoted(column: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def names(columns: Sequence[str], view: str = "") -> str:
    """Columns, of a view where one is given, one after the other."""
    prefix = f"{view}." if view else ""
    return ", ".join(prefix + quoted(column) for column in columns)
