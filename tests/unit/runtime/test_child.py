"""What a child says of an error in the user's code."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.runtime.child import describe


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("no such month"), "ValueError: no such month"),
        (ValueError("no column `grup`\n\nLINE 1: select grup\n               ^^^^"), "ValueError: no column `grup`"),
        (ValueError("\n  no column `grup`\n  ^"), "ValueError: no column `grup`"),
        (ValueError(), "ValueError"),
    ],
)
def test_an_error_of_many_lines_is_told_by_the_one_that_says_what_is_wrong(error: Exception, message: str) -> None:
    assert describe(error, "/nowhere")["message"] == message


def test_code_that_does_not_parse_is_told_by_what_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError) as found:
        compile("x = (", "a.py", "exec")
    assert describe(found.value, str(tmp_path))["message"] == "SyntaxError: '(' was never closed"
