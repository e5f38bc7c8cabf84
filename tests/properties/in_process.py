"""Runs steps in the calling process, one after the other: what is tried is the engine, fifty thousand times.

Between two tasks the interpreter is put in order again: folder, variables, import path and modules. What the steps
of a test must not do is what this cannot undo: threads, signals, state of libraries.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onward.model.event import Ending
from onward.runtime import child, loader
from tests.properties.packages import site_of


class InProcess:
    """An executor without processes."""

    def __init__(self, python: Path, runtime: str) -> None:
        del runtime
        self._site = str(site_of(python))
        self.events, self._told = os.pipe()
        self._ended: list[Ending] = []
        self._next = 0

    def start(self, task: dict[str, Any]) -> int:
        self._next += 1
        begun = time.perf_counter()
        with _put_in_order_again(task["root"]):
            if self._site not in sys.path:  # what a Python of that environment would see
                sys.path.append(self._site)
            result = child.perform(task)
        self._ended.append(Ending(self._next, 0, 0, time.perf_counter() - begun, 0.0, 0, json.dumps(result)))
        os.write(self._told, b".")
        return self._next

    def kill(self, identity: int) -> None:
        """Whatever was started has ended."""

    def endings(self) -> list[Ending]:
        ended, self._ended = self._ended, []
        if ended:
            os.read(self.events, len(ended))
        return ended

    def close(self) -> None:
        os.close(self.events)
        os.close(self._told)


@contextmanager
def _put_in_order_again(root: str) -> Iterator[None]:
    folder, path, variables = os.getcwd(), list(sys.path), dict(os.environ)
    modules, hooks, finders = dict(sys.modules), list(sys.path_hooks), list(sys.meta_path)
    importers, arguments = dict(sys.path_importer_cache), list(sys.argv)
    main = dict(sys.modules["__main__"].__dict__)
    try:
        yield
    finally:
        os.chdir(folder)
        sys.path[:], sys.path_hooks[:], sys.meta_path[:], sys.argv[:] = path, hooks, finders, arguments
        for name in sys.modules.keys() - modules.keys():
            # Libraries stay: one that is compiled cannot be loaded twice.
            if (getattr(sys.modules[name], "__file__", None) or root).startswith(root):
                del sys.modules[name]
        sys.path_importer_cache.clear()
        sys.path_importer_cache.update(importers)
        sys.modules["__main__"].__dict__.clear()
        sys.modules["__main__"].__dict__.update(main)
        if os.environ != variables:
            os.environ.clear()
            os.environ.update(variables)
        loader.uninstall()
