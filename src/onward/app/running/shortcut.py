"""What lets the next run or `status` find out by file states alone that there is nothing to do.

After a whole and complete run, the states of everything that it looked at are kept: folders that were listed,
files that were read, what was absent, the environment, git's pointers. As long as all of them are as they were,
another run would keep every step. Anything else, any doubt, and a run goes its ordinary way.
`unchanged` looks, without reading code or computing keys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onward.app.running import unchanged
from onward.app.running.unchanged import Found, World
from onward.app.settings.variables import ALL, is_passed_on, is_secret

if TYPE_CHECKING:
    from onward.app.running.evaluate import Evaluation
    from onward.app.wiring import Opened
    from onward.model.records import CheckRecord, Run
    from onward.model.trace import Trace

_RACY_NS = 2_000_000_000
_GIT_FILES = ("HEAD", "index", "packed-refs", "info/exclude", "config")


def keep(evaluation: Evaluation, opened: Opened, run: Run, started: datetime) -> None:
    """Keeps the present state, if it is that of when the run `started` and cannot be mistaken for a later one."""
    place = opened.place
    files = _looked_at(evaluation, opened)
    if files is None:
        return
    # A file that changed since the run began may have been read before; and one that changes within the clock's
    # grain of our look would keep its times: git calls that racy.
    begun = int(started.timestamp() * 10**9)
    stamps = unchanged.stamps(files)
    if any(begun - _changed_ns(stamp) < _RACY_NS for stamp in stamps):
        return
    # Every other run leaves another standing; and what a release or a site reads of this one has to be there.
    remembered = _remembered(opened, run)
    traces = [result.trace for result in opened.standing.results.values()]
    asked = any(seen.kind == "today" for trace in traces for seen in trace.observations)
    addresses = {address for trace in traces for address in trace.addresses()}
    found = Found(
        run=run.id,
        basis=run.basis,
        snapshot=run.snapshot,
        steps=len(run.steps),
        passed=sum(check.outcome == "passed" for check in run.checks.values()),
        broken=[_broken(name, check) for name, check in sorted(run.checks.items()) if check.outcome != "passed"],
        report=json.dumps(_report(evaluation, run), ensure_ascii=False),
    )
    layout = opened.store.layout
    world = World(
        files=[*files, *remembered],
        stamps=[*stamps, *unchanged.stamps(remembered)],
        # What was never fetched from a shared store is missed by nobody.
        objects=[layout.object(address) for address in sorted(addresses) if opened.store.objects.is_here(address)],
        as_of=unchanged.today() if asked else "",
        variables=_variables(traces),
        secret=opened.store.layout.secret,
    )
    opened.store.disk.replace(place.local / "state" / "unchanged", unchanged.encode(found, world))


def _variables(traces: Sequence[Trace]) -> list[str]:
    """The names of the variables that results rest on and that the caller has a say in."""
    names = {seen.name for trace in traces for seen in trace.observations if seen.kind == "variable"}
    return sorted(name for name in names if is_passed_on(name) and not is_secret(name))


def _changed_ns(stamp: bytes) -> int:
    """When a file or its name last changed; long ago for what is not there."""
    return max(map(int, stamp.split()[1:3]), default=0)


def _broken(name: str, check: CheckRecord) -> tuple[str, str, str, str]:
    return (name, check.severity, "" if check.rows is None else str(check.rows), check.message or "")


def _report(evaluation: Evaluation, run: Run) -> dict[str, Any]:
    graph = evaluation.reading.graph
    return {
        "steps": [
            {"name": name, "file": graph.steps[name].file, "outcome": "kept", "seconds": 0.0, "reasons": [],
             "assets": record.assets, "marks": list(record.marks), "marks_because": record.because, "error": None,
             "edits": []}
            for name, record in sorted(run.steps.items())
        ],
        "checks": [
            {"name": name, "asset": check.asset, "severity": check.severity, "outcome": check.outcome,
             "message": check.message, "rows": check.rows}
            for name, check in sorted(run.checks.items())
        ],
    }  # fmt: skip


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
            if seen.kind == "listing" and not seen.name.endswith("/"):
                return None
            if seen.kind == "variable" and seen.name == ALL:
                return None
            if seen.kind == "link" and not os.path.exists(os.path.join(root, seen.name)):
                return None  # only what a link leads to has a state
            if seen.kind in ("file", "absent", "there", "link", "listing"):
                names.add(seen.name)
    # What was read outside of the workspace goes by its absolute path; a folder tells by its time what is in it.
    paths = [os.path.join(root, name) for name in names]
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
