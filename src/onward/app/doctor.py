"""`onward doctor`: what is well, and what is not with the line that mends it. Changes nothing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from onward.app.environments import environment
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.releases.channels import open_channels, quarantined, standing
from onward.app.releases.places import destinations_of
from onward.app.settings.place import Place
from onward.app.wiring import Opened
from onward.base.digest import Digest, digest_bytes, digest_file
from onward.base.errors import BucketError, MachineError, OnwardError, StoreError
from onward.base.shell import shell_line
from onward.base.text import listed, plural, size
from onward.destinations.naming import without_secrets
from onward.model.delivery import is_for_good
from onward.store.shared.opened import SharedStore

State = Literal["ok", "note", "damaged", "lacking"]
LITTLE_SPACE = 1 << 30
"""Bytes of free space below which a run may well not end."""
_NAMED = 5


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        area: `store`, `shared store`, `environment`, `workspace`, `place` or `machine`.
        state: `note` is no damage, and nothing that this workspace needs is lacking.
        hint: what mends it.
    """

    area: str
    name: str
    state: State
    message: str
    hint: str | None = None


def _ignored(count: int) -> None:
    del count


def doctor(opened: Opened, looked_at: Callable[[int], object] = _ignored) -> list[Diagnosis]:
    """Looks at the store, the one that is shared, the environment, the workspace and the machine.

    Args:
        looked_at: told from time to time how many objects of the store have been read.

    Cost: reads the whole store.
    """
    reading = read_current(opened)
    return [
        *_store(opened, looked_at),
        *_shared(opened),
        *_environment(opened.place, reading),
        *_workspace(reading),
        *_places(opened),
        *_machine(opened),
    ]


# the store


def _store(opened: Opened, looked_at: Callable[[int], object]) -> Iterable[Diagnosis]:
    layout = opened.store.layout
    if not os.path.isdir(layout.root):
        yield Diagnosis("store", "store", "ok", "nothing has been made yet")
        return
    damaged, count, total = _damaged_objects(Path(layout.objects), looked_at)
    if damaged:
        is_not = "is not what its name says" if len(damaged) == 1 else "are not what their names say"
        message = f"{plural(len(damaged), 'object')} of {count:,} {is_not}: {listed(damaged, 3)}"
        yield Diagnosis("store", "objects", "damaged", message, _hint_for(opened, damaged))
    else:
        yield Diagnosis("store", "objects", "ok", f"{plural(count, 'object')}, {size(total)}, all whole")
    broken = [path for folder in (layout.bases, layout.snapshots) for path in _misnamed(Path(folder))]
    broken += list(_misnamed(Path(layout.root, "traces")))
    if broken:
        names = [os.path.relpath(path, layout.root) for path in broken[:3]]
        message = f"{plural(len(broken), 'record')} cannot be believed: {listed(names)}"
        yield Diagnosis("store", "records", "damaged", message, "remove them; `onward run` makes again what they named")
    else:
        yield Diagnosis("store", "records", "ok", "traces, bases and snapshots are what their names say")
    yield from _channels(opened)
    left = [path for path in Path(layout.root, "tmp").glob("*") if path.is_dir() or path.is_file()]
    if left:
        count_left = plural(len(left), "temporary file or folder", "temporary files or folders")
        message = f"{count_left} of runs that were killed"
        yield Diagnosis("store", "leftovers", "note", message, "the next run that makes anything removes them")
    if not os.access(layout.root, os.W_OK):
        message = f"no right to write to `{layout.root}`"
        yield Diagnosis("store", "rights", "lacking", message, "give yourself the right to write there")


def _hint_for(opened: Opened, damaged: Sequence[Digest]) -> str:
    """How the results of the working tree whose bytes are damaged are made again; a run that keeps them reads none."""
    results = sorted(
        asset
        for result in opened.standing.results.values()
        for asset, artifact in result.trace.artifacts.items()
        if not set(artifact.addresses()).isdisjoint(damaged)
    )
    if not results:
        older = "`onward get ASSET --at SNAPSHOT` says how to make an older one again"
        return f"no result of the working tree is among them; {older}"
    command = shell_line("onward", "run", *(word for name in results[:_NAMED] for word in ("--force", name)))
    return f"`{command}` makes {listed(results, _NAMED)} again"


def _damaged_objects(folder: Path, looked_at: Callable[[int], object]) -> tuple[list[Digest], int, int]:
    damaged, count, total = [], 0, 0
    for path in sorted(folder.glob("??/*")):
        digest = path.parent.name + path.name
        try:
            total += path.stat().st_size
            whole = digest_file(path) == digest
        except OSError:
            whole = False
        if not whole:
            damaged.append(digest)
        count += 1
        if count % 256 == 0:
            looked_at(count)
    return damaged, count, total


