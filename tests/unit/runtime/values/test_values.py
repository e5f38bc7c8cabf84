"""Values of every kind into files and back, and what decides the kind."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import altair as alt
import matplotlib as mpl
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from onward.runtime.values import CannotKeep, DoesNotFit, check_result, read, write
from onward.runtime.values.annotations import Wanted, read_annotation

mpl.use("agg")

few = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def opened(kept: dict[str, Any], wanted: str = "") -> Any:
    files = {part["name"]: part["path"] for part in kept["files"]} if kept["tree"] else None
    path = kept["files"][0]["path"]
    return read(path, kind=kept["kind"], media=kept["media"], wanted=wanted, facts=kept["facts"], files=files)


def again(value: Any, folder: Path, wanted: str = "", **options: Any) -> Any:
    return opened(write(value, str(folder), "a value", **options), wanted)


def drawing() -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([1, 3, 2])
    return figure


KINDS: list[tuple[Any, str]] = [
    (pl.DataFrame({"a": [1]}), "table"),
    (pl.LazyFrame({"a": [1]}), "table"),
    (pd.DataFrame({"a": [1]}), "table"),
    (pa.table({"a": [1]}), "table"),
    (pd.Series([1]), "table"),
    ([{"a": 1}], "table"),
    (1, "metric"),
    (True, "metric"),
    (0.5, "metric"),
    (np.float32(0.5), "metric"),
    (np.bool_(True), "metric"),
    (np.array(3), "metric"),
    (Decimal("1.10"), "metric"),
    (Fraction(1, 4), "metric"),
    ("# Title", "document"),
    ({"a": [1, {"b": None}]}, "file"),
    ([1, 2], "file"),
    ([], "file"),
    (b"bytes", "file"),
    (np.eye(2), "file"),
    (drawing(), "figure"),
    (go.Figure(), "figure"),
    ({1: "a"}, "model"),
    ({"a": (1, 2)}, "model"),
    ((1, 2), "model"),
    ({1, 2}, "model"),
]


@pytest.mark.parametrize(("value", "kind"), KINDS)
def test_the_value_decides_the_kind_and_what_is_said_of_it_is_json(value: Any, kind: str, tmp_path: Path) -> None:
    kept = write(value, str(tmp_path), "x")
    assert kept["kind"] == kind
    assert kept["tree"] == (kind == "figure")
    assert len(kept["files"]) == 1 or kept["tree"]
    assert all(Path(part["path"]).is_file() for part in kept["files"])
    json.dumps(kept, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "annotation", "kind"),
    [
        ([], "list[dict[str, typing.Any]]", "table"),
        (pl.LazyFrame({"a": [1]}), "polars.DataFrame | None", "table"),
        (1, "float", "metric"),
        ("x", "str", "document"),
        ({"a": 1}, "dict[str, int]", "file"),
        ({"a": object}, "dict", "model"),
        (b"x", "bytes", "file"),
        (3, "my.own.Class", "metric"),
    ],
)
def test_the_annotation_comes_first(value: Any, annotation: str, kind: str, tmp_path: Path) -> None:
    assert write(value, str(tmp_path), "x", annotation=annotation)["kind"] == kind


@pytest.mark.parametrize(
    ("value", "annotation"),
    [(1, "polars.DataFrame"), (pl.DataFrame({"a": [1]}), "float"), ("x", "float"), (1, "str"), (1, "bytes")],
)
def test_a_value_that_does_not_fit_its_annotation_is_refused(value: Any, annotation: str, tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="annotation"):
        write(value, str(tmp_path), "x", annotation=annotation)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "table"), ("x", "metric"), (1, "figure"), (1, "document"), (object(), "file"), (1, "nonsense")],
)
def test_an_impossible_kind_is_refused(value: Any, kind: str, tmp_path: Path) -> None:
    with pytest.raises(CannotKeep):
        write(value, str(tmp_path), "x", kind=kind)


def test_a_kind_that_was_asked_for_wins(tmp_path: Path) -> None:
    assert write("text", str(tmp_path), "x", kind="file")["media"] == "text/plain"
    assert write({"a": 1}, str(tmp_path), "x", kind="model")["kind"] == "model"
    assert write({"a": [1, 2], "b": [3, 4]}, str(tmp_path), "x", kind="table")["facts"]["rows"] == 2
    assert write([{"a": 1}, {"a": "x"}], str(tmp_path), "x", kind="file")["media"] == "application/json"


def test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="returned nothing"):
        write(None, str(tmp_path), "x")


def test_a_unit_belongs_to_a_metric(tmp_path: Path) -> None:
    assert write(1.5, str(tmp_path), "x", unit="min")["facts"]["unit"] == "min"
    with pytest.raises(CannotKeep, match="unit"):
        write("text", str(tmp_path), "x", unit="min")


@few
@given(number=st.one_of(st.integers(-(2**80), 2**80), st.floats(), st.booleans(), st.decimals(allow_nan=False)))
def test_numbers_come_back_exactly(number: Any, tmp_path: Path) -> None:
    found = again(number, tmp_path)
    assert type(found) is type(number) or (isinstance(number, Decimal) and not number.is_finite())
    if isinstance(number, float) and math.isnan(number):
        assert math.isnan(found)
    else:
        assert found == number


def test_numbers_that_json_lacks_are_told_as_text(tmp_path: Path) -> None:
    assert write(math.nan, str(tmp_path), "x")["facts"] == {
        "value": None,
        "type": "float",
        "unit": None,
        "text": "nan",
    }
    assert write(-math.inf, str(tmp_path), "x")["facts"]["text"] == "-inf"
    assert write(Decimal("1.10"), str(tmp_path), "x")["facts"]["text"] == "1.10"


def test_a_metric_arrives_as_asked(tmp_path: Path) -> None:
    assert again(3, tmp_path, "float") == 3.0
    assert isinstance(again(3, tmp_path, "float"), float)
    assert again(3.0, tmp_path, "int") == 3
    assert again(3.5, tmp_path, "str") == "3.5"
    assert again(0.5, tmp_path, "decimal.Decimal") == Decimal("0.5")
    with pytest.raises(DoesNotFit, match=r"3\.5"):
        again(3.5, tmp_path, "int")


def test_value_unit_and_type_of_a_metric_are_its_content(tmp_path: Path) -> None:
    contents = [
        write(value, str(tmp_path), "x", unit=unit)["content"]
        for value, unit in [(1, None), (1.0, None), (True, None), (1, "min"), (2, None)]
    ]
    assert len({json.dumps(content) for content in contents}) == len(contents)
    assert write(np.int64(1), str(tmp_path), "y")["content"] == contents[0]


@few
@given(text=st.text())
def test_text_comes_back_sign_by_sign(text: str, tmp_path: Path) -> None:
    assert again(text, tmp_path) == text


def test_text_that_begins_as_a_page_is_html(tmp_path: Path) -> None:
    assert write("\n<!DOCTYPE html><p>", str(tmp_path), "x")["media"] == "text/html"
    assert write("<p>no page</p>", str(tmp_path), "x")["media"] == "text/markdown"


def test_an_object_that_shows_itself_is_a_document_where_that_is_asked(tmp_path: Path) -> None:
    styler = pd.DataFrame({"a": [1]}).style
    first, second = (
        write(styler, str(tmp_path), "x"),
        write(pd.DataFrame({"a": [1]}).style, str(tmp_path), "y"),
    )
    assert (first["kind"], first["media"]) == ("document", "text/html")
    assert first["content"] == second["content"]

    class Shown:
        def _repr_html_(self) -> str:
            return "<b>shown</b>"

    assert again(Shown(), tmp_path, kind="document") == "<b>shown</b>"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@few
@given(value=st.dictionaries(st.text(), JSON, max_size=4))
def test_dicts_come_back_from_json_as_they_were(value: dict[str, Any], tmp_path: Path) -> None:
    kept = write(value, str(tmp_path), "x")
    assert kept["media"] == "application/json"
    assert opened(kept) == value
    assert list(opened(kept)) == list(value)


def test_what_json_would_change_is_kept_as_it_is(tmp_path: Path) -> None:
    for value in ({1: "a"}, {"a": (1, 2)}, (1, "b")):
        assert again(value, tmp_path) == value


def test_files_and_bytes_come_back(tmp_path: Path) -> None:
    assert again(b"\0\1", tmp_path) == b"\0\1"
    source = tmp_path / "ä file.bin"
    source.write_bytes(b"abc")
    kept = write(source, str(tmp_path), "copy")
    source.write_bytes(b"changed")
    assert opened(kept, "bytes") == b"abc"
    assert isinstance(opened(kept), Path)


def test_a_folder_is_a_tree_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "in ner").mkdir(parents=True)
    (folder / "b.txt").write_text("b")
    (folder / "in ner" / "a.csv").write_text("x\n1\n")
    kept = write(folder, str(tmp_path), "tree")
    assert kept["tree"]
    assert [part["name"] for part in kept["files"]] == ["b.txt", "in ner/a.csv"]
    laid_out = opened(kept, "pathlib.Path")
    assert (laid_out / "in ner" / "a.csv").read_text() == "x\n1\n"
    (tmp_path / "void").mkdir()
    with pytest.raises(CannotKeep, match="empty"):
        write(tmp_path / "void", str(tmp_path), "void")


def test_a_file_of_a_table_is_one_where_that_is_asked(tmp_path: Path) -> None:
    text = tmp_path / "t.csv"
    text.write_text("a,b\n1,x\n2,y\n")
    assert write(text, str(tmp_path), "x")["kind"] == "file"
    kept = write(text, str(tmp_path), "x", kind="table")
    assert (kept["kind"], kept["media"], kept["content"], kept["facts"]["rows"]) == (
        "table",
        "text/csv",
        None,
        2,
    )
    assert opened(kept, "polars.DataFrame").to_dicts() == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    frame = pl.DataFrame({"a": [1]})
    frame.write_parquet(tmp_path / "t.parquet")
    kept = write(tmp_path / "t.parquet", str(tmp_path), "y", kind="table")
    assert kept["content"] == write(frame, str(tmp_path), "z")["content"]
    (tmp_path / "t.png").write_bytes(b"x")
    with pytest.raises(CannotKeep, match="no table"):
        write(tmp_path / "t.png", str(tmp_path), "x", kind="table")
    with pytest.raises(CannotKeep, match="no such file"):
        write(tmp_path / "nowhere", str(tmp_path), "x")


@few
@given(stems=st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=2, unique=True))
def test_names_of_any_signs_give_files_of_their_own(stems: list[str], tmp_path: Path) -> None:
    paths = [write(1, str(tmp_path), stem)["files"][0]["path"] for stem in stems]
    assert paths[0] != paths[1]
    for path in paths:
        assert Path(path).parent == tmp_path
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", Path(path).name)


def test_a_figure_of_matplotlib_is_its_pixels(tmp_path: Path) -> None:
    first, second = write(drawing(), str(tmp_path), "one"), write(drawing(), str(tmp_path), "two")
    assert [part["name"] for part in first["files"]] == ["figure.svg", "figure.png"]
    assert first["content"] == second["content"]
    for mine, other in zip(first["files"], second["files"], strict=True):
        assert Path(mine["path"]).read_bytes() == Path(other["path"]).read_bytes()
    changed = drawing()
    changed.axes[0].set_title("else")
    assert write(changed, str(tmp_path), "three")["content"] != first["content"]
    assert b"<svg" in opened(first, "bytes")
    assert (opened(first) / "figure.png").is_file()
    with pytest.raises(DoesNotFit):
        opened(first, "matplotlib.figure.Figure")


def test_axes_stand_for_their_figure_and_the_canvas_of_the_user_stays(tmp_path: Path) -> None:
    figure = drawing()
    canvas = figure.canvas
    kept = write(figure.axes[0], str(tmp_path), "x")
    assert kept["content"] == write(figure, str(tmp_path), "y")["content"]
    assert figure.canvas is canvas


def test_a_figure_of_plotly_is_its_specification(tmp_path: Path) -> None:
    figure = go.Figure(go.Bar(x=["a"], y=[1]))
    kept = write(figure, str(tmp_path), "x")
    assert [part["name"] for part in kept["files"]] == ["figure.json"]
    assert opened(kept) == figure
    assert opened(kept, "plotly.graph_objects.Figure") == figure
    assert write(go.Figure(go.Bar(x=["a"], y=[2])), str(tmp_path), "y")["content"] != kept["content"]


def test_a_chart_of_altair_is_its_specification_and_a_picture(tmp_path: Path) -> None:
    data: Any = pd.DataFrame({"a": [1]})
    chart = alt.Chart(data).mark_bar().encode(x="a:Q")
    kept = write(chart, str(tmp_path), "x")
    assert [part["name"] for part in kept["files"]] == ["figure.svg", "figure.vl.json"]
    assert opened(kept).to_dict() == chart.to_dict()
    assert opened(kept, "str").startswith("<svg")
    with pytest.raises(DoesNotFit):
        opened(kept, "plotly.graph_objects.Figure")


def test_a_model_comes_back_and_its_names_are_known_unopened(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LinearRegression()).fit(np.eye(3), [1, 2, 3])
    kept = write(model, str(tmp_path), "x")
    assert kept["facts"]["class"] == "sklearn.pipeline.Pipeline"
    assert {
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.linear_model._base.LinearRegression",
    } <= set(kept["facts"]["globals"])
    assert kept["content"] is None
    assert np.allclose(opened(kept).predict(np.eye(3)), [1, 2, 3])


def test_what_cannot_be_pickled_is_refused_by_its_class(tmp_path: Path) -> None:
    with pytest.raises(CannotKeep, match="generator"):
        write((number for number in range(3)), str(tmp_path), "x")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("polars.DataFrame", Wanted("polars.DataFrame")),
        ("pyarrow.lib.Table", Wanted("pyarrow.Table")),
        ("typing.Optional[pandas.DataFrame]", Wanted("pandas.DataFrame")),
        ("pandas.DataFrame | None", Wanted("pandas.DataFrame")),
        ("typing.Annotated[polars.LazyFrame, 'x | y']", Wanted("polars.LazyFrame")),
        ("'polars.Series'", Wanted("polars.Series")),
        ("list[dict[str, typing.Any]]", Wanted("list", "dict")),
        ("typing.Union[None, Path]", Wanted("pathlib.Path")),
        ("polars.DataFrame | pandas.DataFrame", Wanted("")),
        ("typing.Any", Wanted("")),
        ("", Wanted("")),
    ],
)
def test_annotations_are_read_from_their_text(text: str, wanted: Wanted) -> None:
    assert read_annotation(text) == wanted


PASSED: list[Any] = [None, True, np.bool_(True), pl.DataFrame({"a": []}), pd.Series([True, True]), [], [True]]
BROKEN: list[tuple[Any, int | None]] = [
    (False, None),
    (np.bool_(False), None),
    (pl.DataFrame({"a": [1]}), 1),
    (pl.LazyFrame({"a": [1, 2]}), 2),
    (pd.DataFrame({"a": [1]}), 1),
    (pa.table({"a": [1]}), 1),
    (pl.Series([True, None, False]), 2),
    (pd.Series([True, None], dtype="boolean"), 1),
    (np.array([True, False]), 1),
    ([{"a": 1}], 1),
    ([True, False], 1),
    (["x", "y"], 2),
]


@pytest.mark.parametrize("value", PASSED)
def test_a_check_passes(value: Any) -> None:
    found = check_result(value)
    assert (found["outcome"], found["message"], found["frame"]) == ("passed", None, None)


@pytest.mark.parametrize(("value", "rows"), BROKEN)
def test_a_check_is_broken_and_what_offends_can_be_kept(value: Any, rows: int | None, tmp_path: Path) -> None:
    found = check_result(value)
    assert found["outcome"] == "broken"
    assert found["message"]
    assert found["rows"] == rows
    if found["frame"] is not None:
        assert write(found["frame"], str(tmp_path), "rows", kind="table")["facts"]["rows"] == rows


@pytest.mark.parametrize("value", ["text", 3, {"a": 1}, pl.col("a"), pl.Series([1, 2])])
def test_anything_else_is_no_answer_of_a_check(value: Any) -> None:
    with pytest.raises(CannotKeep, match="a check returns"):
        check_result(value)
