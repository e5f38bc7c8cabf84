"""A file system of which every operation can be made to fail, or to be the last one before the process ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from onward.store.disk import System

OPERATIONS = ("make_folder", "write_new", "touch", "protect", "copy", "link", "rename", "remove", "sync_all", "sync")


class Crash(BaseException):
    """The process ends here: nothing that would come after it is carried out."""


class Failing(System):
    """A file system whose operation number `at` goes wrong in one of three ways.

    `refused`: it fails and does nothing; `half`: a write leaves a part of its bytes, anything else is done and
    fails then; `crash`: the same, and no later operation is carried out either.
    """

    def __init__(self, at: int, how: str, code: int = errno.ENOSPC) -> None:
        self.count = 0
        self._at = at
        self._how = how
        self._code = code
        self._is_dead = False

    def __getattribute__(self, name: str) -> Any:
        operation = super().__getattribute__(name)
        if name not in OPERATIONS:
            return operation
        return lambda *arguments: self._carry_out(name, operation, *arguments)

    def _carry_out(self, name: str, operation: Callable[..., Any], *arguments: Any) -> Any:
        if self._is_dead:
            raise Crash
        self.count += 1
        if self.count != self._at:
            return operation(*arguments)
        if self._how != "refused":
            if name == "write_new":
                path, content = arguments
                operation(path, content[: len(content) // 2])
            elif name == "copy":
                source, path = arguments
                content = Path(source).read_bytes()
                Path(path).write_bytes(content[: len(content) // 2])
            else:
                with suppress(FileExistsError) if self._how == "crash" else nullcontext():
                    operation(*arguments)
        if self._how == "crash":
            self._is_dead = True
            raise Crash
        raise OSError(self._code, os.strerror(self._code))
