"""The suites of stores of objects and of traces, and stores in memory that pass them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onward.base.codec import encode
from onward.base.digest import Digest, digest_bytes, is_digest
from onward.model.artifact import Artifact
from onward.model.ports import ObjectStore, TraceStore
from onward.model.trace import TRACE_FORMAT, Envelope, Observation, Trace


class MemoryObjects:
    """Objects in memory. `scratch` is the folder for those that somebody wants as a file."""

    def __init__(self, scratch: Path) -> None:
        self.contents: dict[Digest, bytes] = {}
        self._scratch = scratch

    def put(self, content: bytes) -> Digest:
        digest = digest_bytes(content)
        self.contents.setdefault(digest, content)
        return digest

    def adopt(self, path: Path) -> Digest:
        digest = self.put(path.read_bytes())
        path.unlink()
        return digest

    def has(self, digest: Digest) -> bool:
        return digest in self.contents

    def path(self, digest: Digest) -> Path | None:
        content = self.read(digest)
        if content is None:
            return None
        path = self._scratch / digest
        if not path.exists():
            self._scratch.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return path

    def read(self, digest: Digest) -> bytes | None:
        content = self.contents.get(digest)
        if content is not None and digest_bytes(content) != digest:
            del self.contents[digest]
            return None
        return content


class MemoryTraces:
    """Traces in memory."""

    def __init__(self) -> None:
        self.envelopes: dict[Digest, Envelope] = {}

    def record(self, trace: Trace, builder: dict[str, object]) -> Digest:
        envelope = Envelope(trace, builder)
        name = digest_bytes(encode(envelope))
        self.envelopes[name] = envelope
        return name

    def find(self, key: Digest) -> list[tuple[Digest, Trace]]:
        found = [(name, kept.payload) for name, kept in self.envelopes.items() if kept.payload.key == key]
        return sorted(found, key=lambda pair: (pair[1].made_at, pair[0]))

    def find_executed(self, executed_key: Digest) -> list[Trace]:
        traces = [(name, kept.payload) for name, kept in self.envelopes.items()]
        found = [(name, trace) for name, trace in traces if trace.executed_key() == executed_key]
        return [trace for _, trace in sorted(found, key=lambda pair: (pair[1].made_at, pair[0]))]

    def get(self, key: Digest, name: Digest) -> Trace | None:
        kept = self.envelopes.get(name)
        return kept.payload if kept is not None and kept.payload.key == key else None

    def share(self, name: Digest, trace: Trace) -> None:
        """There is nobody else."""

    def bring(self, key: Digest) -> bool:
        return False

    def bring_executed(self, executed_key: Digest) -> bool:
        return False


class ObjectStoreSuite:
    """What every store of objects promises."""

    def make_store(self, folder: Path) -> ObjectStore:
        raise NotImplementedError("a suite is subclassed, and its `make_store` gives an empty store")

    def damage(self, store: ObjectStore, digest: Digest) -> None:
        """Changes the kept bytes of an object behind the store's back."""
        raise NotImplementedError("a suite is subclassed, and its `damage` changes bytes that are kept")

    def test_what_is_put_is_found_under_the_digest_of_its_bytes(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        for content in (b"", b"some bytes", bytes(range(256)) * 8192):
            digest = store.put(content)
            assert digest == digest_bytes(content)
            assert store.has(digest)
            assert store.read(digest) == content
            path = store.path(digest)
            assert path is not None
            assert path.read_bytes() == content

    def test_what_was_never_put_is_not_there(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        missing = digest_bytes(b"missing")
        assert not store.has(missing)
        assert store.read(missing) is None
        assert store.path(missing) is None

    def test_putting_the_same_again_changes_nothing(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        assert store.put(b"same") == store.put(b"same")
        assert store.read(digest_bytes(b"same")) == b"same"

    def test_an_adopted_file_is_an_object_and_gone_from_where_it_was(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        for _ in range(2):  # the second time, the store has it already
            file = tmp_path / "adopted"
            file.write_bytes(b"a whole file")
            digest = store.adopt(file)
            assert digest == digest_bytes(b"a whole file")
            assert not file.exists()
            assert store.read(digest) == b"a whole file"

    def test_a_damaged_object_is_never_handed_out(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        read, opened = store.put(b"to be read"), store.put(b"to be opened")
        self.damage(store, read)
        self.damage(store, opened)
        assert store.read(read) is None
        assert store.path(opened) is None

    def test_a_damaged_object_makes_room_for_whole_bytes(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        digest = store.put(b"precious")
        self.damage(store, digest)
        assert store.read(digest) is None
        assert not store.has(digest)
        assert store.put(b"precious") == digest
        assert store.read(digest) == b"precious"


class TraceStoreSuite:
    """What every store of traces promises."""

    def make_store(self, folder: Path) -> TraceStore:
        raise NotImplementedError("a suite is subclassed, and its `make_store` gives an empty store")

    def test_a_recorded_trace_comes_back_equal(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        trace = sample_trace()
        name = store.record(trace, {"onward": "1.0"})
        assert is_digest(name)
        assert store.get(trace.key, name) == trace
        assert store.find(trace.key) == [(name, trace)]

    def test_traces_of_one_key_come_oldest_first(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        times = ["2026-03-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"]
        for at in times:
            store.record(msgspec.structs.replace(sample_trace(), made_at=at), {})
        assert [trace.made_at for _, trace in store.find(sample_trace().key)] == sorted(times)

    def test_traces_of_other_keys_are_not_found(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        name = store.record(sample_trace(), {})
        other = digest_bytes(b"another key")
        assert store.find(other) == []
        assert store.get(other, name) is None
        assert store.get(sample_trace().key, digest_bytes(b"another name")) is None

    def test_traces_that_differ_in_what_is_shown_alone_are_found_together_oldest_first(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        newer = shown_trace("new words", at="2026-02-01T00:00:00.000000Z")
        older = shown_trace("old words", at="2026-01-01T00:00:00.000000Z")
        other = msgspec.structs.replace(older, inputs=(("code", "f", digest_bytes(b"f")), *older.inputs))
        for trace in (newer, older, other, sample_trace()):
            store.record(trace, {})
        key = older.executed_key()
        assert key is not None
        assert key == newer.executed_key()
        assert store.find_executed(key) == [older, newer]
        assert store.find_executed(digest_bytes(b"another key")) == []
        assert sample_trace().executed_key() is None

    def test_recording_the_same_again_adds_nothing(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        assert store.record(sample_trace(), {}) == store.record(sample_trace(), {})
        assert len(store.find(sample_trace().key)) == 1

    def test_the_same_result_vouched_for_by_two_is_two_records(self, tmp_path: Path) -> None:
        store = self.make_store(tmp_path)
        names = {store.record(sample_trace(), {"by": "one"}), store.record(sample_trace(), {"by": "two"})}
        assert {name for name, _ in store.find(sample_trace().key)} == names
        assert len(names) == 2


def shown_trace(words: str, *, at: str) -> Trace:
    """A trace whose inputs hold something that is only shown."""
    plain = sample_trace()
    shown = ("render", "report.ipynb (prose)", digest_bytes(words.encode()))
    return msgspec.structs.replace(plain, key=digest_bytes(words.encode()), inputs=(*plain.inputs, shown), made_at=at)


def sample_trace() -> Trace:
    """A trace in which every field holds something."""
    artifact = Artifact("metric", digest_bytes(b"c"), digest_bytes(b"b"), "application/json", 2, (), {"value": 1})
    return Trace(
        format=TRACE_FORMAT,
        step="sales/margin",
        key=digest_bytes(b"key"),
        inputs=(("step", "sales/margin", digest_bytes(b"definition")),),
        observations=(Observation("file", "data/a.csv", digest_bytes(b"a")), Observation("absent", "data/b.csv")),
        artifacts={"sales/margin": artifact},
        made_at="2026-01-01T00:00:00.000000Z",
        marks=("self-changing",),
    )
