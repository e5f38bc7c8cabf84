"""Bases, snapshots, runs and the moves of channels: the objects that names stand for."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TypeVar

import msgspec

from onward.base.codec import decode, encode
from onward.base.digest import Digest, digest_bytes
from onward.base.errors import StoreError
from onward.model.records import Basis, Move, Run, Snapshot
from onward.store.disk import Disk
from onward.store.layout import Layout

T = TypeVar("T")


class Records:
    """The create-only records of a store. Everything that a record names is on the disk before it is."""

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk

    def put_basis(self, basis: Basis) -> Digest:
        return self._put(self._layout.bases, basis)

    def basis(self, digest: Digest) -> Basis | None:
        return self._read(f"{self._layout.bases}/{digest}", Basis, digest)

    def put_snapshot(self, snapshot: Snapshot) -> Digest:
        return self._put(self._layout.snapshots, snapshot)

    def snapshot(self, digest: Digest) -> Snapshot | None:
        return self._read(f"{self._layout.snapshots}/{digest}", Snapshot, digest)

    def put_run(self, run: Run) -> None:
        """Keeps a run; what it stands on is made to last first."""
        self._disk.sync()
        if not self._disk.create(f"{self._layout.runs}/{run.id}", encode(run)):
            raise StoreError(f"there is a run `{run.id}` already")
        self._disk.sync()

    def run(self, identity: str) -> Run | None:
        return self._read(f"{self._layout.runs}/{identity}", Run)

    def run_digest(self, identity: str) -> Digest | None:
        """The digest of a run's record; None where it is gone."""
        content = self._disk.read(f"{self._layout.runs}/{identity}")
        return None if content is None else digest_bytes(content)

    def run_ids(self) -> list[str]:
        """The names of all runs, oldest first."""
        return [name for name in self._disk.names(self._layout.runs) if not name.startswith(".")]

    def runs(self) -> list[Run]:
        """All runs that can be read, oldest first. Cost: reads every run."""
        return [run for name in self.run_ids() if (run := self.run(name)) is not None]

    def channels(self) -> list[str]:
        return self._layout.channel_names()

    def moves(self, channel: str) -> list[Move]:
        """The channel's log, oldest first; empty for a channel that has never moved."""
        folder = self._layout.channel(channel)
        moves = []
        for name in filter(str.isdigit, self._disk.names(folder)):
            move = self._read(f"{folder}/{name}", Move)
            if move is None:
                raise StoreError(
                    f"entry {int(name)} of the channel `{channel}` is damaged",
                    hint=f"look at `{folder}/{name}`; removing that file takes this one move back",
                )
            moves.append(move)
        return moves

    def append(self, move: Move) -> bool:
        """Adds a move to its channel's log; False where another took its place in the sequence first."""
        self._disk.sync()
        added = self._disk.create(f"{self._layout.channel(move.channel)}/{move.sequence:08d}", encode(move))
        self._disk.sync()
        return added

    def _put(self, folder: str, record: object) -> Digest:
        content = encode(record)
        digest = digest_bytes(content)
        path = f"{folder}/{digest}"
        if self._disk.read(path) != content:  # it is not there, or damaged
            self._disk.replace(path, content)
        return digest

    def _read(self, path: str, form: type[T], digest: Digest | None = None) -> T | None:
        """A record; None where it is gone or damaged."""
        content = self._disk.read(path)
        if content is None or (digest is not None and digest_bytes(content) != digest):
            return None
        try:
            return decode(content, form)
        except msgspec.DecodeError:
            return None


def new_run_id(at: datetime) -> str:
    """A name that sorts in the order of time: `20261122-213300-4f2a9c`."""
    return f"{at:%Y%m%d-%H%M%S}{at.microsecond // 1000:03d}-{secrets.token_hex(3)}"
