"""The logs of channels in a bucket, with the copies of them on this disk, for when the bucket cannot be had.

The bucket has the truth: a copy that says something else gives way, and so does what goes on with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

import msgspec

from onward.base.bucket import Stored
from onward.base.codec import decode, encode
from onward.base.errors import BucketError, StoreError
from onward.model.records import RECORD_FORMAT, Move
from onward.store.disk import Disk
from onward.store.layout import LONGEST_NAME, Layout
from onward.store.shared.area import channel_of, channels_of
from onward.store.shared.remote import Remote

_READERS = 8
_SEQUENCE = re.compile(r"[0-9]{8,18}\Z", re.ASCII)
_COARSE_S = 2.0
"""How far the time of a file may be from what was set: some file systems keep every other second."""


class Logs:
    """What a bucket has of channels' logs.

    Args:
        layout: where the copies lie.
    """

    def __init__(self, layout: Layout, disk: Disk, remote: Remote) -> None:
        self._layout = layout
        self._disk = disk
        self._remote = remote
        self._listed: dict[str, list[Stored]] | None = None
        self._unreadable: dict[str, str] = {}
        """By channel, the path of a move that cannot be read."""

    def forget(self) -> None:
        """What was listed may have changed."""
        self._listed = None

    def channels(self) -> Iterable[str]:
        """Those that have a log in the bucket; none where that cannot be had."""
        return self._entries()

    def bring(self, channel: str) -> None:
        """Sees to it that the copies of a channel's log are what the bucket has, as far as that can be had."""
        here = self._layout.channel(channel)
        entries = self._entries().get(channel, [])
        news = [entry for entry in entries if not self._is_copied(channel, entry)]
        if not news:
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_READERS, "onward-reader") as readers:
            contents = list(readers.map(self._content, news))
        is_another = False
        for entry, content in zip(news, contents, strict=True):
            move = _move_of(content, channel, entry)
            if move is None:
                self._unreadable[channel] = entry.path
                self._remote.doubt(
                    f"entry {int(_name(entry))} of the channel `{channel}` cannot be read in `{self._remote.url}`"
                )
                continue
            copy = f"{here}/{_name(entry)}"
            before = _move_of(self._disk.read(copy), channel, entry)
            is_another = is_another or before not in (None, move)
            self._disk.replace(copy, encode(move))
            # A copy bears the time of what it is a copy of: what was written later may be another move.
            os.utime(copy, (entry.written, entry.written))
        if is_another:
            self._give_way(channel, {_name(entry) for entry in entries})

    def require_readable(self, channel: str) -> None:
        """Refuses to go on with a log of which nobody knows what it says.

        Raises:
            StoreError: a move of it cannot be read.
        """
        path = self._unreadable.get(channel)
        if path is not None:
            name = path.rpartition("/")[2]
            raise StoreError(
                f"entry {int(name)} of the channel `{channel}` cannot be read in `{self._remote.url}`",
                hint=f"look at `{path}` there; removing it takes this one move back",
            )

    def _entries(self) -> dict[str, list[Stored]]:
        """By channel, its moves as they were listed last; none where the bucket cannot be had."""
        if self._listed is None:
            scope = self._remote.own.scope
            logs: dict[str, list[Stored]] = {}
            for folder in sorted({channels_of(scope, previews=previews) for previews in (True, False)}):
                try:
                    entries = self._remote.bucket.listing(folder)
                except BucketError:
                    return {}
                for entry in sorted(filter(_is_move, entries), key=_name):
                    logs.setdefault(channel_of(folder, entry.path), []).append(entry)
            self._listed = logs
        return self._listed

    def _is_copied(self, channel: str, entry: Stored) -> bool:
        copy = f"{self._layout.channel(channel)}/{_name(entry)}"
        if _move_of(self._disk.read(copy), channel, entry) is None:
            return False
        return os.stat(copy).st_mtime + _COARSE_S >= entry.written

    def _content(self, entry: Stored) -> bytes | None:
        try:
            return self._remote.bucket.read(entry.path)
        except BucketError:
            return None

    def _give_way(self, channel: str, there: set[str]) -> None:
        """Sets aside what is here of a log that the bucket has lost, and in whose place it has another one."""
        folder = self._layout.channel(channel)
        for name in self._disk.names(folder):
            if name not in there:
                self._disk.move(f"{folder}/{name}", f"{self._layout.damaged}/{os.path.basename(folder)}-{name}")
        self._remote.doubt(
            f"`{self._remote.url}` has another log of the channel `{channel}` than it had; that one counts now"
        )


def _name(entry: Stored) -> str:
    return entry.path.rpartition("/")[2]


def _is_move(entry: Stored) -> bool:
    """Whether an object of a folder of channels can be a move; what else somebody put there is none."""
    *_, channel, name = entry.path.split("/")
    return len(channel) <= LONGEST_NAME and _SEQUENCE.match(name) is not None


def _move_of(content: bytes | None, channel: str, entry: Stored) -> Move | None:
    """The move of some bytes; None where they are none, or that of another place."""
    try:
        move = decode(content, Move) if content is not None else None
    except msgspec.DecodeError:
        return None
    place = (channel, int(_name(entry)), RECORD_FORMAT)
    return move if move is not None and (move.channel, move.sequence, move.format) == place else None
