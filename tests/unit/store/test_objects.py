"""Objects on disk, beyond what every store of objects promises."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from onward.base.digest import digest_bytes
from onward.base.errors import StoreError
from onward.store.opened import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.prepare()
    return store


def spoil(store: Store, digest: str, content: bytes = b"spoilt") -> None:
    path = Path(store.layout.object(digest))
    path.chmod(0o644)
    path.write_bytes(content)


def test_an_object_is_read_only_whether_put_or_adopted(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "made"
    file.write_bytes(b"adopted")
    for digest in (store.objects.put(b"put"), store.objects.adopt(file)):
        mode = Path(store.layout.object(digest)).stat().st_mode
        assert stat.S_IMODE(mode) & 0o222 == 0


def test_what_is_there_is_not_written_again(store: Store) -> None:
    path = Path(store.layout.object(store.objects.put(b"once")))
    before = path.stat().st_ino
    store.objects.put(b"once")
    assert path.stat().st_ino == before


@pytest.mark.parametrize("content", [b"", b"precio", b"precious and more", b"Precious"])
def test_a_damaged_object_is_set_aside_as_it_was_found(store: Store, content: bytes) -> None:
    digest = store.objects.put(b"precious")
    spoil(store, digest, content)
    assert store.objects.read(digest) is None
    assert not store.objects.has(digest)
    assert Path(store.layout.damaged, digest).read_bytes() == content


def test_damage_that_comes_twice_is_set_aside_twice(store: Store) -> None:
    digest = store.objects.put(b"precious")
    for content in (b"first", b"second"):
        spoil(store, digest, content)
        assert store.objects.path(digest) is None
        assert Path(store.layout.damaged, digest).read_bytes() == content
        store.objects.put(b"precious")
    assert store.objects.read(digest) == b"precious"


def test_damage_that_another_process_has_set_aside_meanwhile_is_simply_gone(store: Store) -> None:
    digest = store.objects.put(b"precious")
    spoil(store, digest)
    other = Store(store.root)
    assert other.objects.read(digest) is None
    store.disk.move(store.layout.object(digest), f"{store.layout.damaged}/{digest}")
    assert Path(store.layout.damaged, digest).read_bytes() == b"spoilt"


def test_an_object_that_was_whole_and_is_removed_is_not_there(store: Store) -> None:
    digest = store.objects.put(b"precious")
    assert store.objects.path(digest) is not None
    Path(store.layout.object(digest)).unlink()
    assert store.objects.path(digest) is None


def test_a_large_file_is_adopted_under_the_digest_of_its_bytes(store: Store, tmp_path: Path) -> None:
    content = os.urandom(1 << 21)
    file = tmp_path / "large"
    file.write_bytes(content)
    assert store.objects.adopt(file) == digest_bytes(content)
    assert store.objects.read(digest_bytes(content)) == content


def test_all_are_there_only_where_each_is(store: Store) -> None:
    one, two = store.objects.put(b"1"), store.objects.put(b"2")
    assert store.objects.has_all([one, two])
    assert store.objects.has_all([])
    assert not store.objects.has_all([one, digest_bytes(b"3")])


def test_adopting_what_is_not_there_is_an_error_of_the_store(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read"):
        store.objects.adopt(tmp_path / "nothing")
