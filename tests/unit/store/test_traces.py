"""Traces on disk, beyond what every store of traces promises."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from onward.store.opened import Store
from onward.testing.stores import sample_trace

TRACE = sample_trace()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.prepare()
    return store


def file_of(store: Store, name: str) -> Path:
    return Path(store.layout.traces("local", TRACE.key)) / name


def spoil(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


def test_a_record_is_written_once_and_never_edited(store: Store) -> None:
    path = file_of(store, store.traces.record(TRACE, {}))
    before = (path.stat().st_ino, path.read_bytes())
    store.traces.record(TRACE, {})
    assert (path.stat().st_ino, path.read_bytes()) == before


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_damaged_record_is_passed_over_and_the_others_are_found(store: Store, cut: int) -> None:
    damaged = store.traces.record(TRACE, {"by": "one"})
    whole = store.traces.record(TRACE, {"by": "two"})
    path = file_of(store, damaged)
    spoil(path, path.read_bytes()[:cut])
    assert store.traces.find(TRACE.key) == [(whole, TRACE)]
    assert store.traces.get(TRACE.key, damaged) is None


def test_one_changed_letter_in_a_record_is_noticed(store: Store) -> None:
    name = store.traces.record(TRACE, {})
    path = file_of(store, name)
    spoil(path, path.read_bytes().replace(b'"value":1', b'"value":2'))
    assert store.traces.find(TRACE.key) == []


def test_recording_again_mends_a_damaged_record(store: Store) -> None:
    name = store.traces.record(TRACE, {})
    spoil(file_of(store, name), b"{")
    assert store.traces.record(TRACE, {}) == name
    assert store.traces.get(TRACE.key, name) == TRACE


def test_foreign_files_among_the_traces_are_passed_over(store: Store) -> None:
    name = store.traces.record(TRACE, {})
    (Path(store.layout.traces("local", TRACE.key)) / ".DS_Store").write_bytes(b"x")
    (Path(store.layout.traces("local", TRACE.key)) / "folder").mkdir()
    assert [found for found, _ in store.traces.find(TRACE.key)] == [name]


def test_a_record_keeps_who_vouches_for_it(store: Store) -> None:
    name = store.traces.record(TRACE, {"onward": "1.0"})
    envelope = store.traces.envelope(TRACE.key, name)
    assert envelope is not None
    assert (envelope.payload, envelope.builder, envelope.signatures) == (TRACE, {"onward": "1.0"}, ())


def test_whether_a_step_was_ever_made_is_remembered_for_later_processes(store: Store) -> None:
    assert not store.traces.has_seen(TRACE.step)
    store.traces.record(TRACE, {})
    for opened in (store, Store(store.root)):
        assert opened.traces.has_seen(TRACE.step)
        assert not opened.traces.has_seen(TRACE.step + "_2")


def test_a_trace_is_found_by_every_field_that_it_has(store: Store) -> None:
    """What a trace holds comes back, also where it holds little."""
    bare = msgspec.structs.replace(TRACE, inputs=(), observations=(), artifacts={}, marks=())
    name = store.traces.record(bare, {})
    assert store.traces.get(TRACE.key, name) == bare
