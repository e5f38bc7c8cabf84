"""A bucket that costs a bounded time: what does not answer is asked no more, for the rest of this process.

Each request is made by a thread of its own, for a folder on a dead network cannot be asked with a time limit in any
other way. What such a thread is stuck in is left behind: it holds nothing that anybody waits for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from onward.base.bucket import Stored
from onward.base.errors import BucketError, MachineError
from onward.base.text import duration
from onward.model.ports import Bucket

T = TypeVar("T")
_LOOK_S = 0.5


@dataclass(frozen=True)
class Limits:
    """How long a bucket is waited for.

    Attributes:
        answer_s: seconds for a small request, and for a large one to make any progress.
        rate: bytes a second that an upload has to reach in the end.
    """

    answer_s: float = 15.0
    rate: float = 100_000.0


class Guarded:
    """A bucket behind time limits. The first failure to read ends its use; one to write ends that of writing.

    Every method raises BucketError where the bucket cannot be had (any more).
    """

    def __init__(self, url: str, open_it: Callable[[], Bucket], limits: Limits | None = None) -> None:
        self.url = url
        self._open_it = open_it
        self._limits = limits or Limits()
        self._bucket: Bucket | None = None
        self._lock = threading.Lock()
        self.not_read: BucketError | None = None
        """Why it is not asked any more; None while it is."""
        self.not_written: BucketError | None = None
        """Why nothing is written to it any more."""

    def read(self, path: str) -> bytes | None:
        return self._reading(lambda bucket: bucket.read(path))

    def has(self, path: str) -> bool:
        return self._reading(lambda bucket: bucket.has(path))

    def names(self, folder: str) -> list[str]:
        return self._reading(lambda bucket: bucket.names(folder), self._limits.answer_s * 4)

    def listing(self, folder: str) -> list[Stored]:
        return self._reading(lambda bucket: bucket.listing(folder), self._limits.answer_s * 20)

    def fetch(self, path: str, file: Path) -> bool:
        """Writes an object's bytes into a file; given up where that does not grow."""
        return self._reading(lambda bucket: bucket.fetch(path, file), watched=file)

    def create(self, path: str, content: bytes) -> bool:
        return self._writing(lambda bucket: bucket.create(path, content), len(content))

    def replace(self, path: str, content: bytes) -> None:
        self._writing(lambda bucket: bucket.replace(path, content), len(content))

    def send(self, file: Path, path: str) -> None:
        self._writing(lambda bucket: bucket.send(file, path), file.stat().st_size)

    def remove(self, path: str) -> None:
        self._writing(lambda bucket: bucket.remove(path), 0)

    def _reading(self, do: Callable[[Bucket], T], seconds: float | None = None, watched: Path | None = None) -> T:
        if self.not_read is not None:
            raise self.not_read
        try:
            return self._within(seconds or self._limits.answer_s, do, watched)
        except BucketError as error:
            self.not_read = self.not_written = error
            raise

    def _writing(self, do: Callable[[Bucket], T], size: int) -> T:
        if self.not_written is not None:
            raise self.not_written
        try:
            return self._within(self._limits.answer_s + size / self._limits.rate, do)
        except BucketError as error:
            self.not_written = error
            raise

    def _within(self, seconds: float, do: Callable[[Bucket], T], watched: Path | None = None) -> T:
        """What a request gives, if it does within some seconds, or within so many of the last growth of a file."""
        answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put((do(self._opened()), None))
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised where the answer is waited for
                answers.put((None, error))

        threading.Thread(target=ask, name="onward-bucket", daemon=True).start()
        answer, error = self._answer(answers, seconds, watched)
        if error is not None:
            if isinstance(error, MachineError) and not isinstance(error, BucketError):
                said = f"{error.message} (`{error.hint}`)" if error.hint else error.message
                raise BucketError(said, hint=error.hint) from error
            raise error
        return answer  # pyrefly: ignore[bad-return]

    def _answer(
        self, answers: queue.SimpleQueue[tuple[T | None, BaseException | None]], seconds: float, watched: Path | None
    ) -> tuple[T | None, BaseException | None]:
        deadline, size = time.monotonic() + seconds, -1
        while True:
            patience = deadline - time.monotonic()
            try:
                return answers.get(timeout=max(0.0, min(patience, _LOOK_S) if watched is not None else patience))
            except queue.Empty:
                grown = size
                if watched is not None:
                    with suppress(OSError):
                        grown = watched.stat().st_size
                if grown != size:
                    deadline, size = time.monotonic() + seconds, grown
                elif time.monotonic() >= deadline:
                    hint = "see whether it can be reached from here: `onward doctor`"
                    raise BucketError(f"`{self.url}` has not answered for {duration(seconds)}", hint=hint) from None

    def _opened(self) -> Bucket:
        with self._lock:
            if self._bucket is None:
                self._bucket = self._open_it()
            return self._bucket
