"""The store on this disk with a bucket behind it: what is not here is looked for there, and then kept here.

Each class is what it stands on, with one more place to look. A bucket that cannot be had adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from onward.base.codec import encode
from onward.base.digest import Digest, is_digest
from onward.base.errors import BucketError, RefusedError
from onward.base.text import listed
from onward.model.records import Basis, Move, Run, Snapshot
from onward.model.trace import Envelope, Trace
from onward.store.disk import Disk
from onward.store.layout import LOCAL_SCOPE, Layout
from onward.store.objects import Objects
from onward.store.records import Records
from onward.store.shared.area import PREVIEWS, Area, channels_of, is_of_fork, log_of
from onward.store.shared.believed import believed
from onward.store.shared.logs import Logs
from onward.store.shared.remote import Remote
from onward.store.shared.sending import Sending
from onward.store.traces import Traces

T = TypeVar("T")
_FETCHERS = 8


class SharedObjects(Objects):
    """Objects, of which those that a trace or a record of the bucket names need not be here yet."""

    def __init__(self, layout: Layout, disk: Disk, remote: Remote, lost: str) -> None:
        """
        Args:
            lost: the folder that names what was found to be in no store.
        """
        super().__init__(layout, disk)
        self._remote = remote
        self._expected: set[Digest] = set()
        self._lost_folder = lost
        self._lost = set(disk.names(lost))
        remote.spoiled |= self._lost

    def expect(self, digests: Iterable[Digest]) -> None:
        """Takes objects to be in the bucket until it is found out that they are not."""
        self._expected.update(digests)

    def lose(self, digest: Digest) -> None:
        """Notes that an object is in no store: the next run makes again what names it."""
        self._lost.add(digest)
        self._remote.spoiled.add(digest)
        self._disk.mark(f"{self._lost_folder}/{digest}")

    def is_lost(self, digest: Digest) -> bool:
        return digest in self._lost and not self.is_here(digest)

    def has(self, digest: Digest) -> bool:
        """Whether the object is here, or is taken to be in the bucket. Asks nobody."""
        if super().has(digest):
            return True
        return digest in self._expected and digest not in self._remote.spoiled and self._remote.is_readable

    def is_whole(self, digest: Digest) -> bool:
        """Whether an object is here and whole, or can be fetched.

        Cost: fetches it, where it is not here.
        """
        return super().is_whole(digest) or self._fetch(digest)

    def read(self, digest: Digest) -> bytes | None:
        content = super().read(digest)
        return super().read(digest) if content is None and self._fetch(digest) else content

    def bring(self, digests: Iterable[Digest]) -> None:
        missing = self._missing(digests)
        if len(missing) > 1:
            self._at_once(self._fetch, missing)

    def look_for(self, digests: Iterable[Digest]) -> None:
        """Asks the bucket for those objects that are not here: those that it does not have are expected no more."""
        self._at_once(self._remote.holds, self._missing(digests))

    def _missing(self, digests: Iterable[Digest]) -> list[Digest]:
        return [digest for digest in dict.fromkeys(digests) if not self.is_here(digest)]

    def _at_once(self, ask: Callable[[Digest], bool], digests: list[Digest]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_FETCHERS, "onward-fetcher") as fetchers:
            list(fetchers.map(ask, digests))

    def _fetch(self, digest: Digest) -> bool:
        if digest in self._remote.spoiled or not self._remote.is_readable:
            return False
        file = self._remote.fetch(digest, Path(self._disk.tmp))
        if file is None:
            return False
        self._disk.adopt(file, self._layout.object(digest))
        return True


class SharedTraces(Traces):
    """Traces, of which those of the bucket come here when they are looked for."""

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        scopes: Sequence[str],
        remote: Remote,
        objects: SharedObjects,
        sending: Sending,
    ) -> None:
        super().__init__(layout, disk, scopes)
        self._remote = remote
        self._objects = objects
        self._sending = sending
        self._looks: dict[Digest, Iterator[object]] = {}

    def record(self, trace: Trace, builder: dict[str, object]) -> Digest:
        name = super().record(trace, builder)
        self.share(name, trace)
        return name

    def share(self, name: Digest, trace: Trace) -> None:
        """Sends a trace that is here to the bucket, with its bytes, in the background.

        Where what it names was found to be missing there, or damaged, it is sent anew.
        """
        content = self.content(trace.key, name)
        if content is not None:
            self._sending.trace(name, trace, content)

    def promote(self, name: Digest, trace: Trace, content: bytes) -> None:
        """Sends a trace that a run has come to, unless another shared scope has it: what was local is vouched for."""
        scopes = [scope for scope, _ in self._contents(trace.key, name)]
        if any(scope not in (LOCAL_SCOPE, self._scope) for scope in scopes):
            return
        if self._scope not in scopes:
            self.adopt(self._scope, name, trace, content)
        self._sending.trace(name, trace, content)

    def envelope(self, key: Digest, name: Digest) -> Envelope | None:
        envelope = super().envelope(key, name)
        if envelope is None and is_digest(key) and is_digest(name):
            found = self._remote.trace(key, name)
            if found is not None and self._keep(*found) is not None:
                envelope = super().envelope(key, name)
        return envelope

    def bring(self, key: Digest) -> bool:
        look = self._looks.setdefault(key, self._brought(self._remote.traces(key)))
        return next(look, None) is not None

    def bring_executed(self, executed_key: Digest) -> bool:
        look = self._looks.setdefault(executed_key, self._brought(self._remote.executed(executed_key)))
        return next(look, None) is not None

    def _brought(self, portions: Iterator[list[tuple[str, Digest, Digest, bytes]]]) -> Iterator[bool]:
        for portion in portions:
            traces = [trace for found in portion if (trace := self._keep(*found)) is not None]
            named = {address for trace in traces for address in trace.addresses()}
            if named and not all(self._remote.is_of_head(name) for _, _, name, _ in portion):
                self._objects.look_for(named)  # an old trace may have outlived what it names
            if traces:
                yield True

    def _keep(self, scope: str, key: Digest, name: Digest, content: bytes) -> Trace | None:
        """Keeps a trace that came under its scope; None where it cannot be believed."""
        trace = believed(content, key, name)
        if trace is not None:
            self._objects.expect(trace.addresses())
            self.adopt(scope, name, trace, content)
        return trace

    def _found(self, scope: str, trace: Trace) -> None:
        if scope != LOCAL_SCOPE:
            self._objects.expect(trace.addresses())


class SharedRecords(Records):
    """Records, of which those of the bucket come here when they are asked for, and channels whose log is there.

    What is here of a channel's log is a copy of what was seen of it, for when the bucket cannot be had.
    """

    def __init__(
        self,
        layout: Layout,
        disk: Disk,
        remote: Remote,
        objects: SharedObjects,
        sending: Sending,
        before: Records | None,
    ) -> None:
        """
        Args:
            before: the logs of this machine from when no store was shared: the bucket's log of a channel begins with
                them, if it has none; None: whose they are is not known.
        """
        super().__init__(layout, disk)
        self._remote = remote
        self._objects = objects
        self._sending = sending
        self._before = before
        self._runs: dict[str, Digest] = {}
        """By run, the digest of its record, as the moves say it."""
        self._logs = Logs(layout, disk, remote)

    def basis(self, digest: Digest) -> Basis | None:
        return super().basis(digest) or self._brought(self._layout.bases, "bases", digest, Basis)

    def snapshot(self, digest: Digest) -> Snapshot | None:
        return super().snapshot(digest) or self._brought(self._layout.snapshots, "snapshots", digest, Snapshot)

    def run(self, identity: str) -> Run | None:
        run = super().run(identity) or self._brought_run(identity)
        if run is not None:
            self._objects.expect(address for artifact in run.artifacts.values() for address in artifact.addresses())
        return run

    def run_digest(self, identity: str) -> Digest | None:
        return super().run_digest(identity) or self._runs.get(identity)

    def channels(self) -> list[str]:
        before = self._before.channels() if self._before is not None else []
        return sorted({*super().channels(), *self._logs.channels(), *before})

    def moves(self, channel: str) -> list[Move]:
        """The channel's log as the bucket has it; as it was known here where that cannot be had."""
        self._logs.bring(channel)
        moves = super().moves(channel)
        self._runs.update({move.run: move.record for move in moves if move.record is not None})
        return moves or (self._before.moves(channel) if self._before is not None else [])

    def append(self, move: Move) -> bool:
        """Adds a move to its channel's log in the bucket, after all that it stands on.

        Raises:
            RefusedError: the bucket cannot be had; nothing has changed.
            StoreError: nobody knows what a move before it says; nothing has changed.
        """
        run = self.run(move.run) if move.kind == "release" else None
        folder = log_of(self._folder_of(move.channel), move.channel)
        self._logs.require_readable(move.channel)
        try:
            is_next = self._is_whole_log(folder, move)
            if is_next and run is not None:
                self.publish(run, self._remote.release_area(), self._named_by_head(self._remote.release_area()))
                self._require_results(run)
            added = is_next and self._created(f"{folder}/{move.sequence:08d}", encode(move))
        except BucketError as error:
            raise RefusedError(
                f"the channel `{move.channel}` cannot be moved without the shared store: {error.message}",
                hint=f"nothing has changed; {error.hint}" if error.hint else "nothing has changed",
            ) from error
        self._logs.forget()
        if added:
            super().append(move)  # the copy, which another process of this machine may have been quicker to make
        return added

    def publish(self, run: Run, area: Area, there: Collection[Digest] = ()) -> None:
        """Sends a run to a part of the bucket, after all that it names.

        Args:
            there: objects that are known to be there.

        Raises:
            BucketError: it cannot be written.
        """
        bucket = self._remote.bucket
        if bucket.has(area.record("runs", run.id)):
            return
        sending = self._sending
        sending.objects((digest for digest in _objects_of(run) if digest not in there), area)
        snapshot, basis = super().snapshot(run.snapshot), super().basis(run.basis)
        if basis is not None and not bucket.has(area.record("bases", run.basis)):
            sending.objects(self._kept_of(basis, area), area)
        sending.finish()
        if bucket.not_written is not None:
            raise bucket.not_written
        for folder, digest, record in (("bases", run.basis, basis), ("snapshots", run.snapshot, snapshot)):
            if record is not None:
                sending.put_record(area.record(folder, digest), encode(record))
        sending.put_record(area.record("runs", run.id), encode(run))

    def _require_results(self, run: Run) -> None:
        """Refuses to show readers what nobody has.

        Raises:
            BucketError: results were found to be in no store.
        """
        artifacts = run.artifacts.items()
        lost = sorted(asset for asset, artifact in artifacts if any(map(self._objects.is_lost, artifact.addresses())))
        if lost:
            message = f"the bytes of {listed(lost)} are neither here nor in `{self._remote.url}`"
            raise BucketError(message, hint="`onward run` makes them again")

    def _named_by_head(self, area: Area) -> set[Digest]:
        """The objects that the newest complete run of a scope has brought to the bucket."""
        if area.scope not in (each.scope for each in self._remote.areas):
            return set()
        return self._remote.head(area).objects()

    def _kept_of(self, basis: Basis, area: Area) -> list[Digest]:
        """The files of a basis whose bytes are here; what a basis that is there already has is left out."""
        before = self._remote.head(area).basis if any(area.scope == each.scope for each in self._remote.areas) else ""
        known = self.basis(before) if before else None
        there = {state.digest for state in known.files.values()} if known is not None else set()
        digests = [state.digest for state in basis.files.values() if state.digest not in there]
        return [basis.environment, *(digest for digest in digests if self._objects.is_here(digest))]

    def _created(self, path: str, content: bytes) -> bool:
        """Whether a move has its place in the log: an answer that got lost on the way makes it be asked twice."""
        if self._remote.bucket.create(path, content):
            return True
        return self._remote.bucket.read(path) == content

    def _is_whole_log(self, folder: str, move: Move) -> bool:
        """Whether the bucket has the log that a move goes on with; what it has lost is put there again."""
        there = {path.rpartition("/")[2] for path in self._remote.bucket.names(folder)}
        known = super().moves(move.channel)
        if not there and not known and self._before is not None:
            known = self._before.moves(move.channel)
        lost = [earlier for earlier in known if f"{earlier.sequence:08d}" not in there]
        return all(self._created(f"{folder}/{each.sequence:08d}", encode(self._published(each))) for each in lost)

    def _published(self, move: Move) -> Move:
        """A move that the bucket does not have, as it is to have it: after its run, and with that one's digest."""
        run = self.run(move.run)
        if run is None:
            return move
        self.publish(run, self._remote.release_area())
        return msgspec.structs.replace(move, record=move.record or self.run_digest(move.run))

    def _folder_of(self, channel: str) -> str:
        """The folder of the bucket that a channel's log lies in.

        Raises:
            RefusedError: the runs of a fork move no channel but their previews.
        """
        scope, is_preview = self._remote.own.scope, channel.startswith(PREVIEWS)
        if is_of_fork(scope) and not is_preview:
            raise RefusedError(
                f"`{scope}` cannot move the channel `{channel}`", hint=f"a fork has channels below `{PREVIEWS}` alone"
            )
        return channels_of(scope, previews=is_preview)

    def _brought(self, here: str, folder: str, digest: Digest, form: type[T]) -> T | None:
        content = self._remote.record(folder, digest) if is_digest(digest) else None
        if content is None:
            return None
        self._disk.replace(f"{here}/{digest}", content)
        return self._read(f"{here}/{digest}", form, digest)

    def _brought_run(self, identity: str) -> Run | None:
        """A run that a move names: its digest is known by that, and nothing else of it would be believed."""
        digest = self._runs.get(identity)
        if digest is None or not _is_name(identity):
            return None
        content = self._remote.named("runs", identity, digest)
        if content is None:
            return None
        self._disk.replace(f"{self._layout.runs}/{identity}", content)  # where one is here, it is damaged
        return super().run(identity)


def _objects_of(run: Run) -> list[Digest]:
    """What is in the store of a run's results, beside its basis."""
    found = [address for artifact in run.artifacts.values() for address in artifact.addresses()]
    found += [record.log for record in run.steps.values() if record.log is not None]
    return [*found, run.catalogue, run.environment]


def _is_name(identity: str) -> bool:
    """Whether a run's name is one, and no path."""
    return bool(identity) and all(letter.isalnum() or letter == "-" for letter in identity)
