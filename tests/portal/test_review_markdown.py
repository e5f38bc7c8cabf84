"""A difference as Markdown: what data brings into it stays text, and no part of it hides the rest."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from onward.app.comparing.diff import AssetDiff
from onward.portal.review.markdown import _cell, _details, _in_cell, _sample_cell, _that_fit, code, prose

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


def differing(*lines: tuple[str, str], kind: str = "text", **detail: object) -> str:
    """The comment on a result with these lines in one place, each a sign and its text."""
    hunk: dict[str, object] = {
        "before": 1,
        "after": 1,
        "lines": [{"sign": sign, "words": [[text, True]]} for sign, text in lines],
    }
    detail = {"hunks": [hunk], **detail} if not detail else {**detail, "sample": [cell(hunk)]}
    return "\n".join(_details(AssetDiff("p/report", kind, "changed", "1 line changed", detail)))


def cell(hunk: dict[str, object]) -> dict[str, object]:
    part = {"what": "text", "summary": "1 line changed", "hunks": [hunk]}
    return {"kind": "code", "change": "changed", "before": 3, "after": 4, "parts": [part]}


def test_of_a_text_and_a_notebook_s_cell_the_lines_that_differ_are_shown() -> None:
    lines = (("-", "12.5 minutes"), ("+", "11.9 minutes"), (" ", "late"))
    assert differing(*lines) == "```diff\n-12.5 minutes\n+11.9 minutes\n late\n```"
    told = differing(*lines, kind="document", form="notebook")
    assert told == "```diff\n@@ cell 4: text @@\n-12.5 minutes\n+11.9 minutes\n late\n```"
    long = differing(*[("+", f"line {number}") for number in range(100)])
    assert "+line 39\n… and 60 more lines\n" in long


@given(texts)
@example("```\n<b>out</b>")
@example("a\r````\rb")
def test_no_line_leaves_its_fence(text: str) -> None:
    (fence,) = as_hosts_do.parse(differing(("+", text)))
    assert (fence.type, fence.info, fence.content.count("\n")) == ("fence", "diff", 1)


def test_numbers_in_rows_are_read_as_everywhere_and_told_apart() -> None:
    row: dict[str, dict[str, object]] = {
        "before": {"x": 20.5, "y": 1.0},
        "after": {"x": 24.599999999999998, "y": 1.0000000001},
    }
    assert _sample_cell(row, "x") == "20.5 → 24.6"
    assert _sample_cell(row, "y") == "1.0 → 1.0000000001"


def test_a_part_that_is_too_long_is_left_out_and_those_behind_it_are_not() -> None:
    folded = [["a" * 10], ["b" * 1000], ["c" * 10]]
    lines = _that_fit(folded, ["x" * 10], 60)
    assert lines[:2] == ["a" * 10, "c" * 10]
    assert lines[2] == "… 1 longer part only on the review page."
    assert _that_fit(folded, [], None) == ["a" * 10, "b" * 1000, "c" * 10]
