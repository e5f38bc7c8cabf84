"""Who is making what: one lock for a key, let go by the system when its holder dies.

A second run that finds a key locked waits for the step in flight and then uses its trace.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from onward.base.digest import Digest
from onward.store.disk import store_error

_NAME_LENGTH = 2
"""Hexadecimal digits of a key in the name of its lock's file: 256 files at most."""


class KeyLocks:
    """Locks held by this process.

    A file stands for all keys that begin alike: making and removing one for each key costs a file system more than
    the rest of a small step. Two runs that make two such keys wait for each other now and then; nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, tuple[int, set[Digest]]] = {}

    def acquire(self, key: Digest) -> bool:
        """Takes the lock of `key`; False where another process holds it."""
        name = key[:_NAME_LENGTH]
        held = self._held.get(name)
        if held is not None:
            held[1].add(key)
            return True
        path = self._folder / name
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
                self._held[name] = (descriptor, {key})
                return True
            # Somebody removed the file between our opening and our locking it.
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
        name = key[:_NAME_LENGTH]
        descriptor, keys = self._held.get(name, (-1, set()))
        keys.discard(key)
        if descriptor >= 0 and not keys:
            del self._held[name]
            _let_go(descriptor)

    def release_all(self) -> None:
        for descriptor, _ in self._held.values():
            _let_go(descriptor)
        self._held.clear()


def _let_go(descriptor: int) -> None:
    """Unlocks before closing: a program that is just being started may still have a copy of the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
