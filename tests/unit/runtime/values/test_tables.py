"""Tables kept as Parquet and opened again, by every library, and what is refused."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal

from onward.runtime.values import CannotKeep, CannotRead, DoesNotFit, MissingLibrary, read, write
from tests.unit.runtime.values.test_content import NESTED, PLAIN, tables

FRAMES = [
    "polars.DataFrame",
    "polars.LazyFrame",
    "pandas.DataFrame",
    "pyarrow.Table",
    "duckdb.DuckDBPyRelation",
]

few = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def again(value: Any, folder: Path, wanted: str = "") -> Any:
    """A value written and read; the file loses its extension on the way, as in a store."""
    kept = write(value, str(folder), "a table")
    assert kept["kind"] == "table"
    (part,) = kept["files"]
    stored = folder / "ab" / "cdef0123"
    stored.parent.mkdir(exist_ok=True)
    Path(part["path"]).replace(stored)
    return read(str(stored), kind="table", media=kept["media"], wanted=wanted, facts=kept["facts"])


def content(value: Any, folder: Path) -> Any:
    return write(value, str(folder), "t")["content"]


@pytest.fixture
def rich() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "whole": [1, None, 2**62 + 1],
            "part": [1.5, None, -0.25],
            "flag": [True, None, False],
            "text": ["a", None, "ü" * 30],
            "day": [dt.date(2020, 2, 29), None, dt.date(1900, 1, 1)],
            "moment": pl.Series([dt.datetime(2020, 7, 1, 12), None, dt.datetime(2021, 1, 1)]).dt.replace_time_zone(
                "Europe/Berlin"
            ),
            "clock": [dt.time(1, 2, 3), None, dt.time(23)],
            "money": pl.Series([Decimal("1.50"), None, Decimal("-2.25")], dtype=pl.Decimal(12, 2)),
            "class": pl.Series(["x", None, "y"], dtype=pl.Categorical),
            "items": [[1, None], None, []],
            "place": [{"x": 1, "y": "a"}, {"x": None, "y": None}, {"x": 3, "y": "c"}],
        }
    )


@few
@given(table=tables())
def test_a_table_of_arrow_comes_back_as_it_was_with_the_same_content(table: pa.Table, tmp_path: Path) -> None:
    back = again(table, tmp_path)
    assert back.schema.types == pq_types(table)
    assert content(back, tmp_path) == content(table, tmp_path)


def pq_types(table: pa.Table) -> list[pa.DataType]:
    return list(table.schema.types)


@few
@given(table=tables([each for each in PLAIN + NESTED if "float" not in str(each[0]) and "double" not in str(each[0])]))
def test_a_frame_of_polars_comes_back_equal_and_so_does_its_lazy_form(table: pa.Table, tmp_path: Path) -> None:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    assert_frame_equal(again(frame, tmp_path), frame)
    assert_frame_equal(again(frame.lazy(), tmp_path, "polars.LazyFrame").collect(), frame)


def test_polars_to_pandas_and_back_keeps_every_value(rich: pl.DataFrame, tmp_path: Path) -> None:
    through = again(rich, tmp_path, "pandas.DataFrame")
    assert through["whole"].dtype == "Int64"
    assert through["whole"][2] == 2**62 + 1
    assert str(through["moment"].dtype) == "datetime64[us, Europe/Berlin]"
    assert through["money"][0] == Decimal("1.50")
    assert through["class"].dtype == "category"
    back = again(through, tmp_path, "polars.DataFrame")
    same = [name for name in rich.columns if name not in ("class", "clock", "money")]
    assert_frame_equal(back.select(same), rich.select(same))
    assert back["class"].cast(pl.String).to_list() == ["x", None, "y"]
    assert back["clock"].to_list() == rich["clock"].to_list()
    assert back["money"].to_list() == rich["money"].to_list()


def test_pandas_to_pandas_keeps_dtypes_index_and_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None], "Int64"),
            "class": pd.Categorical(["b", "a"], categories=["b", "a", "c"], ordered=True),
            "moment": pd.DatetimeIndex(["2020-01-01", pd.NaT]).tz_localize("America/New_York"),
            "month": pd.period_range("2020-01", periods=2, freq="M"),
            "span": pd.to_timedelta(["1s", None]),
            "text": ["a", None],
        },
        index=pd.Index([10, 20], name="id"),
    )
    pd.testing.assert_frame_equal(again(frame, tmp_path), frame)
    labelled = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
    pd.testing.assert_frame_equal(again(labelled, tmp_path), labelled)
    numbered = pd.DataFrame([[1, 2]], columns=[0, 1])
    pd.testing.assert_frame_equal(again(numbered, tmp_path), numbered, check_column_type=False)


@pytest.mark.parametrize("rows", [3, 300_000])
def test_categories_come_back_with_their_order_and_those_that_are_unused(rows: int, tmp_path: Path) -> None:
    text = pd.Categorical(["b", None, "a"] * (rows // 3), categories=["c", "b", "a"], ordered=True)
    whole = pd.Categorical([2, None, 1] * (rows // 3), ordered=True)
    moments = pd.Categorical(pd.DatetimeIndex(["2021-01-01", "2020-01-01", pd.NaT] * (rows // 3)))
    frame = pd.DataFrame({"text": text, "whole": whole, "moments": moments})
    pd.testing.assert_frame_equal(again(frame, tmp_path), frame)


def test_frames_as_pandas_makes_them_come_back(tmp_path: Path) -> None:
    plain = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]})
    for frame in (
        pd.DataFrame(),
        pd.DataFrame(index=pd.Index([0, 1, 2])),
        plain[plain.a > 1],
        plain.groupby("b").sum(),
        plain.pivot_table(index="b", values="a", aggfunc=["sum", "mean"]),
        plain.set_index(["b", "a"]),
        plain.describe(),
        pd.DataFrame({"l": [[1, None], None], "d": [{"a": 1}, {"a": None}]}),
    ):
        pd.testing.assert_frame_equal(again(frame, tmp_path), frame)
    for series in (pd.Series([1.5], index=["x"]), plain.b.value_counts(), plain.groupby("b").a.sum()):
        pd.testing.assert_series_equal(again(series, tmp_path), series)


def test_an_index_of_pandas_arrives_elsewhere_as_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=[5, 7])
    assert again(frame, tmp_path, "polars.DataFrame").to_dict(as_series=False) == {
        "a": [1, 2],
        "index": [5, 7],
    }
    assert again(frame, tmp_path, "polars.LazyFrame").collect().columns == ["a", "index"]
    assert again(frame, tmp_path, "duckdb.DuckDBPyRelation").fetchall() == [(1, 5), (2, 7)]
    assert again(frame, tmp_path, "list[dict]") == [{"a": 1, "index": 5}, {"a": 2, "index": 7}]
    named = frame.rename_axis("key")
    assert again(named, tmp_path, "polars.DataFrame").columns == ["a", "key"]
    several = frame.set_index(pd.MultiIndex.from_tuples([(1, 2), (3, 4)]))
    assert again(several, tmp_path, "polars.DataFrame").columns == ["a", "level_0", "level_1"]


def test_an_index_counts_unless_it_is_the_default_range(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    plain = content(frame, tmp_path)
    assert plain == content(pl.DataFrame({"a": [1, 2]}), tmp_path)
    assert plain != content(frame.set_index(pd.Index([0, 2])), tmp_path)
    assert plain != content(frame.set_index(pd.RangeIndex(1, 3)), tmp_path)
    assert plain != content(frame.rename_axis("x"), tmp_path)
    assert content(frame.set_index(pd.RangeIndex(0, 4, 2)), tmp_path) != content(
        frame.set_index(pd.RangeIndex(0, 6, 3)), tmp_path
    )


def test_labels_that_are_no_strings_count(tmp_path: Path) -> None:
    numbered = content(pd.DataFrame([[1]], columns=[0]), tmp_path)
    assert numbered != content(pd.DataFrame([[1]], columns=["0"]), tmp_path)


def test_every_library_gives_one_content(tmp_path: Path) -> None:
    rows = [{"n": 1, "x": 0.5, "s": "a", "b": True}, {"n": 2, "x": 1.5, "s": "bc", "b": False}]
    relation = duckdb.sql(
        "select * from (values (1::bigint, 0.5::double, 'a', true), (2, 1.5, 'bc', false)) t(n,x,s,b)"
    )
    found = [
        content(value, tmp_path)
        for value in (
            rows,
            pl.DataFrame(rows),
            pl.LazyFrame(rows),
            pd.DataFrame(rows),
            pa.Table.from_pylist(rows),
            relation,
        )
    ]
    assert all(each == found[0] for each in found)
    assert content(pd.DataFrame(rows).astype({"s": "category"}), tmp_path) == found[0]


def test_a_missing_float_of_pandas_is_null_and_a_nan_of_polars_stays(tmp_path: Path) -> None:
    of_pandas = content(pd.DataFrame({"a": [1.0, math.nan]}), tmp_path)
    assert of_pandas == content(pl.DataFrame({"a": [1.0, None]}), tmp_path)
    assert of_pandas != content(pl.DataFrame({"a": [1.0, math.nan]}), tmp_path)
    assert math.isnan(again(pl.DataFrame({"a": [math.nan]}), tmp_path)["a"][0])


@pytest.mark.parametrize("wanted", FRAMES)
def test_every_frame_can_be_asked_for(wanted: str, rich: pl.DataFrame, tmp_path: Path) -> None:
    found = again(rich, tmp_path, wanted)
    assert type(found).__module__.split(".")[0] == wanted.split(".", maxsplit=1)[0]
    assert type(found).__name__ == wanted.split(".")[1]


@pytest.mark.parametrize("value", [pl.Series("x", [1, 2]), pd.Series([1, 2], name="x")])
def test_a_series_is_a_table_of_its_name_and_comes_back_as_one(value: Any, tmp_path: Path) -> None:
    found = again(value, tmp_path)
    assert type(found) is type(value)
    assert found.name == "x"
    assert list(found) == [1, 2]
    assert again(value, tmp_path, "polars.DataFrame").columns == ["x"]


def test_a_series_is_refused_of_several_columns(tmp_path: Path) -> None:
    with pytest.raises(DoesNotFit, match="2"):
        again(pl.DataFrame({"a": [1], "b": [2]}), tmp_path, "pandas.Series")


def test_narwhals_frames_are_written_and_given(tmp_path: Path) -> None:
    native: Any = pl.DataFrame({"a": [1]})
    frame = nw.from_native(native)
    found = again(frame, tmp_path, "narwhals.DataFrame")
    assert isinstance(found, nw.DataFrame)
    assert isinstance(again(frame, tmp_path, "narwhals.LazyFrame"), nw.LazyFrame)


def test_a_list_of_dicts_has_a_column_for_every_key(tmp_path: Path) -> None:
    rows = [{"a": 1}, {"a": 2.5, "b": "x"}]
    assert again(rows, tmp_path) == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}]


def test_a_sum_of_duckdb_stays_a_whole_number(tmp_path: Path) -> None:
    relation = duckdb.sql("select sum(x) as total from range(10) t(x)")
    kept = write(relation, str(tmp_path), "t")
    assert kept["facts"]["columns"] == [{"name": "total", "type": "int64"}]
    assert pq.read_table(kept["files"][0]["path"])["total"].to_pylist() == [45]


def test_a_relation_is_evaluated_once_so_its_content_is_that_of_its_file(tmp_path: Path) -> None:
    kept = write(duckdb.sql("select random() as r from range(1000)"), str(tmp_path), "t")
    written = pq.read_table(kept["files"][0]["path"])
    assert kept["content"] == content(written, tmp_path)


@pytest.mark.parametrize("value", [pl.DataFrame({"a": range(300_000)}), pd.DataFrame({"a": range(300_000)})])
def test_files_are_written_with_fixed_settings_and_alike_every_time(value: Any, tmp_path: Path) -> None:
    first, second = (write(value, str(tmp_path), stem)["files"][0]["path"] for stem in ("one", "two"))
    assert Path(first).read_bytes() == Path(second).read_bytes()
    metadata = pq.ParquetFile(first).metadata
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert metadata.row_group(0).num_rows == 122_880


def test_dictionaries_time_zones_and_decimals_lie_in_the_file_as_such(rich: pl.DataFrame, tmp_path: Path) -> None:
    schema = pq.read_schema(write(rich, str(tmp_path), "t")["files"][0]["path"])
    assert pa.types.is_dictionary(schema.field("class").type)
    assert schema.field("moment").type == pa.timestamp("us", "Europe/Berlin")
    assert schema.field("money").type == pa.decimal128(12, 2)


REFUSED: list[tuple[str, Any]] = [
    ("`a` mixes int, str", pd.DataFrame({"a": [1, "x"]})),
    ("`a` mixes bytes, str", pd.DataFrame({"a": ["x", b"y"]}, dtype=object)),
    ("`a` mixes bool, int", pd.DataFrame({"a": [True, 1]})),
    ("`a` holds set", pd.DataFrame({"a": [{1}]})),
    ("a", pd.DataFrame({"a": [1 + 2j]})),
    ("`a` is there twice", pd.DataFrame([[1, 2]], columns=["a", "a"])),
    ("`a` is there twice", pa.table([[1], [2]], names=["a", "a"])),
    ("column a", pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])})),
    ("`a` has categories", pd.DataFrame({"a": pd.cut([1, 2, 3], 2)})),
    ("`a` has categories of type int64", pd.DataFrame({"a": pd.Categorical([1], categories=[1, 2])})),
    ("`a` has categories of type int64", pd.DataFrame({"a": pd.Categorical([1, 2], categories=[2, 1])})),
    ("labels", pd.DataFrame([[1, 2]], columns=[0, "a"])),
    ("labels", pd.DataFrame([[1]], columns=[dt.date(2020, 1, 1)])),
    ("`a` holds Python objects", pl.DataFrame({"a": [object()]})),
    ("`a` is Int128", pl.DataFrame({"a": pl.Series([1], dtype=pl.Int128)})),
    ("`a` cannot be kept", pl.DataFrame({"a": [{}]})),
    ("`a` cannot be kept", pa.table({"a": pa.array([{}], pa.struct([]))})),
    ("`a` cannot be kept", pa.table({"b": [1], "a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})),
    ("`a` of the list", [{"a": 1}, {"a": "x"}]),
    ("1 is no string", [{1: 2}]),
]


@pytest.mark.parametrize(("words", "value"), REFUSED)
def test_what_would_not_come_back_is_refused_by_its_column(words: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match=words):
        write(value, str(tmp_path), "t", kind="table")


def test_a_relation_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="`a` is there twice"):
        write(duckdb.sql("select 1 as a, 2 as a"), str(tmp_path), "t")


def test_an_object_column_of_one_family_is_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2.5, None], "b": [Decimal("1.5"), None, 2], "c": [[1], None, [2, 3]]}, dtype=object)
    back = again(frame, tmp_path, "polars.DataFrame")
    assert back.to_dict(as_series=False) == {
        "a": [1.0, 2.5, None],
        "b": [Decimal("1.5"), None, Decimal(2)],
        "c": [[1], None, [2, 3]],
    }


def test_what_is_no_table_cannot_arrive_as_one_and_the_other_way_round(tmp_path: Path) -> None:
    with pytest.raises(DoesNotFit, match="float"):
        again(pl.DataFrame({"a": [1]}), tmp_path, "float")
    metric = write(3.5, str(tmp_path), "m")
    with pytest.raises(DoesNotFit, match="only tables"):
        read(
            metric["files"][0]["path"],
            kind="metric",
            media=metric["media"],
            wanted="polars.DataFrame",
            facts=metric["facts"],
        )


@pytest.mark.parametrize("wanted", FRAMES)
def test_a_broken_file_is_named(wanted: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no parquet at all")
    with pytest.raises(CannotRead, match="broken"):
        read(str(broken), kind="table", media="application/vnd.apache.parquet", wanted=wanted, facts={})


def test_a_file_of_a_library_that_is_gone_arrives_as_another_frame(tmp_path: Path) -> None:
    kept = write(pl.DataFrame({"a": [1]}), str(tmp_path), "t")
    path = kept["files"][0]["path"]
    facts = {**kept["facts"], "library": "a_library_that_is_not_here"}
    assert type(read(path, kind="table", media=kept["media"], wanted="", facts=facts)).__module__.startswith("polars")


def test_reading_needs_no_folder_names_to_be_plain(tmp_path: Path) -> None:
    folder = tmp_path / "a=1" / "b[x]*"
    folder.mkdir(parents=True)
    path = folder / "t?"
    Path(write(pl.DataFrame({"v": [1]}), str(tmp_path), "t")["files"][0]["path"]).replace(path)
    for wanted in FRAMES:
        found = read(str(path), kind="table", media="application/vnd.apache.parquet", wanted=wanted, facts={})
        assert content(found, tmp_path)["rows"] == 1
        assert [column[0] for column in content(found, tmp_path)["columns"]] == ["v"]


def test_a_missing_library_comes_with_the_line_that_installs_it() -> None:
    error = MissingLibrary("sklearn", purpose="open a model")
    assert error.install == "pip install scikit-learn"
    assert error.name == "sklearn"
    assert MissingLibrary("pyarrow.parquet").install == "pip install pyarrow"
    assert MissingLibrary("x", "conda install x").install == "conda install x"
    assert "pip install scikit-learn" in str(error)


def test_an_array_of_frames_dtype_is_kept(tmp_path: Path) -> None:
    array = np.arange(6.0).reshape(2, 3)
    kept = write(array, str(tmp_path), "t")
    assert (kept["kind"], kept["media"]) == ("file", "application/x-npy")
    found = read(kept["files"][0]["path"], kind="file", media=kept["media"], wanted="", facts=kept["facts"])
    assert np.array_equal(found, array)
