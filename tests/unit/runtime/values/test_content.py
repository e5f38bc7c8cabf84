"""The content of a table: one digest for one meaning, whichever library holds the frame and however."""

from __future__ import annotations

import datetime as dt
import math
import struct
import time
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.runtime.arrow import ArrowError
from onward.runtime.values.content import TableContent
from onward.runtime.values.vectors import NumpyVectors, PlainVectors


def meaning(frame: Any, vectors: Any = None) -> dict[str, Any]:
    return TableContent(frame, vectors).meaning


def arrow_of(name: str, cells: list[Any], kind: pa.DataType) -> pa.Table:
    return pa.table({name: pa.array(cells, kind)})


def ints(bits: int, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.integers(low, high)


TEXT = st.one_of(st.text(max_size=6), st.text(min_size=10, max_size=30), st.just("ä" * 200))
DAYS = st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1))
INSTANTS = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))
SPANS = st.timedeltas(dt.timedelta(days=-9000), dt.timedelta(days=9000))
DECIMALS = st.integers(-(10**9), 10**9).map(lambda number: Decimal(number).scaleb(-2))
FLOATS = st.one_of(st.floats(width=32), st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0]))

PLAIN: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    *[(getattr(pa, f"int{bits}")(), ints(bits, True)) for bits in (8, 16, 32, 64)],
    *[(getattr(pa, f"uint{bits}")(), ints(bits, False)) for bits in (8, 16, 32, 64)],
    (pa.float32(), FLOATS),
    (pa.float64(), FLOATS),
    (pa.bool_(), st.booleans()),
    (pa.string(), TEXT),
    (pa.large_string(), TEXT),
    (pa.binary(), st.binary(max_size=30)),
    (pa.date32(), DAYS),
    (pa.timestamp("us"), INSTANTS),
    (pa.timestamp("ns"), INSTANTS),
    (pa.timestamp("us", "Europe/Berlin"), INSTANTS.map(lambda each: each.replace(tzinfo=dt.UTC))),
    (pa.time64("us"), st.times()),
    (pa.duration("us"), SPANS),
    (pa.decimal128(12, 2), DECIMALS),
]
NESTED = [
    *[(pa.list_(kind), st.lists(st.none() | cells, max_size=3)) for kind, cells in PLAIN],
    *[
        (
            pa.struct([("a", kind), ("b", pa.int64())]),
            st.fixed_dictionaries({"a": st.none() | cells, "b": st.none()}),
        )
        for kind, cells in PLAIN
    ],
    (pa.list_(pa.list_(pa.string())), st.lists(st.none() | st.lists(TEXT, max_size=2), max_size=3)),
]


@st.composite
def tables(draw: st.DrawFn, kinds: Any = None) -> pa.Table:
    """A table of one to four columns of any type, up to twenty rows, with nulls anywhere."""
    rows = draw(st.integers(0, 20))
    columns = {}
    for place in range(draw(st.integers(1, 4))):
        kind, cells = draw(st.sampled_from(kinds or PLAIN + NESTED))
        columns[f"c{place}"] = pa.array(draw(st.lists(st.none() | cells, min_size=rows, max_size=rows)), kind)
    return pa.table(columns)


few = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(tables())
def test_polars_gives_the_content_that_pyarrow_gives(table: pa.Table) -> None:
    assert meaning(pl.from_arrow(table)) == meaning(table)


@few
@given(tables())
def test_without_numpy_the_content_is_the_same(table: pa.Table) -> None:
    frame = pl.from_arrow(table)
    assert meaning(table, PlainVectors()) == meaning(table, NumpyVectors(np))
    assert meaning(frame, PlainVectors()) == meaning(frame, NumpyVectors(np))


@few
@given(tables([each for each in PLAIN if str(each[0]) not in ("duration[us]", "timestamp[us, tz=Europe/Berlin]")]))
def test_duckdb_gives_the_content_that_pyarrow_gives(table: pa.Table) -> None:
    with duckdb.connect() as connection:
        assert meaning(connection.from_arrow(table)) == meaning(table)


@few
@given(tables([each for each in PLAIN if str(each[0]) not in ("float", "double")]))
def test_pandas_with_arrow_types_gives_the_content_that_pyarrow_gives(table: pa.Table) -> None:
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    assert meaning(frame) == meaning(table)


@few
@given(tables(), st.data())
def test_slices_and_chunks_do_not_count(table: pa.Table, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, table.num_rows))
    length = data.draw(st.integers(0, table.num_rows - start))
    cut = data.draw(st.integers(0, length))
    part = table.slice(start, length)
    copied = pa.table({name: pa.array(part[name].to_pylist(), part[name].type) for name in table.column_names})
    chunked = pa.concat_tables([part.slice(0, cut), part.slice(cut)])
    for vectors in (PlainVectors(), NumpyVectors(np)):
        assert meaning(part, vectors) == meaning(copied)
        assert meaning(chunked, vectors) == meaning(copied)
    assert meaning(pl.from_arrow(table).slice(start, length)) == meaning(copied)


