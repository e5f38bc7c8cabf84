"""Markdown, docstrings and code as they stand on a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.portal import listing, prose
from onward.portal.content import Excerpt
from tests.portal.reader import FETCHING, read


@given(st.text() | st.sampled_from(["<script>x</script>", "![a](https://x/y.png)", "<img src=x onerror=y>", "[a](b)"]))
def test_markdown_fetches_nothing_and_holds_no_html_of_its_author(source: str) -> None:
    reading = read(prose.markdown(source))
    for element in reading.elements:
        assert element.tag not in FETCHING or (element.attributes.get("src") or "").startswith("data:image/")
        assert not any(name.startswith("on") for name in element.attributes)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("# A", "<h3>A</h3>\n"),
        ("###### A", "<h6>A</h6>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("[there](https://e.org/)", '<p><a href="https://e.org/" rel="noopener noreferrer">there</a></p>\n'),
        ("[a *file*](report.ipynb) and more", "<p>a <em>file</em> and more</p>\n"),
        ("[bad](javascript:alert(1))", "<p>[bad](javascript:alert(1))</p>\n"),
        ("![a picture](https://e.org/x.png)", "<p>a picture</p>\n"),
        ("![dot](data:image/png;base64,AAAA)", '<p><img src="data:image/png;base64,AAAA" alt="dot" /></p>\n'),
    ],
)
def test_markdown_is_tamed(source: str, written: str) -> None:
    assert prose.markdown(source) == written


def test_headings_begin_where_the_page_leaves_off() -> None:
    assert prose.markdown("# A\n\n## B", level=2) == "<h2>A</h2>\n<h3>B</h3>\n"
    assert prose.markdown("# A\n\n## B") == "<h3>A</h3>\n<h4>B</h4>\n"


def test_a_heading_that_the_page_has_already_is_left_out() -> None:
    assert prose.markdown("# Delays\n\nText", heading="delays") == "<p>Text</p>\n"
    assert prose.markdown("# Other\n\nText", heading="delays").startswith("<h3>Other</h3>")
    assert prose.markdown("", heading="delays") == ""


code = st.text() | st.lists(
    st.sampled_from(["'", '"', "'''", '"""', "#", "--", "/*", "*/", "\n", "\\", "select", "def x():", " ", "1e5", "<"])
).map("".join)


@given(code, st.sampled_from(["python", "sql", "r", "cobol"]))
def test_colouring_never_changes_a_letter(text: str, language: str) -> None:
    lines = list(listing._lines(text, language))
    assert "\n".join("".join(part for _, part in line) for line in lines) == text


def test_lines_are_numbered_from_where_they_stand() -> None:
    reading = read(listing.listing(Excerpt(path="a.py", line=12, text="x = 1\n# y\n", language="python")))
    assert reading.faults == []
    assert [element.text for element in reading.elements if element.attributes.get("class") == "line"] == [
        "x = 1\n", "# y\n",
    ]  # fmt: skip
    assert "line 11" in (reading.all("pre")[0].attributes["style"] or "")


@pytest.mark.parametrize(
    ("language", "text", "kinds"),
    [
        (
            "python",
            "def f(): return 'if'  # not",
            {"def": "keyword", "return": "keyword", "'if'": "string", "# not": "comment"},
        ),
        ("python", '"""a\nif"""', {'"""a': "string", 'if"""': "string"}),
        ("python", "define = f'x'", {"f'x'": "string"}),
        ("sql", "SELECT 'from' -- where", {"SELECT": "keyword", "'from'": "string", "-- where": "comment"}),
    ],
)  # fmt: skip
def test_words_of_a_kind_are_coloured(language: str, text: str, kinds: dict[str, str]) -> None:
    found = {part: kind for line in listing._lines(text, language) for kind, part in line if kind}
    assert found == kinds
