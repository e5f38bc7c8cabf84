"""What the difference between two figures says."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import altair
import numpy
import pandas
import plotly.graph_objects
import pytest
from matplotlib.figure import Figure
from PIL import Image

from onward.base.errors import MissingLibraryError
from onward.diffs.figure import FigureDiff
from onward.model.difference import Difference, DiffOptions
from tests.unit.diffs.files import blob, difference, tree, written


def compared(folder: Path, before: Any, after: Any) -> Difference:
    return difference(FigureDiff(), written(folder, before), written(folder, after))


def chart(*values: float, title: str = "Delay", mark: str = "line", **encoding: Any) -> altair.Chart:
    data: Any = pandas.DataFrame({"month": range(len(values)), "delay": values})
    shown = altair.Chart(data)
    return (
        (shown.mark_bar() if mark == "bar" else shown.mark_line())
        .encode(**{"x": "month", "y": "delay", **encoding})
        .properties(title=title)
    )


def plot(
    *values: float, title: str = "Delay", mark: str = "Scatter", axis: str = "month"
) -> plotly.graph_objects.Figure:
    trace = getattr(plotly.graph_objects, mark)(x=numpy.arange(len(values)), y=numpy.array(values))
    return plotly.graph_objects.Figure(trace, {"title": {"text": title}, "xaxis": {"title": {"text": axis}}})


def drawn(*values: float, title: str = "Delay") -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.add_subplot()
    axes.plot(values)
    axes.set_title(title)
    return figure


# By specification


@pytest.mark.parametrize(
    ("before", "after", "words", "part"),
    [
        (chart(1, 2), chart(1, 2, mark="bar"), "mark line → bar", "mark"),
        (chart(1, 2), chart(1, 2, title="Lag"), "title Delay → Lag", "title"),
        (
            chart(1, 2, x=altair.X("month", title="A")),
            chart(1, 2, x=altair.X("month", title="B")),
            "title of x A → B",
            "axis",
        ),
        (chart(1, 2), chart(1, 2, y="month"), "`encoding.y.field` delay → month", "encoding"),
        (plot(1, 2), plot(1, 2, title="Lag"), "title Delay → Lag", "title"),
        (plot(1, 2), plot(1, 2, mark="Bar"), "mark scatter → bar", "mark"),
        (plot(1, 2), plot(1, 2, axis="week"), "title of x month → week", "axis"),
    ],
)
def test_what_of_the_looks_changed_is_named(tmp_path: Path, before: Any, after: Any, words: str, part: str) -> None:
    found = compared(tmp_path, before, after)
    assert found.summary == words
    assert found.detail["looks"]["sample"][0]["part"] == part
    assert found.detail["points"]["changed"] == 0


@pytest.mark.parametrize("make", [chart, plot])
def test_points_are_counted_apart_from_the_looks(tmp_path: Path, make: Any) -> None:
    found = compared(tmp_path, make(1, 2, 3), make(1, 5, 3))
    assert found.summary == "1 point changed"
    assert found.detail["looks"]["changed"] == 0
    assert compared(tmp_path, make(1, 2, 3), make(1, 2, 3, 4)).summary == "1 point came in"
    assert compared(tmp_path, make(1, 2), make(1, 7, title="Lag")).summary == "title Delay → Lag; 1 point changed"


@pytest.mark.parametrize("make", [chart, plot])
def test_rounding_of_points_means_nothing_unless_most_move_to_one_side(tmp_path: Path, make: Any) -> None:
    values = [float(at) for at in range(1, 41)]
    jitter = [value * (1 + (0, 1e-13, -1e-13, 0)[at % 4]) for at, value in enumerate(values)]
    assert jitter != values
    found = compared(tmp_path, make(*values), make(*jitter))
    assert found.means_nothing, found.summary
    assert not compared(tmp_path, make(*values), make(*(value * (1 + 1e-13) for value in values))).means_nothing


def test_another_version_of_the_library_and_another_layout_of_the_file_mean_nothing(tmp_path: Path) -> None:
    specification = json.loads(chart(1, 2).to_json())
    other = {**specification, "$schema": "https://vega.github.io/schema/vega-lite/v9.json"}
    media = {"figure.vl.json": "application/vnd.vegalite+json"}
    old = tree(tmp_path, {"figure.vl.json": json.dumps(specification)}, "figure", media)
    new = tree(tmp_path, {"figure.vl.json": json.dumps(other, indent=2)}, "figure", media)
    assert difference(FigureDiff(), old, new).means_nothing


def test_numbers_that_plotly_packs_are_compared_with_those_that_it_writes_out(tmp_path: Path) -> None:
    packed = json.loads(plot(1, 2).to_json())
    assert "bdata" in packed["data"][0]["y"]
    listed = {**packed, "data": [{**packed["data"][0], "x": [0, 1], "y": [1, 2]}]}
    media = {"figure.json": "application/vnd.plotly.v1+json"}
    old, new = (tree(tmp_path, {"figure.json": json.dumps(each)}, "figure", media) for each in (packed, listed))
    assert difference(FigureDiff(), old, new).means_nothing


def test_a_chart_is_shown_beside_the_other_where_it_has_a_picture(tmp_path: Path) -> None:
    found = compared(tmp_path, chart(1, 2), chart(1, 3))
    assert [(shown.name, shown.media) for shown in found.pictures] == [
        ("before", "image/svg+xml"),
        ("after", "image/svg+xml"),
    ]


# By picture


def test_of_the_words_in_a_picture_numbers_on_its_axes_come_last(tmp_path: Path) -> None:
    both = compared(tmp_path, drawn(1, 2), drawn(1, 2000, title="Lag")).summary
    assert both.startswith("Delay → Lag; ")
    assert compared(tmp_path, drawn(1, 2), drawn(1, 2000)).summary.startswith("labels ")


def test_what_moved_in_a_picture_is_said_and_shown(tmp_path: Path) -> None:
    found = compared(tmp_path, drawn(1, 2), drawn(1, 2, title="Lag"))
    assert found.summary.startswith("Delay → Lag; ")
    assert found.summary.endswith("of the pixels moved, at the top")
    assert found.detail["words"] == {"added": ["Lag"], "removed": ["Delay"]}
    moved = found.pictures[-1]
    with Image.open(io.BytesIO(moved.content)) as picture:
        assert list(picture.size) == found.detail["size"]["after"]
    colours = {colour for _, colour in Image.open(io.BytesIO(moved.content)).getcolors(1 << 20) or ()}
    assert (216, 27, 96) in colours


def test_ticks_of_an_axis_that_became_longer_are_among_the_words(tmp_path: Path) -> None:
    assert "3" in compared(tmp_path, drawn(1, 2), drawn(1, 4)).detail["words"]["added"][-2:]


def painted(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (90, 90), level: int = 0) -> bytes:
    image = Image.new("RGBA", size, (255, 255, 255, 255))
    for box in boxes:
        image.paste((level, level, level, 255), box)
    into = io.BytesIO()
    image.save(into, "PNG")
    return into.getvalue()


def pictures(folder: Path, before: bytes, after: bytes) -> Difference:
    old, new = (tree(folder, {"figure.png": each}, "figure") for each in (before, after))
    return difference(FigureDiff(), old, new)


@pytest.mark.parametrize(
    ("box", "where"),
    [
        ((0, 0, 9, 9), "at the top left"),
        ((80, 40, 89, 49), "at the right"),
        ((40, 80, 49, 89), "at the bottom"),
        ((40, 40, 49, 49), "in the middle"),
        ((0, 80, 90, 89), "at the bottom"),
        ((0, 0, 90, 90), "all over"),
    ],
)
def test_where_it_moved_is_said_in_words(tmp_path: Path, box: tuple[int, int, int, int], where: str) -> None:
    found = pictures(tmp_path, painted(), painted(box))
    share = (box[2] - box[0]) * (box[3] - box[1]) / 8100
    assert found.share == pytest.approx(share)
    assert found.summary.endswith(f"of the pixels moved, {where}")
    assert found.detail["pixels"]["box"] == list(box)


def test_what_nobody_can_see_means_nothing(tmp_path: Path) -> None:
    assert pictures(tmp_path, painted(), painted((0, 0, 90, 90), level=254)).means_nothing
    assert not pictures(tmp_path, painted(), painted((0, 0, 90, 90), level=250)).means_nothing


def test_a_picture_of_another_size_says_so(tmp_path: Path) -> None:
    found = pictures(tmp_path, painted(), painted(size=(90, 100)))
    assert found.summary == "90 × 100 pixels, and was 90 × 90; 10 % of the pixels moved, at the bottom"


def test_pillow_is_missed_only_where_pixels_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank, spotted = painted(), painted((0, 0, 9, 9))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert compared(tmp_path, chart(1, 2), chart(1, 3)).summary == "1 point changed"
    assert pictures(tmp_path, blank, blank + b"trailing").means_nothing
    with pytest.raises(MissingLibraryError, match="needs Pillow"):
        pictures(tmp_path, blank, spotted)


# Otherwise


def test_a_drawing_in_svg_is_compared_as_such(tmp_path: Path) -> None:
    shape = '<svg><path id="m{:010x}" d="M 0 {}"/></svg>'
    sides = [tree(tmp_path, {"figure.svg": shape.format(*each)}, "figure") for each in ((1, 5), (2, 5), (1, 6))]
    assert difference(FigureDiff(), sides[0], sides[1]).means_nothing
    found = difference(FigureDiff(), sides[0], sides[2])
    assert found.summary == "1 line changed: 5 → 6"
    assert [shown.name for shown in found.pictures] == ["before", "after"]


def test_a_figure_that_is_one_file_is_compared_as_one_of_several(tmp_path: Path) -> None:
    old, new = (blob(tmp_path, "a.svg", f"<svg><path d='M 0 {end}'/></svg>", "figure") for end in (5, 6))
    assert difference(FigureDiff(), old, new).summary == "1 line changed: 5 → 6"
    old, new = (blob(tmp_path, "a.png", each, "figure") for each in (painted(), painted((0, 0, 9, 9))))
    assert difference(FigureDiff(), old, new).detail["pixels"]["moved"] == 81


def test_a_figure_of_another_library_has_nothing_in_common(tmp_path: Path) -> None:
    media = {"figure.vl.json": "application/vnd.vegalite+json"}
    vega = tree(tmp_path, {"figure.vl.json": "{}"}, "figure", media)
    assert FigureDiff().compare(vega, written(tmp_path, plot(1)), DiffOptions()) is None


@pytest.mark.parametrize(
    "content", ["[1]", "{", '{"data": [{"x": {"bdata": "!", "dtype": "f8"}}]}', '{"data": [1]}', "null"]
)
def test_a_specification_that_is_none_is_compared_as_a_file(tmp_path: Path, content: str) -> None:
    media = {"figure.json": "application/vnd.plotly.v1+json"}
    old, new = (tree(tmp_path, {"figure.json": text}, "figure", media) for text in (plot(1).to_json(), content))
    assert difference(FigureDiff(), old, new).summary
