"""Every kind of place passes the suite of `onward.testing.destinations`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from onward.base.bucket import open_bucket
from onward.destinations.bucket import AzureDestination, BucketDestination, GoogleDestination, S3Destination
from onward.destinations.folder import FolderDestination
from onward.destinations.git import GitDestination
from onward.destinations.registry import kinds
from onward.model.ports import Bucket, Destination
from onward.testing.buckets import MemoryBucket
from onward.testing.destinations import DestinationSuite, MemoryDestination, Readers
from tests.s3 import Server


class FolderReaders:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def contents(self) -> dict[str, bytes]:
        walked = os.walk(self.folder, followlinks=True)  # as a web server does
        files = [Path(folder, name) for folder, _, names in walked for name in names]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}

    def add(self, path: str, content: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)

    def take(self, path: str) -> None:
        (self.folder / path).unlink()


class GitReaders:
    """A branch of a bare repository, seen and changed by a clone of somebody else's."""

    def __init__(self, remote: Path, clone: Path, branch: str) -> None:
        self.remote, self.clone, self.branch = remote, clone, branch

    def contents(self) -> dict[str, bytes]:
        if not self.git("ls-remote", "--heads", str(self.remote), self.branch):
            return {}
        self.update()
        paths = [path for path in self.git("ls-files", "-z").decode().split("\0") if path]
        return {path: (self.clone / path).read_bytes() for path in paths}

    def add(self, path: str, content: bytes) -> None:
        self.update()
        (self.clone / path).parent.mkdir(parents=True, exist_ok=True)
        (self.clone / path).write_bytes(content)
        self.push()

    def take(self, path: str) -> None:
        self.update()
        (self.clone / path).unlink()
        self.push()

    def update(self) -> None:
        if not self.clone.exists():
            self.clone.mkdir()
            self.git("init", "-q", "-b", self.branch)
            self.git("remote", "add", "origin", str(self.remote))
        if self.git("ls-remote", "--heads", "origin", self.branch):
            self.git("fetch", "-q", "origin", self.branch)
            self.git("reset", "-q", "--hard", "FETCH_HEAD")

    def push(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "by hand")
        self.git("push", "-q", "origin", f"HEAD:{self.branch}")

    def git(self, *words: str) -> bytes:
        settings = ["-c", "user.name=Eve", "-c", "user.email=eve@example.org", "-c", "core.quotepath=off"]
        where = self.clone if self.clone.exists() else self.remote
        return subprocess.run(["git", "-C", where, *settings, *words], capture_output=True, check=True).stdout


class BucketReaders:
    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    def contents(self) -> dict[str, bytes]:
        return {path: self.bucket.read(path) or b"" for path in self.bucket.names()}

    def add(self, path: str, content: bytes) -> None:
        self.bucket.replace(path, content)

    def take(self, path: str) -> None:
        self.bucket.remove(path)


class TestMemory(DestinationSuite):
    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        destination = MemoryDestination()
        return destination, destination


class TestFolder(DestinationSuite):
    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        place = folder / "srv" / "Über uns"
        return FolderDestination(str(place), folder / "workspace", folder / "cache"), FolderReaders(place)


class TestGit(DestinationSuite):
    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        remote = folder / "the remote.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", remote], check=True)
        root = folder / "workspace"
        subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
        subprocess.run(["git", "-C", root, "remote", "add", "origin", "../the remote.git"], check=True)
        return GitDestination("gh-pages", root, folder / "cache"), GitReaders(remote, folder / "clone", "gh-pages")


class TestBucketInMemory(DestinationSuite):
    notices_losses = False

    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        bucket = MemoryBucket()
        return BucketDestination("memory", lambda: bucket, pause=lambda _: None), BucketReaders(bucket)


class TestS3(DestinationSuite):
    notices_losses = False

    @pytest.fixture(autouse=True)
    def _server(self, s3: Server) -> None:
        self.url = s3.make_bucket()

    def make_destination(self, folder: Path) -> tuple[Destination, Readers]:
        url = f"{self.url}/some/prefix"
        destination = S3Destination(url.removeprefix("s3:"), folder, folder)
        return destination, BucketReaders(open_bucket(url))


def test_every_registered_kind_is_held_against_the_suite() -> None:
    # Google's and Azure's are S3's with another scheme, and cannot be had here.
    tried = {FolderDestination, GitDestination, S3Destination, GoogleDestination, AzureDestination}
    assert set(kinds().values()) == tried
