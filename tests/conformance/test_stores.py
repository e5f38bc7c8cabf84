"""The stores on disk and those in memory pass the same suites."""

from __future__ import annotations

from pathlib import Path

from onward.base.digest import Digest
from onward.model.ports import ObjectStore, TraceStore
from onward.store.objects import Objects
from onward.store.opened import Store
from onward.store.shared.guarded import Guarded
from onward.store.shared.opened import SharedStore
from onward.testing.buckets import MemoryBucket
from onward.testing.stores import MemoryObjects, MemoryTraces, ObjectStoreSuite, TraceStoreSuite


class TestObjectsOnDisk(ObjectStoreSuite):
    def make_store(self, folder: Path) -> Objects:
        store = Store(folder / "store")
        store.prepare()
        self.layout = store.layout
        return store.objects

    def damage(self, store: ObjectStore, digest: Digest) -> None:
        path = Path(self.layout.object(digest))
        path.chmod(0o644)
        path.write_bytes(b"something else")


class TestObjectsInMemory(ObjectStoreSuite):
    def make_store(self, folder: Path) -> MemoryObjects:
        return MemoryObjects(folder / "scratch")

    def damage(self, store: ObjectStore, digest: Digest) -> None:
        assert isinstance(store, MemoryObjects)
        store.contents[digest] = b"something else"


class TestTracesOnDisk(TraceStoreSuite):
    def make_store(self, folder: Path) -> TraceStore:
        store = Store(folder / "store")
        store.prepare()
        return store.traces


class TestTracesInMemory(TraceStoreSuite):
    def make_store(self, folder: Path) -> MemoryTraces:
        return MemoryTraces()


def shared_store(folder: Path) -> SharedStore:
    store = SharedStore(folder / "store", Guarded("memory:///", MemoryBucket), ("team", "main", "local"))
    store.prepare()
    return store


class TestObjectsOfASharedStore(TestObjectsOnDisk):
    def make_store(self, folder: Path) -> Objects:
        store = shared_store(folder)
        self.layout = store.layout
        return store.objects


class TestTracesOfASharedStore(TraceStoreSuite):
    def make_store(self, folder: Path) -> TraceStore:
        return shared_store(folder).traces
