"""The few things that the store asks of a file system, in one place, so that a test can let each of them fail.

A file becomes visible under its name only when it is whole. Syncing to the disk is batched: `sync` makes
everything that was written before it last, and only then is a record written that names it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import fspath
from pathlib import Path

from onward.base.errors import MachineError, StoreError

StrPath = str | os.PathLike[str]
READ_ONLY = 0o444
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EXDEV)


class System:
    """The operating system's own operations, one call each."""

    def make_folder(self, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)

    def write_new(self, path: str, content: bytes) -> None:
        """Writes a file that must not exist yet; may leave a part of it when it fails."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READ_ONLY)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)

    def touch(self, path: str) -> None:
        """Makes an empty file, where there is none."""
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, READ_ONLY))

    def protect(self, path: str) -> None:
        """Takes the right to write from a file."""
        os.chmod(path, READ_ONLY)

    def link(self, source: str, path: str) -> None:
        """Gives a file a second name, which must not exist yet."""
        os.link(source, path)

    def copy(self, source: str, path: str) -> None:
        """Copies a file's bytes; may leave a part of them when it fails."""
        shutil.copyfile(source, path)

    def rename(self, source: str, path: str) -> None:
        os.replace(source, path)

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(path)

    def read(self, path: str) -> bytes:
        with open(path, "rb", buffering=0) as file:
            return file.readall()

    def list(self, folder: str) -> list[str]:
        return os.listdir(folder)

    def sync_all(self, folder: str) -> bool:
        """Syncs the whole file system of a folder, where there is such a call (Linux); False elsewhere."""
        if sys.platform != "linux":
            return False
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            return ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0
        except AttributeError:
            return False
        finally:
            os.close(descriptor)

    def sync(self, path: str) -> None:
        """Syncs one file or folder."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Disk:
    """Reads and writes below one root folder; `tmp` holds what is not yet in its place.

    Every method raises StoreError where the operating system refuses.
    """

    def __init__(self, root: Path, system: System | None = None) -> None:
        self.root = str(root)
        self.tmp = f"{root}/tmp"
        self._system = system or System()
        self._unsynced: list[str] = []
        self._folders: set[str] = set()

    def create(self, path: StrPath, content: bytes) -> bool:
        """Writes a new file; False where `path` exists already, which is then left as it is."""
        with _telling_what_failed(path):
            beside = self._beside(path)
            try:
                self._system.write_new(beside, content)
                return self._place(beside, fspath(path))
            finally:
                self._system.remove(beside)

    def adopt(self, source: StrPath, path: StrPath) -> None:
        """Moves a whole file of the same file system to its place, which only files of the same bytes can have."""
        with _telling_what_failed(path):
            self._make_folder(os.path.dirname(path))
            self._system.protect(fspath(source))
            self._system.rename(fspath(source), fspath(path))
        self._unsynced.append(fspath(path))

    def copy_of(self, source: StrPath) -> str:
        """A copy of a file that may lie anywhere, on the store's file system, for whoever adopts it."""
        with _telling_what_failed(source, "keep"):
            return self._copy_into_store(fspath(source))

    def copy(self, source: StrPath, path: StrPath) -> None:
        """Copies a file of the store to a place outside, over whatever is there: a reader sees the old one or the new.

        What is not whole lies in the store, so that a killed process leaves nothing among the user's files.
        """
        with _telling_what_failed(path):
            self._system.make_folder(os.path.dirname(path))
            whole = self._copy_into_store(fspath(source))
            try:
                self._system.rename(whole, fspath(path))
            except OSError as error:
                self._system.remove(whole)
                if error.errno != errno.EXDEV:
                    raise
                folder, name = os.path.split(path)
                beside = self._copy_to(fspath(source), f"{folder}/.{name}.{os.getpid()}.part")
                self._system.rename(beside, fspath(path))

    def make_folder(self, folder: StrPath) -> None:
        """Makes a folder, with those above it, where there is none."""
        with _telling_what_failed(folder):
            self._system.make_folder(fspath(folder))

    def mark(self, path: StrPath) -> None:
        """Sees to it that there is a file of this name. It says nothing but that."""
        with _telling_what_failed(path):
            self._make_folder(os.path.dirname(path))
            self._system.touch(fspath(path))
        self._unsynced.append(fspath(path))

    def replace(self, path: StrPath, content: bytes) -> None:
        """Writes a file over what is there: caches, and records under their digest, where only equal bytes can be."""
        with _telling_what_failed(path):
            beside = self._beside(path)
            try:
                self._system.write_new(beside, content)
                self._system.rename(beside, fspath(path))
            except BaseException:  # failed or stopped: what is half goes, the reason goes on
                self._system.remove(beside)
                raise
        self._unsynced.append(fspath(path))

    def move(self, source: StrPath, path: StrPath) -> None:
        """Renames a file, over whatever is there; nothing happens where there is no such file any more."""
        with _telling_what_failed(path):
            self._make_folder(os.path.dirname(path))
            try:
                self._system.rename(fspath(source), fspath(path))
            except FileNotFoundError:
                return

    def remove(self, path: StrPath) -> None:
        """Removes a file, where it is there."""
        with _telling_what_failed(path):
            self._system.remove(fspath(path))
        if fspath(path) in self._unsynced:
            self._unsynced.remove(fspath(path))

    def read(self, path: StrPath) -> bytes | None:
        """A file's bytes; None where there is no file of that name."""
        with _telling_what_failed(path, "read"):
            try:
                return self._system.read(fspath(path))
            except OSError as error:
                if error.errno in _NOTHING_THERE:
                    return None
                raise

    def names(self, folder: StrPath) -> list[str]:
        """The names in a folder, sorted; none where there is no such folder."""
        with _telling_what_failed(folder, "read"):
            try:
                return sorted(self._system.list(fspath(folder)))
            except OSError as error:
                if error.errno in _NOTHING_THERE:
                    return []
                raise

    def sync(self) -> None:
        """Makes all that was created or adopted so far survive a loss of power."""
        if not self._unsynced:
            return
        with _telling_what_failed(self.root):
            if not self._system.sync_all(self.root):
                for path in self._unsynced:
                    self._system.sync(path)
                for folder in sorted({os.path.dirname(path) for path in self._unsynced}):
                    self._system.sync(folder)
        self._unsynced.clear()

    def _copy_into_store(self, source: str) -> str:
        self._make_folder(self.tmp)
        return self._copy_to(source, f"{self.tmp}/{secrets.token_hex(8)}")

    def _copy_to(self, source: str, path: str) -> str:
        try:
            self._system.copy(source, path)
        except BaseException:  # failed or stopped: what is half goes, the reason goes on
            self._system.remove(path)
            raise
        return path

    def _beside(self, path: StrPath) -> str:
        """A name for a file that is not whole yet."""
        self._make_folder(os.path.dirname(path))
        self._make_folder(self.tmp)
        return f"{self.tmp}/{secrets.token_hex(8)}"

    def _place(self, whole: str, path: str) -> bool:
        try:
            self._system.link(whole, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # Without hard links the exclusive creation of the name is lost, the wholeness is not.
            if os.path.exists(path):
                return False
            self._system.rename(whole, path)
        self._unsynced.append(path)
        return True

    def _make_folder(self, folder: str) -> None:
        if folder not in self._folders:
            self._system.make_folder(folder)
            self._folders.add(folder)


@contextmanager
def _telling_what_failed(path: StrPath, verb: str = "write") -> Iterator[None]:
    """Turns what the operating system says into an error that names the path and what to do."""
    try:
        yield
    except OSError as error:
        raise store_error(error, path, verb) from error


def store_error(error: OSError, path: StrPath, verb: str = "write") -> MachineError:
    """The error for a store that cannot be written, or read."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(f"`{fspath(path)}` cannot be {'written' if verb == 'write' else 'kept'}")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(
            f"no right to {verb} `{path}`",
            hint="give yourself the right to it, or work on a copy of the workspace",
        )
    is_taken = error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
    hint = "something else lies in its place: move it away" if is_taken else None
    return StoreError(f"cannot {verb} `{path}`: {error.strerror or error}", hint=hint)


def disk_full(what: str) -> StoreError:
    """The error for a disk without room, with what cannot be done for it."""
    return StoreError(f"the disk is full: {what}", hint="make room on it and run again: what was finished is kept")
