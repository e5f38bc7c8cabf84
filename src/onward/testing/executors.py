"""The suite of what runs tasks: bare parents with their children, or an interpreter that puts itself in order again."""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onward.model.event import Ending
from onward.model.ports import Executor

CODE = """
import shared

def double():
    return shared.NUMBER * 2

def count():
    shared.CALLS.append(1)
    return len(shared.CALLS)

def fail():
    raise ValueError("it was told to fail")
"""
SHARED = "NUMBER = 21\nCALLS = []\n"


class ExecutorSuite:
    """What every executor does with functions of a workspace."""

    def make_executor(self) -> Executor:
        raise NotImplementedError("a suite is subclassed, and its `make_executor` gives a fresh executor")

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = self.make_executor()
        yield executor
        executor.close()

    def test_a_task_ends_once_with_its_own_account(self, executor: Executor, tmp_path: Path) -> None:
        identity = executor.start(_task(tmp_path, "double"))
        (ending,) = _endings(executor, 1)
        assert (ending.identity, ending.status, ending.signal) == (identity, 0, 0)
        account = json.loads(ending.result)
        assert account["ok"] is True
        assert account["written"]["p/double"]["facts"]["value"] == 42
        assert executor.endings() == []

    def test_no_task_sees_what_another_has_left_in_its_modules(self, executor: Executor, tmp_path: Path) -> None:
        for _ in range(3):
            executor.start(_task(tmp_path, "count"))
            (ending,) = _endings(executor, 1)
            assert json.loads(ending.result)["written"]["p/count"]["facts"]["value"] == 1

    def test_a_task_runs_the_code_as_it_is_now(self, executor: Executor, tmp_path: Path) -> None:
        for number in (21, 35):
            task = _task(tmp_path, "double")
            (tmp_path / "shared.py").write_text(SHARED.replace("21", str(number)))
            executor.start(task)
            (ending,) = _endings(executor, 1)
            assert json.loads(ending.result)["written"]["p/double"]["facts"]["value"] == number * 2

    def test_what_the_code_raises_is_the_outcome_of_its_task(self, executor: Executor, tmp_path: Path) -> None:
        executor.start(_task(tmp_path, "fail"))
        (ending,) = _endings(executor, 1)
        account = json.loads(ending.result)
        assert (account["ok"], account["error"]["type"]) == (False, "ValueError")
        assert "it was told to fail" in account["error"]["message"]

    def test_tasks_that_were_started_together_all_end(self, executor: Executor, tmp_path: Path) -> None:
        started = {executor.start(_task(tmp_path, name)) for name in ("double", "count", "fail")}
        assert {ending.identity for ending in _endings(executor, 3)} == started

    def test_killing_what_has_ended_is_nothing(self, executor: Executor, tmp_path: Path) -> None:
        identity = executor.start(_task(tmp_path, "double"))
        _endings(executor, 1)
        executor.kill(identity)
        executor.start(_task(tmp_path, "double"))
        assert json.loads(_endings(executor, 1)[0].result)["ok"] is True


def _task(root: Path, name: str) -> dict[str, Any]:
    (root / "steps.py").write_text(CODE)
    (root / "shared.py").write_text(SHARED)
    outbox = root / f"outbox-{len(list(root.iterdir()))}"
    outbox.mkdir()
    return {
        "step": f"p/{name}", "kind": "function", "file": str(root / "steps.py"), "folder": str(root), "root": str(root),
        "roots": [str(root)], "outside": [], "bytecode": str(root / "bytecode"), "python": sys.executable,
        "outbox": str(outbox), "variables": {}, "passed": [], "as_of": "2026-01-01", "inputs": {}, "absent": [],
        "outputs": [{"asset": f"p/{name}", "field": None, "kind": None, "unit": None}], "module": "p.steps",
        "symbol": name, "arguments": [], "parameters": {},
    }  # fmt: skip


def _endings(executor: Executor, count: int) -> list[Ending]:
    found: list[Ending] = []
    while len(found) < count:
        ready, _, _ = select.select([executor.events], [], [], 60)
        assert ready, f"{count - len(found)} tasks have not ended"
        found += executor.endings()
    return found
