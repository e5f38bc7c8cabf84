"""The buckets of all services that can be had here pass one suite: a folder, S3 (moto's server), and memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from onward.base.bucket import open_bucket
from onward.model.ports import Bucket
from onward.testing.buckets import BucketSuite, FaultyBucket, MemoryBucket
from tests.s3 import Server


class TestFolder(BucketSuite):
    def make_bucket(self, folder: Path) -> Bucket:
        return open_bucket((folder / "shared folder").as_uri())


class TestS3(BucketSuite):
    @pytest.fixture(autouse=True)
    def _server(self, s3: Server) -> None:
        self.url = s3.make_bucket()

    def make_bucket(self, folder: Path) -> Bucket:
        return open_bucket(f"{self.url}/some/prefix")


class TestMemory(BucketSuite):
    def make_bucket(self, folder: Path) -> Bucket:
        return MemoryBucket()


class TestFaultyWithoutFaults(BucketSuite):
    def make_bucket(self, folder: Path) -> Bucket:
        return FaultyBucket(MemoryBucket())
