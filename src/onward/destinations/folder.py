"""`folder:PATH`: a folder that a web server, or whoever opens it, shows.

The whole folder is made anew beside the old one, of links to what stays, and the two are exchanged in one motion. What
is there for good is moved over as whole folders, and no reader misses it meanwhile.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from onward.base.errors import PlaceError, RefusedError
from onward.destinations import exchange
from onward.destinations.listing import folders_above, read_listing, require_way, without_lost, written
from onward.destinations.naming import place_error
from onward.destinations.stopping import Stop
from onward.model.delivery import LISTING, Listing, is_for_good
from onward.model.ports import Change

_PATIENCE_S = 600
_PAUSE_S = 0.1
_WITHOUT_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)


class FolderDestination:
    """A folder. One process at a time changes it; what one that was killed has left beside it, the next removes."""

    def __init__(self, address: str, root: Path, cache: Path) -> None:
        """
        Args:
            address: what stands behind `folder:`; relative to the workspace, `~` is the home.
            root: the workspace's root.
            cache: not needed.
        """
        del cache
        self.name = f"folder:{address}"
        self._stop = Stop()
        # Where it is a link, what it leads to is exchanged, and the link stays.
        self._folder = (root / Path(address).expanduser()).resolve()
        if root.resolve().is_relative_to(self._folder):
            raise RefusedError(
                f"`{self.name}` is the workspace or holds it, and a site cannot take its place",
                hint="name another folder in `publish`",
            )

    def listing(self) -> Listing:
        try:
            return without_lost(self._listing(), self._holds)
        except OSError as error:
            raise PlaceError(f"`{self.name}` cannot be read: {error.strerror or error}") from error

    def bring(self, plan: Callable[[Listing], Change | None]) -> int:
        try:
            with self._held() as is_locked:
                return self._bring(plan, is_alone=is_locked)
        except OSError as error:
            told = place_error(self.name, error)
            if error.errno in _WITHOUT_RIGHTS:
                told.hint = (
                    "the folder is exchanged as a whole: give the right to write to the one above it as well, or name "
                    "a folder below it in `publish`"
                )
            raise told from error

    def stop(self) -> None:
        self._stop.ask()

    def _bring(self, plan: Callable[[Listing], Change | None], *, is_alone: bool) -> int:
        folder = self._folder
        listed = self._listing()
        if is_alone:
            for address in filter(is_for_good, listed.sites):
                exchange.settle(folder, address)
            exchange.clear(folder)
        before = without_lost(listed, self._holds)
        change = plan(before)
        if change is None:
            return 0
        require_way(change, listed, self._in_the_way(change), self.name)
        with exchange.staged(folder) as stage:
            for path, content in change.put.items():
                self._stop.heed()
                exchange.write(stage / path, content)
            for path in before.files.keys() - change.put.keys() - set(change.removed):
                (stage / path).parent.mkdir(parents=True, exist_ok=True)
                exchange.link(folder / path, stage / path)
            moved = self._kept_as_they_are(listed, change) if is_alone else frozenset()
            for address in filter(is_for_good, listed.sites):
                if address not in moved:
                    exchange.link_tree(folder / address, stage / address)
            exchange.write(stage / LISTING, written(change.listing))
            exchange.sync(stage)
            self._stop.heed()
            exchange.replace(stage, folder, {*listed.files, *change.put, LISTING}, moved)
        return len(change.put) + len(change.removed)

    def _holds(self, path: str) -> bool:
        return (self._folder / path).is_file()

    def _kept_as_they_are(self, listed: Listing, change: Change) -> frozenset[str]:
        """The releases that are moved over as folders, so that a delivery costs the same however many there are."""
        touched = {"/".join(path.split("/")[:2]) for path in change.put}
        there = {address for address in listed.sites if is_for_good(address) and (self._folder / address).is_dir()}
        return frozenset(there - touched)

    def _listing(self) -> Listing:
        folder = self._folder
        if not folder.exists():
            return Listing()
        if not folder.is_dir():
            raise RefusedError(f"`{self.name}` is a file and no folder", hint="name a folder in `publish`")
        try:
            content = (folder / LISTING).read_bytes()
        except FileNotFoundError:
            content = None
        return read_listing(content, self.name, is_empty=content is None and not any(folder.iterdir()))

    def _in_the_way(self, change: Change) -> Iterator[str]:
        """What lies where a change would write, or where it needs a folder."""
        for path in change.put:
            target = self._folder / path
            if target.is_dir() and not target.is_symlink():
                files = (below for below in target.rglob("*") if below.is_file())
                yield from (below.relative_to(self._folder).as_posix() for below in files)
            elif os.path.lexists(target):
                yield path
            for above in folders_above(path):
                if os.path.lexists(self._folder / above) and not (self._folder / above).is_dir():
                    yield above

    def _is_locked(self, descriptor: int) -> bool:
        """Waits until nobody else is at work; False where the file system has no locks."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            self._stop.heed()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise PlaceError(
                        f"another has been changing a site beside `{self.name}` for {_PATIENCE_S // 60} minutes",
                        hint="end it, then `onward publish`",
                    ) from error
                time.sleep(_PAUSE_S)
            except OSError:
                return False

    @contextmanager
    def _held(self) -> Iterator[bool]:
        """Keeps others of this machine away; gives whether that could be done.

        Without locks, as on some shared file systems, the exchange is one motion all the same.
        """
        above = self._folder.parent
        above.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(above, os.O_RDONLY)
        try:
            yield self._is_locked(descriptor)
        finally:
            os.close(descriptor)
