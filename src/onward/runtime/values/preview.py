"""What a page shows of a table: types, counts, ranges, distributions, and rows, all as JSON-able values.

Memory stays bounded: each column is read on its own, and rows up to a limit. duckdb does it where it is
installed, else polars; both give the same numbers. NaN counts as missing here, because no chart shows it.
"""

from __future__ import annotations

import base64
import csv
import datetime
import math
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from onward.runtime.arrow import Stream, type_words
from onward.runtime.own_json import dumps
from onward.runtime.values.errors import CannotRead
from onward.runtime.values.libraries import first_installed, need
from onward.runtime.values.tables import open_relation

BINS = 20
"""Bars of a histogram at most."""
TOP = 10
"""Values of a column that are named with their counts."""
DISTINCT_CAP = 10_000
"""A column with more distinct values is said to have this many and more; they are not counted on."""
_ROWS_AT_A_TIME = 20_000
_DAY = 86_400  # seconds
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1, "ns": 1e-3}
_TEXT_LIMIT = 500
"""Characters of a cell that a page shows."""

_NUMBERS = ("int", "uint", "float", "decimal")
_DATES = ("date", "datetime")
_ORDERED = (*_NUMBERS, "date", "datetime", "time", "duration", "string", "bool")


def table_preview(path: str, *, limit_rows: int = 5000, types: dict[str, str] | None = None) -> dict[str, Any]:
    """What is to be shown of a Parquet file.

    Args:
        path: the file.
        types: what is known of columns' types from when the table was kept. Parquet has none for durations, and
            only some libraries look for what it has instead: to duckdb they are whole numbers.
        limit_rows: rows of `head` at most; of a longer table every n-th, so that they stand for all of it.

    Returns:
        `{"rows": n, "every": step, "columns": [...], "head": [[...], ...]}`, a column being `{"name", "type",
        "missing", "distinct", "min", "max", "mean", "histogram": [[low, high, count], ...] | None, "top": [[value,
        count], ...] | None}`. Numbers have a histogram and a mean, days and instants a histogram whose ends are
        such, texts and truth values the most frequent values. `distinct` is capped at `DISTINCT_CAP`, and None
        for lists, structs and binary.

    Raises:
        CannotRead: the file is no Parquet file.
        MissingLibrary: neither duckdb, polars nor pyarrow is installed.
    """
    with _opened(path) as table:
        spans = _spans(table.columns, types or {})
        columns = [_describe(table, name, kind, spans.get(name)) for name, kind in table.columns.items()]
        step = max(1, math.ceil(table.rows / max(1, limit_rows)))
        units = [spans.get(name) for name in table.columns]
        head = [[plain_value(_span(cell, unit)) for cell, unit in zip(row, units)] for row in table.every(step)]
        return {"rows": table.rows, "every": step, "columns": columns, "head": head}


def _opened(path: str) -> _Table:
    library = first_installed(("duckdb", "polars", "pyarrow"), "look into a table")
    try:
        return {"duckdb": _DuckdbTable, "polars": _PolarsTable, "pyarrow": _ArrowTable}[library](path)
    except Exception as error:  # each library has classes of its own for a broken file
        if library == "duckdb" and "one non-root column" in str(error):
            return _NoColumns()
        raise CannotRead(f"{path}: cannot be read as Parquet: {error}") from error


def _spans(columns: dict[str, str], types: dict[str, str]) -> dict[str, str]:
    """The units of the durations that arrive as whole numbers, by column."""
    told = {name: kind for name, kind in types.items() if columns.get(name) == "int64"}
    return {name: kind[len("duration[") : -1] for name, kind in told.items() if kind.startswith("duration[")}


def _span(value: Any, unit: str | None) -> Any:
    """A whole number as the duration that it stands for, where it stands for one."""
    if unit is None or value is None:
        return value
    try:
        return datetime.timedelta(microseconds=value * _MICROSECONDS[unit])
    except OverflowError:
        return f"{value} {unit}"


