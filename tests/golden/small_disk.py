"""A disk that is really full: a small tmpfs in a mount namespace of its own, which goes when its holder does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.program import PROGRAM, Answer

ROOMY_BYTES = 64 << 20
PAGE_BYTES = 4096


class SmallDisk:
    """A disk of a size that can be changed, as seen from within (`inside`) and from here (`root`)."""

    def __init__(self, holder: int, inside: Path) -> None:
        self.inside = inside
        self.root = Path(f"/proc/{holder}/root{inside}")
        rights = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        self._enter = ["nsenter", f"--target={holder}", "--mount", *rights]

    def onward(self, folder: Path, *words: str) -> Answer:
        """The program in a folder of the disk, to its end."""
        command = [*self._enter, *PROGRAM, "-C", str(self.inside / folder.relative_to(self.root)), *words]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def make_room(self) -> None:
        self._resize(ROOMY_BYTES)

    def leave(self, size_bytes: int) -> None:
        """Leaves room for so many bytes more, in whole pages: a small file takes one."""
        state = os.statvfs(self.root)
        used = (state.f_blocks - state.f_bfree) * state.f_frsize
        self._resize(used + size_bytes)

    def _resize(self, size_bytes: int) -> None:
        command = ["mount", "-o", f"remount,size={max(size_bytes, PAGE_BYTES)}", str(self.inside)]
        subprocess.run([*self._enter, *command], check=True, timeout=30)


@contextmanager
def small_disk(inside: Path) -> Iterator[SmallDisk | str]:
    """A small disk at a folder; or the reason why this machine does not let anybody mount one."""
    if missing := [name for name in ("unshare", "nsenter", "mount") if shutil.which(name) is None]:
        yield f"there is no `{missing[0]}`"
        return
    inside.mkdir()
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    mount = f'mount -t tmpfs -o size={ROOMY_BYTES} tmpfs "$0" && echo mounted && exec cat'
    holder = subprocess.Popen(
        ["unshare", "--mount", *rights, "sh", "-c", mount, str(inside)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        try:
            if holder.stdout.readline():
                yield SmallDisk(holder.pid, inside)
            else:
                yield holder.stderr.read().strip()
        finally:
            holder.stdin.close()
