"""Files that onward itself opens in a step's process; where the step is watched, nobody looks at these calls.

Each call that is looked at costs a small step a part of its time, and what onward does for a step is nobody's reading.
The filter of `runtime.watch.seccomp` lets a file be opened that is named from the root of the file system, where that
is known by a number that nothing else has. In a process without that number, files are opened as everywhere.
"""

from __future__ import annotations

import errno
import os
from typing import Union

ROOT = 1022
"""The descriptor of the root; a high one, for low ones are handed out to whoever opens a file."""

_has_root = False


def prepare() -> None:
    """In the bare parent, once the filter is in force: its children find the descriptor.

    Where so many files may not be open at once, onward's own calls are looked at like all others.
    """
    global _has_root
    try:
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.dup2(root, ROOT, inheritable=False)
        finally:
            os.close(root)
    except OSError:
        return
    _has_root = True


def are_unseen() -> bool:
    """Whether files that are opened here are not looked at."""
    return _has_root


def own_open(path: Union[str, os.PathLike[str]], flags: int, mode: int = 0o666) -> int:
    """As `os.open`; a relative path is looked at all the same.

    Raises:
        OSError: as `os.open`.
    """
    global _has_root
    path = os.fspath(path)
    if not _has_root or not path.startswith("/"):
        return os.open(path, flags, mode)
    try:
        return os.open(path.lstrip("/"), flags, mode, dir_fd=ROOT)
    except OSError as error:
        if error.errno != errno.EBADF:
            raise type(error)(error.errno, error.strerror, path) from None
    _has_root = False  # the step has closed everything
    return os.open(path, flags, mode)


def own_stat(path: Union[str, os.PathLike[str]]) -> os.stat_result:
    """As `os.stat`, of what can be opened; where nobody asks the kernel, nobody sees `os.stat` itself.

    Raises:
        OSError: as `os.open` and `os.stat`.
    """
    if not _has_root:
        return os.stat(path)
    descriptor = own_open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def own_read(path: Union[str, os.PathLike[str]]) -> bytes:
    """What a file holds.

    Raises:
        OSError: as `os.open` and `os.read`.
    """
    descriptor = own_open(path, os.O_RDONLY)
    try:
        parts = []
        while part := os.read(descriptor, 1 << 20):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def own_write(path: str, content: bytes) -> None:
    """Writes a small file; Python's own file objects cost more than that.

    Raises:
        OSError: as `os.open` and `os.write`.
    """
    descriptor = own_open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    finally:
        os.close(descriptor)
