"""What nobody needs any more in a bucket is removed, by whoever may: names before the bytes that they name.

What is young stays, and so does what a release names, or the head of a scope. Of a fork nothing stays that is not
young. Ages are those that the bucket's own clock tells. Once the names are gone nobody begins to need what they named;
who did so before has named it by then, and so it is looked again before anything else goes. A machine that is just then
naming something that was there already may find it gone: then it is made again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from onward.base.bucket import Stored
from onward.base.codec import decode
from onward.base.digest import Digest, digest_bytes
from onward.base.errors import StoreError
from onward.model.records import Basis, Move, Run
from onward.store.expired import SECONDS_A_DAY, Removed, all_of, objects_of
from onward.store.shared.area import MAIN_SCOPE, TEAM_SCOPE, VERSION, Area, channels_of
from onward.store.shared.believed import believed
from onward.store.shared.guarded import Guarded
from onward.store.shared.head import unpack

T = TypeVar("T")
R = TypeVar("R")
_AT_ONCE = 8
_SCOPES = (MAIN_SCOPE, TEAM_SCOPE)
_FOUND_BY_KEY = ("executed", "traces")
_RECORDS = ("runs", "snapshots", "bases")
_KINDS = (*_FOUND_BY_KEY, *_RECORDS, "objects")
"""What goes, in the order in which it does: names before what they name."""


@dataclass
class _Needed:
    """What stays however old it is: paths, and bytes by digest."""

    paths: set[str] = field(default_factory=set)
    objects: set[Digest] = field(default_factory=set)


def sweep(bucket: Guarded, keep_days: float, *, dry_run: bool) -> Removed:
    """Removes what is older than some days and needed by nobody.

    Raises:
        BucketError: the bucket cannot be read, or written; what is needed is all there.
        StoreError: a move, or what it stands on, cannot be read; nothing that it may need was removed.

    Cost: twice lists the whole bucket, and reads the heads, what releases name, and every young trace.
    """
    going = _unneeded(bucket, keep_days)
    if not dry_run and going:
        _remove(bucket, [entry for entry in going if _kind(entry) in _FOUND_BY_KEY])
        still = {entry.path for entry in _unneeded(bucket, keep_days)}
        going = [entry for entry in going if _kind(entry) in _FOUND_BY_KEY or entry.path in still]
        _remove(bucket, [entry for entry in going if _kind(entry) not in _FOUND_BY_KEY])
    return Removed(len(going), sum(entry.size for entry in going))


def _unneeded(bucket: Guarded, keep_days: float) -> list[Stored]:
    stored, now = _looked_at(bucket)
    before = now - keep_days * SECONDS_A_DAY
    needed = _Needed()
    _keep_released(bucket, needed)
    _keep_heads(bucket, needed)
    _keep_young(bucket, [entry.path for entry in stored if entry.written >= before], needed)
    return [entry for entry in stored if entry.written < before and _goes(entry, needed)]


def _looked_at(bucket: Guarded) -> tuple[list[Stored], float]:
    """All that is there, and the time by the clock that dates it: a machine's own may be wrong by years."""
    probe = Area(MAIN_SCOPE).probe
    bucket.replace(probe, b"")
    stored = bucket.listing(VERSION)
    bucket.remove(probe)
    newest = max((entry.written for entry in stored), default=0.0)
    return stored, next((entry.written for entry in stored if entry.path == probe), min(newest, time.time()))


def _remove(bucket: Guarded, going: Iterable[Stored]) -> None:
    """Removes objects, all of one kind before the first of the next."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for entry in going:
        by_kind[_kind(entry)].append(entry.path)
    for paths in by_kind.values():
        _of_each(bucket.remove, paths)


def _of_each(ask: Callable[[T], R], each: Iterable[T]) -> list[R]:
    """What is answered for each of many, of which some are asked for at once."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE, "onward-sweeper") as askers:
        return list(askers.map(ask, each))


def _goes(entry: Stored, needed: _Needed) -> bool:
    parts = entry.path.split("/")
    if entry.path.startswith(f"{VERSION}/pr/"):
        return True
    if len(parts) < 3 or parts[1] not in _SCOPES or entry.path in needed.paths:
        return False
    if parts[2] == "objects":
        return "".join(parts[3:]) not in needed.objects
    return parts[2] in _KINDS


