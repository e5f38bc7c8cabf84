"""Texts that name a line of code, of a file of the workspace or of none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onward.app.observing.quoting import quoted
from onward.model.artifact import EXECUTED_MEDIA, TREE_MEDIA, Artifact, Part
from onward.testing.stores import MemoryObjects

FILES = ("lib/acme/clean.py", "projects/p/steps.py")
"""The files that a step imports."""
CLEAN = ["lib/acme/clean.py"]


@pytest.fixture
def objects(tmp_path: Path) -> MemoryObjects:
    return MemoryObjects(tmp_path)


def text(objects: MemoryObjects, content: str, media: str = "text/markdown") -> Artifact:
    return Artifact("document", "", objects.put(content.encode()), media, len(content))


@pytest.mark.parametrize(
    "said",
    [
        "lib/acme/clean.py:12: UserWarning: odd",
        'File "/home/x/lib/acme/clean.py", line 12, in f',
        '{"error": "File \\"lib/acme/clean.py\\", line 12"}',
        "File &quot;lib/acme/clean.py&quot;, line 12",
        "clean.py:f:12",
        "clean.py(12)f()",
        "acme.clean:f:12 - odd",
        "clean:12 odd",
    ],
)
def test_a_text_that_names_a_line_of_a_file_quotes_that_file(objects: MemoryObjects, said: str) -> None:
    assert quoted([text(objects, f"# Report\n{said}\n")], FILES, objects) == CLEAN


@pytest.mark.parametrize(
    "said", ["see line 12", "clean.py, line 3", "(line 3)", "lineno : 12", '{"lineno": 12}', "at line: 7", "lineno=3"]
)
def test_a_line_of_no_file_may_be_of_any(objects: MemoryObjects, said: str) -> None:
    assert quoted([text(objects, said)], FILES, objects) == list(FILES)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "clean.py does it",
        "unclean.py:12",
        "clean.pyx:12",
        'File "/usr/lib/python3/json/decoder.py", line 12, in decode',
        "a baseline 12, an online 3, line-height: 3",
        '{"clean": 12}',
        "at 12:30",
    ],
)
def test_other_texts_quote_nothing(objects: MemoryObjects, said: str) -> None:
    assert quoted([text(objects, said)], FILES, objects) == []


def test_what_is_no_text_is_not_searched(objects: MemoryObjects) -> None:
    assert quoted([text(objects, "clean.py:12", "application/vnd.apache.parquet")], FILES, objects) == []


def test_of_a_notebook_the_outputs_are_searched_and_not_its_cells(objects: MemoryObjects) -> None:

    def document(source: str, output: str) -> Artifact:
        cells = [{"cell_type": "code", "source": source, "outputs": [{"text": output}]}]
        executed = objects.put(json.dumps({"cells": cells}).encode())
        page = objects.put(f"<p>{source}{output}</p>".encode())
        parts = (Part("r.html", page, "text/html", 1), Part("r.ipynb", executed, EXECUTED_MEDIA, 1))
        return Artifact("document", "", "", TREE_MEDIA, 1, parts)

    assert quoted([document("# see line 3 of clean.py:12", "fine")], FILES, objects) == []
    assert quoted([document("f()", "lib/acme/clean.py:12: UserWarning")], FILES, objects) == CLEAN
