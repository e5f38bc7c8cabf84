"""Arrow streams read in place: their types, their batches, their errors, their memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from onward.runtime.arrow import ArrowError, Field, Stream, type_words


def test_every_library_offers_its_columns() -> None:
    table = pa.table({"a": [1], "ü": ["x"]})
    for value in (
        table,
        pl.from_arrow(table),
        table.to_pandas(),
        duckdb.sql("select 1::bigint as a, 'x' as ü"),
    ):
        stream = Stream(value)
        assert [(field.name, type_words(field)) for field in stream.columns] == [
            ("a", "int64"),
            ("ü", "string"),
        ]


def test_batches_come_in_order_with_their_lengths() -> None:
    table = pa.concat_tables([pa.table({"a": [1, 2]}), pa.table({"a": [3]})])
    assert [batch.length for batch in Stream(table).batches()] == [2, 1]


def test_a_single_column_is_a_table_of_it() -> None:
    stream = Stream(pl.Series("x", [1, 2]))
    assert [type_words(field) for field in stream.columns] == ["int64"]
    assert [[part.length for part in stream.parts(batch)] for batch in stream.batches()] == [[2]]


def test_an_error_of_the_producer_is_told() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        raise ValueError("the disk is on fire")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), broken())
    batches = Stream(reader).batches()
    assert next(batches).length == 1
    with pytest.raises(ArrowError, match="on fire"):
        next(batches)


def test_what_is_read_is_given_back() -> None:
    before = pa.total_allocated_bytes()
    table = pa.table({"a": list(range(100_000))})
    held = pa.total_allocated_bytes() - before
    stream: Any = Stream(table)
    for _ in stream.batches():
        # The structures themselves take some hundred bytes; the columns are not copied.
        assert pa.total_allocated_bytes() - before < held * 1.01
    del stream, table
    assert pa.total_allocated_bytes() == before


def test_a_stream_that_nobody_reads_to_its_end_is_given_back() -> None:
    before = pa.total_allocated_bytes()
    batches: Any = Stream(pa.table({"a": list(range(100_000))})).batches()
    next(batches)
    batches.close()
    del batches
    assert pa.total_allocated_bytes() == before


def test_an_unknown_type_is_no_guess() -> None:
    with pytest.raises(ArrowError, match=r"\+r"):
        type_words(Field("a", "+r"))
