"""What the scopes that a run believes hold in a bucket, as answers to the questions of the store on this disk.

What cannot be had, for whatever reason, is not there: no method that looks for something raises. What it was that went
wrong is told once, by `trouble`.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeGuard, TypeVar

from onward.base.digest import Digest, digest_bytes, digest_file, is_digest
from onward.base.errors import BucketError
from onward.store.disk import store_error
from onward.store.shared.area import MAIN_SCOPE, SECRET, Area, is_of_fork
from onward.store.shared.guarded import Guarded
from onward.store.shared.head import Head, unpack

T = TypeVar("T")
SECRET_LENGTH = 32


class Remote:
    """The bucket of a shared store, read for several scopes and written for the first of them.

    Attributes:
        own: the part that is written.
        spoiled: objects that were found to be other than their names say, or gone.
    """

    def __init__(self, bucket: Guarded, scopes: Sequence[str]) -> None:
        self.bucket = bucket
        self.areas = [Area(scope) for scope in scopes]
        self.own = self.areas[0]
        self.spoiled: set[Digest] = set()
        self.url = bucket.url
        self._doubts: list[str] = []
        self._heads: dict[str, Head] = {}
        self._lock = threading.Lock()

    @property
    def is_readable(self) -> bool:
        """Whether it is asked (still)."""
        return self.bucket.not_read is None

    def trouble(self) -> str | None:
        """What went wrong with it, in one sentence; None for nothing."""
        if self.bucket.not_read is not None:
            return _with_hint(self.bucket.not_read, "going on without the shared store")
        if self.bucket.not_written is not None:
            return _with_hint(self.bucket.not_written, "what is made here is not shared")
        if self._doubts:
            return f"{self._doubts[0]}; going on with what is known here"
        return None

    def doubt(self, message: str) -> None:
        """Notes that something in the bucket is not what it should be."""
        self._doubts.append(message)

    def release_area(self) -> Area:
        """The part of the bucket where those who read a channel look for what its moves name.

        Nothing there is believed that is not named by its digest: who may release may add to it, and adds no trace.
        """
        return self.own if is_of_fork(self.own.scope) else Area(MAIN_SCOPE)

    # Traces.

    def head(self, area: Area) -> Head:
        """The head of a scope, read once; an empty one where there is none."""
        with self._lock:
            if area.scope not in self._heads:
                content = self._read(area.head)
                self._heads[area.scope] = Head() if content is None else unpack(content)
            return self._heads[area.scope]

    def is_of_head(self, name: Digest) -> bool:
        """Whether a trace is part of a newest complete run, which was sent after all that it names."""
        return any(name in self.head(area).names for area in self.areas)

    def traces(self, key: Digest) -> Iterator[list[tuple[str, Digest, Digest, bytes]]]:
        """The traces under a key, in portions from the cheapest to the dearest look: scope, key, name and bytes.

        Nothing is known of the bytes but that they came.
        """
        for area in self.areas:
            yield [(area.scope, key, name, content) for name, content in self.head(area).traces(key).items()]
        for area in self.areas:
            known = self.head(area).traces(key)
            names = [path.rpartition("/")[2] for path in self._names(area.traces(key))]
            found = []
            for name in filter(is_digest, names):
                content = self._read(f"{area.traces(key)}/{name}") if name not in known else None
                if content is not None:
                    found.append((area.scope, key, name, content))
            yield found

    def trace(self, key: Digest, name: Digest) -> tuple[str, Digest, Digest, bytes] | None:
        """One trace, with its scope, key and name; nothing is known of the bytes but that they came."""
        for area in self.areas:
            content = self.head(area).traces(key).get(name) or self._read(f"{area.traces(key)}/{name}")
            if content is not None:
                return area.scope, key, name, content
        return None

    def executed(self, executed_key: Digest) -> Iterator[list[tuple[str, Digest, Digest, bytes]]]:
        """The same for a key without what is only shown."""
        for area in self.areas:
            yield [(area.scope, *found) for found in self.head(area).executed(executed_key)]
        for area in self.areas:
            marks = [path.rpartition("/")[2] for path in self._names(area.executed(executed_key))]
            found = []
            for key, _, name in (mark.partition("-") for mark in marks):
                if is_digest(key) and is_digest(name):
                    content = self._read(f"{area.traces(key)}/{name}")
                    if content is not None:
                        found.append((area.scope, key, name, content))
            yield found

    # Objects and records.

    def fetch(self, digest: Digest, tmp: Path) -> Path | None:
        """A file in `tmp` with the bytes of an object, held against its digest; None where they are not to be had.

        Raises:
            StoreError: the file cannot be written.
        """
        if not is_digest(digest):
            return None
        file = tmp / secrets.token_hex(8)
        try:
            tmp.mkdir(parents=True, exist_ok=True)
            for area in self.areas:
                if self.bucket.fetch(area.object(digest), file) and digest_file(file) == digest:
                    return file
        except BucketError:
            pass  # told by `trouble`
        except OSError as error:
            raise store_error(error, file) from error
        self.spoiled.add(digest)
        with suppress(OSError):
            file.unlink()
        return None

    def holds(self, digest: Digest) -> bool:
        """Whether there is an object of this name; one that is not there is not looked for again."""
        try:
            is_there = any(self.bucket.has(area.object(digest)) for area in self.areas)
        except BucketError:
            return False
        if not is_there:
            self.spoiled.add(digest)
        return is_there

    def record(self, folder: str, digest: Digest) -> bytes | None:
        """A record that goes by its digest."""
        return self.named(folder, digest, digest)

    def named(self, folder: str, name: str, digest: Digest) -> bytes | None:
        """A record that has another name, and a digest that somebody else knows."""
        for area in self.areas:
            content = self._read(area.record(folder, name))
            if content is not None and digest_bytes(content) == digest:
                return content
        return None

    def secret(self, *, own: bytes | None) -> bytes | None:
        """What digests of variables are made under: the heads know it, or it has an object of its own.

        Args:
            own: becomes the shared one where there is none; None: nothing is written.
        """
        for area in self.areas:
            if _is_secret(self.head(area).secret):
                return self.head(area).secret
        if own is not None and self.is_readable and not is_of_fork(self.own.scope):
            with suppress(BucketError):
                return self.agreed_secret(own)
        content = self._read(SECRET)
        return content if _is_secret(content) else None

    def agreed_secret(self, own: bytes) -> bytes:
        """The secret that the bucket has; `own`, which becomes that one, where it has none or a damaged one.

        Raises:
            BucketError: it cannot be read or written.
        """
        content = self.bucket.read(SECRET)
        if content is None and not self.bucket.create(SECRET, own):
            content = self.bucket.read(SECRET)
        if content is not None and not _is_secret(content):
            self.bucket.replace(SECRET, own)
        return content if _is_secret(content) else own

    def _read(self, path: str) -> bytes | None:
        return self._asked(lambda: self.bucket.read(path))

    def _names(self, folder: str) -> list[str]:
        return self._asked(lambda: self.bucket.names(folder)) or []

    @staticmethod
    def _asked(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except BucketError:
            return None


def _is_secret(content: bytes | None) -> TypeGuard[bytes]:
    return content is not None and len(content) == SECRET_LENGTH


def _with_hint(error: BucketError, consequence: str) -> str:
    """One sentence of what went wrong, what comes of it, and what to do."""
    return f"{error}; {consequence}" + (f" ({error.hint})" if error.hint else "")


def bucket_id(url: str) -> str:
    """A short name for what is known here of one bucket."""
    return digest_bytes(os.fsencode(url))[:16]
