"""Copies of the files that a step is about to overwrite and that nobody has kept: made before the call goes on.

What a step's code says that it writes is kept before the step starts; what only its calls show is kept here, in its
outbox, and so is what others have put into a file since then.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from typing import IO, Any, Dict, List, Mapping, Optional, Sequence

MOST_IN_PLACE_BYTES = 100_000_000
"""A larger file that is opened to be changed in place is not copied: as a rule it is a database that is only read."""
_CLONE = 0x40049409
"""`FICLONE`: file systems that can share what two files have in common do so at once."""


class Rescue:
    """The copies of one step.

    Args:
        root: the workspace's; what lies outside is not ours to keep.
        folder: takes the copies.
        known: paths that have been seen to already, with size in bytes, mtime in ns and inode then; None: nothing
            was there.
        journal: the file in which is written down what the step is about to change, should its run be killed; empty:
            none.
        step: its name.
    """

    def __init__(
        self,
        root: str,
        folder: str,
        known: Mapping[str, Optional[Sequence[int]]],
        journal: str = "",
        step: str = "",
    ) -> None:
        self._root = os.path.join(root, "")
        self._journal = journal
        self._opened: Optional[IO[bytes]] = None
        self._step = step
        self._folder = folder
        self._known = known
        self.copies: Dict[str, str] = {}
        """Path -> where its copy lies."""

    def before_change(self, path: str, *, in_place: bool) -> int:
        """Keeps what a file holds.

        Args:
            in_place: some of it stays, and it may well be that nothing is changed.

        Returns:
            the error number with which the change is refused, for a file that cannot be kept must not be lost; or 0.
        """
        if path in self.copies or not path.startswith(self._root) or "/.git/" in path:
            return 0
        lost = self._keep(path, in_place=in_place)
        if not lost:
            self._note(path, self.copies.get(path, ""))
        return lost

    def before_making(self, path: str) -> None:
        """Notes that there is no file yet of this name."""
        if path.startswith(self._root) and "/.git/" not in path and "/__pycache__/" not in path:
            self._note(path, None)

    def _note(self, path: str, copy: Optional[str]) -> None:
        """Writes down that a file is about to change. `copy` is that of what it held, empty where that is known."""
        if not self._journal:
            return
        try:
            if self._opened is None:
                self._opened = open(self._journal, "ab", buffering=0)  # noqa: SIM115 - as long as the step runs
                self._opened.write(_line([self._step, self._root[:-1]]))
            self._opened.write(_line([path, copy]))
        except OSError:
            return  # the disk is full: whatever changes the file will be told so as well

    def _keep(self, path: str, *, in_place: bool) -> int:
        try:
            now = os.lstat(path)
            if self._known.get(path) == [now.st_size, now.st_mtime_ns, now.st_ino]:
                return 0
            if now.st_size == 0 or (in_place and now.st_size > MOST_IN_PLACE_BYTES):
                return 0
            os.makedirs(self._folder, exist_ok=True)
            copy = os.path.join(self._folder, str(len(self.copies)))
            _copy(path, copy)
        except FileNotFoundError:
            return 0
        except OSError as error:
            return error.errno or errno.EIO
        self.copies[path] = copy
        return 0


def of_task(task: Dict[str, Any]) -> Rescue:
    """The rescue of a step, as its task tells."""
    outbox = task["outbox"]
    journal = os.path.join(outbox, "changing")
    folder, known = os.path.join(outbox, "before"), task.get("kept_before", {})
    return Rescue(os.path.realpath(task["root"]), folder, known, journal, task["step"])


def _line(said: List[Optional[str]]) -> bytes:
    return json.dumps(said).encode("ascii") + b"\n"


def _copy(path: str, copy: str) -> None:
    source = os.open(path, os.O_RDONLY)
    try:
        target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            try:
                fcntl.ioctl(target, _CLONE, source)
            except OSError:
                while content := os.read(source, 1 << 20):
                    while content:
                        content = content[os.write(target, content) :]
        finally:
            os.close(target)
    finally:
        os.close(source)
