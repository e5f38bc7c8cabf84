"""The composition root: the one place where the real store, index and folders are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from onward.app import config, variables
from onward.app import place as places
from onward.app import scope as scopes
from onward.app import standing as standings
from onward.app.place import Place
from onward.app.standing import Standing
from onward.app.variables import Variables
from onward.app.workers import Workers
from onward.model.ports import Executor
from onward.store.disk import store_error
from onward.store.index import Index
from onward.store.opened import Store


@dataclass
class Opened:
    """A workspace with what it remembers.

    Attributes:
        scope: who vouches for what is made; `app.scope` says whose results are believed.
        is_shared: the store is shared with other machines.
    """

    place: Place
    store: Store
    index: Index
    standing: Standing
    scope: str = scopes.LOCAL
    is_shared: bool = False
    executor: Callable[[Path, str], Executor] = Workers
    """Makes what runs steps, for a Python and the folder that has the package `onward` for it."""

    def variables(self) -> Variables:
        """The environment variables of steps as they are now."""
        return Variables(variables.of_steps(), self.store.secret())

    def close(self) -> None:
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_workspace(start: Path, *, writes: bool = False, scope: str | None = None) -> Opened:
    """Opens the workspace that holds the folder `start`.

    Args:
        start: a folder in the workspace.
        writes: make the local folder and the store ready for writing.
        scope: who vouches for what is made; None: `team` where a store is shared, else `local`.

    Raises:
        WorkspaceError: there is no such folder.
        UsageError: there is no such scope.
        StoreError: the store is of another format, or cannot be written.
    """
    place = places.find(start)
    url = config.shared_store(place.root)
    scope = scope or scopes.default(is_shared=url is not None)
    reads = scopes.reads(scope)
    store = Store(place.store, scopes=reads)
    if writes:
        _prepare(place, store)
    index = Index(place.index) if writes or place.local.is_dir() else Index(Path(":memory:"))
    return Opened(place, store, index, standings.load(place.standing, reads), scope, url is not None)


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
