"""What made a result move, in words."""

from __future__ import annotations

import pytest

from onward.app.changes.causes import CODE, Cause


@pytest.mark.parametrize(
    ("what", "where", "told"),
    [
        ("projects/a/x.sql (query)", "projects/a/x.sql:12", "the query changed (`projects/a/x.sql:12`)"),
        ("a/x.ipynb (cells)", "a/x.ipynb:cell 3:2", "the cells changed (`a/x.ipynb:cell 3:2`)"),
        ("projects/a/steps.py:price", "projects/a/steps.py:7", "`price` changed (`projects/a/steps.py:7`)"),
        ("a/onward.toml (fetch)", "a/onward.toml:3", "the command `fetch` changed (`a/onward.toml:3`)"),
        ("shared.rounded", "lib/shared.py:2", "`shared.rounded` changed (`lib/shared.py:2`)"),
        ("a/x.py:price", "lib/y.py:2", "`a/x.py:price` changed (`lib/y.py:2`)"),
        ("a/x.sql (query)", "", "`a/x.sql (query)` changed"),
    ],
)
def test_a_cause_names_its_file_once(what: str, where: str, told: str) -> None:
    assert Cause(CODE, what, f"`{what}` changed", where=where).told == told
