"""The head of a scope: the traces of the newest complete run in one object, so that a clean machine reads once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import msgspec

from onward.base.codec import decode, encode
from onward.base.digest import Digest, digest_bytes
from onward.store.expired import objects_of
from onward.store.shared.believed import believed

HEAD_FORMAT = 1
_MOST_BYTES = 1 << 28
"""What a head may unpack to: more is no head."""


class _Record(msgspec.Struct, frozen=True):
    format: int
    basis: Digest
    snapshot: Digest
    secret: str
    traces: tuple[msgspec.Raw, ...]


class Head:
    """A head, looked into.

    Attributes:
        basis, snapshot: of the run; empty where there is no head.
        secret: the store's.
    """

    def __init__(self, basis: Digest = "", snapshot: Digest = "", secret: bytes = b"") -> None:
        self.basis, self.snapshot, self.secret = basis, snapshot, secret
        self.names: set[Digest] = set()
        self._by_key: dict[Digest, dict[Digest, bytes]] = {}
        self._by_executed: dict[Digest, list[tuple[Digest, Digest]]] = {}

    def add(self, content: bytes) -> None:
        """Takes up a trace, as its bytes; what cannot be believed is passed over."""
        trace = believed(content)
        if trace is None:
            return
        name = digest_bytes(content)
        self.names.add(name)
        self._by_key.setdefault(trace.key, {})[name] = content
        executed_key = trace.executed_key()
        if executed_key is not None:
            self._by_executed.setdefault(executed_key, []).append((trace.key, name))

    def traces(self, key: Digest) -> dict[Digest, bytes]:
        """The bytes of the traces under a key, by name."""
        return self._by_key.get(key, {})

    def contents(self) -> list[bytes]:
        """The bytes of all traces."""
        return [content for named in self._by_key.values() for content in named.values()]

    def objects(self) -> set[Digest]:
        """Every object that the traces name: all of them were there before the head."""
        found = (believed(content) for content in self.contents())
        return {digest for trace in found if trace is not None for digest in objects_of(trace)}

    def executed(self, executed_key: Digest) -> list[tuple[Digest, Digest, bytes]]:
        """Key, name and bytes of the traces whose inputs but what is only shown have this key."""
        found = self._by_executed.get(executed_key, ())
        return [(key, name, self._by_key[key][name]) for key, name in found]


def pack(basis: Digest, snapshot: Digest, secret: bytes, traces: Iterable[bytes]) -> bytes:
    """The bytes of a head."""
    raw = tuple(map(msgspec.Raw, traces))
    return zlib.compress(encode(_Record(HEAD_FORMAT, basis, snapshot, secret.hex(), raw)))


def unpack(content: bytes) -> Head:
    """The head of some bytes; an empty one where they are none, or of another format."""
    unpacker = zlib.decompressobj()
    try:
        record = decode(unpacker.decompress(content, _MOST_BYTES), _Record)
        head = Head(record.basis, record.snapshot, bytes.fromhex(record.secret))
    except (zlib.error, msgspec.DecodeError, ValueError):
        return Head()
    if record.format != HEAD_FORMAT:
        return Head()
    for raw in record.traces:
        head.add(bytes(raw))
    return head
