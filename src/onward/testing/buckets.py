"""The suite of buckets, a bucket in memory that passes it, and one that does all that a bucket must not."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from onward.base.bucket import Stored
from onward.base.errors import BucketError
from onward.model.ports import Bucket


class MemoryBucket:
    """A bucket in memory."""

    def __init__(self, url: str = "memory:///") -> None:
        self.url = url
        self.contents: dict[str, bytes] = {}
        self.media: dict[str, str] = {}
        self.clock = time.time
        """What tells the bucket when an object is written: a test may have another."""
        self.written: dict[str, float] = defaultdict(time.time)
        """When each object was written: a test may say otherwise."""
        self._lock = threading.Lock()

    def read(self, path: str) -> bytes | None:
        return self.contents.get(path)

    def has(self, path: str) -> bool:
        return path in self.contents

    def create(self, path: str, content: bytes) -> bool:
        with self._lock:
            if path in self.contents:
                return False
            self.contents[path] = content
            self.written[path] = self.clock()
            return True

    def replace(self, path: str, content: bytes, media: str | None = None) -> None:
        with self._lock:
            self.contents[path] = content
            self.written[path] = self.clock()
            self.media.pop(path, None)
            if media is not None:
                self.media[path] = media

    def fetch(self, path: str, file: Path) -> bool:
        content = self.read(path)
        if content is None:
            return False
        file.write_bytes(content)
        return True

    def send(self, file: Path, path: str, media: str | None = None) -> None:
        self.replace(path, file.read_bytes(), media)

    def names(self, folder: str = "") -> list[str]:
        with self._lock:
            return sorted(path for path in self.contents if not folder or path.startswith(f"{folder}/"))

    def listing(self, folder: str = "") -> list[Stored]:
        return [Stored(path, len(self.contents[path]), self.written[path]) for path in self.names(folder)]

    def remove(self, path: str) -> None:
        with self._lock:
            self.contents.pop(path, None)
            self.media.pop(path, None)


class FaultyBucket:
    """A bucket before another one, that fails, stalls, lies and loses as a test tells it, and counts what was asked.

    Attributes:
        calls: every call, as its verb and its path, in the order in which they came.
        fails: says of a verb and a path whether the call fails.
        lies: gives the bytes that come back instead of those which are kept, by path and bytes.
        loses: says of a path whether the object that is written there is gone at once.
        stalls: while it is set, every call waits.
    """

    def __init__(self, inner: Bucket) -> None:
        self.inner = inner
        self.url = inner.url
        self.calls: list[tuple[str, str]] = []
        self.fails: Callable[[str, str], bool] | None = None
        self.lies: Callable[[str, bytes], bytes] | None = None
        self.loses: Callable[[str], bool] | None = None
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    @property
    def stalls(self) -> bool:
        return not self._may_go_on.is_set()

    @stalls.setter
    def stalls(self, stalls: bool) -> None:
        (self._may_go_on.clear if stalls else self._may_go_on.set)()

    def read(self, path: str) -> bytes | None:
        self._ask("read", path)
        content = self.inner.read(path)
        return content if content is None or self.lies is None else self.lies(path, content)

    def has(self, path: str) -> bool:
        self._ask("has", path)
        return self.inner.has(path)

    def create(self, path: str, content: bytes) -> bool:
        self._ask("create", path)
        return self._is_lost(path) or self.inner.create(path, content)

    def replace(self, path: str, content: bytes, media: str | None = None) -> None:
        self._ask("replace", path)
        if not self._is_lost(path):
            self.inner.replace(path, content, media)

    def fetch(self, path: str, file: Path) -> bool:
        self._ask("fetch", path)
        if not self.inner.fetch(path, file):
            return False
        if self.lies is not None:
            file.write_bytes(self.lies(path, file.read_bytes()))
        return True

    def send(self, file: Path, path: str, media: str | None = None) -> None:
        self._ask("send", path)
        if not self._is_lost(path):
            self.inner.send(file, path, media)

    def names(self, folder: str = "") -> list[str]:
        self._ask("names", folder)
        return self.inner.names(folder)

    def listing(self, folder: str = "") -> list[Stored]:
        self._ask("listing", folder)
        return self.inner.listing(folder)

    def remove(self, path: str) -> None:
        self._ask("remove", path)
        self.inner.remove(path)

    def _is_lost(self, path: str) -> bool:
        return self.loses is not None and self.loses(path)

    def _ask(self, verb: str, path: str) -> None:
        self.calls.append((verb, path))
        self._may_go_on.wait()
        if self.fails is not None and self.fails(verb, path):
            raise BucketError(f"cannot {verb} `{path}` in `{self.url}`: it fails as it was told to")


class BucketSuite:
    """What every bucket promises."""

    def make_bucket(self, folder: Path) -> Bucket:
        raise NotImplementedError("a suite is subclassed, and its `make_bucket` gives an empty bucket")

    def test_what_was_written_comes_back(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        for path, content in (("a/b", b""), ("c", b"some bytes"), ("a/large", bytes(range(256)) * 40_000)):
            bucket.replace(path, content)
            assert bucket.read(path) == content
            assert bucket.has(path)
            file = tmp_path / "fetched"
            assert bucket.fetch(path, file)
            assert file.read_bytes() == content

    def test_what_was_never_written_is_not_there(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        bucket.replace("folder/object", b"content")
        for path in ("missing", "folder/missing", "folder"):
            assert bucket.read(path) is None
            assert not bucket.has(path)
            assert not bucket.fetch(path, tmp_path / "fetched")
            assert not (tmp_path / "fetched").exists()

    def test_a_name_is_created_once(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        assert bucket.create("log/1", b"first")
        assert not bucket.create("log/1", b"second")
        assert not bucket.create("log/1", b"first")
        assert bucket.read("log/1") == b"first"

    def test_of_many_who_create_one_name_exactly_one_does(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        outcomes: dict[int, bool] = {}
        start = threading.Barrier(8)

        def create(number: int) -> None:
            start.wait()
            outcomes[number] = bucket.create("log/1", str(number).encode())

        threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [number for number, created in outcomes.items() if created]
        assert len(outcomes) == 8
        assert len(winners) == 1
        assert bucket.read("log/1") == str(winners[0]).encode()

    def test_replacing_leaves_the_new_bytes(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        file = tmp_path / "sent"
        bucket.replace("page.html", b"old, and longer", "text/html")
        bucket.replace("page.html", b"new", "text/html")
        assert bucket.read("page.html") == b"new"
        file.write_bytes(b"newest")
        bucket.send(file, "page.html", "text/html")
        assert bucket.read("page.html") == b"newest"
        assert file.read_bytes() == b"newest"

    def test_a_sent_file_is_an_object_whatever_its_size(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        for size in (0, 1, 12 << 20):
            file = tmp_path / "sent"
            file.write_bytes(bytes(size))
            bucket.send(file, f"sizes/{size}")
            assert bucket.fetch(f"sizes/{size}", tmp_path / "fetched")
            assert (tmp_path / "fetched").read_bytes() == bytes(size)

    def test_names_are_those_below_a_folder(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        paths = ["a/1", "a/b/2", "ab/3", "top", "channels/x%2Fy%2Ez/1", "with space/ü#1?~"]
        for path in paths:
            bucket.replace(path, b"")
        assert bucket.names() == sorted(paths)
        assert bucket.names("a") == ["a/1", "a/b/2"]
        assert bucket.names("a/b") == ["a/b/2"]
        assert sorted(entry.path for entry in bucket.listing("a")) == ["a/1", "a/b/2"]
        assert bucket.names("channels/x%2Fy%2Ez") == ["channels/x%2Fy%2Ez/1"]
        assert bucket.names("nothing") == []
        assert bucket.read("with space/ü#1?~") == b""

    def test_a_listing_tells_sizes_and_ages(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        bucket.replace("a", b"content")
        (entry,) = bucket.listing()
        assert (entry.path, entry.size) == ("a", 7)
        assert abs(entry.written - time.time()) < 60

    def test_what_was_removed_is_gone_and_removing_it_again_is_no_mistake(self, tmp_path: Path) -> None:
        bucket = self.make_bucket(tmp_path)
        bucket.replace("a/b", b"content")
        bucket.remove("a/b")
        bucket.remove("a/b")
        bucket.remove("never/there")
        assert bucket.read("a/b") is None
        assert bucket.names() == []
        assert bucket.create("a/b", b"again")
