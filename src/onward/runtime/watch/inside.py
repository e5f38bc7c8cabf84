"""The watch inside a step's own processes: says where the user's code begins, and what only Python itself can see."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List

from onward.runtime import loader, sharing, surroundings
from onward.runtime.own_json import dumps
from onward.runtime.watch import accounts
from onward.runtime.watch.supervisor import BEGIN, RECORD, write
from onward.runtime.watch.variables import Variables, told


class PythonWatch:
    """What one Python process of a step says of itself: variables, modules, and what imports were for.

    Args:
        reason: why the kernel cannot be asked, where it cannot.
    """

    def __init__(self, reason: str = "") -> None:
        self._reason = reason
        self._variables = Variables()
        self._hook: Any = None
        self._task: Dict[str, Any] = {}

    def begin(self, task: Dict[str, Any]) -> None:
        """Right before the user's code: from here on everything counts."""
        self._task = task
        if self._runs_code():
            self._variables.watch()
            sharing.outbox = task["outbox"]
        os.register_at_fork(after_in_child=self._begin_in_fork)
        if self._reason:
            self._hear_events()

    def end(self) -> None:
        """Says what this Python has seen, in a file."""
        if self._hook is None:
            accounts.append(self._task["outbox"], self._account())
        else:
            self._write_heard()

    def _account(self) -> Dict[str, Any]:
        return {
            **told(self._variables),
            "modules": surroundings.loaded_modules(self._task["root"]),
            "missing": surroundings.missing_modules(),
            "loaded": dict(loader.loaded),
            "quoted": _quoted(),
            "searched": dict(loader.searched),
        }

    def _write_heard(self) -> None:
        if not os.path.exists(os.path.join(self._task["outbox"], RECORD)):
            said = [self._account(), *accounts.said(self._task["outbox"])]
            write(self._task["outbox"], dumps(self._hook.record(said)))

    def _begin_in_fork(self) -> None:
        # A worker of a pool ends without running anything: what it sees is told at once.
        self._variables.tell = lambda account: accounts.append(self._task["outbox"], account)

    def _hear_events(self) -> None:
        """The way round where the kernel cannot be asked: Python's audit events, which show Python's own doings."""
        from onward.runtime.watch.hook import Hook

        self._hook = Hook(self._task, self._reason)
        self._hook.begin()

    def _runs_code(self) -> bool:
        """Whether the user's code runs in this very process."""
        return True


def _quoted() -> List[str]:
    """The files that Python itself has read to show a line of them in a warning or a traceback."""
    cache: Dict[str, Any] = getattr(sys.modules.get("linecache"), "cache", {})
    return [path for path, kept in list(cache.items()) if len(kept) > 1 and os.path.isabs(path)]


class Watch(PythonWatch):
    """The watch of a step in its first process; made ready in the bare parent, for every step the same.

    Where no reason is given, the bare parent is watched by the kernel, and so is the process that it forks.
    """

    def begin(self, task: Dict[str, Any]) -> None:
        super().begin(task)
        if self._reason:
            task["unwatched"] = self._reason
        else:
            os.access(BEGIN, os.F_OK)

    def _runs_code(self) -> bool:
        # That of a notebook runs in a kernel, which is a process of its own.
        return self._task["kind"] != "notebook"

    def leave(self) -> bytes:
        """What this Python has seen, for the bare parent to pass on; empty where it has been written down."""
        if self._hook is None:
            return dumps(self._account()).encode()
        self._write_heard()
        return b""
