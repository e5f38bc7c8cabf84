"""Bytes that nobody needs any more: which objects of a store go, and which stay. Records are never removed.

What is named by a release, by the last results of a worktree, or by anything younger than a time stays as it is. Of
what is older, documents, metrics and figures stay, and so does code; tables, models, files and data go. A result whose
bytes are gone is one that is made again when somebody asks for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from onward.base.digest import Digest
from onward.model.artifact import DOCUMENT, FIGURE, METRIC
from onward.model.records import CODE_AXIS, Basis, Run
from onward.model.trace import Trace
from onward.store.opened import Store
from onward.store.records import Records

LASTING_KINDS = (DOCUMENT, METRIC, FIGURE)
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Removed:
    """What was removed, or would be: how many objects, and their bytes."""

    objects: int = 0
    bytes: int = 0


def all_of(run: Run, basis: Basis | None) -> set[Digest]:
    """Every object that a run and what it rests on name."""
    found = {address for artifact in run.artifacts.values() for address in artifact.addresses()}
    found |= {record.log for record in run.steps.values() if record.log is not None}
    files = {state.digest for state in basis.files.values()} if basis is not None else set()
    return {*found, *files, run.catalogue, run.environment, *([basis.environment] if basis is not None else [])}


def lasting_of(run: Run, basis: Basis | None) -> set[Digest]:
    """What of a run stays however old it is: what people read, what was printed, and the code."""
    read = [artifact for artifact in run.artifacts.values() if artifact.kind in LASTING_KINDS]
    found = {address for artifact in read for address in artifact.addresses()}
    found |= {record.log for record in run.steps.values() if record.log is not None}
    files = basis.files.values() if basis is not None else ()
    code = {state.digest for state in files if state.axis == CODE_AXIS}
    return {*found, *code, run.catalogue, run.environment, *([basis.environment] if basis is not None else [])}


def objects_of(trace: Trace) -> set[Digest]:
    """Every object that a trace names."""
    return {*trace.addresses(), *(each for each in (trace.log, trace.environment) if each is not None)}


def needed(store: Store, standing: Iterable[Trace], last: Iterable[str], since: str) -> set[Digest]:
    """The objects that stay.

    Args:
        standing: the last results of all worktrees.
        last: their last runs.
        since: what was made at this time or later is young.

    Cost: reads every run, basis and trace.
    """
    # Beside the log that is shared, there may be one of before that was the case.
    logs = [store.records, Records(store.layout, store.disk)]
    kept = {move.run for log in logs for channel in log.channels() for move in log.moves(channel)} | set(last)
    found: set[Digest] = set()
    for identity in {*store.records.run_ids(), *kept}:
        run = store.records.run(identity)
        if run is not None:
            basis = store.records.basis(run.basis)
            found |= all_of(run, basis) if identity in kept or run.at >= since else lasting_of(run, basis)
    for trace in standing:
        found |= objects_of(trace)
    for trace in store.traces.all():
        if trace.made_at >= since:
            found |= objects_of(trace)
    return found


def remove(store: Store, needed: set[Digest], days: float, *, dry_run: bool) -> Removed:
    """Removes the objects that nothing needs and that have not been written, or wanted again, for some days."""
    before = time.time() - days * SECONDS_A_DAY
    count = size = 0
    for digest in store.objects.digests():
        if digest in needed:
            continue
        path = store.layout.object(digest)
        with suppress(FileNotFoundError):  # another run of the same kind was quicker
            state = os.stat(path)
            if state.st_mtime < before:
                count, size = count + 1, size + state.st_size
                if not dry_run:
                    store.disk.remove(path)
    return Removed(count, size)
