"""What is seen of a result that came in."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.figure
import pytest

from onward.diffs.preview import preview
from onward.model.difference import Difference, DiffOptions
from onward.model.ports import Side
from tests.unit.diffs.files import blob, tree, written
from tests.unit.diffs.tables import table
from tests.unit.diffs.test_document import kept, png, shows
from tests.unit.diffs.test_metric import metric


def seen(side: Side) -> Difference:
    found = preview(side, DiffOptions())
    assert found is not None
    assert json.loads(json.dumps(found.detail, allow_nan=False)) == found.detail
    return found


def test_of_a_table_the_first_rows(tmp_path: Path) -> None:
    found = seen(table(tmp_path, "a", "select range as id, timestamptz '2026-01-01 00:00+00' as at from range(30)"))
    assert found.detail["rows"] == {"before": 0, "after": 30, "added": 30, "removed": 0, "changed": 0}
    assert [row["after"]["id"] for row in found.detail["sample"]] == list(range(10))


def test_of_a_metric_the_value(tmp_path: Path) -> None:
    assert seen(metric(12.5, "min")).detail == {
        "before": None, "after": 12.5, "unit": "min", "delta": None, "relative": None,
    }  # fmt: skip
    assert seen(metric(None, text="nan")).detail["after_text"] == "nan"


def test_of_a_figure_the_picture(tmp_path: Path) -> None:
    figure = matplotlib.figure.Figure(figsize=(1, 1))
    figure.add_subplot().plot([1, 2])
    (picture,) = seen(written(tmp_path, figure)).pictures
    assert (picture.name, picture.media) == ("after", "image/svg+xml")
    assert b"<svg" in picture.content


def test_of_a_document_the_first_paragraphs_and_picture(tmp_path: Path) -> None:
    page = "".join(f"<p>paragraph {number}</p>" for number in range(30))
    page += f'<img src="data:image/png;base64,{png(b"picture")}">'
    found = seen(blob(tmp_path, "report.html", page, kind="document", media="text/html"))
    (hunk,) = found.detail["hunks"]
    assert hunk["lines"][0] == {"sign": "+", "words": [["paragraph 0", True]]}
    assert len(hunk["lines"]) == 12
    assert found.detail["paragraphs"]["after"] == 30
    assert [picture.media for picture in found.pictures] == ["image/png"]
    assert seen(kept(tmp_path, shows("x"))).detail["hunks"][0]["lines"][0]["words"] == [["page", True]]


def test_of_a_file_what_can_be_read_or_looked_at(tmp_path: Path) -> None:
    text = seen(blob(tmp_path, "notes.txt", "one\n" + "x" * 500)).detail
    assert [line["words"][0][0][:3] for line in text["hunks"][0]["lines"]] == ["one", "xxx"]
    assert len(text["hunks"][0]["lines"][1]["words"][0][0]) < 410
    assert seen(tree(tmp_path, {"a": "1", "b": "2"})).detail["parts"]["added"] == {"count": 2, "names": ["a", "b"]}
    assert seen(blob(tmp_path, "a.svg", "<svg/>")).pictures[0].content == b"<svg/>"


@pytest.mark.parametrize("kind", ["model", "file", "table", "document"])
def test_of_what_cannot_be_read_there_is_nothing_to_see(kind: str, tmp_path: Path) -> None:
    assert preview(blob(tmp_path, "a.bin", b"\0\xff\0", kind=kind), DiffOptions()) is None