def _kind(entry: Stored) -> str:
    return next((part for part in entry.path.split("/") if part in _KINDS), "objects")


def _keep_released(bucket: Guarded, needed: _Needed) -> None:
    runs: dict[str, Digest | None] = {}
    paths = bucket.names(channels_of(MAIN_SCOPE, previews=False))
    for path, content in zip(paths, _of_each(bucket.read, paths), strict=True):
        try:
            move = decode(content or b"", Move)
        except msgspec.DecodeError as error:
            raise _unreadable(bucket, path, "no move of a channel") from error
        runs[move.run] = move.record
    for run, digest in runs.items():
        damaged = _keep_run(bucket, run, digest, needed)
        if damaged is not None:
            raise _unreadable(bucket, damaged, "not the record that a release stands on")


def _keep_run(bucket: Guarded, identity: str, digest: Digest | None, needed: _Needed) -> str | None:
    """Keeps what a run names; of one that the bucket has lost nothing is known.

    Returns:
        The path of a damaged record, for which something may be missing from what is kept; None where there is none.
    """
    run, damaged = _whole(bucket, ("runs", identity), digest, Run)
    if run is None:
        return damaged
    basis, damaged = _whole(bucket, ("bases", run.basis), run.basis, Basis)
    steps = [*run.steps.values(), *run.checks.values()]
    for area in map(Area, _SCOPES):
        records = [("runs", identity), ("bases", run.basis), ("snapshots", run.snapshot)]
        needed.paths.update(area.record(folder, name) for folder, name in records)
        needed.paths.update(f"{area.traces(step.key)}/{step.trace}" for step in steps if step.key and step.trace)
    needed.objects |= all_of(run, basis)
    return damaged


def _whole(
    bucket: Guarded, record: tuple[str, str], digest: Digest | None, form: type[T]
) -> tuple[T | None, str | None]:
    """A record that is what its digest says, of any scope; else None, and the path of one that is not."""
    damaged: str | None = None
    for area in map(Area, _SCOPES):
        path = area.record(*record)
        content = bucket.read(path)
        if content is None:
            continue
        if digest in (None, digest_bytes(content)):
            with suppress(msgspec.DecodeError):
                return decode(content, form), None
        damaged = path
    return None, damaged


def _unreadable(bucket: Guarded, path: str, what: str) -> StoreError:
    hint = "look at it, and remove it where it is of no use: as long as it cannot be read, nothing is removed"
    return StoreError(f"`{path}` in `{bucket.url}` is {what}", hint=hint)


def _keep_heads(bucket: Guarded, needed: _Needed) -> None:
    for area in map(Area, _SCOPES):
        content = bucket.read(area.head)
        if content is None:
            continue
        head = unpack(content)
        if not head.basis:
            continue  # it is none, and the next complete run writes one
        needed.paths |= {area.record("bases", head.basis), area.record("snapshots", head.snapshot)}
        basis, _ = _whole(bucket, ("bases", head.basis), head.basis, Basis)
        if basis is not None:
            needed.objects |= {basis.environment, *(state.digest for state in basis.files.values())}
        for raw in head.contents():
            _keep_trace(area, raw, needed)


def _keep_trace(area: Area, content: bytes, needed: _Needed) -> None:
    trace = believed(content)
    if trace is None:
        return
    name = digest_bytes(content)
    needed.paths.add(f"{area.traces(trace.key)}/{name}")
    needed.objects |= objects_of(trace)
    executed_key = trace.executed_key()
    if executed_key is not None:
        needed.paths.add(f"{area.executed(executed_key)}/{trace.key}-{name}")


def _keep_young(bucket: Guarded, young: Iterable[str], needed: _Needed) -> None:
    """What young records name stays, for it may have been there before them."""
    placed = list(_placed(young))
    traces = [(area, path) for area, kind, path in placed if kind == "traces"]
    contents = _of_each(bucket.read, [path for _, path in traces])
    for (area, _), content in zip(traces, contents, strict=True):
        if content is not None:
            _keep_trace(area, content, needed)
    for _, kind, path in placed:
        if kind == "runs":
            _keep_run(bucket, path.rpartition("/")[2], None, needed)


def _placed(paths: Iterable[str]) -> Iterator[tuple[Area, str, str]]:
    for path in paths:
        parts = path.split("/")
        if len(parts) > 3 and parts[1] in _SCOPES:
            yield Area(parts[1]), parts[2], path
