"""A bucket as a place: what a web server is told of files, who may change it, and who comes after one that died."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from onward.base import codec
from onward.base.errors import BucketError, PlaceError
from onward.destinations.bucket import LEASE, LEASE_S, BucketDestination, S3Destination, media_of
from onward.testing.buckets import FaultyBucket, MemoryBucket
from onward.testing.destinations import Bringing


class Clock:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.while_waiting: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.while_waiting()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bucket() -> FaultyBucket:
    return FaultyBucket(MemoryBucket())


@pytest.fixture
def bring(bucket: FaultyBucket, clock: Clock, tmp_path: Path) -> Bringing:
    return Bringing(BucketDestination("bucket", lambda: bucket, now=clock, pause=clock.pause), tmp_path)


def test_a_web_server_is_told_what_each_file_is(bring: Bringing, bucket: FaultyBucket) -> None:
    bring({"index.html": "1", "static/site.css": "1", "a/table.parquet": "1", "a/b.svg": "1", "a/model": "1"})
    assert isinstance(bucket.inner, MemoryBucket)
    media = {path: said for path, said in bucket.inner.media.items() if not path.startswith(".")}
    assert media == {
        "index.html": "text/html; charset=utf-8",
        "static/site.css": "text/css; charset=utf-8",
        "a/table.parquet": "application/vnd.apache.parquet",
        "a/b.svg": "image/svg+xml",
        "a/model": "application/octet-stream",
    }
    assert media_of("x/PICTURE.PNG") == "image/png"


def test_pages_come_after_what_they_name_and_the_first_page_last(bring: Bringing, bucket: FaultyBucket) -> None:
    bring({"index.html": "1", "a/index.html": "1", "files/1/x.csv": "1"})
    bucket.calls.clear()
    bring({"index.html": "2", "a/index.html": "2", "b/index.html": "2", "files/2/x.csv": "2"})
    sent = [path for verb, path in bucket.calls if verb in ("send", "replace", "remove") and not path.startswith(".")]
    assert sent == ["files/2/x.csv", "b/index.html", "a/index.html", "index.html", "files/1/x.csv"]


def test_one_who_is_at_work_is_waited_for(bring: Bringing, bucket: FaultyBucket, clock: Clock) -> None:
    bucket.replace(LEASE, codec.encode({"holder": "another", "until": clock.now + LEASE_S}))
    waited: list[float] = []

    def other_ends() -> None:
        waited.append(clock.now)
        if len(waited) == 3:
            bucket.remove(LEASE)

    clock.while_waiting = other_ends
    bring({"index.html": "1"})
    assert len(waited) == 3
    assert bucket.read("index.html") == b"1"
    assert bucket.read(LEASE) is None


def test_one_that_died_keeps_nobody_out_for_long(bring: Bringing, bucket: FaultyBucket, clock: Clock) -> None:
    start = clock.now
    bucket.replace(LEASE, codec.encode({"holder": "one that died", "until": clock.now + LEASE_S}))
    bring({"index.html": "1"})
    assert start + LEASE_S < clock.now < start + LEASE_S + 10


def test_one_who_never_ends_is_named(bring: Bringing, bucket: FaultyBucket, clock: Clock) -> None:
    def renewed() -> None:
        bucket.replace(LEASE, codec.encode({"holder": "machine-7 4711", "until": clock.now + LEASE_S}))

    renewed()
    clock.while_waiting = renewed
    with pytest.raises(PlaceError, match="machine-7 4711"):
        bring({"index.html": "1"})
    assert bucket.read("index.html") is None


def test_a_lease_that_means_nothing_is_nobodys(bring: Bringing, bucket: FaultyBucket) -> None:
    bucket.replace(LEASE, b"{")
    bring({"index.html": "1"})
    assert bucket.read("index.html") == b"1"


def test_whoever_was_silent_for_so_long_that_another_took_over_stops(
    bring: Bringing, bucket: FaultyBucket, clock: Clock
) -> None:
    bring({"index.html": "1", "a/index.html": "1"})

    def is_slow(verb: str, path: str) -> bool:
        if (verb, path) == ("replace", "a/index.html"):
            clock.now += LEASE_S + 1
            bucket.inner.replace(LEASE, codec.encode({"holder": "another", "until": clock.now + LEASE_S}))
        return False

    bucket.fails = is_slow
    with pytest.raises(PlaceError, match="took over"):
        bring({"index.html": "2", "a/index.html": "2"})
    assert bucket.read("index.html") == b"1"
    assert b"another" in (bucket.read(LEASE) or b"")


def test_what_failed_half_way_is_written_again(bring: Bringing, bucket: FaultyBucket) -> None:
    bring({"index.html": "1", "a/index.html": "1", "b/index.html": "1"})
    bucket.fails = lambda verb, path: (verb, path) == ("replace", "index.html")
    with pytest.raises(BucketError):
        bring({"index.html": "2", "a/index.html": "2"})
    bucket.fails = None
    assert bucket.read("index.html") == b"1"
    assert bring({"index.html": "1", "a/index.html": "1", "b/index.html": "1"}) >= 1
    assert [bucket.read(path) for path in ("index.html", "a/index.html", "b/index.html")] == [b"1"] * 3


def test_an_address_is_shown_without_what_could_be_a_password(tmp_path: Path) -> None:
    destination = S3Destination("//key:secret@bucket/site?X-Amz-Signature=secret", tmp_path, tmp_path)
    assert destination.name == "s3://bucket/site"
    with pytest.raises(BucketError) as raised:
        destination.bring(lambda _: None)
    assert "secret" not in f"{raised.value}{raised.value.hint}"
