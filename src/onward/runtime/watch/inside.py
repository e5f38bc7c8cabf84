"""The watch inside a step's own processes: puts the filter in force, and says what only Python itself can see."""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import Any, Dict, FrozenSet, List, Optional

from onward.runtime import loader
from onward.runtime.watch import scope
from onward.runtime.watch.probe import Means
from onward.runtime.watch.supervisor import PYTHON, RECORD, Channel, hand_over, write
from onward.runtime.watch.variables import Variables, told


class PythonWatch:
    """What one Python process of a step says of itself: variables, modules, and what imports were for."""

    def __init__(self, task: Dict[str, Any]) -> None:
        self._task = task
        self._variables = Variables()
        self._hook: Any = None

    def begin(self) -> None:
        """In a Python that a step starts for the user's code, such as a notebook's kernel."""
        self._note_variables()
        if "unwatched" in self._task:
            self._hear_events(self._task["unwatched"])

    def end(self) -> None:
        """Says what this Python has seen."""
        account = {
            **told(self._variables),
            "modules": _modules(),
            "loaded": self._loaded(),
            "searched": dict(loader.searched),
        }
        if self._hook is None:
            _append(self._task["outbox"], account)
        elif not os.path.exists(os.path.join(self._task["outbox"], RECORD)):
            write(self._task["outbox"], json.dumps(self._hook.record([account])))

    def _loaded(self) -> Dict[str, int]:
        return dict(loader.loaded)

    def _note_variables(self) -> None:
        self._variables.watch()
        os.register_at_fork(after_in_child=self._begin_in_fork)

    def _begin_in_fork(self) -> None:
        # A worker of a pool ends without running anything: what it sees is told at once.
        self._variables.tell = lambda account: _append(self._task["outbox"], account)

    def _hear_events(self, reason: str) -> None:
        """The way round where the kernel cannot be asked: Python's audit events, which show Python's own doings."""
        from onward.runtime.watch.hook import Hook

        self._hook = Hook(self._task, reason)
        self._hook.begin()


class Watch(PythonWatch):
    """The watch of a step, in its first process.

    Args:
        identity: the step's number in the bare parent.
        channel: to the supervisor; None where there is none.
        means: what is to be had on this machine.
    """

    def __init__(self, task: Dict[str, Any], identity: int, channel: Optional[Channel], means: Means) -> None:
        super().__init__(task)
        self._identity = identity
        self._channel = channel
        self._means = means

    def begin(self) -> None:
        """Right before the user's code: everything is seen from here on."""
        self._note_variables()
        reason = self._means.reason
        if self._channel is not None and self._means.installer is not None:
            try:
                _install(self._identity, self._channel, self._means.installer, self._task)
            except OSError as error:
                nested = error.errno == errno.EBUSY
                reason = "onward runs in a step that is watched itself" if nested else f"no watch: {error.strerror}"
            else:
                return
        self._task["unwatched"] = reason
        self._hear_events(reason)

    def _loaded(self) -> Dict[str, int]:
        # A step's own file is read once to run it, by whatever way.
        return {self._task["file"]: 1, **loader.loaded}


def _install(identity: int, channel: Channel, installer: Any, task: Dict[str, Any]) -> None:
    """Puts the filter in force and hands the listener over.

    Raises:
        OSError: it cannot be had.
    """
    from onward.runtime.watch.seccomp import HANDOVER

    counts_file = os.memfd_create("onward")
    counts = {"scope": scope.told(task), "strict": task.get("strict"), "outbox": task["outbox"]}
    content = json.dumps(counts).encode()
    while content:
        content = content[os.write(counts_file, content) :]
    os.lseek(counts_file, 0, os.SEEK_SET)
    try:
        os.dup2(channel.arrivals.fileno(), HANDOVER)
    except OSError as error:
        raise OSError(error.errno, f"a step may open fewer than {HANDOVER + 1} files") from error
    try:
        listener = installer.install()
        hand_over(HANDOVER, identity, [listener, counts_file])
        os.close(listener)
    finally:
        os.close(counts_file)
        os.close(HANDOVER)
        channel.arrivals.close()


def _append(outbox: str, account: Dict[str, Any]) -> None:
    content = (json.dumps(account) + "\n").encode()
    try:
        descriptor = os.open(os.path.join(outbox, PYTHON), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError:
        return
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


_before: FrozenSet[str] = frozenset()
"""What the bare parent has loaded: no package is among it, and it need not be looked through in every step."""


def prepare() -> None:
    """In the bare parent, when what it will load is loaded."""
    global _before
    _before = frozenset(sys.modules)


def _modules() -> List[str]:
    """The top-level packages that are loaded and lie among the installed ones."""
    found = []
    for name in sys.modules.keys() - _before:
        module = sys.modules[name]
        if "." in name:
            continue
        spec = getattr(module, "__spec__", None)
        places = [getattr(spec, "origin", None), *(getattr(spec, "submodule_search_locations", None) or ())]
        if any(isinstance(place, str) and scope.root_of_packages(place + "/") for place in places):
            found.append(name)
    return sorted(found)
