"""A folder that takes long to be read may be one that nobody meant: it is named while people wait."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from onward.app.reading import current, whole
from onward.app.wiring import open_workspace
from onward.testing import workspace


def test_a_folder_that_takes_long_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    has_been_told = threading.Event()

    def say(message: str) -> None:
        said.append(message)
        has_been_told.set()

    def slowly(*arguments: Any) -> whole.Reading:
        assert has_been_told.wait(20)
        return whole.read(*arguments)

    workspace.write(tmp_path, {"onward.toml": ""})
    monkeypatch.setattr(current, "PATIENCE_S", 0.0)
    monkeypatch.setattr(current, "read", slowly)
    before = threading.active_count()
    with open_workspace(tmp_path) as opened:
        opened.say = say
        current.read_current(opened)
    (told,) = said
    assert str(tmp_path) in told and "Ctrl-C" in told and "-C DIR" in told
    assert threading.active_count() == before, "whoever forks next does so with one thread"


def test_nothing_is_said_of_one_that_does_not(tmp_path: Path) -> None:
    said: list[str] = []
    workspace.write(tmp_path, {"onward.toml": ""})
    with open_workspace(tmp_path) as opened:
        opened.say = said.append
        current.read_current(opened)
    assert said == []