@few
@given(st.lists(st.none() | TEXT, max_size=30), st.integers(0, 5))
def test_the_layout_of_text_does_not_count(cells: list[str | None], start: int) -> None:
    plain = arrow_of("a", cells, pa.string())
    layouts = [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
    expected = meaning(plain.slice(start))
    for layout in layouts:
        column = plain["a"].cast(layout) if layout != layouts[2] else plain["a"].dictionary_encode()
        for vectors in (PlainVectors(), NumpyVectors(np)):
            assert meaning(pa.table({"a": column}).slice(start), vectors) == expected
    frame = pl.DataFrame({"a": pl.Series(cells, dtype=pl.String)})
    assert meaning(frame.cast(pl.Categorical).slice(start)) == expected
    assert meaning(frame.cast(pl.Enum(sorted({cell for cell in cells if cell is not None}))).slice(start)) == expected


@few
@given(tables(), st.data())
def test_a_changed_cell_is_a_changed_content(table: pa.Table, data: st.DataObject) -> None:
    if table.num_rows == 0:
        return
    name = data.draw(st.sampled_from(table.column_names))
    row = data.draw(st.integers(0, table.num_rows - 1))
    cells = table[name].to_pylist()
    before = cells[row]
    other = None if before is not None else next((cell for cell in cells if cell is not None), None)
    if before is None and other is None:
        return
    cells[row] = other
    place = table.column_names.index(name)
    changed = table.set_column(place, name, pa.array(cells, table[name].type))
    assert meaning(changed) != meaning(table)
    assert meaning(changed)["columns"][:place] == meaning(table)["columns"][:place]


@few
@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.randoms())
def test_the_order_of_rows_counts(cells: list[int], random: Any) -> None:
    other = list(cells)
    random.shuffle(other)
    kind = pa.int64()
    same = meaning(arrow_of("a", cells, kind)) == meaning(arrow_of("a", other, kind))
    assert same == (cells == other)


@few
@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=2, max_size=5))
def test_where_lists_are_cut_counts(cells: list[list[int]]) -> None:
    joined = [[*cells[0], *cells[1]], [], *cells[2:]]
    kind = pa.list_(pa.int64())
    same = meaning(arrow_of("a", cells, kind)) == meaning(arrow_of("a", joined, kind))
    assert same == (cells == joined)


def test_names_and_their_order_count() -> None:
    first = pa.table({"a": [1], "b": [1]})
    assert meaning(first) != meaning(first.select(["b", "a"]))
    assert meaning(first) != meaning(first.rename_columns(["a", "c"]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.int32(), pa.int64()),
        (pa.int64(), pa.uint64()),
        (pa.int64(), pa.float64()),
        (pa.timestamp("us"), pa.timestamp("us", "UTC")),
        (pa.timestamp("us", "UTC"), pa.timestamp("us", "Europe/Berlin")),
        (pa.timestamp("us"), pa.duration("us")),
        (pa.decimal128(10, 0), pa.int64()),
    ],
)
def test_types_count(one: pa.DataType, other: pa.DataType) -> None:
    table = arrow_of("a", [1, 2], pa.int64())
    if pa.types.is_decimal(one):
        left = arrow_of("a", [Decimal(1), Decimal(2)], one)
    else:
        left = table.cast(pa.schema([("a", one)]))
    assert meaning(left) != meaning(table.cast(pa.schema([("a", other)])))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_an_instant_does_not_count(unit: str) -> None:
    cells = [dt.datetime(1969, 12, 31, 23, 59, 58), None, dt.datetime(2020, 1, 1)]
    assert meaning(arrow_of("a", cells, pa.timestamp(unit))) == meaning(arrow_of("a", cells, pa.timestamp("us")))
    spans = [dt.timedelta(seconds=-1), None, dt.timedelta(days=3)]
    assert meaning(arrow_of("a", spans, pa.duration(unit))) == meaning(arrow_of("a", spans, pa.duration("us")))


def test_a_nanosecond_counts() -> None:
    assert meaning(arrow_of("a", [1], pa.timestamp("ns"))) != meaning(arrow_of("a", [2], pa.timestamp("ns")))


def test_the_precision_of_a_decimal_does_not_count_and_its_scale_does() -> None:
    cells = [Decimal("-1.50"), None]
    narrow = meaning(arrow_of("a", cells, pa.decimal128(4, 2)))
    assert narrow == meaning(arrow_of("a", cells, pa.decimal128(38, 2)))
    assert narrow == meaning(arrow_of("a", cells, pa.decimal64(4, 2)))
    assert narrow == meaning(arrow_of("a", cells, pa.decimal32(4, 2)))
    assert narrow != meaning(arrow_of("a", cells, pa.decimal128(38, 3)))


