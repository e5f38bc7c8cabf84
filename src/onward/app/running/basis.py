"""The end of a run: basis, snapshot and run are put together and written, on synced ground."""

from __future__ import annotations

import math
import platform
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import onward
from onward.app.environments.environment import WorkspacePython
from onward.app.reading import catalogue
from onward.app.reading.whole import Reading
from onward.app.running.evaluate import Evaluation
from onward.app.running.targets import Selection
from onward.app.settings.place import Place
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.codec import digest_of, encode
from onward.base.digest import Digest
from onward.base.user import user_name
from onward.model.artifact import Artifact
from onward.model.records import (
    CODE_AXIS,
    DATA_AXIS,
    RECORD_FORMAT,
    Basis,
    CheckRecord,
    FileState,
    Origin,
    Run,
    Snapshot,
    SnapshotEntry,
    StepRecord,
)
from onward.model.trace import Trace
from onward.store.opened import Store
from onward.store.records import new_run_id


def keep_environment(store: Store, python: WorkspacePython) -> Digest:
    """Keeps what the environment is; returns the address of that object."""
    return store.objects.put(encode(python.facts))


def basis_of(evaluation: Evaluation, traces: Mapping[str, Trace], as_of: str, *, keep: bool) -> Basis:
    """The basis of the results that `traces` stand for.

    Code and settings are the files that the graph was read from; data are sources and the files that steps
    were seen to read. With `keep`, the store gets the bytes that git does not have.
    """
    reading = evaluation.reading
    store = evaluation.store
    root = reading.place.root
    data = _data_files(reading, traces)
    files: dict[str, FileState] = {}
    tracked = _tracked_by_git(reading.place) if keep else frozenset()
    aside = reading.set_aside - _imported(reading)
    for path, digest in sorted(reading.digests.items()):
        if path not in data and path not in aside:
            files[path] = _file_state(store, root, path, CODE_AXIS, digest, keep=keep)
    for path in reading.tree.locks:
        if (digest := evaluation.observer.file(path)) is not None:
            files[path] = _file_state(store, root, path, CODE_AXIS, digest, keep=keep)
    for path in sorted(data):
        digest = evaluation.observer.file(path)
        if digest is None or (root / path).is_dir():
            continue
        wanted = keep and path not in tracked
        limit = reading.settings.keep_sources
        files[path] = _file_state(store, root, path, DATA_AXIS, digest, keep=wanted, limit=limit)
    asked = any(seen.kind == "today" for trace in traces.values() for seen in trace.observations)
    environment = keep_environment(store, evaluation.python) if keep else _address(evaluation.python)
    parameters = {
        use.setting: recordable(use.value)
        for step in reading.graph.steps.values()
        for use in step.parameters
        if use.is_set
    }
    return Basis(RECORD_FORMAT, dict(sorted(files.items())), environment, parameters, as_of if asked else None)


