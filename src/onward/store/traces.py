"""Traces: under a key, what came out. Written once, found by key, never edited."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec

from onward.base.codec import decode, encode
from onward.base.digest import Digest, digest_bytes, is_digest
from onward.model.trace import Envelope, Trace
from onward.store.disk import Disk
from onward.store.layout import LOCAL_SCOPE, Layout


class Traces:
    """The traces of the scopes that a run may read, of which the first is written to."""

    def __init__(self, layout: Layout, disk: Disk, scopes: Sequence[str] = (LOCAL_SCOPE,)) -> None:
        self._layout = layout
        self._disk = disk
        self._scopes = tuple(scopes)
        self._scope = self._scopes[0]
        self._seen: set[str] = set()

    def record(self, trace: Trace, builder: dict[str, object]) -> Digest:
        """Keeps a trace and returns its name, the digest of the record."""
        content = encode(Envelope(payload=trace, builder=builder))
        name = digest_bytes(content)
        self.adopt(self._scope, name, trace, content)
        return name

    def adopt(self, scope: str, name: Digest, trace: Trace, content: bytes) -> bool:
        """Keeps the bytes of a trace's envelope under a scope; False where they are there already."""
        if not self.has_seen(trace.step):
            # First, for a mark without a trace is only a needless doubt; a plan trusts that there is no mark.
            self._disk.mark(self._layout.seen(scope, trace.step))
            self._seen.add(trace.step)
        path = f"{self._layout.traces(scope, trace.key)}/{name}"
        is_new = self._disk.read(path) != content  # it is not there, or damaged
        if is_new:
            self._disk.replace(path, content)
        executed_key = trace.executed_key()
        if executed_key is not None:
            self._disk.mark(f"{self._layout.executed(scope, executed_key)}/{trace.key}-{name}")
        return is_new

    def share(self, name: Digest, trace: Trace) -> None:
        """Sees to it that other machines can have a trace that is here: nothing, where no store is shared."""

    def bring(self, key: Digest) -> bool:
        """Looks further for traces of a key; whether any came, which `find` then gives. Called again, further still.

        There is nowhere else where no store is shared.
        """
        del key
        return False

    def bring_executed(self, executed_key: Digest) -> bool:
        """The same for `find_executed`."""
        del executed_key
        return False

    def has_seen(self, step: str) -> bool:
        """Whether there has ever been a trace of a step of this name, under any key."""
        return step in self._seen or any(os.path.exists(self._layout.seen(scope, step)) for scope in self._scopes)

    def find(self, key: Digest) -> list[tuple[Digest, Trace]]:
        """All readable traces under a key, oldest first. A damaged record is passed over."""
        folders = [self._layout.traces(scope, key) for scope in self._scopes]
        names = {name for folder in folders for name in self._disk.names(folder)}
        found = [(name, trace) for name in names if (trace := self.get(key, name)) is not None]
        return sorted(found, key=lambda pair: (pair[1].made_at, pair[0]))

    def find_executed(self, executed_key: Digest) -> list[Trace]:
        """The readable traces, oldest first, whose inputs but what is only shown have this key."""
        folders = [self._layout.executed(scope, executed_key) for scope in self._scopes]
        names = {name for folder in folders for name in self._disk.names(folder)}
        found = [(name, self.get(*name.split("-", 1))) for name in names if "-" in name]
        traces = [(name, trace) for name, trace in found if trace is not None]
        return [trace for _, trace in sorted(traces, key=lambda pair: (pair[1].made_at, pair[0]))]

    def all(self) -> Iterator[Trace]:
        """Every readable trace of every scope, those of others too. Cost: reads them all."""
        for folder, _, names in os.walk(f"{self._layout.root}/traces"):
            for name in filter(is_digest, names):
                content = self._disk.read(f"{folder}/{name}")
                if content is not None and digest_bytes(content) == name:
                    with suppress(msgspec.DecodeError):
                        yield decode(content, Envelope).payload

    def get(self, key: Digest, name: Digest) -> Trace | None:
        """One trace; None where it is gone or damaged."""
        envelope = self.envelope(key, name)
        return None if envelope is None else envelope.payload

    def envelope(self, key: Digest, name: Digest) -> Envelope | None:
        """One trace with who vouches for it; None where it is gone or damaged."""
        for scope, content in self._contents(key, name):
            try:
                envelope = decode(content, Envelope)
            except msgspec.DecodeError:
                continue
            self._found(scope, envelope.payload)
            return envelope
        return None

    def content(self, key: Digest, name: Digest) -> bytes | None:
        """The bytes of a trace's envelope; None where it is gone or damaged."""
        return next((content for _, content in self._contents(key, name)), None)

    def _contents(self, key: Digest, name: Digest) -> Iterator[tuple[str, bytes]]:
        """The whole copies of a trace, with the scopes that they lie under."""
        for scope in self._scopes:
            content = self._disk.read(f"{self._layout.traces(scope, key)}/{name}")
            if content is not None and digest_bytes(content) == name:
                yield scope, content

    def _found(self, scope: str, trace: Trace) -> None:
        """Hook of those who have to know what was found."""
