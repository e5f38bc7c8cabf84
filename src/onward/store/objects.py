"""Bytes under their digest. What is read back is held against the digest; what does not fit is set aside."""

from __future__ import annotations

import os
from pathlib import Path

from onward.base.digest import Digest, digest_bytes, digest_file
from onward.store.disk import Disk
from onward.store.layout import Layout


class Objects:
    """The content-addressed part of a store."""

    def __init__(self, layout: Layout, disk: Disk) -> None:
        self._layout = layout
        self._disk = disk
        self._verified: set[Digest] = set()

    def put(self, content: bytes) -> Digest:
        """Keeps `content`; what is there already is left."""
        digest = digest_bytes(content)
        if not self.has(digest):
            self._disk.create(self._layout.object(digest), content)
        return digest

    def adopt(self, path: Path) -> Digest:
        """Keeps the file at `path`, which must lie on the store's file system and is gone afterwards."""
        digest = digest_file(path)
        if not self.has(digest):
            self._disk.adopt(path, self._layout.object(digest))
        else:
            path.unlink(missing_ok=True)
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
        if digest in self._verified:
            return path
        try:
            found = digest_file(path)
        except FileNotFoundError:
            return None
        if found != digest:
            self._set_aside(path, digest)
            return None
        self._verified.add(digest)
        return path

    def read(self, digest: Digest) -> bytes | None:
        """The bytes of an object that is there and whole, else None."""
        path = self._layout.object(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        if digest_bytes(content) != digest:
            self._set_aside(path, digest)
            return None
        return content

    def _set_aside(self, path: Path, digest: Digest) -> None:
        self._layout.damaged.mkdir(parents=True, exist_ok=True)
        os.replace(path, self._layout.damaged / digest)
