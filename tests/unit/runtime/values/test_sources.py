"""Sources of every form, opened as what is asked for, and what is said of broken ones."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from onward.runtime.values import CannotRead, DoesNotFit, MissingLibrary
from onward.runtime.values.sources import read_source
from onward.runtime.values.tables import write_table

FRAMES = [
    "polars.DataFrame",
    "polars.LazyFrame",
    "pandas.DataFrame",
    "pyarrow.Table",
    "duckdb.DuckDBPyRelation",
]
ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]


def source(path: Any, form: str, wanted: str = "", table: str | None = None, prefer: str = "") -> Any:
    return read_source(path, form=form, wanted=wanted, table=table, prefer=prefer)


def rows_of(frame: Any) -> list[dict[str, Any]]:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame.to_dicts()
    if isinstance(frame, pd.DataFrame):
        return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
    if isinstance(frame, pa.Table):
        return frame.to_pylist()
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.fetchall()]


def make(folder: Path, form: str, rows: list[dict[str, Any]], name: str = "data [1]*") -> Path:
    """A file of a form with `rows`; its name has signs that some libraries take for patterns."""
    path = folder / name
    if form in ("csv", "tsv"):
        separator = "," if form == "csv" else "\t"
        path.write_text(
            "\n".join(separator.join(map(str, line)) for line in [rows[0], *(row.values() for row in rows)])
        )
    elif form == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in rows))
    elif form == "parquet":
        pl.DataFrame(rows).write_parquet(path)
    elif form == "excel":
        pd.DataFrame(rows).to_excel(path, index=False, engine="openpyxl")
    elif form == "sqlite":
        with sqlite3.connect(path) as connection:
            connection.execute("create table t (a integer, b text)")
            connection.executemany("insert into t values (:a, :b)", rows)
        connection.close()
    elif form == "duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table t (a bigint, b varchar)")
            connection.executemany("insert into t values (?, ?)", [list(row.values()) for row in rows])
    return path


@pytest.mark.parametrize("wanted", FRAMES)
@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet", "sqlite", "duckdb"])
def test_every_form_of_a_table_arrives_as_every_frame(form: str, wanted: str, tmp_path: Path) -> None:
    found = source(make(tmp_path, form, ROWS), form, wanted)
    assert type(found).__name__ == wanted.split(".")[1]
    assert rows_of(found) == ROWS


@pytest.mark.parametrize("wanted", ["polars.DataFrame", "polars.LazyFrame", "pandas.DataFrame"])
def test_a_workbook_arrives_as_a_frame(wanted: str, tmp_path: Path) -> None:
    path = make(tmp_path, "excel", ROWS, "book.xlsx")
    assert rows_of(source(path, "excel", wanted)) == ROWS
    assert rows_of(source(path, "excel", wanted, table="Sheet1")) == ROWS


@pytest.mark.parametrize("wanted", FRAMES)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "sqlite"])
def test_several_files_are_one_table_in_the_order_given(form: str, wanted: str, tmp_path: Path) -> None:
    second = make(tmp_path, form, ROWS[1:], "b")
    first = make(tmp_path, form, ROWS[:1], "a")
    assert rows_of(source([second, first], form, wanted)) == ROWS[::-1]


@pytest.mark.parametrize("wanted", FRAMES)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_packed_text_is_unpacked(form: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / f"data.{form}.gz"
    path.write_bytes(gzip.compress(make(tmp_path, form, ROWS).read_bytes()))
    assert rows_of(source(path, form, wanted)) == ROWS


@pytest.mark.parametrize(("prefer", "kind"), [("polars", pl.DataFrame), ("pandas", pd.DataFrame)])
def test_the_library_of_the_caller_is_preferred(prefer: str, kind: type, tmp_path: Path) -> None:
    assert isinstance(source(make(tmp_path, "csv", ROWS), "csv", prefer=prefer), kind)


def test_a_list_and_narwhals_can_be_asked_for(tmp_path: Path) -> None:
    path = make(tmp_path, "csv", ROWS)
    assert source(path, "csv", "list[dict]") == ROWS
    assert isinstance(source(path, "csv", "narwhals.LazyFrame"), nw.LazyFrame)
    assert isinstance(source(path, "csv", "pathlib.Path"), Path)
    assert source(path, "csv", "bytes") == path.read_bytes()


def test_a_series_is_a_file_of_one_column(tmp_path: Path) -> None:
    path = make(tmp_path, "csv", [{"a": 1}, {"a": 2}])
    assert list(source(path, "csv", "pandas.Series")) == [1, 2]
    assert list(source(path, "csv", "polars.Series")) == [1, 2]
    with pytest.raises(DoesNotFit, match="2 columns"):
        source(make(tmp_path, "csv", ROWS), "csv", "polars.Series")


def test_types_that_appear_late_in_a_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "late"
    path.write_text("a\n" + "1\n" * 5000 + "1.5\n")
    assert source(path, "csv", "polars.DataFrame")["a"][-1] == 1.5


def test_objects_text_and_bytes_arrive_as_such(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text('{"a": [1]}')
    assert source(path, "json") == {"a": [1]}
    assert source(path, "json", "dict") == {"a": [1]}
    assert source(path, "text") == '{"a": [1]}'
    assert source(path, "binary") == b'{"a": [1]}'
    assert source([path, path], "json") == [{"a": [1]}, {"a": [1]}]
    path.write_text(json.dumps(ROWS))
    assert rows_of(source(path, "json", "polars.DataFrame")) == ROWS
    path.write_text("")
    assert source(path, "text") == ""
    assert source(tmp_path, "folder") == tmp_path


def test_a_database_with_several_tables_asks_which(tmp_path: Path) -> None:
    for form in ("sqlite", "duckdb"):
        path = make(tmp_path, form, ROWS, form)
        connect: Any = sqlite3.connect if form == "sqlite" else duckdb.connect
        connection = connect(str(path))
        connection.execute('create table "other ""one""" (c integer)')
        connection.commit()
        connection.close()
        with pytest.raises(CannotRead, match="say which"):
            source(path, form, "polars.DataFrame")
        assert rows_of(source(path, form, "polars.DataFrame", table="t")) == ROWS
        assert source(path, form, "polars.DataFrame", table='other "one"').columns == ["c"]
        with pytest.raises(CannotRead, match="`nope`"):
            source(path, form, "polars.DataFrame", table="nope")


