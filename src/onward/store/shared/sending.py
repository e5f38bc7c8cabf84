"""What is made here on its way to the bucket, in the background: bytes before what names them, each once."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from pathlib import Path

from onward.base.digest import Digest
from onward.base.errors import BucketError, OnwardError
from onward.model.trace import Trace
from onward.store.expired import objects_of
from onward.store.shared.area import Area
from onward.store.shared.remote import Remote

_SENDERS = 8
_TELL_S = 2.0
_SMALL = 1 << 16
"""Bytes of an object that is sent as quickly as it is asked for."""

Job = Callable[[], None]


class Sending:
    """Sends to the writing scope's part of a bucket. Where that cannot be written any more, what is left is dropped.

    Args:
        whole: gives the file of an object that is whole; None where it cannot be had.
        size: the bytes of one that is on this disk; None where it is not.
        lose: is told of one that should be sent, and is in no store.
    """

    def __init__(
        self,
        remote: Remote,
        whole: Callable[[Digest], Path | None],
        size: Callable[[Digest], int | None],
        lose: Callable[[Digest], None],
    ) -> None:
        self._remote = remote
        self._whole = whole
        self._size = size
        self._lose = lose
        self._jobs: deque[Job] = deque()
        self._senders = 0
        self._failed: Exception | None = None
        self._state = threading.Condition()
        self._added = self._done = 0
        self._there: set[str] = set()
        """Paths that are known to be in the bucket."""
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def left(self) -> int:
        """How much is still to be sent."""
        return self._added - self._done

    # What is sent in the background.

    def trace(self, name: Digest, trace: Trace, content: bytes) -> None:
        """Sends a trace with all that it names."""
        self._add(lambda: self.put_trace(name, trace, content))

    def objects(self, digests: Iterable[Digest], area: Area | None = None) -> None:
        for digest in dict.fromkeys(digests):
            self._add(lambda digest=digest: self.put_object(digest, area))

    def finish(self, tell: Callable[[int, int], None] | None = None) -> None:
        """Waits until everything is sent, or nothing can be sent any more.

        Args:
            tell: is told now and then how much is sent, of how much.
        """
        tell_at = time.monotonic() + _TELL_S
        with self._state:
            while self.left:
                self._state.wait(0.2)
                if tell is not None and time.monotonic() >= tell_at:
                    tell(self._done, self._added)
                    tell_at = time.monotonic() + _TELL_S
            failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    # What is sent at once; each raises BucketError where it cannot be.

    def put_trace(self, name: Digest, trace: Trace, content: bytes) -> None:
        area = self._remote.own
        for digest in objects_of(trace):
            self.put_object(digest, is_new=True)
        executed_key = trace.executed_key()
        self._put(f"{area.traces(trace.key)}/{name}", content)
        if executed_key is not None:
            self._put(f"{area.executed(executed_key)}/{trace.key}-{name}", b"")

    def put_object(self, digest: Digest, area: Area | None = None, *, is_new: bool = False) -> None:
        """Sends an object, where it is not there; one that is to be had nowhere is lost.

        A small one that was just made is sent without asking, which takes as long as the question.
        """
        path = (area or self._remote.own).object(digest)
        with self._locks[path]:
            if path in self._there:
                return
            is_asked = not (is_new and self._is_small(digest)) and digest not in self._remote.spoiled
            if not is_asked or not self._remote.bucket.has(path):
                file = self._whole(digest)
                if file is None:
                    if self._remote.is_readable:
                        self._lose(digest)
                    return
                self._remote.bucket.send(file, path)
                self._remote.spoiled.discard(digest)
            self._there.add(path)

    def put_record(self, path: str, content: bytes) -> None:
        """Sends what only equal bytes can stand for."""
        self._put(path, content)

    def _is_small(self, digest: Digest) -> bool:
        size = self._size(digest)
        return size is not None and size <= _SMALL

    def _put(self, path: str, content: bytes) -> None:
        with self._locks[path]:
            if path not in self._there:
                self._remote.bucket.replace(path, content)
                self._there.add(path)

    def _add(self, job: Job) -> None:
        with self._state:
            self._added += 1
            self._jobs.append(job)
            if self._senders < min(_SENDERS, len(self._jobs)):
                self._senders += 1
                threading.Thread(target=self._send, name="onward-sender", daemon=True).start()

    def _send(self) -> None:
        """Does jobs as long as there are any."""
        while True:
            with self._state:
                if not self._jobs:
                    self._senders -= 1
                    return
                job = self._jobs.popleft()
            failed: Exception | None = None
            try:
                job()
            except BucketError:
                pass  # told by `Remote.trouble`
            except (OnwardError, OSError) as error:
                self._remote.doubt(f"not everything could be sent: {error}")
            except Exception as error:  # noqa: BLE001 - a promise of ours is broken: whoever waits is told
                failed = error
            with self._state:
                self._done += 1
                self._failed = self._failed or failed
                self._state.notify_all()
