"""Commits laid out one after the other in a linked worktree of its own, with the store of the workspace.

What was made of them, or of the same code and data, is restored; what is made is kept for whoever needs it next.
"""

from __future__ import annotations

import dataclasses
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from onward.app.changes.git_history import GitHistory
from onward.app.reproducing.laid_out import LostFile, place_files
from onward.app.settings import place as places
from onward.app.settings.root import LOCAL_FOLDER
from onward.app.standing import Standing
from onward.app.wiring import Opened
from onward.base.digest import Digest
from onward.base.errors import MachineError
from onward.model.records import DATA_AXIS, FileState, Run
from onward.store.index import Index

_NO_HOOKS = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")
_PATIENCE_S = 600
_PREFIX = "onward-bisect-"
_LOCK = "lock"
"""In the folder around a worktree: locked by whoever uses it, for as long as he lives."""


@contextmanager
def checked_out(opened: Opened) -> Iterator[Checkout]:
    """A worktree for as long as it is used; afterwards git and the disk know nothing of it."""
    home = Path(mkdtemp(prefix=_PREFIX)).resolve()
    checkout = Checkout(opened, home / home.name)
    held = os.open(home / _LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield checkout
    finally:
        checkout.close()
        os.close(held)
        shutil.rmtree(home, ignore_errors=True)


def _clear(repository: Path) -> None:
    """Removes the worktrees that others have left on this machine who were killed."""
    for line in _git("-C", str(repository), "worktree", "list", "--porcelain").splitlines():
        root = Path(os.fsdecode(line.removeprefix(b"worktree ")))
        if root.name.startswith(_PREFIX) and root.parent.name == root.name and _is_left(root.parent):
            _remove(repository, root)
            shutil.rmtree(root.parent, ignore_errors=True)


def _is_left(home: Path) -> bool:
    """Whether whoever made a folder has ended; of one that is not to be seen from here nobody knows."""
    try:
        held = os.open(home / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(held)


def _remove(repository: Path, root: Path) -> None:
    words = ("worktree", "remove", "--force", "--force", str(root))
    subprocess.run(["git", "-C", str(repository), *words], capture_output=True, check=False, timeout=_PATIENCE_S)


def _git(*words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise MachineError(f"git cannot be asked: {error}", hint="install git") from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MachineError(f"git cannot lay a commit out: {lines[-1] if lines else done.returncode}")
    return done.stdout


class Checkout:
    """A linked worktree that goes from commit to commit.

    Attributes:
        lost: of the data that was to serve for the commit where it is, what nobody has any more.
    """

    def __init__(self, opened: Opened, root: Path) -> None:
        self._opened = opened
        self._root = root
        self._history = GitHistory(opened.place.root, opened.place.git)
        self._laid: dict[str, Digest] = {}
        self.lost: list[LostFile] = []
        self._index: Index | None = None

    def go_to(self, commit: str, data: Run | None) -> Opened:
        """The workspace of a commit, as if nothing had been run in it.

        Args:
            commit: its name.
            data: the run whose data serves, as far as git does not track it.

        Raises:
            MachineError: git cannot lay the commit out.
        """
        if self._root.exists():
            _git("-C", str(self._root), *_NO_HOOKS, "checkout", "-q", "--force", "--detach", commit)
        else:
            _clear(self._opened.place.root)
            add = ("worktree", "add", "-q", "--force", "--detach", str(self._root), commit)
            _git("-C", str(self._opened.place.root), *_NO_HOOKS, *add)
        self._lay_data(commit, data)
        return self._open()

    def close(self) -> None:
        """Takes the worktree away."""
        if self._index is not None:
            self._index.close()
        if self._root.exists():
            _remove(self._opened.place.root, self._root)

    def _lay_data(self, commit: str, data: Run | None) -> None:
        """Brings the files that git does not track to those of the run, and takes away what steps have written."""
        wanted = self._untracked_data(commit, data)
        same = {path for path, state in wanted.items() if self._laid.get(path) == state.digest}
        told = _git("-C", str(self._root), "ls-files", "--others", "-z")
        for name in filter(None, told.split(b"\0")):
            path = name.decode("utf-8", "surrogateescape")
            if path not in same and not path.startswith(f"{LOCAL_FOLDER}/"):
                (self._root / path).unlink(missing_ok=True)
        self._laid = {path: state.digest for path, state in wanted.items()}
        self.lost = []
        missing = {path: state for path, state in wanted.items() if path not in same}
        if data is not None and missing:
            for lost in place_files(self._opened, data, missing, self._root).lost:
                del self._laid[lost.path]
                self.lost.append(lost)

    def _untracked_data(self, commit: str, data: Run | None) -> dict[str, FileState]:
        basis = self._opened.store.records.basis(data.basis) if data is not None else None
        if data is None or basis is None:
            return {}
        tracked = self._history.files(commit).keys()
        if data.origin.commit is not None:
            tracked = tracked | self._history.files(data.origin.commit).keys()
        files = basis.files.items()
        return {path: state for path, state in files if state.axis == DATA_AXIS and path not in tracked}

    def _open(self) -> Opened:
        own = self._opened.place
        found = places.find(self._root)
        place = dataclasses.replace(found, store=own.store, lender=own.environment_root)
        shutil.rmtree(place.local / "state", ignore_errors=True)
        places.prepare_local(place)
        self._index = self._index or Index(place.index)
        return dataclasses.replace(self._opened, place=place, index=self._index, standing=Standing())
