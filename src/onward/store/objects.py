"""Bytes under their digest. What is read back is held against the digest; what does not fit is set aside."""

from __future__ import annotations

import os
from pathlib import Path

from onward.base.digest import Digest, digest_bytes, digest_file
from onward.store.disk import Disk, store_error
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
        if self.path(digest) is None:
            self._disk.create(self._layout.object(digest), content)
        return digest

    def adopt(self, path: Path) -> Digest:
        """Keeps the file at `path`, which must lie on the store's file system and is gone afterwards."""
        digest = _digest_of_file(path)
        if self.path(digest) is None:
            self._disk.adopt(path, self._layout.object(digest))
        else:
            self._disk.remove(path)
        return digest

    def has(self, digest: Digest) -> bool:
        """Whether the object is there. Says nothing of its being whole."""
        return os.path.exists(self._layout.object_text(digest))

    def has_all(self, digests: list[Digest]) -> bool:
        return all(self.has(digest) for digest in digests)

    def path(self, digest: Digest) -> Path | None:
        """The file of an object that is there and whole, else None; a damaged one is set aside.

        The file must not be written to. Cost: reads the whole object, once in a process.
        """
        path = self._layout.object(digest)
        if not self.has(digest):
            return None
        if digest in self._verified:
            return path
        if _digest_of_file(path) != digest:
            self._set_aside(digest)
            return None
        self._verified.add(digest)
        return path

    def read(self, digest: Digest) -> bytes | None:
        """The bytes of an object that is there and whole, else None."""
        content = self._disk.read(self._layout.object(digest))
        if content is None:
            return None
        if digest_bytes(content) != digest:
            self._set_aside(digest)
            return None
        return content

    def _set_aside(self, digest: Digest) -> None:
        """Keeps what is damaged for whoever looks into it, and the name free for whole bytes."""
        self._verified.discard(digest)
        self._disk.move(self._layout.object(digest), self._layout.damaged / digest)


def _digest_of_file(path: Path) -> Digest:
    try:
        return digest_file(path)
    except OSError as error:
        raise store_error(error, path, "read") from error
