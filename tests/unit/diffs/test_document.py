"""What the difference between two documents says: notebooks, Markdown, HTML."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pandas
import pytest

from onward.diffs.document import DocumentDiff
from onward.diffs.file import FileDiff
from onward.model.artifact import EXECUTED_MEDIA
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from tests.unit.diffs.files import blob, difference, tree, written
from tests.unit.diffs.test_figure import chart, painted, plot
from tests.unit.runtime.notebooks import code, notebook, prose

PAGE = """<!doctype html><html><body><h1>Delays</h1><p>The median is {} min.</p>
<table><tr><td>a</td><td>{}</td></tr></table></body></html>"""


def compared(folder: Path, before: Any, after: Any) -> Difference:
    return difference(DocumentDiff(), written(folder, before), written(folder, after))


# Pages


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("# Delays\n\nmedian **12.5** min", "# Delays\n\nmedian **11.9** min", "1 paragraph changed: 12.5 → 11.9"),
        ("a\n\nb", "a\n\nnew\n\nb", "1 paragraph came in"),
        (PAGE.format(12.5, 3), PAGE.format(11.9, 4), "2 paragraphs changed: 12.5 → 11.9, 3 → 4"),
        ("| a | b |\n|---|---|\n| x | 1.5 |", "| a | b |\n|---|---|\n| x | 2.5 |", "1 paragraph changed: 1.5 → 2.5"),
    ],
)
def test_the_words_that_are_read_are_compared_and_numbers_that_moved_are_named(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    found = compared(tmp_path, before, after)
    assert found.summary == words
    assert not found.means_nothing


def test_numbers_are_data_too(tmp_path: Path) -> None:
    found = compared(tmp_path, "median 12.5 min, 3 flights", "median 11.9 min, 4 flights")
    assert found.detail["numbers"] == [["12.5", "11.9"], ["3", "4"]]
    assert found.detail["paragraphs"] == {"before": 1, "after": 1, "added": 0, "removed": 0, "changed": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Delays\nmedian\n12.5", "Delays\n======\n\n\nmedian\n12.5\n"),
        ("<html><!-- 1 --><p>a</p></html>", "<html><!-- 2 --><p>a</p></html>"),
        (
            pandas.DataFrame({"a": [1]}).style.to_html(table_uuid="00000"),
            pandas.DataFrame({"a": [1]}).style.to_html(table_uuid="11111"),
        ),
    ],
)
def test_what_only_its_source_says_means_nothing(tmp_path: Path, before: str, after: str) -> None:
    found = compared(tmp_path, before, after)
    assert found.means_nothing, found.summary


def test_looks_that_changed_are_no_noise(tmp_path: Path) -> None:
    found = compared(tmp_path, "<html><p>a</p></html>", "<html><p style='color: red'>a</p></html>")
    assert found.summary == "its words are the same; how it looks or its figures changed"
    assert not found.means_nothing


def with_picture(content: bytes) -> str:
    return f"<html><p>a</p><img src='data:image/png;base64,{base64.b64encode(content).decode()}'></html>"


def test_a_picture_on_a_page_is_compared_by_its_pixels(tmp_path: Path) -> None:
    found = compared(tmp_path, with_picture(painted()), with_picture(painted((0, 0, 9, 9))))
    assert found.summary == "picture 1: 1 % of the pixels moved, at the top left"
    assert [shown.name for shown in found.pictures] == ["before", "after", "moved"]
    assert compared(tmp_path, "<html><p>a</p></html>", with_picture(painted())).summary == "picture 1: came in"


# Notebooks


def shows(source: str, *outputs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**code(source), "outputs": list(outputs), **fields}


def printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def displayed(**data: Any) -> dict[str, Any]:
    names = {"html": "text/html", "png": "image/png", "plain": "text/plain", "plotly": "application/vnd.plotly.v1+json"}
    return {"output_type": "display_data", "metadata": {}, "data": {names[name]: value for name, value in data.items()}}


def kept(folder: Path, *cells: dict[str, Any]) -> Side:
    text = json.dumps(notebook(*cells))
    files = {"report.html": "<html><p>page</p></html>", "report.ipynb": text}
    return tree(folder, files, "document", {"report.html": "text/html", "report.ipynb": EXECUTED_MEDIA})


def cells_compared(folder: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Difference:
    return difference(DocumentDiff(), kept(folder, *before), kept(folder, *after))


def png(content: bytes) -> str:
    return base64.b64encode(content).decode()


def table(*values: float) -> str:
    return pandas.DataFrame({"delay": values}).to_html()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (printed("median 12.5\n"), printed("median 11.9\n"), "cell 2: 12.5 → 11.9"),
        (displayed(html=table(1.5, 2)), displayed(html=table(1.5, 3)), "cell 2: 2.0 → 3.0"),
        (
            displayed(png=png(painted())),
            displayed(png=png(painted((0, 0, 9, 9)))),
            "cell 2: picture: 1 % of the pixels moved, at the top left",
        ),
        (
            displayed(plotly=json.loads(plot(1, 2).to_json())),
            displayed(plotly=json.loads(plot(1, 2, title="Lag").to_json())),
            "cell 2: figure: title Delay → Lag",
        ),
        (
            displayed(html=plot(1, 2).to_html(include_plotlyjs="cdn")),
            displayed(html=plot(1, 3).to_html(include_plotlyjs="cdn")),
            "cell 2: figure: 1 point changed",
        ),
        (
            displayed(html=chart(1, 2).to_html()),
            displayed(html=chart(1, 2, mark="bar").to_html()),
            "cell 2: figure: mark line → bar",
        ),
        (
            {"output_type": "error", "ename": "ValueError", "evalue": "a", "traceback": []},
            {"output_type": "error", "ename": "KeyError", "evalue": "b", "traceback": []},
            "cell 2: ValueError: a → KeyError: b",
        ),
        (printed("a"), displayed(html=table(1)), "cell 2: shows table now, and showed text"),
    ],
)
def test_what_a_cell_shows_is_compared_by_what_it_is(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], words: str
) -> None:
    found = cells_compared(tmp_path, [prose("# A"), shows("x", before)], [prose("# A"), shows("x", after)])
    assert found.summary == words
    assert found.detail["cells"] == {"before": 2, "after": 2, "added": 0, "removed": 0, "changed": 1}
    (cell,) = found.detail["sample"]
    assert (cell["kind"], cell["change"], cell["before"], cell["after"]) == ("code", "changed", 2, 2)
    again = cells_compared(tmp_path, [prose("# A"), shows("x", before)], [prose("# A"), shows("x", before)])
    assert again.means_nothing


def test_cells_are_matched_by_their_source(tmp_path: Path) -> None:
    old = [prose("# Title"), shows("load()"), shows("old()"), shows("plot(a)", printed("1"))]
    new = [prose("# Title"), prose("New words."), shows("load()"), shows("plot(a)", printed("2"))]
    found = cells_compared(tmp_path, old, new)
    assert found.summary == "cell 4: 1 → 2; 1 cell came in, 1 went"
    assert [(cell["change"], cell["before"], cell["after"]) for cell in found.detail["sample"]] == [
        ("added", None, 2),
        ("removed", 3, None),
        ("changed", 4, 4),
    ]


def test_code_and_prose_that_changed_are_told_after_what_is_shown(tmp_path: Path) -> None:
    old = [prose("The median is 12.5 min."), shows("limit = 3\nrun(limit)", printed("5"))]
    new = [prose("The median is 11.9 min."), shows("limit = 4\nrun(limit)", printed("6"))]
    found = cells_compared(tmp_path, old, new)
    assert found.summary == "cell 2: 5 → 6; code of 1 cell changed; prose of 1 cell changed: 12.5 → 11.9"


def test_ids_counts_times_and_addresses_mean_nothing(tmp_path: Path) -> None:
    def ran(number: int) -> list[dict[str, Any]]:
        timing = {"execution": {"iopub.execute_input": f"2026-11-22T10:00:0{number}Z"}}
        out = printed(f"Wall time: {number} ms\n<object at 0x7f00000{number}>\n")
        return [shows("x", out, id=f"cell{number}", execution_count=number, metadata=timing)]

    assert cells_compared(tmp_path, ran(1), ran(2)).means_nothing
    text = [
        json.dumps({**notebook(*ran(number)), "metadata": {"papermill": {"duration": number}}}) for number in (1, 2)
    ]
    files = [blob(tmp_path, "a.ipynb", each) for each in text]
    assert difference(FileDiff(), files[0], files[1]).means_nothing
    other = blob(tmp_path, "a.ipynb", json.dumps(notebook(shows("x", printed("Wall time: 1 ms\n3")))))
    assert difference(FileDiff(), files[0], other).summary == "cell 1: 1 line came in, 1 went"


def test_output_that_came_in_several_pieces_is_one(tmp_path: Path) -> None:
    whole, pieces = [shows("x", printed("a\nb\n"))], [shows("x", printed("a\n"), printed("b\n"))]
    assert cells_compared(tmp_path, whole, pieces).means_nothing


def test_a_title_and_tags_that_changed_are_no_noise(tmp_path: Path) -> None:
    found = cells_compared(tmp_path, [shows("x")], [{**shows("x"), "metadata": {"tags": ["hide-input"]}}])
    assert found.summary == "cell 1: its tags or attachments changed"


def test_a_notebook_is_told_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = png(painted()), png(painted((0, 0, 9, 9)))
    monkeypatch.setitem(sys.modules, "PIL", None)
    found = cells_compared(tmp_path, [shows("x", displayed(png=before))], [shows("x", displayed(png=after))])
    assert found.summary == "cell 1: picture changed"


# What cannot be compared


@pytest.mark.parametrize("text", ["{}", "[]", '{"nbformat": 4, "cells": [1]}', '{"nbformat": 4, "cells": [{}]}', "{"])
def test_a_notebook_that_is_none_is_compared_by_its_page(tmp_path: Path, text: str) -> None:
    files = {"report.html": "<html><p>median 12.5</p></html>", "report.ipynb": text}
    broken = tree(tmp_path, files, "document", {"report.html": "text/html", "report.ipynb": EXECUTED_MEDIA})
    assert difference(DocumentDiff(), kept(tmp_path, shows("x")), broken).summary
    outputs = {"output_type": "display_data", "data": {"text/html": 3, "image/png": "é", "text/plain": None}}
    assert cells_compared(tmp_path, [shows("x", outputs)], [shows("x", printed("1"))]).summary


@pytest.mark.parametrize("page", ["<html><![bad<p", "<html><table><tr><td><td>", "<html>&#xFFFFFFFF;", "<html><p"])
def test_broken_pages_are_no_error(tmp_path: Path, page: str) -> None:
    sides = written(tmp_path, PAGE.format(1, 2)), written(tmp_path, page)
    found = DocumentDiff().compare(*sides, DiffOptions())
    assert found is None or found.summary
