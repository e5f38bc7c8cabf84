"""The few things that the store asks of a file system, in one place, so that a test can let each of them fail.

A file becomes visible under its name only when it is whole. Syncing to the disk is batched: `sync` makes
everything that was written before it last, and only then is a record written that names it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import sys
from pathlib import Path

from onward.base.errors import MachineError, StoreError

READ_ONLY = 0o444


class Disk:
    """Writes below one root folder; `tmp` holds what is not yet in its place."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tmp = root / "tmp"
        self._unsynced: list[Path] = []
        self._folders: set[str] = set()

    def create(self, path: Path, content: bytes) -> bool:
        """Writes a new file; False where `path` exists already, which is then left as it is."""
        beside = self.tmp / secrets.token_hex(8)
        with _as_store_error(path):
            self._make_folder(path.parent)
            self._make_folder(self.tmp)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READ_ONLY)
            try:
                try:
                    _write_all(descriptor, content)
                finally:
                    os.close(descriptor)
                return self._place(beside, path)
            finally:
                beside.unlink(missing_ok=True)

    def adopt(self, source: Path, path: Path) -> bool:
        """Moves a whole file of the same file system to its place; False where it is there already."""
        with _as_store_error(path):
            self._make_folder(path.parent)
            os.chmod(source, READ_ONLY)
            try:
                return self._place(source, path)
            finally:
                source.unlink(missing_ok=True)

    def replace(self, path: Path, content: bytes) -> None:
        """Writes a file that may be overwritten: pointers and caches, never a record."""
        beside = self.tmp / secrets.token_hex(8)
        with _as_store_error(path):
            self._make_folder(path.parent)
            self._make_folder(self.tmp)
            try:
                beside.write_bytes(content)
                os.replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)

    def sync(self) -> None:
        """Makes all that was created or adopted so far survive a loss of power."""
        if not self._unsynced:
            return
        with _as_store_error(self.root):
            if not _sync_file_system(self.root):
                for path in self._unsynced:
                    _sync_path(path)
                for folder in {path.parent for path in self._unsynced}:
                    _sync_path(folder)
        self._unsynced.clear()

    def _place(self, whole: Path, path: Path) -> bool:
        try:
            os.link(whole, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
                raise
            # A file system without hard links: the exclusive creation of the name is lost, the wholeness is not.
            if path.exists():
                return False
            os.rename(whole, path)
        self._unsynced.append(path)
        return True

    def _make_folder(self, folder: Path) -> None:
        name = str(folder)
        if name not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(name)


class _as_store_error:
    """Turns what the operating system says into an error that names the path and what to do."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise store_error(error, self._path) from error


def store_error(error: OSError, path: Path) -> MachineError:
    """The error for a store that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(
            "the disk that holds the store is full",
            hint="make room on it and run again: what was finished is kept",
            facts=[("store", str(path))],
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            f"no right to write `{path}`",
            hint="give yourself the right to write the folder `.onward`, or work on a copy of the workspace",
        )
    return StoreError(f"cannot write `{path}`: {error.strerror or error}")


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file_system(folder: Path) -> bool:
    """One call for all files, where the system has it (Linux); False elsewhere."""
    if sys.platform != "linux":
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0
    except AttributeError:
        return False
    finally:
        os.close(descriptor)
