"""What the children of a run need of the machine: an executor for each Python, an outbox for each child."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import onward
from onward.app.environments import environment
from onward.app.environments.environment import WorkspacePython
from onward.app.observing.collect import Killed, emptied, remove, sweep
from onward.app.wiring import Opened
from onward.model.ports import Executor


class Children:
    """Executors and outboxes of one round, made when they are first asked for."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._store = opened.store
        self._executors: dict[str, Executor] = {}
        self._outboxes: Path | None = None
        self._free: list[Path] = []

    def executor(self, python: WorkspacePython) -> Executor:
        name = str(python.executable)
        if name not in self._executors:
            package = Path(onward.__file__).parent
            runtime = environment.runtime_path(python, self._opened.place, package)
            self._executors[name] = self._opened.executor(python.executable, runtime)
        return self._executors[name]

    def outbox(self) -> Path:
        """An empty folder for what a child leaves. `done_with` gives it back."""
        if self._outboxes is None:
            self._outboxes = self._opened.place.outboxes / f"run-{os.getpid()}-{secrets.token_hex(4)}"
            self._store.disk.make_folder(self._outboxes)
        if self._free:
            return self._free.pop()
        outbox = self._outboxes / secrets.token_hex(6)
        self._store.disk.make_folder(outbox)
        return outbox

    def sweep(self) -> list[Killed]:
        """Removes what killed runs left behind, and tells which files of this tree their steps were changing."""
        place = self._opened.place
        return sweep(place.outboxes, str(place.root), self._store.objects)

    def done_with(self, outbox: Path) -> None:
        self._free.append(emptied(outbox))

    def close(self) -> None:
        """Ends what still runs."""
        for executor in self._executors.values():
            executor.close()

    def remove_outboxes(self) -> None:
        if self._outboxes is not None:
            remove(self._outboxes, self._store.objects)
