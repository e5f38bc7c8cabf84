"""A difference as Markdown: what data brings into it stays text, and no part of it hides the rest."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from onward.portal.review.markdown import _cell, _in_cell, _that_fit, code, prose

as_hosts_do = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
texts = st.text() | st.lists(
    st.sampled_from(
        ["<b>", "&lt;", "`", "``", "*a*", "_a_", "~~", "[a](b)", "![a](b)", "|", "\\", "\n", "\r", "@ada", "#1"]
    )
).map("".join)


def seen(markdown: str) -> tuple[list[str], str]:
    """The kinds of what stands in a table's one cell, and its letters as a reader sees them."""
    tokens = as_hosts_do.parse(f"| head |\n|---|\n| {markdown} |\n")
    assert [token.type for token in tokens].count("td_open") == 1
    cell = [token for token in tokens if token.type == "inline"][-1]
    assert cell.children is not None
    return [token.type for token in cell.children], "".join(token.content for token in cell.children)


def squeezed(text: str) -> str:
    """Without what no reader sees."""
    return re.sub(r"\s+", " ", text.replace("\u200b", "").replace("\x00", "\ufffd"))


@given(texts)
@example("a|b")
@example("a\\|b")
def test_a_value_is_read_as_it_is(text: str) -> None:
    kinds, read = seen(_cell(f"x{text}x"))
    assert set(kinds) <= {"text", "text_special"}
    assert squeezed(read) == squeezed(" ".join(f"x{text}x".splitlines()))


@given(texts)
def test_a_name_is_code_whatever_letters_it_has(text: str) -> None:
    kinds, read = seen(f"x {_in_cell(code('n' + text + 'n'))} x")
    assert kinds == ["text", "code_inline", "text"]
    assert squeezed(read) == squeezed(" ".join(f"x n{text}n x".splitlines()))


def test_words_of_ours_have_names_as_code_and_the_rest_as_text() -> None:
    assert prose("`a_b.csv` has 1 row <b>more</b>") == "`a_b.csv` has 1 row \\<b\\>more\\</b\\>"
    assert prose("one ` alone") == "one \\` alone"


def test_nobody_is_called_and_no_issue_is_named_but_an_address_stays_one() -> None:
    assert unescape(prose("@ada, ada@example.org, #12 and a#1")) == "@\u200bada, ada@example.org, #\u200b12 and a#1"


def test_a_part_that_is_too_long_is_left_out_and_those_behind_it_are_not() -> None:
    folded = [["a" * 10], ["b" * 1000], ["c" * 10]]
    lines = _that_fit(folded, ["x" * 10], 60)
    assert lines[:2] == ["a" * 10, "c" * 10]
    assert lines[2] == "… 1 longer part only on the review page."
    assert _that_fit(folded, [], None) == ["a" * 10, "b" * 1000, "c" * 10]
