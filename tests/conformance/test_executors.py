"""Every executor passes the suite of `onward.testing.executors`."""

from __future__ import annotations

import sys
from pathlib import Path

import onward
from onward.app.workers import Workers
from onward.model.ports import Executor
from onward.testing.executors import ExecutorSuite
from tests.properties.in_process import InProcess

RUNTIME = str(Path(onward.__file__).parents[1])


class TestChildrenOfABareParent(ExecutorSuite):
    def make_executor(self) -> Executor:
        return Workers(Path(sys.executable), RUNTIME)


class TestTheCallingProcess(ExecutorSuite):
    def make_executor(self) -> Executor:
        return InProcess(Path(sys.executable), RUNTIME)