def test_the_bits_of_a_nan_do_not_count_but_null_and_nan_differ() -> None:
    odd = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000123))[0]
    for width in (pa.float16(), pa.float32(), pa.float64()):
        cells = pa.array([math.nan, 1.0], width)
        assert meaning(pa.table({"a": cells})) == meaning(pa.table({"a": pa.array([-math.nan, 1.0], width)}))
    table = arrow_of("a", [math.nan, 1.0], pa.float64())
    for vectors in (PlainVectors(), NumpyVectors(np)):
        assert meaning(pa.table({"a": np.array([odd, 1.0])}), vectors) == meaning(table)
    assert meaning(table) != meaning(arrow_of("a", [None, 1.0], pa.float64()))


def test_signed_zeros_differ() -> None:
    assert meaning(arrow_of("a", [0.0], pa.float64())) != meaning(arrow_of("a", [-0.0], pa.float64()))


def test_what_stands_under_a_null_does_not_count() -> None:
    values = pa.py_buffer(np.array([1, 77, 3], "<i8").tobytes())
    mask = pa.py_buffer(bytes([0b101]))
    hidden = pa.Array.from_buffers(pa.int64(), 3, [mask, values])
    assert meaning(pa.table({"a": hidden})) == meaning(arrow_of("a", [1, None, 3], pa.int64()))
    offsets = pa.py_buffer(np.array([0, 1, 4, 5], "<i4").tobytes())
    text = pa.Array.from_buffers(pa.string(), 3, [mask, offsets, pa.py_buffer(b"axyzb")])
    for vectors in (PlainVectors(), NumpyVectors(np)):
        expected = meaning(arrow_of("a", ["a", None, "b"], pa.string()))
        assert meaning(pa.table({"a": text}), vectors) == expected


def test_nulls_inside_a_dictionary_are_nulls() -> None:
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(["x", None]))
    for vectors in (PlainVectors(), NumpyVectors(np)):
        expected = meaning(arrow_of("a", ["x", None, None, "x"], pa.string()))
        assert meaning(pa.table({"a": coded}), vectors) == expected


def test_list_layouts_and_maps_are_lists() -> None:
    cells = [[1, 2], None, [3, 4]]
    expected = meaning(arrow_of("a", cells, pa.list_(pa.int64())))
    for kind in (pa.large_list(pa.int64()), pa.list_view(pa.int64()), pa.list_(pa.int64(), 2)):
        for vectors in (PlainVectors(), NumpyVectors(np)):
            assert meaning(arrow_of("a", cells, kind), vectors) == expected
            assert meaning(arrow_of("a", [None, *cells], kind).slice(1), vectors) == expected
    pairs = [[("k", 1)], None, []]
    map_table = arrow_of("a", pairs, pa.map_(pa.string(), pa.int64()))
    entries = pa.list_(pa.struct([("key", pa.string()), ("value", pa.int64())]))
    as_list = arrow_of("a", [[{"key": "k", "value": 1}], None, []], entries)
    assert meaning(map_table) == meaning(as_list)


def test_rows_without_columns_and_columns_without_rows_count() -> None:
    assert meaning(pa.table({})) == {"rows": 0, "columns": []}
    empty = arrow_of("a", [], pa.int64())
    assert meaning(empty) == meaning(pl.DataFrame({"a": []}, schema={"a": pl.Int64}))
    assert meaning(empty) != meaning(arrow_of("a", [], pa.int32()))


def test_a_column_of_nulls_alone_is_kept_apart_by_length() -> None:
    assert meaning(pl.DataFrame({"a": [None]})) == meaning(arrow_of("a", [None], pa.null()))
    assert meaning(pl.DataFrame({"a": [None]})) != meaning(pl.DataFrame({"a": [None, None]}))


def test_types_are_told_in_words() -> None:
    table = pa.table(
        {
            "a": pa.array([], pa.decimal128(10, 2)),
            "b": pa.array([], pa.timestamp("ms", "Etc/UTC")),
            "c": pa.array([], pa.list_(pa.struct([("x", pa.int8())]))),
            "d": pa.array([], pa.dictionary(pa.int8(), pa.large_string())),
            "e": pa.array([], pa.map_(pa.string(), pa.date32())),
        }
    )
    words = [column["type"] for column in TableContent(table).columns]
    assert words == [
        "decimal(10,2)",
        "datetime[ms, UTC]",
        "list[struct{x: int8}]",
        "string",
        "map[string, date]",
    ]


def test_a_union_is_refused_by_the_name_of_its_column() -> None:
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(ArrowError, match="column `odd`"):
        TableContent(pa.table({"odd": union}))


def test_a_million_rows_take_well_below_a_second() -> None:
    rows = 1_000_000
    numbers = np.arange(rows)
    text = pa.array([f"name {number % 1000}" for number in range(rows)])
    columns = {f"n{place}": pa.array(numbers + place) for place in range(7)}
    table = pa.table({**columns, "t": text, "u": text, "f": pa.array(numbers / 3)})
    best = min(_seconds(table) for _ in range(3))
    assert best < 1.0


def _seconds(table: pa.Table) -> float:
    start = time.process_time()
    TableContent(table)
    return time.process_time() - start
