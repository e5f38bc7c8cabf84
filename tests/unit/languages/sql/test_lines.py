"""The line of a query in which it says something else."""

from __future__ import annotations

import pytest

from onward.languages.sql.lines import first_changed


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("select a\nfrom t", "select a\nfrom u", 2),
        ("select a from t", "SELECT\n  a\nFROM u", 3),
        ("-- one\nselect a from t", "-- two\n/* of\nthem */\nselect b from t", 4),
        ("select a from t where x = 'A'", "select a from t\nwhere x = 'a'", 2),
        ('select "A" from t', 'select\n"a" from t', 2),
        ("select a from t\nwhere x", "select a\nfrom t", 2),
        ("select a -- it\nfrom t", "select a\nfrom t\nlimit 1", 3),
        ("select '--' from t", "select '--'\nfrom u", 2),
    ],
)
def test_the_line_of_the_first_word_that_differs(before: str, after: str, line: int) -> None:
    assert first_changed(before, after) == line
