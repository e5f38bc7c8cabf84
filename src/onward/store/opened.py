"""A store, opened: its parts put together over one folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from onward.base.digest import Digest
from onward.model.records import Run
from onward.model.trace import Trace
from onward.store.disk import Disk
from onward.store.layout import LOCAL_SCOPE, STORE_FORMAT, Layout
from onward.store.objects import Objects
from onward.store.records import Records
from onward.store.traces import Traces

SECRET_LENGTH = 32


class Store:
    """Objects, traces and records of one folder. Opening writes nothing.

    Attributes:
        scopes: whose traces are read; the first one's are written.
    """

    def __init__(self, root: Path, disk: Disk | None = None, scopes: Sequence[str] = (LOCAL_SCOPE,)) -> None:
        self.root = root
        self.scopes = tuple(scopes)
        self.layout = Layout(root)
        self.layout.check_format()
        self.disk = disk or Disk(root)
        self.objects = Objects(self.layout, self.disk)
        self.traces = Traces(self.layout, self.disk, self.scopes)
        self.records = Records(self.layout, self.disk)

    def prepare(self) -> None:
        """Makes the store ready for writing: its folder, its format, and a place for what is under way.

        Raises:
            StoreError: the folder cannot be written.
        """
        self.disk.make_folder(self.disk.tmp)
        self.disk.create(f"{self.layout.root}/FORMAT", f"{STORE_FORMAT}\n".encode())
        if not self.disk.create(self.layout.secret, os.urandom(SECRET_LENGTH)) and not self._secret_here():
            # It is damaged: what it vouched for is lost.
            self.disk.replace(self.layout.secret, os.urandom(SECRET_LENGTH))

    @property
    def is_shared(self) -> bool:
        """Whether other machines share it."""
        return False

    def trouble(self) -> str | None:
        """What went wrong with sharing it, in one sentence; None for nothing."""
        return None

    def finish(self, run: Run, results: Mapping[Digest, Trace], tell: Callable[[int, int], None] | None = None) -> None:
        """Sees to it that other machines have what a run has made: nothing, where none share the store.

        Args:
            run: that is over.
            results: the traces of all its steps and checks, by name.
            tell: is told now and then how much is sent, of how much.
        """

    def secret(self) -> bytes:
        """What digests are made under of values that could be guessed; empty where there is none, or a damaged one."""
        return self._secret_here()

    def _secret_here(self) -> bytes:
        content = self.disk.read(self.layout.secret) or b""
        return content if len(content) == SECRET_LENGTH else b""