def _misnamed(folder: Path) -> Iterable[Path]:
    """The records below a folder that are not what their names say."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            try:
                content = path.read_bytes()
            except OSError:
                content = b""
            if digest_bytes(content) != path.name:
                yield path


def _channels(opened: Opened) -> Iterable[Diagnosis]:
    """Whether each channel stands on a run whose results are all there."""
    store = opened.store
    for channel in store.records.channels():
        try:
            move = standing(opened, channel)
        except StoreError as error:
            yield Diagnosis("store", f"channel {channel}", "damaged", str(error), error.hint)
            continue
        if move is None:  # it was closed
            continue
        run = store.records.run(move.run)
        missing = None
        if run is None:
            missing = "the run that it stands on is gone or damaged"
        elif not store.objects.has_all([address for one in run.artifacts.values() for address in one.addresses()]):
            missing = "bytes of its results are gone"
        if missing:
            hint = "`onward run` and `onward release` make and release them again; `onward rollback` goes back"
            yield Diagnosis("store", f"channel {channel}", "damaged", missing, hint)
        else:
            at = f"{channel}@{move.number}"
            held = sorted({one.asset for one in quarantined(opened, channel)})
            note = f"; quarantined: {listed(held, _NAMED)}" if held else ""
            yield Diagnosis("store", f"channel {channel}", "ok", f"stands at {at}, with all its results{note}")


def _shared(opened: Opened) -> Iterable[Diagnosis]:
    """Whether the bucket of a shared store can be read and written from here."""
    if not isinstance(opened.store, SharedStore):
        return
    remote, scope = opened.store.remote, opened.scope
    try:
        heads = [area.scope for area in remote.areas if remote.bucket.has(area.head)]
    except BucketError as error:
        # Runs go on without it, so nothing that the workspace needs is lacking.
        yield Diagnosis("shared store", "reading", "note", error.message, error.hint)
        return
    held = f"has the newest results of {listed(heads)}" if heads else "has no results yet"
    yield Diagnosis("shared store", "reading", "ok", f"`{remote.url}` {held}")
    try:
        remote.bucket.replace(remote.own.probe, b"")
        remote.bucket.remove(remote.own.probe)
    except BucketError as error:
        message = f"what is made here cannot be shared as `{scope}`: {error.message}"
        yield Diagnosis("shared store", "writing", "note", message, error.hint)
        return
    yield Diagnosis("shared store", "writing", "ok", f"what is made here is shared as `{scope}`")


# the environment, the workspace, the machine


def _environment(place: Place, reading: Reading) -> Iterable[Diagnosis]:
    try:
        python = environment.workspace_python(place, reading.settings)
    except MachineError as error:
        yield Diagnosis("environment", "python", "lacking", str(error), error.hint)
        return
    said = f"{python.facts.implementation} {python.facts.python} at {python.executable}"
    count = plural(len(python.facts.distributions), "distribution")
    yield Diagnosis("environment", "python", "ok", f"{said}, with {count}")
    for warning in reading.warnings:
        yield Diagnosis("environment", "lock", "note", warning.message, warning.hint)


def _workspace(reading: Reading) -> Iterable[Diagnosis]:
    findings = reading.graph.findings
    if findings:
        first = findings[0]
        message = f"{plural(len(findings), 'finding')}, the first: {first.message}"
        yield Diagnosis("workspace", "findings", "note", message, "`onward list` shows them all")
    steps = plural(len(reading.graph.steps), "step")
    projects = plural(len({step.project for step in reading.graph.steps.values()}), "project")
    yield Diagnosis("workspace", "files", "ok", f"{steps} in {projects}")


def _places(opened: Opened) -> Iterable[Diagnosis]:
    """Whether each place of the site shows where the channels stand."""
    for name, destination in destinations_of(opened):
        hint = "`onward publish` brings what is missing"
        try:
            if isinstance(destination, OnwardError):
                raise destination
            shown = {
                site.channel: site for address, site in destination.listing().sites.items() if not is_for_good(address)
            }
        except OnwardError as error:
            yield Diagnosis("place", name, "note", without_secrets(str(error)), error.hint)
            continue
        moves = [move for channel in open_channels(opened) if (move := standing(opened, channel)) is not None]
        behind = [
            f"{move.channel}@{move.number}"
            for move in moves
            if move.channel not in shown or shown[move.channel].sequence != move.sequence
        ]
        if behind:
            yield Diagnosis("place", name, "note", f"it does not show {listed(behind)}", hint)
        else:
            yield Diagnosis("place", name, "ok", "it shows where the channels stand")


def _machine(opened: Opened) -> Iterable[Diagnosis]:
    place = opened.place
    free = shutil.disk_usage(place.root).free
    if free < LITTLE_SPACE:
        message = f"{size(free)} are free on the disk of the workspace"
        yield Diagnosis("machine", "disk", "note", message, "make room: a full disk ends a run")
    else:
        yield Diagnosis("machine", "disk", "ok", f"{size(free)} free")
    if place.git is not None and shutil.which("git") is None:
        message = "this is a git repository, and there is no program `git`"
        yield Diagnosis("machine", "git", "lacking", message, "install git: commits are not known without it")
    elif place.git is None:
        message = "this is no git repository: runs have no commit"
        yield Diagnosis("machine", "git", "note", message, "`git init` begins one")
    else:
        yield Diagnosis("machine", "git", "ok", "commits are known")
    yield Diagnosis("machine", "system", "ok", f"{sys.platform}, Python {sys.version.split()[0]} runs onward")
