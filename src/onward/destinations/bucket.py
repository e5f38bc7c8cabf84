"""`s3://`, `gs://`, `az://`: a bucket, or a part of one, that is served as a site.

A bucket cannot exchange many objects at once. What nothing names yet is written first, then the pages, each of which
appears whole; then goes what no page names any more. A listing says beforehand what is being written, so that whoever
comes after somebody who was interrupted writes that again.
"""

from __future__ import annotations

import mimetypes
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from onward.base import codec
from onward.base.bucket import open_bucket
from onward.base.errors import BucketError, PlaceError
from onward.destinations.listing import read_listing, require_way, written
from onward.destinations.naming import without_secrets
from onward.destinations.stopping import Stop
from onward.model.delivery import LISTING, Listing
from onward.model.ports import Bucket, Change, Content

LEASE = ".onward-lease"
LEASE_S = 600
"""How long one who brings a site, and says nothing any more, keeps others away."""

_PAUSE_S = 1.0
_NAMED_BY_CONTENT = ("files/", "static/")
_AT_ONCE = 16
_PAGE = "index.html"
_MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".parquet": "application/vnd.apache.parquet",
    ".ipynb": "application/x-ipynb+json",
}


class _Lease(msgspec.Struct):
    """Who is changing the place, and until when nobody else does."""

    holder: str
    until: float


class BucketDestination:
    """A bucket. One at a time changes it: a lease in the bucket says who, and ends by itself."""

    def __init__(
        self,
        name: str,
        bucket: Callable[[], Bucket],
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._bucket = bucket
        self._now = now
        self._pause = pause
        self._stop = Stop()

    def listing(self) -> Listing:
        return self._listing(self._bucket())

    def _listing(self, bucket: Bucket) -> Listing:
        content = bucket.read(LISTING)
        is_empty = content is None and not set(bucket.names()) - {LEASE}
        return read_listing(content, self.name, is_empty=is_empty)

    def bring(self, plan: Callable[[Listing], Change | None]) -> int:
        bucket = self._bucket()
        with self._held(bucket) as renew:
            before = self._listing(bucket)
            change = plan(_doubted(before))
            if change is None:
                return 0
            require_way(change, before, _there(bucket, change, before), self.name)
            self._carry_out(bucket, before, change, renew)
        return len(change.put) + len(change.removed)

    def stop(self) -> None:
        self._stop.ask()

    def _carry_out(self, bucket: Bucket, before: Listing, change: Change, renew: Callable[[], None]) -> None:
        touched = {*before.unfinished, *change.put, *change.removed}
        gone = [path for path in before.unfinished if path not in change.put and path not in change.listing.files]
        announced = msgspec.structs.replace(before, unfinished=tuple(sorted(touched)))
        bucket.replace(LISTING, written(announced), _MEDIA[".json"])
        for batch in _in_order(change, before):
            self._each(lambda path: _write(bucket, path, change.put[path]), batch, renew)
        for batch in _pages_first({*change.removed, *gone}):
            self._each(bucket.remove, batch, renew)
        renew()
        bucket.replace(LISTING, written(change.listing), _MEDIA[".json"])

    def _each(self, act: Callable[[str], None], paths: Iterable[str], renew: Callable[[], None]) -> None:
        """Does something with many paths, several at once; the first that fails ends it."""
        from concurrent.futures import ThreadPoolExecutor

        def act_unless_stopped(path: str) -> None:
            self._stop.heed()
            act(path)

        paths = list(paths)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(paths), 8 * _AT_ONCE):
                renew()
                for _ in pool.map(act_unless_stopped, paths[start : start + 8 * _AT_ONCE]):
                    pass

    @contextmanager
    def _held(self, bucket: Bucket) -> Iterator[Callable[[], None]]:
        """Keeps others away; gives what says that one is still at work."""
        holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"
        self._take(bucket, holder)
        renewed = self._now()

        def renew() -> None:
            nonlocal renewed
            if self._now() - renewed < LEASE_S / 10:
                return
            if _lease_in(bucket.read(LEASE)).holder != holder:
                raise PlaceError(
                    f"another took over `{self.name}`, for this one was silent for long",
                    hint="`onward publish` brings what is missing",
                )
            renewed = self._now()
            bucket.replace(LEASE, codec.encode(_Lease(holder, renewed + LEASE_S)))

        try:
            yield renew
        finally:
            with suppress(BucketError):
                if _lease_in(bucket.read(LEASE)).holder == holder:
                    bucket.remove(LEASE)

    def _take(self, bucket: Bucket, holder: str) -> None:
        deadline = self._now() + LEASE_S + 10
        self._stop.heed()
        while not bucket.create(LEASE, codec.encode(_Lease(holder, self._now() + LEASE_S))):
            self._stop.heed()
            lease = _lease_in(bucket.read(LEASE))
            if lease.until < self._now():
                # Its holder was killed. Of those who see that, the last to write here has it.
                bucket.replace(LEASE, codec.encode(_Lease(holder, self._now() + LEASE_S)))
                self._pause(_PAUSE_S)
                if _lease_in(bucket.read(LEASE)).holder == holder:
                    return
            if self._now() > deadline:
                raise PlaceError(
                    f"`{self.name}` is being changed by another: {lease.holder}",
                    hint="try again with `onward publish`",
                )
            self._pause(_PAUSE_S)


