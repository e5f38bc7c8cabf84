"""Bytes under their digest. What is read back is held against the digest; what does not fit is set aside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from onward.base.digest import Digest, digest_bytes, digest_file, is_digest
from onward.store.disk import Disk, StrPath, store_error
from onward.store.layout import Layout


class Objects:
    """The content-addressed part of a store."""

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self._verified: set[Digest] = set()

    def put(self, content: bytes) -> Digest:
        """Keeps `content`; what is there already, and whole, is left."""
        digest = digest_bytes(content)
        if not self._is_wanted_again(digest):
            self._disk.replace(self._layout.object(digest), content)
        return digest

    def adopt(self, path: StrPath) -> Digest:
        """Keeps the file at `path`, which must lie on the store's file system and is gone afterwards."""
        digest = _digest_of_file(path)
        if self._is_wanted_again(digest):
            self._disk.remove(path)
        else:
            self._disk.adopt(path, self._layout.object(digest))
        return digest

    def has(self, digest: Digest) -> bool:
        """Whether the object is there. Says nothing of its being whole."""
        return self.is_here(digest)

    def is_here(self, digest: Digest) -> bool:
        """Whether the object is on this disk."""
        return os.path.exists(self._layout.object(digest))

    def size(self, digest: Digest) -> int | None:
        """The bytes of an object that is on this disk; None where it is not."""
        try:
            return os.stat(self._layout.object(digest)).st_size
        except OSError:
            return None

    def digests(self) -> Iterator[Digest]:
        """All objects on this disk, by what their names say."""
        for folder in self._disk.names(self._layout.objects):
            for rest in self._disk.names(f"{self._layout.objects}/{folder}"):
                if is_digest(folder + rest):
                    yield folder + rest

    def has_all(self, digests: list[Digest]) -> bool:
        return all(self.has(digest) for digest in digests)

    def bring(self, digests: Iterable[Digest]) -> None:
        """Fetches those objects that are not on this disk, several at once: none, where no store is shared."""

    def path(self, digest: Digest) -> Path | None:
        """The file of an object that is there and whole, else None; a damaged one is set aside.

        The file must not be written to. Cost: reads the whole object, once in a process.
        """
        return Path(self._layout.object(digest)) if self.is_whole(digest) else None

    def is_whole(self, digest: Digest) -> bool:
        """Whether an object is there and is what its name says; a damaged one is set aside.

        Cost: reads the whole object, once in a process.
        """
        return self.is_whole_here(digest)

    def is_whole_here(self, digest: Digest) -> bool:
        """The same, of the store on this disk alone."""
        if not self.is_here(digest):
            return False
        if digest in self._verified:
            return True
        if _digest_of_file(self._layout.object(digest)) != digest:
            self._set_aside(digest)
            return False
        self._verified.add(digest)
        return True

    def read(self, digest: Digest) -> bytes | None:
        """The bytes of an object that is there and whole, else None."""
        content = self._disk.read(self._layout.object(digest))
        if content is None:
            return None
        if digest_bytes(content) != digest:
            self._set_aside(digest)
            return None
        return content

    def _is_wanted_again(self, digest: Digest) -> bool:
        """Whether an object is here and whole, which then counts as written now: old ones expire."""
        if not self.is_whole_here(digest):
            return False
        with suppress(OSError):  # somebody else's file, which is as good
            os.utime(self._layout.object(digest))
        return True

    def _set_aside(self, digest: Digest) -> None:
        """Keeps what is damaged for whoever looks into it, and the name free for whole bytes."""
        self._verified.discard(digest)
        self._disk.move(self._layout.object(digest), f"{self._layout.damaged}/{digest}")


def _digest_of_file(path: StrPath) -> Digest:
    try:
        return digest_file(path)
    except OSError as error:
        raise store_error(error, path, "read") from error
