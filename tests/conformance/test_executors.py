"""Every executor passes the suite of `onward.testing.executors`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import onward
from onward.app.workers import Workers
from onward.model.ports import Executor
from onward.testing.executors import ExecutorSuite
from tests.properties.in_process import InProcess

RUNTIME = str(Path(onward.__file__).parents[1])


class TestChildrenOfABareParent(ExecutorSuite):
    def make_executor(self) -> Executor:
        return Workers(Path(sys.executable), RUNTIME)

    def test_nothing_is_imported_from_where_onward_was_called(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mark = tmp_path / "mark"
        for name in ("json", "linecache"):
            (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\n")
        monkeypatch.chdir(tmp_path)
        self.make_executor().close()
        assert not mark.exists()

    def test_the_bare_parent_leaves_nothing_open(
        self, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONWARNINGS", "default")
        self.make_executor().close()
        assert capfd.readouterr().err == ""


class TestTheCallingProcess(ExecutorSuite):
    def make_executor(self) -> Executor:
        return InProcess(Path(sys.executable), RUNTIME)
