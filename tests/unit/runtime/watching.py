"""Real steps that are watched, for tests: a script in a workspace of its own, run by a bare parent."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import onward
from onward.app.workers import Ending, Workers

LIMIT_S = 120


@dataclass
class Outcome:
    """How a step ended, and its record."""

    ending: Ending
    result: dict[str, Any]
    record: Any
    """The record as it was written; None where there is none."""
    root: Path

    def __getitem__(self, word: str) -> list[Any]:
        """The paths of a part of the record, from the workspace's root where they lie in it."""
        assert self.record is not None
        return [self._short(row["path"] if isinstance(row, dict) else row) for row in self.record[word]]

    def _short(self, path: str) -> str:
        return path.removeprefix(f"{self.root}/")


@dataclass
class Workspace:
    """A workspace, and the bare parent of its steps."""

    root: Path
    workers: Workers
    python: str = sys.executable
    outboxes: list[Path] = field(default_factory=list)

    def write(self, name: str, content: str | bytes = "x") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refuse_kernel(self, reason: str) -> None:
        """Leaves in the cache what a probe leaves on a machine whose kernel cannot be asked."""
        system = os.uname()
        on = f"{system.sysname} {system.release} {system.machine} uid {os.getuid()}"
        self.write(".onward/cache/watch-probe.json", json.dumps({"format": 1, "on": on, "reason": reason}))

    def start(self, code: str, name: str = "step.py", **more: Any) -> int:
        """Starts a script."""
        self.write(name, dedent(code))
        outbox = self.root / ".onward" / "outboxes" / str(len(self.outboxes))
        outbox.mkdir(parents=True)
        self.outboxes.append(outbox)
        task: dict[str, Any] = {
            "step": "project/step",
            "kind": "script",
            "file": f"{self.root}/{name}",
            "folder": str(self.root),
            "root": str(self.root),
            "roots": [str(self.root), f"{self.root}/lib"],
            "outside": [],
            "bytecode": f"{self.root}/.onward/cache/bytecode",
            "python": self.python,
            "outbox": str(outbox),
            "variables": {},
            "passed": [],
            "as_of": "2026-01-01",
            "inputs": {},
            "outputs": [],
            "absent": [],
            "watch": True,
        }
        return self.workers.start({**task, **more})

    def wait(self, count: int = 1) -> list[Outcome]:
        """So many endings."""
        outcomes: list[Outcome] = []
        until = time.monotonic() + LIMIT_S
        while len(outcomes) < count:
            assert time.monotonic() < until, "a step did not end"
            select.select([self.workers.events], [], [], 1)
            outcomes += [self._outcome(ending) for ending in self.workers.endings()]
        return outcomes

    def run(self, code: str, **more: Any) -> Outcome:
        """Runs a script, which has to end well."""
        outcome = self.attempt(code, **more)
        log = self.outboxes[-1] / "log.jsonl"
        assert outcome.result.get("ok"), (outcome.result, log.read_text() if log.exists() else "")
        return outcome

    def attempt(self, code: str, **more: Any) -> Outcome:
        """Runs a script, which may fail."""
        self.start(code, **more)
        return self.wait()[0]

    def _outcome(self, ending: Ending) -> Outcome:
        """What an ending says. The record is taken away, for that is how a run says that it knows the step's files."""
        record = self.outboxes[ending.identity - 1] / "watch.json"
        told = json.loads(record.read_text()) if record.exists() else None
        record.unlink(missing_ok=True)
        return Outcome(ending, json.loads(ending.result) if ending.result else {}, told, self.root)


@contextmanager
def workspace(folder: Path, python: str = sys.executable) -> Iterator[Workspace]:
    """A workspace in an empty folder."""
    root = folder.resolve()
    workers = Workers(Path(python), str(Path(onward.__file__).parents[1]))
    try:
        yield Workspace(root, workers, python)
    finally:
        workers.close()
