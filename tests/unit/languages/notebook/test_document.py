"""Notebooks read without their outputs."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.base import codec
from onward.languages.notebook import analyse
from onward.languages.python.declarations import declarations
from onward.model.code import NotebookTable


def code(source: str | list[str], **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        **more,
    }


def markdown(source: str | list[str], **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source, "metadata": {}, **more}


def content(*cells: dict[str, Any], **metadata: Any) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def read(*cells: dict[str, Any], **metadata: Any) -> NotebookTable:
    table = analyse(content(*cells, **metadata))
    assert table.problem is None, table.problem
    return table


def test_cells_are_joined_as_python_with_their_borders() -> None:
    table = read(markdown("# Title"), code("x = 1\ny = 2"), markdown("text"), code(["import a\n", "a.b()"]))
    assert table.code == b"# %%\nx = 1\ny = 2\n# %%\nimport a\na.b()"
    assert [(cell.number, cell.first_line) for cell in table.cells] == [(2, 2), (4, 5)]
    assert table.title == "Title" and table.language == "python"


def test_lines_lead_back_to_their_cells() -> None:
    table = read(markdown("a"), code("x\ny"), code("%%bash\nls\nls"), code("z"))
    lines = table.code.decode().split("\n")
    assert [table.place(number) for number, line in enumerate(lines, 1) if line in ("x", "y", "z")] == [
        (2, 1),
        (2, 2),
        (4, 1),
    ]
    assert table.place(1) == (0, 0)


def test_magics_and_runs_are_given_with_their_lines() -> None:
    table = read(code("%matplotlib inline"), code("x = 1\n%run other.py"))
    assert table.magics == ("%matplotlib inline", "%run other.py")
    (run,) = table.runs
    assert run.text == "other.py" and table.place(run.line) == (2, 2)


def test_the_joined_code_tells_declarations_what_it_reads() -> None:
    table = read(code("%cd ../data\nimport pandas as pd"), code("%time df = pd.read_csv('x.csv')"))
    assert [mention.text for mention in declarations(ast.parse(table.code), cells=True).reads] == ["../data/x.csv"]


def test_cells_know_whether_they_hide_their_output_and_their_tags() -> None:
    table = read(code("x;"), code("x", metadata={"tags": ["parameters", 3]}))
    assert [cell.hides_output for cell in table.cells] == [True, False]
    assert table.cells[1].tags == ("parameters",)


def test_the_older_format_is_read() -> None:
    old = {
        "metadata": {"name": "Old"},
        "nbformat": 3,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Sales"]},
                    {
                        "cell_type": "code",
                        "language": "python",
                        "input": ["x = 1\n", "%pylab"],
                        "outputs": [],
                    },
                ]
            }
        ],
    }
    table = analyse(json.dumps(old).encode())
    assert table.problem is None
    assert (table.title, table.language) == ("Sales", "python")
    assert table.code.startswith(b"# %%\nx = 1\nget_ipython()")


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"name": "python2"}}, "python"),
        ({"kernelspec": {"name": "my-env", "display_name": "Mine"}}, "python"),
        ({"kernelspec": {"name": "x", "language": "Python"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"kernelspec": {"name": "ir"}}, "r"),
        ({"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}, "r"),
        ({"kernelspec": {"name": "julia-1.10"}}, "julia"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"kernelspec": None, "language_info": 3}, "python"),
    ],
)
def test_the_language_is_that_of_the_kernel_whatever_its_name(metadata: dict[str, Any], language: str) -> None:
    assert read(**metadata).language == language


def test_code_of_another_language_is_kept_as_it_is() -> None:
    table = read(code("x <- 1"), kernelspec={"language": "R"})
    assert table.code == b"" and table.cells[0].code == "x <- 1" and table.problem is None


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Flight delays", "Flight delays"),
        ("text\n\n## *Flight* **delays** ##", "Flight delays"),
        ("Flight delays\n=====", "Flight delays"),
        ("#Flight delays", "Flight delays"),
        ("<h1 id='a'>Flight delays</h1>", "Flight delays"),
        ("# [Flight](https://a.b) `delays`", "Flight delays"),
        ("```\n# no\n```\n# Flight delays", "Flight delays"),
        ("# my_table_name", "my_table_name"),
        ("text only", ""),
        ("#1 is first", ""),
        ("    # code", ""),
        ("a | b\n--- | ---", ""),
    ],
)
def test_the_first_heading_is_the_title(source: str, title: str) -> None:
    assert read(code("# no"), markdown(source)).title == title


BASE = (markdown("# T"), code("x = 1"), code("y"))


@pytest.mark.parametrize(
    "other",
    [
        content(
            markdown("# T", id="a"),
            code("x = 1", id="b", execution_count=7),
            code("y", outputs=[{"text": "1" * 10}]),
        ),
        content(markdown(["# T"]), code(["x = 1"]), code("y", metadata={"collapsed": True, "scrolled": False})),
        content(*BASE, widgets={"state": {}}, kernelspec={"name": "other"}),
        content(markdown("# T"), code("x = 1", metadata={"ExecuteTime": {"start_time": "now"}}), code("y")),
        content(*BASE) + b"\n",
        json.dumps(json.loads(content(*BASE)), indent=1).encode(),
    ],
)
def test_outputs_counts_ids_and_layout_of_the_file_never_count(other: bytes) -> None:
    one = analyse(content(*BASE))
    assert analyse(other) == one


@pytest.mark.parametrize(
    "other",
    [
        content(markdown("# U"), code("x = 1"), code("y")),
        content(markdown("# T"), code("x = 1  # why"), code("y")),
        content(markdown("# T"), code("x  =  1"), code("y")),
        content(markdown("# T"), code("x = 1\ny")),
        content(code("x = 1"), markdown("# T"), code("y")),
        content(markdown("# T"), code("x = 1"), code("y"), markdown("")),
        content(markdown("# T"), code("x = 1", metadata={"tags": ["hide-input"]}), code("y")),
        content(markdown("# T"), code("x = 1", metadata={"jupyter": {"source_hidden": True}}), code("y")),
        content(markdown("# T", attachments={"a.png": {"image/png": "aa"}}), code("x = 1"), code("y")),
        content({"cell_type": "raw", "source": "# T", "metadata": {}}, code("x = 1"), code("y")),
        content(*BASE, title="A title"),
    ],
)
def test_whatever_a_page_shows_changes_its_digest(other: bytes) -> None:
    one, changed = analyse(content(*BASE)), analyse(other)
    assert (changed.prose, changed.layout) != (one.prose, one.layout)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"no json", 1),
        (b'{"cells": [\n  {,', 2),
        (b"{}", 1),
        (b"[]", 1),
        (b"3", 1),
        (b'{"cells": 3}', 1),
        (b'{"cells": [3]}', 1),
        (b'{"metadata": {}}', 1),
        (b'{"cells":\n "\xff"}', 2),
        (b"[" * 100_000, 1),
        (b"<<<<<<< HEAD\n{}", 1),
    ],
)
def test_a_file_that_is_no_notebook_is_a_problem_with_its_place(raw: bytes, line: int) -> None:
    table = analyse(raw)
    assert table.problem is not None
    assert table.problem.line == line and table.problem.column >= 1


def test_not_a_number_and_a_byte_order_mark_are_borne() -> None:
    raw = b'\xef\xbb\xbf{"cells": [{"cell_type": "code", "source": "x", "outputs": [{"data": NaN}]}]}'
    assert analyse(raw).code == b"# %%\nx"


def test_a_cell_that_is_no_python_is_a_problem_that_names_it() -> None:
    table = analyse(content(markdown("a"), code("x = 1"), code("y = 2\nprint 'x'")))
    assert table.problem is not None
    assert "cell 3" in table.problem.message and table.problem.line == 2
    assert ast.parse(table.code)


def test_a_cell_that_is_meant_to_fail_is_no_problem() -> None:
    table = read(code("print 'x'\n", metadata={"tags": ["raises-exception"]}), code("x = 1"))
    assert ast.parse(table.code) and len(table.cells) == 2


@pytest.mark.parametrize("cells", [("x = (", ")"), ("s = '''", "'''"), ("x = 1 \\", "+ 1"), ("if x:", "    y")])
def test_no_cell_runs_into_the_next(cells: tuple[str, str]) -> None:
    assert analyse(content(*map(code, cells))).problem is not None


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations",
        "y = 1; from __future__ import (\n  division,\n  annotations)\nz = 3",
        "x = 1\nglobal x",
        "await f()",
        "async with a as b:\n    pass",
        "plt.plot(x);",
    ],
)
def test_what_jupyter_takes_in_any_cell_compiles_where_it_stands(source: str) -> None:
    table = read(code("%matplotlib inline\nx = 1"), code(source), code("end"))
    compile(table.code, "<code>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    assert table.code.decode().split("\n")[table.cells[2].first_line - 1] == "end"


def test_lone_surrogates_and_other_line_ends_are_borne() -> None:
    table = analyse(b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'\\r\\ny"}]}')
    assert table.cells[0].code == "x = '?'\ny"
    assert codec.decode(codec.encode(table), NotebookTable) == table


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_CELL = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | _JSON,
        "source": st.text() | _JSON,
    },
    optional={"metadata": _JSON, "attachments": _JSON, "level": _JSON, "language": _JSON, "outputs": _JSON},
)
_NOTEBOOK = st.fixed_dictionaries({"cells": st.lists(_CELL, max_size=4) | _JSON}, optional={"metadata": _JSON})


@settings(deadline=None)
@given(
    st.one_of(
        st.binary(),
        _NOTEBOOK.map(lambda notebook: json.dumps(notebook).encode()),
        _JSON.map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    table = analyse(raw)
    assert codec.decode(codec.encode(table), NotebookTable) == table
    if table.problem is None:
        assert ast.parse(table.code) is not None