class S3Destination(BucketDestination):
    """A bucket that speaks S3."""

    scheme = "s3"

    def __init__(self, address: str, root: Path, cache: Path) -> None:
        """
        Args:
            address: what stands behind `s3:`.
            root: not needed.
            cache: not needed.
        """
        del root, cache
        url = f"{self.scheme}:{address}"
        super().__init__(without_secrets(url), lambda: open_bucket(url))


class GoogleDestination(S3Destination):
    """A bucket of Google Cloud Storage."""

    scheme = "gs"


class AzureDestination(S3Destination):
    """A container of Azure Blob Storage."""

    scheme = "az"


def media_of(path: str) -> str:
    """What a web server is to call a file; one that it does not know is only to be downloaded."""
    ending = os.path.splitext(path)[1].lower()
    return _MEDIA.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"


def _doubted(before: Listing) -> Listing:
    """A listing without what an interrupted change may have left in any state: all of that is written again."""
    doubtful = set(before.unfinished)
    return msgspec.structs.replace(
        before, files={path: digest for path, digest in before.files.items() if path not in doubtful}
    )


def _there(bucket: Bucket, change: Change, before: Listing) -> list[str]:
    """What could be in the way of a change: in a bucket, which has no folders, only the same path can.

    What is named by its content is passed over: whatever lies there is that.
    """
    if not before.files and not before.unfinished:
        return []  # the place is empty
    new = change.put.keys() - before.files.keys() - set(before.unfinished)
    new = {path for path in new if not path.startswith(_NAMED_BY_CONTENT)}
    folders = {"/".join(path.split("/")[:-1][:2]) for path in new}
    return sorted({path for folder in folders for path in bucket.names(folder) if path in new})


def _in_order(change: Change, before: Listing) -> Iterator[list[str]]:
    """What is to be written, in groups: a page comes when all that it names is there."""
    pages, others = _pages_first(change.put)
    yield others
    yield [path for path in pages if path not in before.files]
    # Pages of results come before those that lead to them, and the first page of the site last of all.
    known = [path for path in pages if path in before.files]
    for depth in sorted({path.count("/") for path in known}, reverse=True):
        yield [path for path in known if path.count("/") == depth]


def _pages_first(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Paths as pages and all else: what a page names is never gone before it."""
    parts: tuple[list[str], list[str]] = [], []
    for path in sorted(paths):
        parts[path.rpartition("/")[2] != _PAGE].append(path)
    return parts


def _write(bucket: Bucket, path: str, content: Content) -> None:
    if isinstance(content, bytes):
        bucket.replace(path, content, media_of(path))
    else:
        bucket.send(content, path, media_of(path))


def _lease_in(content: bytes | None) -> _Lease:
    """A lease; one that is gone or damaged is nobody's, and has ended."""
    try:
        return codec.decode(content, _Lease) if content is not None else _Lease("", 0)
    except msgspec.DecodeError:
        return _Lease("", 0)
