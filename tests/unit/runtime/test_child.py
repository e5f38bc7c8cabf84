"""What a child says of an error in the user's code, and of what a disk without room does to its account."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from onward.runtime.child import describe
from onward.runtime.session import Session, told
from onward.runtime.values import DiskFull


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


NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "error", [NO_ROOM, RuntimeError("could not write: No space left on device (os error 28)")], ids=["errno", "words"]
)
def test_a_disk_without_room_is_onwards_to_tell_where_no_code_of_the_user_wrote(
    error: Exception, tmp_path: Path
) -> None:
    def raised(code: str, place: Path) -> dict[str, object]:
        try:
            exec(compile(code, str(place), "exec"), {"error": error.with_traceback(None)})
        except (OSError, RuntimeError) as found:
            return describe(found, str(tmp_path))
        raise AssertionError

    own = raised("raise error", tmp_path / "step.py")
    assert (own["type"], own["line"]) == (type(error).__name__, 1)
    assert "make room" in str(own["hint"])
    assert raised("raise error", Path("/elsewhere/library.py"))["type"] == "DiskFull"


def test_what_is_told_of_a_step_is_told_whole_though_the_disk_takes_it_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:7]))
    Session({"outbox": str(tmp_path), "inputs": {}}).save("one", 1)
    assert [fact["name"] for fact in told(str(tmp_path))["saves"]] == ["one"]


def test_a_save_that_finds_no_room_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, content: bytes) -> int:
        raise NO_ROOM

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFull, match="`one` could not be saved"):
        Session({"outbox": str(tmp_path), "inputs": {}}).save("one", 1)