@pytest.mark.parametrize("wanted", ["polars.DataFrame", "pandas.DataFrame", "pyarrow.Table"])
@pytest.mark.parametrize("form", ["parquet", "jsonl", "sqlite", "duckdb", "excel"])
def test_a_broken_file_is_named(form: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(b"\x00\x01 neither this nor that {")
    wanted = "pandas.DataFrame" if form == "excel" else wanted
    with pytest.raises(CannotRead, match="broken"):
        source(path, form, wanted)


@pytest.mark.parametrize("form", ["csv", "parquet", "json", "jsonl", "excel", "sqlite"])
def test_an_empty_file_is_named(form: str, tmp_path: Path) -> None:
    path = tmp_path / "void"
    path.touch()
    with pytest.raises(CannotRead, match="void: is empty"):
        source(path, form)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="no such file"):
        source(tmp_path / "nowhere", "csv")
    with pytest.raises(CannotRead, match="no files"):
        source([], "csv")
    path = tmp_path / "f"
    path.write_text("{")
    with pytest.raises(CannotRead, match="no JSON"):
        source(path, "json")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CannotRead, match="UTF-8"):
        source(path, "text")
    (tmp_path / "f.csv.gz").write_bytes(b"not packed")
    with pytest.raises(CannotRead, match="unpacked"):
        source(tmp_path / "f.csv.gz", "csv", "pandas.DataFrame")


def test_what_a_form_cannot_be_is_said(tmp_path: Path) -> None:
    path = make(tmp_path, "csv", ROWS)
    for form, wanted in [
        ("csv", "float"),
        ("text", "polars.DataFrame"),
        ("nonsense", ""),
        ("binary", "float"),
    ]:
        with pytest.raises(DoesNotFit):
            source(path, form, wanted)


def test_a_missing_engine_comes_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, "excel", ROWS, "book.xlsx")
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingLibrary, match="pip install openpyxl"):
        source(path, "excel", "pandas.DataFrame")


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, None]}, schema={"a": pl.Int16})
    write_table(frame, str(tmp_path / "t"))
    assert source(tmp_path / "t", "parquet", "polars.DataFrame").schema == frame.schema
    assert str(source(tmp_path / "t", "parquet", "pandas.DataFrame")["a"].dtype) == "Int16"
