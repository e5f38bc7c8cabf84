"""What of an executed notebook counts: equal where a reader sees the same, different where he does not."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.runtime import notebook_outputs
from tests.unit.runtime.notebooks import code, notebook, prose


def content_of(*outputs: dict[str, Any]) -> Any:
    cell = code("x")
    cell["outputs"] = notebook_outputs.settled([dict(output) for output in outputs])
    return notebook_outputs.content(notebook(cell))


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: Any) -> dict[str, Any]:
    media = {name.replace("_", "/", 1): value for name, value in data.items()}
    return {"output_type": "display_data", "data": media, "metadata": {}}


def html(text: str) -> dict[str, Any]:
    return shown(text_html=text)


SAME = [
    (stream("<f at 0x7f0012ab>"), stream("<f at 0x7fff9999aa>")),
    (
        stream("1\nCPU times: user 1 ms, sys: 2 ms, total: 3 ms\nWall time: 4 ms\n"),
        stream("1\nCPU times: user 9 μs, sys: 0 ns, total: 9 μs\nWall time: 12.5 s\n"),
    ),
    (
        stream("12.3 ns ± 0.1 ns per loop (mean ± std. dev. of 7 runs, 10 loops each)"),
        stream("1 μs ± 9 ns per loop (mean ± std. dev. of 7 runs, 1,000 loops each)"),
    ),
    (
        stream("\r 50%|##  | 1/2 [00:01<00:01,  1.00s/it]\r100%|####| 2/2 [00:02<00:00,  1.01s/it]", "stderr"),
        stream("\r100%|####| 2/2 [00:00<00:00, 123.45it/s]", "stderr"),
    ),
    (stream("\x1b[31mred\x1b[0m"), stream("red")),
    (
        html('<div id="a"></div><script>f("0f8fad5b-d9cb-469f-a165-70867728950e")</script>'),
        html('<div id="a"></div><script>f("7c9e6679-7425-40de-944b-e07fc1f90ae7")</script>'),
    ),
    (
        {"output_type": "execute_result", "execution_count": 3, "data": {"text/plain": "1"}, "metadata": {}},
        {"output_type": "execute_result", "execution_count": 9, "data": {"text/plain": "1"}, "metadata": {}},
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_means_nothing_does_not_count(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content_of(one) == content_of(other)


DIFFERENT = [
    (stream("1"), stream("2")),
    (stream("1"), stream("1", "stderr")),
    (stream("0xdeadbeef"), stream("0xfeedbeef")),
    (stream("Wall of text: 4"), stream("Wall of text: 5")),
    (html("<td>0f8fad5b-d9cb-469f-a165-70867728950e</td>"), html("<td>7c9e6679-7425-40de-944b-e07fc1f90ae7</td>")),
    (shown(text_plain="a"), html("a")),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_a_reader_sees_counts(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert content_of(one) != content_of(other)


def test_text_and_code_count_and_so_does_their_order() -> None:
    one = notebook_outputs.content(notebook(prose("a"), "b"))
    assert one != notebook_outputs.content(notebook(prose("b"), "b"))
    assert one != notebook_outputs.content(notebook(prose("a"), "b # more"))
    assert one != notebook_outputs.content(notebook("b", prose("a")))
    assert one == notebook_outputs.content(notebook(prose("a", id="given"), "b"))
    assert one != notebook_outputs.content(notebook(prose("a"), "b", title="A title"))
    assert one != notebook_outputs.content(notebook(prose("a"), code("b", jupyter={"outputs_hidden": True})))
    assert one == notebook_outputs.content(notebook(prose("a"), code("b", collapsed=True)))


@given(st.permutations([("stdout", "a\n"), ("stdout", "b\n"), ("stderr", "c\n")]))
def test_the_order_in_which_two_streams_arrive_is_chance(pieces: list[tuple[str, str]]) -> None:
    out = "".join(text for name, text in pieces if name == "stdout")
    outputs = notebook_outputs.settled([stream(text, name) for name, text in pieces])
    assert [(output["name"], output["text"]) for output in outputs] == [("stdout", out), ("stderr", "c\n")]


def test_streams_do_not_pass_a_figure() -> None:
    outputs = notebook_outputs.settled([stream("a"), shown(text_plain="f"), stream("b")])
    assert [output.get("text") for output in outputs] == ["a", None, "b"]


def test_lines_that_are_written_over_are_as_a_terminal_shows_them() -> None:
    assert notebook_outputs.as_in_terminal("10%\r100%\nnext") == "100%\nnext"
    assert notebook_outputs.as_in_terminal("abc\rX") == "Xbc"
    assert notebook_outputs.as_in_terminal("ab\b\bc") == "c"
    assert notebook_outputs.as_in_terminal("a\r\nb") == "a\nb"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixels: bytes, *, level: int = 6, text: bytes = b"") -> str:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", len(pixels), 1, 8, 0, 0, 0, 0))
    told = _chunk(b"tEXt", text) if text else b""
    packed = zlib.compress(b"\0" + pixels, level)
    data = _chunk(b"IDAT", packed[:5]) + _chunk(b"IDAT", packed[5:])
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + header + told + data + _chunk(b"IEND", b"")).decode()


@given(st.binary(min_size=1, max_size=40), st.integers(0, 9), st.binary(max_size=9))
def test_a_picture_is_its_pixels_however_it_is_packed(pixels: bytes, level: int, text: bytes) -> None:
    digest = notebook_outputs.png_pixels(png(pixels))
    assert notebook_outputs.png_pixels(png(pixels, level=level, text=text)) == digest
    assert notebook_outputs.png_pixels(png(bytes([pixels[0] ^ 1]) + pixels[1:])) != digest


@given(st.binary(max_size=60))
def test_a_broken_picture_counts_by_its_bytes(content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    assert len(notebook_outputs.png_pixels(encoded)) == 64


def test_figures_are_found_in_the_html_of_plotly_and_altair() -> None:
    import altair
    import plotly.graph_objects

    figure = plotly.graph_objects.Figure(plotly.graph_objects.Bar(y=[1]))
    chart = altair.Chart(altair.Data(values=[{"a": 1}])).mark_bar().encode(x="a:Q")
    drawn = notebook_outputs.figure_in_html(figure.to_html(full_html=False, include_plotlyjs="cdn"))
    assert drawn is not None
    assert drawn[0] == notebook_outputs.PLOTLY
    assert drawn[1]["data"] == [{"type": "bar", "y": [1]}]
    shown: Any = chart._repr_mimebundle_()
    for text in (shown["text/html"], chart.to_html(fullhtml=False)):
        found = notebook_outputs.figure_in_html(text)
        assert found is not None
        assert found[0] == notebook_outputs.VEGA
        assert found[1]["mark"] == {"type": "bar"}
    assert notebook_outputs.figure_in_html(f"<p>words</p>{figure.to_html(include_plotlyjs=False)}") is None
    assert notebook_outputs.figure_in_html("<script>Plotly.newPlot(x)</script>") is None


def test_a_figure_is_its_specification_without_random_names() -> None:
    def figure(uid: str, value: int) -> dict[str, Any]:
        return shown(**{"application_vnd.plotly.v1+json": {"data": [{"uid": uid, "y": [value]}], "layout": {}}})

    assert content_of(figure("a", 1)) == content_of(figure("b", 1))
    assert content_of(figure("a", 1)) != content_of(figure("a", 2))


def test_random_ids_are_named_by_their_place_and_words_are_left_alone() -> None:
    cells = [code(""), code("")]
    for cell, random_id in zip(cells, ("T_1a2b3", "T_9f8e7"), strict=True):
        text = f'<style>#{random_id}_row0 {{}}</style><table id="{random_id}"><td id="{random_id}_row0">T_1a2b3x</td>'
        cell["outputs"] = [html(text)]
    made = notebook(*cells)
    notebook_outputs.name_ids(made)
    for number, cell in enumerate(made["cells"], start=1):
        text = cell["outputs"][0]["data"]["text/html"]
        expected = f'<table id="shown-{number}"><td id="shown-{number}_row0">T_1a2b3x</td>'
        assert text == f"<style>#shown-{number}_row0 {{}}</style>{expected}"
