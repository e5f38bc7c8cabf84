"""What the store asks of a file system, with every operation failing in turn: nothing half ever has a name."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.base.digest import digest_bytes
from onward.base.errors import StoreError
from onward.model.records import Basis, Move, Origin, Run, Snapshot
from onward.store.disk import Disk, System
from onward.store.opened import Store
from onward.testing.stores import sample_trace
from tests.unit.store.failing import Crash, Failing

DIGEST = digest_bytes(b"any")


class WithoutLinks(System):
    """A file system that has no hard links, and no call that syncs all of it."""

    def link(self, source: str, path: str) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    def sync_all(self, folder: str) -> bool:
        return False


BASIS = Basis(1, {}, DIGEST, {})
SNAPSHOT = Snapshot(1, {}, {})
RUN = Run(
    1, "20261122-213300000-4f2a9c", "2026-11-22T21:33:00.000000Z", 1.0, DIGEST, DIGEST, True, (), Origin(), DIGEST,
    DIGEST, {}, {}, {},
)  # fmt: skip
MOVE = Move(1, "main", 1, "release", 1, RUN.id, DIGEST, RUN.at)


def work(store: Store, folder: Path) -> None:
    """Everything that a run and a release write, in their order."""
    store.prepare()
    store.objects.put(b"the bytes of an object")
    file = folder / "adopted"
    file.write_bytes(b"the bytes of a file")
    store.objects.adopt(file)
    store.traces.record(sample_trace(), {})
    store.records.put_basis(BASIS)
    store.records.put_snapshot(SNAPSHOT)
    store.records.put_run(RUN)
    store.records.append(MOVE)


def files_below(folder: Path | str) -> Iterator[Path]:
    return (path for path in Path(folder).rglob("*") if path.is_file())


def assert_all_is_whole(root: Path) -> None:
    """Whatever has a name is what its name says; the store opens, and the same work is then done in full."""
    store = Store(root)
    for path in files_below(store.layout.objects):
        assert digest_bytes(path.read_bytes()) == path.parent.name + path.name
    for part in (store.layout.bases, store.layout.snapshots, root / "traces"):
        for path in files_below(part):
            assert digest_bytes(path.read_bytes()) == path.name
    assert len(store.records.runs()) == len(store.records.run_ids())
    assert store.records.moves("main") in ([], [MOVE])
    if store.records.moves("main"):
        assert store.records.run(RUN.id) == RUN, "a move stands on its run"
    if store.records.run_ids():
        assert store.traces.find(sample_trace().key), "a run stands on its traces"
    assert not Path(store.layout.damaged).exists()


def finish(root: Path, folder: Path) -> None:
    """Goes on after a failure, as the next run does."""
    store = Store(root)
    if RUN.id not in store.records.run_ids():
        work(store, folder)
    else:
        store.records.append(MOVE)
    assert Store(root).records.moves("main") == [MOVE]
    assert Store(root).objects.read(digest_bytes(b"the bytes of a file")) == b"the bytes of a file"


def operations_of(folder: Path) -> int:
    counter = Failing(0, "never")
    (folder / "counted").mkdir()
    work(Store(folder / "counted" / "store", Disk(folder / "counted" / "store", counter)), folder / "counted")
    return counter.count


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("how", ["refused", "half"])
def test_a_failure_of_any_operation_is_told_and_leaves_nothing_half(tmp_path: Path, how: str, code: int) -> None:
    total = operations_of(tmp_path)
    assert total > 25
    for at in range(1, total + 1):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        root = folder / "store"
        with pytest.raises(StoreError) as caught:
            work(Store(root, Disk(root, Failing(at, how, code))), folder)
        assert str(caught.value)
        assert code == errno.EIO or caught.value.hint
        assert_all_is_whole(root)
        finish(root, folder)
        assert_all_is_whole(root)


def test_a_crash_at_any_operation_leaves_nothing_half(tmp_path: Path) -> None:
    for at in range(1, operations_of(tmp_path) + 1):
        folder = tmp_path / f"{at}"
        folder.mkdir()
        root = folder / "store"
        with pytest.raises(Crash):
            work(Store(root, Disk(root, Failing(at, "crash"))), folder)
        assert_all_is_whole(root)
        finish(root, folder)
        assert_all_is_whole(root)


def test_without_hard_links_a_file_is_still_whole_and_kept_once(tmp_path: Path) -> None:
    root = tmp_path / "store"
    store = Store(root, Disk(root, WithoutLinks()))
    work(store, tmp_path)
    assert_all_is_whole(root)
    assert not store.records.append(MOVE)
    assert list(Path(store.disk.tmp).iterdir()) == []


def test_nothing_is_left_beside_what_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    work(store, tmp_path)
    assert list(Path(store.disk.tmp).iterdir()) == []


def test_what_exists_is_left_as_it_is(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "store")
    path = tmp_path / "store" / "a" / "name"
    assert disk.create(path, b"first")
    assert not disk.create(path, b"second")
    assert disk.read(path) == b"first"
    disk.replace(path, b"third")
    assert disk.read(path) == b"third"


def test_a_full_disk_is_called_so_and_what_to_do_is_said(tmp_path: Path) -> None:
    disk = Disk(tmp_path, Failing(3, "refused"))
    with pytest.raises(StoreError, match=r"the disk is full: `.*name` cannot be written") as caught:
        disk.create(tmp_path / "name", b"content")
    assert caught.value.hint is not None
    assert "run again" in caught.value.hint


@pytest.mark.parametrize(("code", "verb"), [(errno.EACCES, "no right to read"), (errno.EIO, "cannot read")])
def test_what_cannot_be_read_is_told_and_is_not_taken_for_missing(tmp_path: Path, code: int, verb: str) -> None:
    class Unreadable(System):
        def read(self, path: str) -> bytes:
            raise OSError(code, os.strerror(code))

        def list(self, folder: str) -> list[str]:
            raise OSError(code, os.strerror(code))

    disk = Disk(tmp_path, Unreadable())
    with pytest.raises(StoreError, match=verb):
        disk.read(tmp_path / "name")
    with pytest.raises(StoreError, match=verb):
        disk.names(tmp_path)


def test_what_is_not_there_has_no_bytes_and_no_names(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "nothing", tmp_path / "file" / "below", tmp_path, tmp_path / ("x" * 300)):
        assert disk.read(path) is None
    for path in (tmp_path / "nothing", tmp_path / "file"):
        assert disk.names(path) == []


def test_syncing_reaches_every_file_and_every_folder_where_there_is_no_call_for_all(tmp_path: Path) -> None:
    synced: list[str] = []

    class Noting(WithoutLinks):
        def sync(self, path: str) -> None:
            synced.append(path)

    disk = Disk(tmp_path / "store", Noting())
    paths = [tmp_path / "store" / "a" / "1", tmp_path / "store" / "b" / "2"]
    for path in paths:
        disk.create(path, b"x")
    disk.sync()
    assert synced == [str(path) for path in (*paths, *(path.parent for path in paths))]
    disk.sync()
    assert len(synced) == 4, "what was synced is not synced again"
