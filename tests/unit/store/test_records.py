"""Bases, snapshots, runs and channels."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.base.digest import digest_bytes
from onward.base.errors import StoreError
from onward.model.records import Basis, FileState, Move, Origin, Run, Snapshot, SnapshotEntry
from onward.store.layout import Layout
from onward.store.opened import Store
from onward.store.records import new_run_id

DIGEST = digest_bytes(b"any")
BASIS = Basis(1, {"a.py": FileState("code", DIGEST, 3)}, DIGEST, {"sales.limit": 3}, "2026-11-22")
SNAPSHOT = Snapshot(1, {"sales/margin": SnapshotEntry("metric", DIGEST)}, {"sales/c": "passed"})
RUN = Run(
    format=1, id="20261122-213300000-4f2a9c", at="2026-11-22T21:33:00.000000Z", seconds=1.5, basis=DIGEST,
    snapshot=DIGEST, complete=False, missing=("sales/x",), origin=Origin("abc", "main"), catalogue=DIGEST,
    environment=DIGEST, steps={}, checks={}, artifacts={},
)  # fmt: skip


def move(sequence: int, note: str = "", channel: str = "main") -> Move:
    return Move(1, channel, sequence, "release", sequence, RUN.id, DIGEST, RUN.at, note=note)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.prepare()
    return store


def test_records_come_back_equal_in_another_process_too(store: Store) -> None:
    basis, snapshot = store.records.put_basis(BASIS), store.records.put_snapshot(SNAPSHOT)
    store.records.put_run(RUN)
    for opened in (store, Store(store.root)):
        assert opened.records.basis(basis) == BASIS
        assert opened.records.snapshot(snapshot) == SNAPSHOT
        assert opened.records.run(RUN.id) == RUN
        assert opened.records.runs() == [RUN]


def test_equal_snapshots_have_one_digest_whatever_the_order_of_their_names(store: Store) -> None:
    entries = {name: SnapshotEntry("metric", DIGEST) for name in "abc"}
    one = Snapshot(1, entries, {})
    other = Snapshot(1, dict(reversed(entries.items())), {})
    assert store.records.put_snapshot(one) == store.records.put_snapshot(other)


def test_what_was_never_recorded_is_not_there(store: Store) -> None:
    assert store.records.basis(DIGEST) is None
    assert store.records.snapshot(DIGEST) is None
    assert store.records.run("20200101-000000000-000000") is None
    assert store.records.run_ids() == []
    assert store.records.moves("main") == []
    assert store.records.channels() == []


@pytest.mark.parametrize("name", ["", ".", "..", "../FORMAT", "x" * 5000, "a/b"])
def test_a_word_that_is_no_run_is_not_there(store: Store, name: str) -> None:
    store.records.put_run(RUN)
    assert store.records.run(name) is None


def test_a_run_is_recorded_once(store: Store) -> None:
    store.records.put_run(RUN)
    with pytest.raises(StoreError, match="there is a run"):
        store.records.put_run(msgspec.structs.replace(RUN, seconds=2.0))
    assert store.records.run(RUN.id) == RUN


def test_a_damaged_basis_is_not_believed_and_is_mended_when_it_is_put_again(store: Store) -> None:
    digest = store.records.put_basis(BASIS)
    path = Path(store.layout.bases) / digest
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"2026-11-22", b"2026-11-23"))
    assert store.records.basis(digest) is None
    assert store.records.put_basis(BASIS) == digest
    assert store.records.basis(digest) == BASIS


def test_a_damaged_run_is_passed_over(store: Store) -> None:
    store.records.put_run(RUN)
    path = Path(store.layout.runs) / RUN.id
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-5])
    assert store.records.runs() == []
    assert store.records.run_ids() == [RUN.id]


def test_a_channel_is_the_log_of_its_moves_oldest_first(store: Store) -> None:
    for sequence in (2, 1, 10):
        assert store.records.append(move(sequence))
    assert [entry.sequence for entry in store.records.moves("main")] == [1, 2, 10]


def test_a_place_in_a_channel_is_taken_once(store: Store) -> None:
    assert store.records.append(move(1, "first"))
    assert not store.records.append(move(1, "second"))
    assert [entry.note for entry in store.records.moves("main")] == ["first"]


def test_a_damaged_move_is_an_error_that_says_where(store: Store) -> None:
    store.records.append(move(1))
    path = Path(store.layout.channel("main")) / "00000001"
    path.chmod(0o644)
    path.write_bytes(b"{}")
    with pytest.raises(StoreError, match="entry 1 of the channel `main` is damaged"):
        store.records.moves("main")


@given(st.text(min_size=1, max_size=30).filter(lambda name: name.isprintable()))
def test_any_name_of_a_channel_stays_among_the_channels_and_comes_back(name: str) -> None:
    layout = Layout(Path("/store"))
    folder = Path(layout.channel(name))
    assert folder.parent == Path(layout.channels)
    assert folder.name not in ("", ".", "..")


@pytest.mark.parametrize("name", ["main", "preview/a-branch", "..", ".", "preview/v1.2", "ü b%2F"])
def test_channels_are_listed_by_the_names_that_they_were_given(store: Store, name: str) -> None:
    store.records.append(move(1, channel=name))
    assert store.records.channels() == [name]
    assert len(store.records.moves(name)) == 1


def append_from_a_process(root: Path, who: str, gate: object, wins: object) -> None:
    records = Store(root).records
    gate.wait()  # type: ignore[attr-defined]
    wins.put([sequence for sequence in range(1, 41) if records.append(move(sequence, who))])  # type: ignore[attr-defined]


def test_of_two_processes_that_append_the_same_sequence_exactly_one_wins(store: Store) -> None:
    context = multiprocessing.get_context("fork")
    gate, wins = context.Barrier(2), context.Queue()
    rivals = [
        context.Process(target=append_from_a_process, args=(store.root, who, gate, wins)) for who in ("one", "two")
    ]
    for rival in rivals:
        rival.start()
    won = [wins.get(timeout=60) for _ in rivals]
    for rival in rivals:
        rival.join(60)
        assert rival.exitcode == 0
    assert sorted(won[0] + won[1]) == list(range(1, 41))
    counts = {who: sum(entry.note == who for entry in store.records.moves("main")) for who in ("one", "two")}
    assert sorted(counts.values()) == sorted(map(len, won))


@given(st.lists(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), min_size=2, max_size=2))
def test_names_of_runs_sort_in_the_order_of_time(instants: list[datetime]) -> None:
    first, second = sorted(instant.replace(tzinfo=UTC) for instant in instants)
    if second - first >= timedelta(milliseconds=1):
        assert new_run_id(first) < new_run_id(second)
    assert new_run_id(first) != new_run_id(first)