def _describe(table: _Table, name: str, kind: str, unit: str | None = None) -> dict[str, Any]:
    if unit is not None:
        kind = f"duration[{unit}]"
    family = re.split(r"[\d\[({]", kind, maxsplit=1)[0]
    ordered = family in _ORDERED
    found = table.summary(name, numeric=family in _NUMBERS, ordered=ordered)
    described: dict[str, Any] = {"name": name, "type": kind, **found, "histogram": None, "top": None}
    if family in _NUMBERS and found["min"] is not None:
        described["histogram"] = _histogram(table, name, family, float(found["min"]), float(found["max"]))
    elif family in _DATES and found["min"] is not None:
        described["histogram"] = _histogram_of_dates(table, name, found["min"], found["max"])
    elif family in ("string", "bool") and found["distinct"]:
        described["top"] = [[plain_value(value), int(count)] for value, count in table.top(name)]
    for bound in ("min", "max", "mean"):
        described[bound] = plain_value(_span(described[bound], unit))
    return described


def _histogram(table: _Table, name: str, family: str, low: float, high: float) -> list[list[Any]] | None:
    """Bars of equal width; of whole numbers with few values, one bar each."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    if low == high:
        return [[low, high, table.bins(name, low, 1.0, 1)[0]]]
    bars = BINS
    if family in ("int", "uint") and high - low < BINS:
        bars, high = int(high - low) + 1, high + 1
    width = (high - low) / bars
    if width == 0 or not math.isfinite(width):
        return None
    counts = table.bins(name, low, width, bars)
    return [[low + width * place, low + width * (place + 1), count] for place, count in enumerate(counts)]


def _histogram_of_dates(table: _Table, name: str, first: Any, last: Any) -> list[list[Any]] | None:
    """Bars of equal length from the first to the last day or instant; of few days, one bar each."""
    if not (isinstance(first, datetime.date) and isinstance(last, datetime.date)):
        return None  # beyond the years that Python knows
    moment = isinstance(first, datetime.datetime)
    low, high = _since_1970(first), _since_1970(last)
    bars = BINS
    if low == high:
        bars, high = 1, low + 1
    elif not moment and high - low < BINS:
        bars, high = int(high - low) + 1, high + 1
    width = (high - low) / bars
    counts = table.bins(name, low, width, bars)

    ends = [_iso(_later(first, width * place)) for place in range(bars)] + [_iso(last)]
    return [[ends[place], ends[place + 1], count] for place, count in enumerate(counts)]


def _since_1970(moment: datetime.date) -> float:
    """Days of a date, seconds of an instant; one without a zone counts as UTC."""
    if not isinstance(moment, datetime.datetime):
        return float((moment - datetime.date(1970, 1, 1)).days)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds()


def _later(moment: datetime.date, by: float) -> datetime.date:
    """`moment` and so many days or seconds, in the terms of `_since_1970`."""
    if isinstance(moment, datetime.datetime):
        return moment + datetime.timedelta(seconds=by)
    return moment + datetime.timedelta(days=by)


def plain_value(value: Any) -> Any:
    """A cell as JSON can hold it: numbers and text as they are, instants in ISO 8601, bytes as base64."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return value if len(value) <= _TEXT_LIMIT else value[:_TEXT_LIMIT] + "…"
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, (datetime.date, datetime.time)):
        return _iso(value)
    if isinstance(value, datetime.timedelta):  # of pandas too, whose text is another
        return str(datetime.timedelta(value.days, value.seconds, value.microseconds))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)[:_TEXT_LIMIT]).decode("ascii")
    if isinstance(value, dict):
        return {str(key): plain_value(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(each) for each in value]
    return str(value)


def _iso(value: datetime.date | datetime.time) -> str:
    """ISO 8601; an instant with a zone in UTC, for that is what every library can tell."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
    return value.isoformat()


class _Table(ABC):
    """One Parquet file, asked column by column. `columns` has each name's type in words."""

    rows: int
    columns: dict[str, str]

    def __enter__(self) -> _Table:  # noqa: PYI034 - `Self` is younger than Python 3.9
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Let go of the file."""

    @abstractmethod
    def summary(self, name: str, *, numeric: bool, ordered: bool) -> dict[str, Any]:
        """`missing`, `distinct` (None where values have no order), `min`, `max`, `mean` (of numbers)."""

    @abstractmethod
    def top(self, name: str) -> list[tuple[Any, int]]:
        """The most frequent values with their counts, then by value."""

    @abstractmethod
    def bins(self, name: str, low: float, width: float, bars: int) -> list[int]:
        """How many values fall into each bar; the last one includes its upper end.

        Days count from 1970 on, instants in seconds since then.
        """

    @abstractmethod
    def every(self, step: int) -> Iterator[Sequence[Any]]:
        """Every `step`-th row, from the first."""


def _words(stream: Any) -> dict[str, str]:
    return {field.name: type_words(field) for field in Stream(stream).columns}


# Instants with a zone, and the same without it.
_ZONED = {"TIMESTAMP WITH TIME ZONE": "timestamp", "TIMESTAMPTZ_NS": "timestamp_ns"}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _NoColumns(_Table):
    """A table without columns, which duckdb refuses: it has no rows to show either."""

    def __init__(self) -> None:
        self.rows, self.columns = 0, {}

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def summary(self, name: str, *, numeric: bool, ordered: bool) -> dict[str, Any]:
        raise KeyError(name)

    def top(self, name: str) -> list[tuple[Any, int]]:
        raise KeyError(name)

    def bins(self, name: str, low: float, width: float, bars: int) -> list[int]:
        raise KeyError(name)

    def every(self, step: int) -> Iterator[Sequence[Any]]:
        return iter(())


class _DuckdbTable(_Table):
    def __init__(self, path: str) -> None:
        self._connection = need("duckdb").connect()
        # No more than the page needs, whatever the size of the file.
        self._connection.execute("set memory_limit = '1GB'")
        # Else it would put what does not fit into the working folder.
        self._connection.execute("set temp_directory = ?", [tempfile.gettempdir()])
        try:
            self._relation = open_relation(self._connection, path)
        except Exception:  # whatever it was goes on to the caller; nobody else has the connection to close
            self._connection.close()
            raise
        self.columns = _words(self._relation.limit(0))
        self._zoned = self._create_view()
        self.rows = int(self._ask("select count(*) from shown")[0][0])

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _create_view(self) -> set[str]:
        """The table as `shown`; returns the names of instants with a zone.

        duckdb hands these out with the help of a library that may be missing: they leave it as UTC without a
        zone, which is put back afterwards, and as text inside of lists and structs.
        """
        self._connection.execute("set TimeZone = 'UTC'")
        zoned, cells = set(), []
        for name, kind in zip(self._relation.columns, map(str, self._relation.types)):
            column = _quoted(name)
            if kind in _ZONED:
                zoned.add(name)
                cells.append(f"cast({column} as {_ZONED[kind]}) as {column}")
            elif any(zoned_kind in kind for zoned_kind in _ZONED):
                cells.append(f"cast({column} as varchar) as {column}")
            else:
                cells.append(column)
        self._relation.project(", ".join(cells)).create_view("shown")
        return zoned

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _instant(self, name: str, value: Any) -> Any:
        if name in self._zoned and isinstance(value, datetime.datetime):
            return value.replace(tzinfo=datetime.timezone.utc)
        return value

    def _is_moment(self, name: str) -> bool:
        return self.columns[name].startswith("datetime")

    def _column(self, name: str) -> str:
        """The column with NaN as null."""
        quoted = _quoted(name)
        if not self.columns[name].startswith("float"):
            return quoted
        # Not `nullif(..., 'nan')`: it is optimised away, as a file's statistics leave NaN out.
        return f"(case when isnan({quoted}) then null else {quoted} end)"

    def summary(self, name: str, *, numeric: bool, ordered: bool) -> dict[str, Any]:
        column = self._column(name)
        bounds = f"min({column}), max({column})" if ordered else "null, null"
        mean = f"avg({column})" if numeric else "null"
        present = f"select distinct {column} from shown where {column} is not null limit {DISTINCT_CAP}"
        distinct = f"(select count(*) from ({present}))" if ordered else "null"
        query = f"select count(*) - count({column}), {bounds}, {mean}, {distinct} from shown"
        missing, low, high, average, count = self._ask(query)[0]
        low, high = self._instant(name, low), self._instant(name, high)
        return {"missing": missing, "distinct": count, "min": low, "max": high, "mean": average}

    def top(self, name: str) -> list[tuple[Any, int]]:
        column = self._column(name)
        # By position: a name that is given here would mean the column of that name, where there is one.
        rows = self._ask(
            f"select {column}, count(*) from shown where {column} is not null group by 1 order by 2 desc, 1 limit {TOP}"
        )
        return [(value, number) for value, number in rows]

    def bins(self, name: str, low: float, width: float, bars: int) -> list[int]:
        column = self._column(name)
        number = f"{column}::double"
        if self.columns[name].startswith("date"):
            number = f"epoch({column}::timestamp)::double" + ("" if self._is_moment(name) else f" / {_DAY}")
        scaled = f"cast(floor(({number} - {low!r}) / {width!r}) as bigint)"
        place = f"least(greatest({scaled}, 0), {bars - 1})"
        rows = self._ask(f"select {place}, count(*) from shown where {column} is not null group by 1")
        found = dict(rows)
        return [int(found.get(each, 0)) for each in range(bars)]

    def every(self, step: int) -> Iterator[Sequence[Any]]:
        query = "select * from shown"
        if step > 1:
            place = "__place"
            while place in (name.lower() for name in self.columns):
                place += "_"
            numbered = f"select *, row_number() over () as {place} from shown"
            query = f"select * exclude ({place}) from ({numbered}) where ({place} - 1) % {step} = 0"
            query += f" order by {place}"
        result = self._connection.execute(query)
        while True:
            rows = result.fetchmany(_ROWS_AT_A_TIME)
            if not rows:
                return
            if self._zoned:
                rows = [tuple(map(self._instant, self.columns, row)) for row in rows]
            yield from rows


class _PolarsTable(_Table):
    def __init__(self, path: str) -> None:
        self._polars = need("polars")
        self._frame = self._polars.scan_parquet(path, glob=False, hive_partitioning=False)
        self.columns = _words(self._frame.head(0).collect())
        self.rows = int(self._frame.select(self._polars.len()).collect().item())

    def __exit__(self, *_: object) -> None:
        """Nothing to do: polars opens the file anew for each question."""

    def _series(self, name: str) -> Any:
        """One column without missing values; decimals as floats, categories as text."""
        polars = self._polars
        series = self._frame.select(name).collect().to_series()
        if series.dtype.is_float():
            series = series.fill_nan(None)
        if series.dtype.is_decimal():
            series = series.cast(polars.Float64)
        if self.columns[name] == "string":
            series = series.cast(polars.String)
        return series.drop_nulls()

    def summary(self, name: str, *, numeric: bool, ordered: bool) -> dict[str, Any]:
        series = self._series(name)
        found: dict[str, Any] = {"missing": self.rows - len(series), "distinct": None}
        found.update(min=None, max=None, mean=None)
        if ordered:
            found["distinct"] = min(series.n_unique(), DISTINCT_CAP)
            found.update(min=series.min(), max=series.max())
        if numeric:
            found["mean"] = series.mean()
        return found

    def top(self, name: str) -> list[tuple[Any, int]]:
        counted = self._series(name).alias("value").value_counts(name="number")
        return counted.sort(["number", "value"], descending=[True, False]).head(TOP).rows()

    def bins(self, name: str, low: float, width: float, bars: int) -> list[int]:
        polars = self._polars
        series = self._series(name)
        if isinstance(series.dtype, polars.Datetime):
            series = series.dt.epoch("us") / 1e6
        elif series.dtype == polars.Date:
            series = series.dt.epoch("d")
        places = ((series.cast(polars.Float64) - low) / width).floor().cast(polars.Int64)
        found = dict(places.clip(0, bars - 1).alias("place").value_counts(name="number").rows())
        return [int(found.get(each, 0)) for each in range(bars)]

    def every(self, step: int) -> Iterator[Sequence[Any]]:
        size = step * max(1, _ROWS_AT_A_TIME // step)
        for start in range(0, self.rows, size):
            yield from self._frame.slice(start, size).gather_every(step).collect().rows()


class _ArrowTable(_Table):
    def __init__(self, path: str) -> None:
        self._compute = need("pyarrow.compute")
        self._arrow = need("pyarrow")
        self._file = need("pyarrow.parquet").ParquetFile(path)
        self.columns = _words(self._file.schema_arrow.empty_table())
        self.rows = int(self._file.metadata.num_rows)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _column(self, name: str) -> Any:
        column = self._file.read(columns=[name]).column(0)
        kind = column.type
        if self._arrow.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        if self._arrow.types.is_floating(kind):
            column = self._compute.if_else(self._compute.is_nan(column), None, column)
        if self._arrow.types.is_decimal(kind):
            column = column.cast(self._arrow.float64())
        return column.drop_null()

    def summary(self, name: str, *, numeric: bool, ordered: bool) -> dict[str, Any]:
        column = self._column(name)
        found: dict[str, Any] = {"missing": self.rows - len(column), "distinct": None}
        found.update(min=None, max=None, mean=None)
        if ordered:
            kind = column.type
            if self._arrow.types.is_duration(kind):
                column = column.cast(self._arrow.int64())  # which can be compared
            found["distinct"] = min(self._compute.count_distinct(column).as_py(), DISTINCT_CAP)
            bounds = self._compute.min_max(column)
            found.update({name: bounds[name].cast(kind).as_py() for name in ("min", "max")})
        if numeric:
            found["mean"] = self._compute.mean(column).as_py()
        return found

    def top(self, name: str) -> list[tuple[Any, int]]:
        counted = self._compute.value_counts(self._column(name)).to_pylist()
        pairs = [(each["values"], each["counts"]) for each in counted]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:TOP]

    def bins(self, name: str, low: float, width: float, bars: int) -> list[int]:
        compute = self._compute
        column, types = self._column(name), self._arrow.types
        per_unit = 1.0
        if types.is_timestamp(column.type):
            per_unit = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
            column = column.cast(self._arrow.int64())
        elif types.is_date(column.type):
            column = column.cast(self._arrow.date32()).cast(self._arrow.int32())
        numbers = compute.divide(column.cast(self._arrow.float64(), safe=False), per_unit)
        scaled = compute.divide(compute.subtract(numbers, low), width)
        places = compute.floor(scaled).cast(self._arrow.int64())
        places = compute.min_element_wise(compute.max_element_wise(places, 0), bars - 1)
        found = {each["values"]: each["counts"] for each in compute.value_counts(places).to_pylist()}
        return [int(found.get(each, 0)) for each in range(bars)]

    def every(self, step: int) -> Iterator[Sequence[Any]]:
        seen = 0
        for batch in self._file.iter_batches(batch_size=8192):
            first = -seen % step
            picked = batch.take(self._arrow.array(range(first, batch.num_rows, step), self._arrow.int64()))
            seen += batch.num_rows
            yield from (tuple(row.values()) for row in picked.to_pylist())


def to_csv(path: str, out: str) -> None:
    """Write a Parquet file as CSV: UTF-8, a header, missing values empty, lists and structs as JSON.

    Raises:
        CannotRead: the file is no Parquet file.
        MissingLibrary: neither duckdb, polars nor pyarrow is installed.
    """
    with _opened(path) as table, open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        for row in table.every(1):
            writer.writerow([_csv_text(cell) for cell in row])


def _csv_text(value: Any) -> Any:
    """A cell of CSV, whole: instants in ISO 8601, what is nested as JSON."""
    if isinstance(value, (dict, list, tuple)):
        return dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime.date, datetime.time)):
        return _iso(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value
