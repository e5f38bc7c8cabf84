"""What is said of the projects that were not run."""

from __future__ import annotations

import pytest

from onward.ci.base import Base
from onward.ci.untouched import Untouched

NONE = Base("nothing", None, None)


@pytest.mark.parametrize(
    ("projects", "words"),
    [
        (0, []),
        (1, ["of the one project something was run"]),
        (2, ["of every one of 2 projects something was run"]),
    ],
)
def test_where_all_was_run_that_is_said(projects: int, words: list[str]) -> None:
    assert list(Untouched(projects, (), (), 0).lines(NONE)) == words
