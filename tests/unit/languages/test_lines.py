"""Two texts, line by line."""

from __future__ import annotations

import pytest

from onward.languages.lines import first_difference, lines_of, unified


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [("a b c", "a x c", 2), ("a b", "a b c", 3), ("a b c", "a b", 2), ("", "a", 1), ("a", "", 1), ("a", "a", 1)],
)
def test_the_first_line_that_differs(before: str, after: str, line: int) -> None:
    assert first_difference(before.split(), after.split()) == line


def test_a_difference_is_shown_with_what_stands_around_it_and_its_own_lines() -> None:
    before = [f"line {number}" for number in range(9)]
    after = [*before[:4], "another", *before[5:]]
    assert unified(before, after, 11, 21) == [
        "@@ -13,5 +23,5 @@", " line 2", " line 3", "-line 4", "+another", " line 5", " line 6",
    ]  # fmt: skip


def test_lines_are_counted_as_python_counts_them() -> None:
    assert lines_of("\ufeffa\fb\r\nc\rd\u2028e\n\n".encode()) == ["a\fb", "c", "d\u2028e", ""]
    assert lines_of(b"") == []


def test_equal_texts_show_nothing() -> None:
    assert unified(["a"], ["a"]) == []


def test_what_was_not_there_before_is_all_new() -> None:
    assert unified([], ["a", "b"], 1, 7) == ["@@ -1,0 +7,2 @@", "+a", "+b"]
