"""Workspaces from text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onward.testing import workspace


def test_a_literal_holds_each_file_below_its_heading() -> None:
    text = """
        === a/steps.py
        def f():
            return 1

        === data/x.csv
        a,b
        === empty.toml
    """
    assert workspace.files_of(text) == {
        "a/steps.py": "def f():\n    return 1\n",
        "data/x.csv": "a,b\n",
        "empty.toml": "",
    }


@pytest.mark.parametrize("text", ["no heading", "=== a\n=== a\n"])
def test_a_literal_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no file|twice"):
        workspace.files_of(text)


def test_files_are_written_changed_and_taken_away(tmp_path: Path) -> None:
    workspace.write(tmp_path / "w", {"a/b.txt": "1\n", "a/c/d.bin": b"\x00"})
    workspace.write(tmp_path / "w", {"a/b.txt": "2\n", "a/c/d.bin": None})
    assert workspace.contents_of(tmp_path / "w") == {"a/b.txt": b"2\n"}
    assert not (tmp_path / "w" / "a" / "c").exists()


def test_a_file_that_does_not_change_keeps_its_times(tmp_path: Path) -> None:
    file = workspace.write(tmp_path, {"a.txt": "1\n"}) / "a.txt"
    os.utime(file, ns=(1, 1))
    workspace.write(tmp_path, "=== a.txt\n1\n")
    assert file.stat().st_mtime_ns == 1


def test_hidden_folders_are_no_contents(tmp_path: Path) -> None:
    workspace.write(tmp_path, {".onward/x": "", "a": "", "b/__pycache__/c": ""})
    assert workspace.contents_of(tmp_path) == {"a": b""}
