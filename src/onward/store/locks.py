"""Who is making what: one lock for a key, let go by the system when its holder dies.

A second run that finds a key locked waits for the step in flight and then uses its trace.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from onward.base.digest import Digest
from onward.store.disk import store_error


class KeyLocks:
    """Locks held by this process. A lock's file goes with the lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Digest, int] = {}

    def acquire(self, key: Digest) -> bool:
        """Takes the lock of `key`; False where another process holds it."""
        path = self._folder / key
        while True:
            try:
                descriptor = self._open(path)
            except OSError as error:
                raise store_error(error, path) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except OSError as error:
                os.close(descriptor)
                raise store_error(error, path, "lock") from error
            if _is_file_at(descriptor, path):
                self._held[key] = descriptor
                return True
            # Its last holder removed the file between our opening and our locking it.
            os.close(descriptor)

    def _open(self, path: Path) -> int:
        """The lock's file, made where it is not there; its folder is there for all but the first of a store."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o666)

    def release(self, key: Digest) -> None:
        """Lets the lock go; nothing happens where it is not held."""
        descriptor = self._held.pop(key, None)
        if descriptor is None:
            return
        (self._folder / key).unlink(missing_ok=True)
        os.close(descriptor)

    def release_all(self) -> None:
        for key in list(self._held):
            self.release(key)


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
