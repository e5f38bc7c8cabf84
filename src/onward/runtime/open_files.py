"""Files that are still open as a step ends: an interpreter that is torn down writes what is left of them, and so do we.

A script need not close a file, nor a `csv.writer` or an archive, for what it wrote to be there when it has ended. The
process of a step is not torn down, since the parent's fork left things in it that are not its own.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import Any, List


def write_out() -> None:
    """Writes what open files of this process hold back; where there are none it costs a look at the descriptors."""
    if _writes_files():
        import gc

        found = [each for each in gc.get_objects() if isinstance(each, _kinds())]
        for each in [each for each in found if isinstance(each, io.TextIOBase)]:
            _end(each, "flush")
        for each in [each for each in found if not type(each).__module__.startswith(("io", "_io", "_pyio"))]:
            _end(each, "close")  # archives and compressed files write their end, into files of the system's kind
        for each in [each for each in found if isinstance(each, io.BufferedIOBase)]:
            _end(each, "flush")


def _kinds() -> Any:
    """What holds back what is written to it; of the libraries only those that the step has loaded."""
    kinds: List[type] = [io.IOBase]
    for module, name in (("zipfile", "ZipFile"), ("shelve", "Shelf")):
        if module in sys.modules:
            kinds.append(getattr(sys.modules[module], name))
    return tuple(kinds)


def _end(each: Any, how: str) -> None:
    try:
        if not getattr(each, "closed", False):
            getattr(each, how)()
    except Exception:  # noqa: BLE001 - at the end of an interpreter it would be passed over as well
        pass


def _writes_files() -> bool:
    """Whether a file, and no pipe or socket, is open to be written."""
    try:
        numbers = [int(name) for name in os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd")]
    except (OSError, ValueError):
        return True
    return any(number > 2 and _is_written(number) for number in numbers)


def _is_written(descriptor: int) -> bool:
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return False
        import fcntl

        return fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except (OSError, ImportError):
        return False
