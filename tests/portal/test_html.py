"""The builder of HTML: what is text stays text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.portal import html
from tests.portal.reader import read

HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "'\"&<>",
    "<!--",
    "]]>",
    "\ud800",
]
anything = st.text() | st.sampled_from(HOSTILE)


def readable(raw: str) -> str:
    """What a browser shows of a text: no control characters, one kind of line end."""
    return html.speakable(raw).replace("\r\n", "\n").replace("\r", "\n")


@given(anything)
def test_text_comes_out_as_text(raw: str) -> None:
    reading = read(html.p(raw))
    assert reading.faults == []
    assert [element.tag for element in reading.elements] == ["p"]
    assert readable(reading.text) == readable(raw)


@given(anything)
def test_an_attribute_stays_one_attribute(raw: str) -> None:
    reading = read(html.a("here", title=raw, data_more="1"))
    assert [element.tag for element in reading.elements] == ["a"]
    assert reading.elements[0].attributes.keys() == {"title", "data-more"}
    assert readable(reading.elements[0].attributes["title"] or "") == readable(raw)


@given(
    st.recursive(anything | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(anything, inner))
)
def test_embedded_json_comes_back_and_ends_nothing(value: object) -> None:
    def speakable(inner: object) -> object:
        if isinstance(inner, str):
            return inner.encode("utf-8", "replace").decode()
        if isinstance(inner, list):
            return [speakable(item) for item in inner]
        if isinstance(inner, dict):
            return {str(speakable(name)): speakable(item) for name, item in inner.items()}
        return inner

    value = speakable(value)
    reading = read(html.text(html.embedded_json(value, data_rows=True), html.p("after")))
    assert [element.tag for element in reading.elements] == ["script", "p"]
    assert json.loads(reading.elements[0].text) == value


def test_markup_goes_in_as_it_is_and_none_not_at_all() -> None:
    assert html.p(html.b("x"), None, [" and ", [html.em("y")]]) == "<p><b>x</b> and <em>y</em></p>"


def test_attributes_are_left_out_named_bare_or_written() -> None:
    written = html.input_(type="text", hidden=True, title=None, disabled=False, data_a_b=0, class_="c")
    assert written == '<input type="text" hidden data-a-b="0" class="c">'


def test_a_script_that_would_end_itself_is_refused() -> None:
    assert html.inline_script("a < b") == "<script>a < b</script>"
    with pytest.raises(ValueError, match="end its own element"):
        html.inline_script("'</script>'")