def recordable(value: Any) -> Any:
    """A parameter's value as JSON holds it: infinities and NaN, which it lacks, as `{"float": "inf"}`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, dict):
        return {name: recordable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [recordable(item) for item in value]
    return value


def _address(python: WorkspacePython) -> Digest:
    """The address that `keep_environment` would give."""
    return digest_of(python.facts)


def _data_files(reading: Reading, traces: Mapping[str, Trace]) -> set[str]:
    """Files on the data axis: what sources hold, and what steps read as data, save what steps write."""
    graph = reading.graph
    used = {binding.target for step in graph.steps.values() for binding in step.bindings if binding.form == "source"}
    data = {path for name in used for path in graph.sources[name].paths}
    for trace in traces.values():
        data |= {seen.name for seen in trace.observations if seen.kind == "file" and not seen.name.startswith("/")}
    return data - written_files(reading)


def _imported(reading: Reading) -> set[str]:
    """The files that steps import."""
    steps = [step for step in reading.graph.steps.values() if step.file.endswith((".py", ".ipynb"))]
    return {path for step in steps for path in reading.linked(step.file, step.symbol).files}


def _file_state(
    store: Store, root: Path, path: str, axis: str, digest: Digest, *, keep: bool, limit: int | None = None
) -> FileState:
    """One file of a basis; with `keep`, its bytes are kept up to `limit` (None: of any size).

    A file that went away since it was read is still what the results rest on: its size is not known any more.
    """
    try:
        size = (root / path).stat().st_size
        if keep and (limit is None or size <= limit) and not store.objects.has(digest):
            store.objects.put((root / path).read_bytes())
    except FileNotFoundError:
        size = 0
    return FileState(axis, digest, size)


def _tracked_by_git(place: Place) -> frozenset[str]:
    """The files whose present state git has."""
    if place.git is None:
        return frozenset()
    run = ["git", "-C", str(place.root)]
    try:
        all_files = subprocess.run([*run, "ls-files", "-z"], capture_output=True, check=True, timeout=60)
        changed = subprocess.run([*run, "diff-files", "--name-only", "-z"], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    names = set(all_files.stdout.split(b"\0")) - set(changed.stdout.split(b"\0"))
    return frozenset(name.decode("utf-8", "surrogateescape") for name in names if name)


def origin(place: Place, written: Collection[str]) -> Origin:
    """Where a run is made: commit, branch, whether the tree differs from the commit, machine, user.

    Files that steps write (`written`) make no tree differ: they are results.
    """
    commit = branch = None
    dirty = False
    if place.git is not None:
        commit = _git(place.root, "rev-parse", "--verify", "-q", "HEAD")
        branch = _git(place.root, "symbolic-ref", "--short", "-q", "HEAD")
        status = _git(place.root, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames") or ""
        changed = {line[3:] for line in status.split("\0") if line}
        dirty = bool(changed - set(written))
    machine = f"{platform.system()} {platform.machine()}"
    return Origin(commit or None, branch or None, dirty, machine, user_name(), onward.__version__)


def written_files(reading: Reading) -> set[str]:
    """The files of the tree that steps write."""
    return {path for step in reading.graph.steps.values() for path in step.writes}


def _git(root: Path, *words: str) -> str | None:
    try:
        command = ["git", "--no-optional-locks", "-C", str(root), *words]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n") if done.returncode == 0 else None


@dataclass
class Finish:
    """Puts the records of a run together."""

    opened: Opened
    evaluation: Evaluation
    targets: Sequence[str]
    settings: Mapping[str, Any]
    as_of: str
    started: datetime

    def record(
        self,
        steps: dict[str, StepRecord],
        checks: dict[str, CheckRecord],
        seconds: float,
        selection: Selection,
        *,
        keep: bool,
    ) -> Run:
        """Writes basis, snapshot and, with `keep`, run; returns the run."""
        store, evaluation = self.opened.store, self.evaluation
        traces = self._traces(steps, checks)
        basis = store.records.put_basis(basis_of(evaluation, traces, self.as_of, keep=True))
        artifacts = self._artifacts(steps, traces)
        snapshot = Snapshot(
            RECORD_FORMAT,
            {name: SnapshotEntry(artifact.kind, artifact.content) for name, artifact in sorted(artifacts.items())},
            {name: check.outcome for name, check in sorted(checks.items())},
        )
        missing = self._missing(steps, selection)
        run = Run(
            format=RECORD_FORMAT,
            id=new_run_id(self.started),
            at=clock.text_of(self.started),
            seconds=round(seconds, 3),
            basis=basis,
            snapshot=store.records.put_snapshot(snapshot),
            complete=self._is_complete(steps, missing),
            missing=tuple(missing),
            origin=origin(self.opened.place, written_files(evaluation.reading)),
            catalogue=catalogue.keep(evaluation.reading, store),
            environment=keep_environment(store, evaluation.python),
            steps=dict(sorted(steps.items())),
            checks=dict(sorted(checks.items())),
            artifacts=dict(sorted(artifacts.items())),
            findings=tuple(finding.describe() for finding in evaluation.reading.graph.findings),
            settings={name: recordable(value) for name, value in self.settings.items()},
            targets=tuple(self.targets),
            scope=self.opened.scope,
        )
        if not keep:
            return run
        standing = self._standing(run)
        if standing is not None:
            return standing
        store.records.put_run(run)
        return run

    def _standing(self, run: Run) -> Run | None:
        """The last run, where this one found just what that one left: history tells states, not visits."""
        if any(record.outcome != "kept" for record in run.steps.values()) or self.opened.standing.run is None:
            return None
        last = self.opened.store.records.run(self.opened.standing.run)
        told = ("basis", "snapshot", "complete", "missing", "origin", "catalogue", "targets", "settings", "scope")
        if last is None or any(getattr(last, name) != getattr(run, name) for name in told):
            return None
        return last

    def _traces(self, steps: Mapping[str, StepRecord], checks: Mapping[str, CheckRecord]) -> dict[str, Trace]:
        named = {name: (record.key, record.trace) for name, record in steps.items()}
        return {
            name: read
            for name, (key, trace) in named.items()
            if key is not None and trace is not None and (read := self._trace(name, key, trace)) is not None
        }

    def _trace(self, step: str, key: Digest, name: Digest) -> Trace | None:
        held = self.opened.standing.results.get(step)
        if held is not None and held.name == name:
            return held.trace
        return self.opened.store.traces.get(key, name)

    def _artifacts(self, steps: Mapping[str, StepRecord], traces: Mapping[str, Trace]) -> dict[str, Artifact]:
        """Every result that is current. Of two steps that wrote one path, the later one's."""
        graph = self.evaluation.reading.graph
        return {
            asset: artifact
            for name in graph.order
            if name in steps and name in traces
            for asset, artifact in traces[name].artifacts.items()
            if graph.maker.get(asset, name) == name
        }

    def _missing(self, steps: Mapping[str, StepRecord], selection: Selection) -> list[str]:
        """What keeps the run from holding every result: assets, or the file where their names are unknown."""
        graph = self.evaluation.reading.graph
        missing: list[str] = []
        for step in graph.steps.values():
            record = steps.get(step.name)
            if step.check is None and (record is None or record.outcome in ("failed", "skipped")):
                missing += step.assets or [step.file]
        missing += [finding.path for finding in graph.findings if finding.path is not None]
        return sorted(set(missing))

    def _is_complete(self, steps: Mapping[str, StepRecord], missing: Sequence[str]) -> bool:
        whole = not self.targets and not self.settings
        return whole and not missing and not self.evaluation.reading.graph.findings
