"""A bucket costs a bounded time, whatever it does."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from onward.base.errors import BucketError, MissingLibraryError
from onward.store.shared.guarded import Guarded, Limits
from onward.testing.buckets import FaultyBucket, MemoryBucket

URL = "s3://shared/team"


def guarded(answer_s: float = 5.0) -> tuple[Guarded, FaultyBucket]:
    faulty = FaultyBucket(MemoryBucket(URL))
    faulty.inner.replace("there", b"content")
    return Guarded(URL, lambda: faulty, Limits(answer_s=answer_s)), faulty


class Dripping(MemoryBucket):
    """Gives an object in portions, with a pause after each; `stops_after` so many, nothing comes any more."""

    def __init__(self, pause_s: float, stops_after: int) -> None:
        super().__init__(URL)
        self._pause_s = pause_s
        self._stops_after = stops_after
        self.never = threading.Event()

    def fetch(self, path: str, file: Path) -> bool:
        with file.open("wb") as whole:
            for portion in range(6):
                if portion == self._stops_after:
                    self.never.wait()
                whole.write(b"portion")
                whole.flush()
                time.sleep(self._pause_s)
        return True


def test_nothing_is_opened_before_it_is_needed() -> None:
    opened: list[str] = []

    def open_it() -> MemoryBucket:
        opened.append(URL)
        return MemoryBucket(URL)

    bucket = Guarded(URL, open_it)
    assert opened == []
    bucket.has("a")
    bucket.has("b")
    assert opened == [URL]


def test_what_does_not_answer_is_waited_for_once() -> None:
    bucket, faulty = guarded(answer_s=0.05)
    faulty.stalls = True
    for ask in (lambda: bucket.read("there"), lambda: bucket.has("there"), lambda: bucket.create("a", b"")):
        with pytest.raises(BucketError, match="has not answered"):
            ask()
    assert len(faulty.calls) == 1
    faulty.stalls = False


def test_a_failure_to_write_does_not_end_reading() -> None:
    bucket, faulty = guarded()
    faulty.fails = lambda verb, path: verb == "replace"
    with pytest.raises(BucketError):
        bucket.replace("a", b"")
    with pytest.raises(BucketError):
        bucket.create("a", b"")
    assert bucket.read("there") == b"content"
    assert faulty.calls == [("replace", "a"), ("read", "there")]


def test_a_failure_to_read_ends_both() -> None:
    bucket, faulty = guarded()
    faulty.fails = lambda verb, path: verb == "read"
    for ask in (lambda: bucket.read("there"), lambda: bucket.names(""), lambda: bucket.replace("a", b"")):
        with pytest.raises(BucketError):
            ask()
    assert faulty.calls == [("read", "there")]


def test_what_comes_slowly_is_waited_for_as_long_as_it_comes(tmp_path: Path) -> None:
    bucket = Guarded(URL, lambda: Dripping(0.2, stops_after=99), Limits(answer_s=0.8))
    assert bucket.fetch("large", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"portion" * 6


def test_what_ceases_to_come_is_given_up(tmp_path: Path) -> None:
    dripping = Dripping(0.0, stops_after=3)
    bucket = Guarded(URL, lambda: dripping, Limits(answer_s=0.1))
    with pytest.raises(BucketError, match="has not answered"):
        bucket.fetch("large", tmp_path / "file")
    dripping.never.set()


def test_a_missing_library_is_told_with_what_installs_it() -> None:
    def open_it() -> MemoryBucket:
        raise MissingLibraryError("it needs obstore", hint="pip install 'onward[remote]'")

    with pytest.raises(BucketError, match=r"needs obstore \(`pip install 'onward\[remote\]'`\)"):
        Guarded(URL, open_it).read("a")
