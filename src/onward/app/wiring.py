"""The composition root: the one place where the real store, index and folders are put together."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from onward.app import standing as standings
from onward.app.settings import config, variables
from onward.app.settings import place as places
from onward.app.settings import scope as scopes
from onward.app.settings.place import Place
from onward.app.settings.variables import Variables
from onward.app.standing import Standing
from onward.app.workers import Workers
from onward.base.bucket import open_bucket, shown
from onward.base.errors import StoreError
from onward.model.ports import Bucket, Executor
from onward.store.disk import store_error
from onward.store.index import Index
from onward.store.opened import Store
from onward.store.shared.guarded import Guarded, Limits
from onward.store.shared.opened import SharedStore


@dataclass
class Opened:
    """A workspace with what it remembers.

    Attributes:
        scope: who vouches for what is made; `app.scope` says whose results are believed.
    """

    place: Place
    store: Store
    index: Index
    standing: Standing
    scope: str = scopes.LOCAL
    say: Callable[[str], None] | None = None
    """Hears when it is closed what went wrong with the shared store."""
    _has_told: bool = False
    _temporary: TemporaryDirectory[str] | None = None
    executor: Callable[[Path, str], Executor] = Workers
    """Makes what runs steps, for a Python and the folder that has the package `onward` for it."""

    def variables(self) -> Variables:
        """The environment variables of steps as they are now."""
        return Variables(variables.of_steps(), self.store.secret())

    def tell_trouble(self, say: Callable[[str], None]) -> None:
        """Says once what went wrong with the shared store, if anything did."""
        trouble = self.store.trouble()
        if trouble is not None and not self._has_told:
            self._has_told = True
            say(trouble)

    def cache_folder(self, name: str) -> Path:
        """A folder for what can be worked out again. Where the workspace cannot be written, it is gone at the end."""
        folder = self.place.local / "cache" / name
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
        if self._temporary is None:
            self._temporary = TemporaryDirectory(prefix="onward-")
        folder = Path(self._temporary.name) / name
        folder.mkdir(exist_ok=True)
        return folder

    def close(self) -> None:
        if self.say is not None:
            self.tell_trouble(self.say)
        if self._temporary is not None:
            self._temporary.cleanup()
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_workspace(
    start: Path,
    *,
    writes: bool = False,
    may_only_read: bool = False,
    scope: str | None = None,
    bucket: Callable[[str], Bucket] = open_bucket,
    limits: Limits | None = None,
) -> Opened:
    """Opens the workspace that holds the folder `start`.

    Args:
        start: a folder in the workspace.
        writes: make the local folder and the store ready for writing.
        may_only_read: open it all the same where these cannot be written; only what has to write is refused then.
        scope: who vouches for what is made; None: `team` where a store is shared, else `local`.
        bucket: opens the bucket of a shared store, which is not done before it is needed.
        limits: how long that is waited for.

    Raises:
        WorkspaceError: there is no such folder.
        UsageError: there is no such scope.
        StoreError: the store is of another format, or cannot be written.
    """
    place = places.find(start)
    url = config.shared_store(place.root)
    scope = scope or scopes.default(is_shared=url is not None)
    reads = scopes.reads(scope)
    if url is None:
        store = Store(place.store, scopes=reads)
    else:
        store = SharedStore(place.store, Guarded(shown(url), lambda: bucket(url), limits), reads)
    if writes:
        with suppress(StoreError) if may_only_read else nullcontext():
            _prepare(place, store)
    elif url is not None:
        with suppress(OSError):  # what comes from the bucket is kept in the local folder, which ignores itself
            places.prepare_local(place)
    index = Index(place.index) if writes or place.local.is_dir() else Index(Path(":memory:"))
    standing = standings.load(place.standing, reads)
    if isinstance(store, SharedStore) and standing.scope != scopes.LOCAL:
        store.shared_objects.expect(
            address for result in standing.results.values() for address in result.trace.addresses()
        )
    return Opened(place, store, index, standing, scope)


def open_alone(place: Place) -> Opened:
    """Opens the workspace of a place for writing, without the store that its settings would share with others.

    Raises:
        StoreError: the store cannot be written.
    """
    store = Store(place.store)
    _prepare(place, store)
    return Opened(place, store, Index(place.index), standings.load(place.standing, scopes.reads(scopes.LOCAL)))


def _prepare(place: Place, store: Store) -> None:
    try:
        places.prepare_local(place)
    except OSError as error:
        raise store_error(error, place.local) from error
    store.prepare()
