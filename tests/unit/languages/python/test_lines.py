"""The lines of statements, and the first line of one that says something else."""

from __future__ import annotations

from textwrap import dedent

import pytest

from onward.languages.python.lines import Statements

FUNCTION = '''\
@wrapped(
    1,
)
def f(x, y=1):
    """Adds."""
    # first
    z = x + 1
    if z:
        return {
            "a": z,
            "b": y,
        }
    return None
'''


def statements(text: str) -> Statements:
    return Statements(dedent(text).encode())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("x + 1", "x - 1", 7),
        ("x + 1", "x + 2", 7),
        ('"b": y', '"b": z', 11),
        ('"a": z,\n', "", 10),
        ("    1,\n", "    2,\n", 2),
        ("y=1", "y=2", 4),
        ("f(x", "g(x", 4),
        ("    return None\n", "", 12),
        ("    # first\n", "    # first\n    print(x)\n", 7),
        ("    # first\n    z = x + 1\n", "    # second\n    z = x + 2\n", 7),
        ('"""Adds."""', '"""Takes."""', 5),
        ('"""Adds."""\n    # first\n    z = x + 1', '"""Takes."""\n    # first\n    z = x * 1', 7),
    ],
)
def test_the_first_line_that_means_something_else(old: str, new: str, line: int) -> None:
    assert FUNCTION.count(old) == 1
    changed = statements(FUNCTION.replace(old, new))
    assert changed.changed(4, statements(FUNCTION), 4) == line
    assert changed.first_changed(statements(FUNCTION)) == line


def test_layout_and_comments_are_no_difference() -> None:
    other = statements(FUNCTION.replace("# first", "# second").replace("x + 1", "(x +\n1)"))
    assert other.changed(4, statements(FUNCTION), 4) == 4


def test_a_statement_has_its_decorators_and_all_its_lines() -> None:
    assert statements(FUNCTION + "\nK = 1\n").span(4) == (1, 13)
    assert statements(FUNCTION + "\nK = 1\n").span(15) == (15, 15)


def test_a_statement_below_a_guard_that_is_resolved_by_reading_is_found() -> None:
    text = "if TYPE_CHECKING:\n    import a\nelse:\n    def f():\n        return 1\n"
    assert statements(text).span(4) == (4, 5)


def test_a_line_without_a_statement_stands_for_itself() -> None:
    assert statements("# nothing\n").span(1) == (1, 1)


def test_an_expression_that_is_nested_deeply_is_told_apart_line_by_line() -> None:
    deep = "x = (\n" + " + 1\n" * 2000 + ")\n"
    changed = statements(deep.replace("(\n + 1\n", "(\n + 2\n"))
    assert changed.changed(1, statements(deep), 1) == 2
    assert changed.first_changed(statements(deep)) == 2


def test_text_that_does_not_parse_is_told_apart_line_by_line() -> None:
    broken = statements("a = 1\nb = (\nc = 2\n")
    assert broken.first_changed(statements("a = 1\nb = 1\nc = 2\n")) == 2
    assert broken.changed(2, statements("a = 1\n"), 1) == 2
