"""Nothing to do, found out by looking at file states alone: no code is read, no key computed.

After a whole and complete run, the states of everything that it looked at are kept: folders that were listed,
files that were read, what was absent, the environment, git's pointers. As long as all of them are as they were,
another run would keep every step. Anything else, any doubt, and the run goes its ordinary way. Imports little:
most of the time of such a run is the start of Python.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import onward

if TYPE_CHECKING:
    from onward.app.evaluate import Evaluation
    from onward.app.place import Place
    from onward.app.wiring import Opened
    from onward.model.records import Run

SHORTCUT_FORMAT = 1
_RACY_NS = 2_000_000_000
_GIT_FILES = ("HEAD", "index", "packed-refs", "info/exclude", "config")

Stamp = tuple[int, int, int, int]


class Unchanged(msgspec.Struct, frozen=True):
    """The state of the world in which there is nothing to do.

    Attributes:
        files: by absolute path; None for what was not there.
        objects: files of the store that have to be there.
        variables: environment variables that choose the Python, with their values.
        as_of: the date, where a step asked for it.
        looked_at: when the states were taken, in ns.
        run, basis, snapshot: of the run that found everything in order.
        steps, checks: what its report says, by name.
    """

    format: int
    onward: str
    files: dict[str, Stamp | None]
    objects: list[str]
    variables: dict[str, str | None]
    as_of: str | None
    looked_at: int
    run: str
    basis: str
    snapshot: str
    steps: list[dict[str, Any]]
    checks: list[dict[str, Any]]


def find(place: Place) -> Unchanged | None:
    """What an ordinary run would find, if it is certain that it would find nothing to do."""
    try:
        kept = msgspec.msgpack.decode((place.local / "state" / "unchanged").read_bytes(), type=Unchanged)
    except (OSError, msgspec.DecodeError):
        return None
    if kept.format != SHORTCUT_FORMAT or kept.onward != onward.__version__:
        return None
    if kept.as_of is not None and kept.as_of != f"{datetime.now(UTC):%Y-%m-%d}":
        return None
    if any(os.environ.get(name) != value for name, value in kept.variables.items()):
        return None
    if any(_stamp(path) != stamp for path, stamp in kept.files.items()):
        return None
    return kept if all(map(os.path.exists, kept.objects)) else None


def keep(evaluation: Evaluation, opened: Opened, run: Run, started: datetime) -> None:
    """Keeps the present state, if it is that of when the run `started` and cannot be mistaken for a later one."""
    reading, place = evaluation.reading, opened.place
    files = _looked_at(evaluation, opened)
    if files is None:
        return
    states = {path: _stamp(path) for path in files}
    now = time.time_ns()
    begun = int(started.timestamp() * 10**9)
    # A file that changed since the run began may have been read before; and one that changes within the clock's
    # grain of our look would keep its times: git calls that racy.
    if any(stamp is not None and begun - max(stamp[1], stamp[2]) < _RACY_NS for stamp in states.values()):
        return
    # Every other run leaves another standing; and what a release or a site reads of this one has to be there.
    states |= {path: _stamp(path) for path in _remembered(opened, run)}
    layout = opened.store.layout
    traces = [result.trace for result in opened.standing.results.values()]
    asked = any(seen.kind == "today" for trace in traces for seen in trace.observations)
    addresses = {address for trace in traces for address in trace.addresses()}
    graph = reading.graph
    unchanged = Unchanged(
        format=SHORTCUT_FORMAT,
        onward=onward.__version__,
        files=states,
        objects=[layout.object(address) for address in sorted(addresses)],
        variables={name: os.environ.get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX")},
        as_of=f"{datetime.now(UTC):%Y-%m-%d}" if asked else None,
        looked_at=now,
        run=run.id,
        basis=run.basis,
        snapshot=run.snapshot,
        steps=[
            {"name": name, "file": graph.steps[name].file, "outcome": "kept", "seconds": 0.0, "reasons": [],
             "assets": record.assets, "marks": list(record.marks), "error": None}
            for name, record in sorted(run.steps.items())
        ],
        checks=[
            {"name": name, "asset": check.asset, "severity": check.severity, "outcome": check.outcome,
             "message": check.message, "rows": check.rows}
            for name, check in sorted(run.checks.items())
        ],
    )  # fmt: skip
    opened.store.disk.replace(place.local / "state" / "unchanged", msgspec.msgpack.encode(unchanged))


def _remembered(opened: Opened, run: Run) -> list[str]:
    """The files that make this run the last one, and that say what it was."""
    layout = opened.store.layout
    records = [f"{layout.runs}/{run.id}", f"{layout.bases}/{run.basis}", f"{layout.snapshots}/{run.snapshot}"]
    objects = [layout.object(address) for address in (run.catalogue, run.environment)]
    return [str(path) for path in (opened.place.standing, *records, *objects)]


def _looked_at(evaluation: Evaluation, opened: Opened) -> list[str] | None:
    """Everything whose change could change what a run does; None where that cannot be listed."""
    reading, place = evaluation.reading, opened.place
    root = str(place.root)
    tree = reading.tree
    names: set[str] = {*reading.digests, *tree.locks, *tree.ignores}
    for source in reading.graph.sources.values():
        names.update(source.paths)
        if not _is_listed(source.where, source.paths, tree.folders):
            return None
    for step in reading.graph.steps.values():
        names.update(step.writes)
    for result in opened.standing.results.values():
        for seen in result.trace.observations:
            if seen.kind == "listing":
                return None
            if seen.kind in ("file", "absent"):
                names.add(seen.name)
    paths = [f"{root}/{name}" for name in names]
    paths += [f"{root}/{folder}" if folder else root for folder in tree.folders]
    paths += evaluation.python.watched()
    paths += _readmes(reading, root)
    if place.git is not None:
        paths += _git_states(place.git, place.root)
    return paths


def _readmes(reading: Any, root: str) -> list[str]:
    return [f"{root}/{project.folder}/README.md".replace("//", "/") for project in reading.projects]


def _is_listed(where: str, paths: Iterable[str], folders: dict[str, int]) -> bool:
    """Whether a new file of a source would change the time of a folder that is watched anyway."""
    return all(path.rpartition("/")[0] in folders for path in paths) and (
        not any(letter in where for letter in "*?[") or where.partition("*")[0].rpartition("/")[0] in folders
    )


def _git_states(git: Path, root: Path) -> list[str]:
    """What tells one commit, branch and index from the next."""
    folder = git
    entry = root / ".git"
    if entry.is_file():
        folder = (root / entry.read_text("utf-8").strip().removeprefix("gitdir:").strip()).resolve()
    watched = [*(str(folder / name) for name in _GIT_FILES), *(str(git / name) for name in _GIT_FILES)]
    try:
        head = (folder / "HEAD").read_text("utf-8").strip()
    except OSError:
        return watched
    if head.startswith("ref:"):
        watched.append(str(git / head.removeprefix("ref:").strip()))
    home = os.path.expanduser("~")
    return [*watched, f"{home}/.gitconfig", f"{home}/.config/git/ignore", f"{home}/.config/git/config"]


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
