"""What nobody needs any more in a bucket is removed, by whoever may: names before the bytes that they name.

What is young stays, and so does what a release names, or the head of a scope. Of a fork nothing stays that is not
young. A machine that is just naming something that was there already may find it gone: then it is made again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

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

_SCOPES = (MAIN_SCOPE, TEAM_SCOPE)
_NAMES = ("executed", "traces", "runs", "snapshots", "bases")
"""What names bytes, in the order in which it is removed."""


@dataclass
class _Needed:
    """What stays however old it is: paths, and bytes by digest."""

    paths: set[str] = field(default_factory=set)
    objects: set[Digest] = field(default_factory=set)


def sweep(bucket: Guarded, keep_days: float, *, dry_run: bool) -> Removed:
    """Removes what is older than some days and needed by nobody.

    Raises:
        BucketError: the bucket cannot be read, or written; what is needed is all there.
        StoreError: a move cannot be read, so that nobody knows what it stands on; nothing was removed.

    Cost: lists the whole bucket; reads the heads, what releases name, and every young trace.
    """
    before = time.time() - keep_days * SECONDS_A_DAY
    stored = bucket.listing(VERSION)
    old = [entry for entry in stored if entry.written < before]
    young = [entry.path for entry in stored if entry.written >= before]
    needed = _Needed()
    _keep_released(bucket, needed)
    _keep_heads(bucket, needed)
    _keep_young(bucket, young, needed)
    going = [entry for entry in old if _goes(entry, needed)]
    if not dry_run:
        for entry in sorted(going, key=_turn):
            bucket.remove(entry.path)
    return Removed(len(going), sum(entry.size for entry in going))


def _goes(entry: Stored, needed: _Needed) -> bool:
    parts = entry.path.split("/")
    if entry.path.startswith(f"{VERSION}/pr/"):
        return True
    if len(parts) < 3 or parts[1] not in _SCOPES or entry.path in needed.paths:
        return False
    if parts[2] == "objects":
        return "".join(parts[3:]) not in needed.objects
    return parts[2] in _NAMES


def _turn(entry: Stored) -> int:
    """When an object is removed: bytes last."""
    kind = next((part for part in entry.path.split("/") if part in _NAMES), "objects")
    return (*_NAMES, "objects").index(kind)


def _keep_released(bucket: Guarded, needed: _Needed) -> None:
    runs: dict[str, Digest | None] = {}
    for path in bucket.names(channels_of(MAIN_SCOPE, previews=False)):
        content = bucket.read(path)
        try:
            move = decode(content or b"", Move)
        except msgspec.DecodeError as error:
            hint = "look at it: as long as it cannot be read, nothing is removed"
            raise StoreError(f"`{path}` in `{bucket.url}` is no move of a channel", hint=hint) from error
        runs[move.run] = move.record
    for run, digest in runs.items():
        _keep_run(bucket, run, digest, needed)


def _keep_run(bucket: Guarded, identity: str, digest: Digest | None, needed: _Needed) -> None:
    for area in map(Area, _SCOPES):
        content = bucket.read(area.record("runs", identity))
        if content is None or digest not in (None, digest_bytes(content)):
            continue
        with suppress(msgspec.DecodeError):
            run = decode(content, Run)
            basis = _basis(bucket, area, run.basis)
            records = [("runs", identity), ("bases", run.basis), ("snapshots", run.snapshot)]
            needed.paths.update(area.record(folder, name) for folder, name in records)
            steps = [*run.steps.values(), *run.checks.values()]
            needed.paths.update(f"{area.traces(step.key)}/{step.trace}" for step in steps if step.key and step.trace)
            needed.objects |= all_of(run, basis)


def _basis(bucket: Guarded, area: Area, digest: Digest) -> Basis | None:
    content = bucket.read(area.record("bases", digest))
    with suppress(msgspec.DecodeError):
        return decode(content, Basis) if content is not None else None
    return None


def _keep_heads(bucket: Guarded, needed: _Needed) -> None:
    for area in map(Area, _SCOPES):
        content = bucket.read(area.head)
        if content is None:
            continue
        head = unpack(content)
        needed.paths |= {area.record("bases", head.basis), area.record("snapshots", head.snapshot)}
        basis = _basis(bucket, area, head.basis)
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
    for area, kind, path in _placed(young):
        if kind == "traces":
            content = bucket.read(path)
            if content is not None:
                _keep_trace(area, content, needed)
        elif kind == "runs":
            _keep_run(bucket, path.rpartition("/")[2], None, needed)


def _placed(paths: Iterable[str]) -> Iterator[tuple[Area, str, str]]:
    for path in paths:
        parts = path.split("/")
        if len(parts) > 3 and parts[1] in _SCOPES:
            yield Area(parts[1]), parts[2], path
