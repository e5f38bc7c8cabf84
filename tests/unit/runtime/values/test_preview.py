"""What a page shows of a table, by whichever library is there."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onward.runtime.values import CannotRead, preview

LIBRARIES = ["duckdb", "polars", "pyarrow"]


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(preview, "first_installed", lambda names, purpose: request.param)
    return str(request.param)


def shown(frame: pl.DataFrame, folder: Path, **options: Any) -> dict[str, Any]:
    path = folder / "table"
    frame.write_parquet(path)
    found = preview.table_preview(str(path), **options)
    json.dumps(found, allow_nan=False)
    return found


def columns(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in found["columns"]}


def test_numbers_are_described_without_what_is_missing(library: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"i": [1, 2, 2, None], "f": [1.5, math.nan, 2.5, None], 'q"': [Decimal("1.5")] * 4})
    found = columns(shown(frame, tmp_path))
    assert found["i"]["histogram"] == [[1.0, 2.0, 1], [2.0, 3.0, 2]]
    assert {name: found["i"][name] for name in ("missing", "distinct", "min", "max")} == {
        "missing": 1,
        "distinct": 2,
        "min": 1,
        "max": 2,
    }
    assert found["i"]["mean"] == pytest.approx(5 / 3)
    assert (found["f"]["missing"], found["f"]["min"], found["f"]["max"], found["f"]["mean"]) == (
        2,
        1.5,
        2.5,
        2.0,
    )
    assert found['q"']["histogram"] == [[1.5, 1.5, 4]]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_every_value_stands_in_one_bar(library: str, cells: list[float | None], tmp_path: Path) -> None:
    found = columns(shown(pl.DataFrame({"a": cells}, schema={"a": pl.Float64}), tmp_path))["a"]
    present = [cell for cell in cells if cell is not None]
    assert found["missing"] == len(cells) - len(present)
    if found["histogram"]:
        assert sum(count for _, _, count in found["histogram"]) == len(present)
        assert found["histogram"][0][0] == min(present)


def test_texts_categories_and_truths_have_their_most_frequent_values(library: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "s": ["b", "a", "b", None],
            "c": pl.Series(["x", "y", "x", "x"], dtype=pl.Categorical),
            "b": [True, False, None, True],
        }
    )
    found = columns(shown(frame, tmp_path))
    assert found["s"]["top"] == [["b", 2], ["a", 1]]
    assert found["c"]["top"] == [["x", 3], ["y", 1]]
    assert found["b"]["top"] == [[True, 2], [False, 1]]
    assert found["c"]["type"] == "string"


def test_dates_have_bounds_and_nested_values_none(library: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"d": [dt.date(2020, 1, 2), dt.date(2019, 1, 1)], "l": [[1], None], "n": [None, None]})
    found = columns(shown(frame, tmp_path))
    assert (found["d"]["min"], found["d"]["max"]) == ("2019-01-01", "2020-01-02")
    assert (found["l"]["distinct"], found["l"]["missing"]) == (None, 1)
    assert found["n"]["missing"] == 2


def test_instants_are_shown_in_utc(library: str, tmp_path: Path) -> None:
    moment = pl.Series([dt.datetime(2020, 7, 1, 12), None]).dt.replace_time_zone("Europe/Berlin")
    found = shown(pl.DataFrame({"t": moment, "l": [[moment[0]], None]}), tmp_path)
    assert columns(found)["t"]["min"] == "2020-07-01T10:00:00+00:00"
    assert found["head"][0][0] == "2020-07-01T10:00:00+00:00"
    assert found["head"][1] == [None, None]


def test_rows_of_a_long_table_stand_for_all_of_it(library: str, tmp_path: Path) -> None:
    found = shown(pl.DataFrame({"a": range(50_000)}), tmp_path, limit_rows=100)
    assert found["rows"] == 50_000
    assert [row[0] for row in found["head"]] == list(range(0, 50_000, 500))
    assert [row[0] for row in shown(pl.DataFrame({"a": range(7)}), tmp_path, limit_rows=7)["head"]] == list(range(7))


def test_a_table_without_rows_is_shown(library: str, tmp_path: Path) -> None:
    found = shown(pl.DataFrame({"a": []}, schema={"a": pl.Int64}), tmp_path)
    assert (found["rows"], found["head"], found["columns"][0]["min"]) == (0, [], None)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_instants_have_a_histogram(library: str, unit: Any, zone: str | None, tmp_path: Path) -> None:
    first = dt.datetime(2024, 1, 1, tzinfo=dt.UTC if zone else None)
    cells = [first, first + dt.timedelta(hours=1), first + dt.timedelta(hours=20), None]
    frame = pl.DataFrame({"a": pl.Series(cells).cast(pl.Datetime(unit, zone))})
    bars = columns(shown(frame, tmp_path))["a"]["histogram"]
    assert [count for _, _, count in bars] == [1, 1, *[0] * 17, 1]
    assert (bars[0][0][:19], bars[-1][0][:19], bars[-1][1][:19]) == (
        "2024-01-01T00:00:00",
        "2024-01-01T19:00:00",
        "2024-01-01T20:00:00",
    )


def test_days_have_a_bar_each_or_bars_of_equal_length(library: str, tmp_path: Path) -> None:
    first = dt.date(1969, 12, 30)
    few = pl.DataFrame({"a": [first, first + dt.timedelta(days=2), first + dt.timedelta(days=2)]})
    assert [count for _, _, count in columns(shown(few, tmp_path))["a"]["histogram"]] == [1, 0, 2]
    many = pl.DataFrame({"a": [first + dt.timedelta(days=day) for day in range(41)]})
    assert [count for _, _, count in columns(shown(many, tmp_path))["a"]["histogram"]] == [2] * 19 + [3]
    one = pl.DataFrame({"a": [first, first, None]})
    assert [count for _, _, count in columns(shown(one, tmp_path))["a"]["histogram"]] == [2]


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_durations_are_shown_as_such(library: str, unit: Any, tmp_path: Path) -> None:
    cells = [dt.timedelta(seconds=90), dt.timedelta(days=2), None]
    frame = pl.DataFrame({"a": pl.Series(cells).cast(pl.Duration(unit)), "b": [90_000_000, 1, 2]})
    types = {"a": f"duration[{unit}]", "b": "int64"}
    found = shown(frame, tmp_path, types=types)
    described = columns(found)["a"]
    assert [described[name] for name in ("type", "missing", "distinct", "min", "max", "mean", "histogram")] == [
        f"duration[{unit}]", 1, 2, "0:01:30", "2 days, 0:00:00", None, None,
    ]  # fmt: skip
    assert found["head"] == [["0:01:30", 90_000_000], ["2 days, 0:00:00", 1], [None, 2]]
    assert columns(found)["b"]["max"] == 90_000_000


def test_columns_may_be_called_what_a_query_calls_its_own(library: str, tmp_path: Path) -> None:
    names = ("group", "value", "number", "place", "__place", "shown")
    frame = pl.DataFrame({name: ["b", "a", "b"] for name in names} | {f"{name} 2": [1, 2, 9] for name in names})
    found = shown(frame, tmp_path, limit_rows=2)
    assert [column["top"] for column in found["columns"][: len(names)]] == [[["b", 2], ["a", 1]]] * len(names)
    assert [row[-1] for row in found["head"]] == [1, 9]
    of_numbers = shown(pl.DataFrame({"place": [1, 2, 2], "value": [1.0, 1.0, 2.0]}), tmp_path)
    assert columns(of_numbers)["place"]["histogram"] == [[1.0, 2.0, 1], [2.0, 3.0, 2]]


def test_a_table_without_columns_is_shown(library: str, tmp_path: Path) -> None:
    assert shown(pl.DataFrame(), tmp_path) == {"rows": 0, "every": 1, "columns": [], "head": []}
    preview.to_csv(str(tmp_path / "table"), str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text().strip() == ""


def test_csv_holds_every_row_and_what_is_nested_as_json(library: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1, None], "s": ["x,y", "ü\n"], "l": [[1, 2], None], "t": [dt.datetime(2020, 1, 1)] * 2})
    frame.write_parquet(tmp_path / "t")
    preview.to_csv(str(tmp_path / "t"), str(tmp_path / "t.csv"))
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["a", "s", "l", "t"],
            ["1", "x,y", "[1, 2]", "2020-01-01T00:00:00"],
            ["", "ü\n", "", "2020-01-01T00:00:00"],
        ]


def test_a_broken_file_is_named(library: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"no parquet")
    with pytest.raises(CannotRead, match="broken"):
        preview.table_preview(str(tmp_path / "broken"))


def test_a_cell_is_cut_and_bytes_are_text() -> None:
    assert len(preview.plain_value("x" * 10_000)) < 1000
    assert preview.plain_value(b"\x00") == "AA=="
    assert preview.plain_value({"a": (math.nan, Decimal("1.5"))}) == {"a": [None, 1.5]}
