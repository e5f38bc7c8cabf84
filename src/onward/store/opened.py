"""A store, opened: its parts put together over one folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

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
        if not self.disk.create(self.layout.secret, os.urandom(SECRET_LENGTH)) and not self.secret():
            self.disk.replace(
                self.layout.secret, os.urandom(SECRET_LENGTH)
            )  # it is damaged: what it vouched for is lost

    def secret(self) -> bytes:
        """What digests are made under of values that could be guessed; empty where there is none, or a damaged one."""
        content = self.disk.read(self.layout.secret) or b""
        return content if len(content) == SECRET_LENGTH else b""
