"""`reproduce`: an old run made again from its basis, in a folder of its own and an empty store, compared by content.

The workspace is only read. What cannot be had again is named, with the results that rest on it: those are not held
against the run, for nothing says whether they would have come out equal.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onward
from onward.app.comparing.diff import EQUAL, Comparison
from onward.app.environments.environment import WorkspacePython, workspace_python
from onward.app.environments.locked_environment import install, lock_of
from onward.app.reading import catalogue
from onward.app.reading.whole import read
from onward.app.releases import snapshots
from onward.app.reproducing.lacks import Lack, Lacks, environment_changes
from onward.app.reproducing.laid_out import LaidOut, lay_out
from onward.app.reproducing.rests_on import traces_of
from onward.app.running.run import RunReport, run_to_the_end
from onward.app.settings.options import RunOptions
from onward.app.settings.place import Place
from onward.app.settings.root import LOCAL_FOLDER, worked_in
from onward.app.wiring import Opened, open_alone
from onward.base.codec import decode
from onward.base.errors import MachineError, StoreError, UsageError
from onward.model.artifact import Artifact
from onward.model.ports import Watcher
from onward.model.records import Basis, Environment, Run

DIFFERS, FAILED, NOT_HAD = "differs", "failed", "not had"
OUTCOMES = (EQUAL, DIFFERS, FAILED, NOT_HAD)


@dataclass(frozen=True)
class AssetAgain:
    """One result, made again.

    Attributes:
        outcome: `equal`; `differs` or `failed`, though all that it rests on was had; else `not had`.
        summary: what differs, or why it could not be made, in one sentence.
        lacks: what could not be had of what it rests on.
    """

    name: str
    kind: str
    outcome: str
    summary: str
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True)
class CheckAgain:
    """A check that ended otherwise; None where it did not run now."""

    name: str
    before: str
    after: str | None


@dataclass(frozen=True)
class ReproduceReport:
    """How making an old run again went.

    Attributes:
        word: what was asked for.
        old, new: the two runs; the new one is in the folder alone.
        laid_out: what of the files could be had.
        lock: what the environment was made from; None where the workspace's serves.
        no_lock: why it could not be made from the lock that there is.
        environment: what differs from the environment of then, and the version of onward.
        checks: those that ended otherwise.
        added: results that there were none of.
        folder: where all of it lies; None where nothing was to be kept.
    """

    word: str
    old: Run
    new: Run
    laid_out: LaidOut
    lock: str | None
    no_lock: str | None
    environment: tuple[Lack, ...]
    assets: tuple[AssetAgain, ...]
    checks: tuple[CheckAgain, ...]
    added: tuple[str, ...]
    folder: Path | None
    seconds: float

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(asset.outcome for asset in self.assets)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    @property
    def ok(self) -> bool:
        """Every result came out equal, every check as it did, and nothing besides."""
        return self.counts[EQUAL] == len(self.assets) and not self.checks and not self.added


def reproduce(
    opened: Opened, word: str, watcher: Watcher, *, keep: Path | None = None, installs: bool = True
) -> ReproduceReport:
    """Makes an old run again, and holds what comes out against what it holds.

    Args:
        opened: the workspace.
        word: a SNAPSHOT word.
        watcher: told what happens.
        keep: a new or empty folder to make it in and to leave it in; None for a temporary one.
        installs: make the environment anew from a lock, where it has changed and there is one.

    Raises:
        UnknownNameError: the word means nothing.
        UsageError: the folder lies in a workspace, or holds something.
        KeyboardInterrupt: it was stopped by hand.
        StoreError: the basis of the run is gone.
        MachineError: there is no Python to run it with, or the folder cannot be written.
    """
    begun = time.monotonic()
    old = snapshots.resolve(opened, word)
    basis = opened.store.records.basis(old.basis)
    if basis is None:
        raise StoreError(f"the basis of the run `{old.id}` is gone or damaged", hint="choose another release")
    with _folder(opened, keep) as root:
        again = _Again(opened, old, basis, root, watcher)
        return again.report(word, keep, installs=installs, begun=begun)


@contextmanager
def _folder(opened: Opened, keep: Path | None) -> Iterator[Path]:
    """The folder to work in: the one to keep, which must be new or empty and in no workspace, or a temporary one."""
    if keep is None:
        with TemporaryDirectory(prefix="onward-reproduce-", ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    keep = keep.resolve()
    outer = worked_in(str(keep)) or (opened.place.root if keep.is_relative_to(opened.place.root) else None)
    if outer is not None:
        raise UsageError(
            f"`{keep}` lies in `{outer}`, and would become a part of it",
            hint="choose a folder outside of any workspace with `--keep`",
        )
    try:
        keep.mkdir(parents=True, exist_ok=True)
        is_empty = not any(keep.iterdir())
    except OSError as error:
        hint = "choose another folder with `--keep`"
        raise MachineError(f"cannot write to `{keep}`: {error.strerror}", hint=hint) from error
    if not is_empty:
        raise UsageError(f"there is something in `{keep}`", hint="choose a new or empty folder with `--keep`")
    yield keep


class _Again:
    """One run made again in one folder."""

    def __init__(self, opened: Opened, old: Run, basis: Basis, root: Path, watcher: Watcher) -> None:
        self._opened = opened
        self._old = old
        self._basis = basis
        self._root = root
        self._watcher = watcher
        self._traces = traces_of(opened, old)
        self._lock: str | None = None
        self._no_lock: str | None = None

    def report(self, word: str, keep: Path | None, *, installs: bool, begun: float) -> ReproduceReport:
        """Lays out, runs, and compares."""
        laid_out = lay_out(self._opened, self._old, self._basis, self._traces, self._root)
        place, python, changes = self._environment(installs=installs)
        with open_alone(place) as fresh:
            made = run_to_the_end(fresh, self._options(), self._watcher)
            kept = catalogue.load(self._opened.store, self._old.catalogue)
            variables = self._opened.variables()
            lacks = Lacks(self._old, self._traces, kept, laid_out, changes, python, variables)
            assets = tuple(self._compare(fresh, made, lacks))
        new = made.run
        return ReproduceReport(
            word,
            self._old,
            new,
            laid_out,
            self._lock,
            self._no_lock,
            (*changes, *_program_changes(self._old)),
            assets,
            tuple(_checks(self._old, new)),
            tuple(sorted(new.artifacts.keys() - self._old.artifacts.keys())),
            self._root if keep is not None else None,
            time.monotonic() - begun,
        )

    # The environment.

    def _environment(self, *, installs: bool) -> tuple[Place, WorkspacePython, list[Lack]]:
        """Where to run: with the workspace's environment where it is still the same, else with the lock's."""
        kept = self._opened.store.objects.read(self._old.environment)
        before = decode(kept, Environment) if kept is not None else None
        local = self._root / LOCAL_FOLDER
        own = Place(self._root, local, local / "store", None)
        lent = Place(self._root, local, local / "store", None, self._opened.place.environment_root)
        with open_alone(lent) as fresh:
            reading = read(lent, fresh.index, {}, {})
        changes = environment_changes(before, reading.python.facts) if before and reading.python else []
        lock = lock_of(self._basis.files, reading.settings) if installs and before is not None else None
        if lock is None or (reading.python is not None and not changes):
            return lent, reading.python or workspace_python(lent, reading.settings), changes
        assert before is not None
        self._watcher.say(f"the environment has changed; installing what `{lock}` names")
        self._no_lock = install(self._root, lock, before.python)
        if self._no_lock is not None:
            self._watcher.say(f"`{lock}` cannot be installed: {self._no_lock}")
            return lent, reading.python or workspace_python(lent, reading.settings), changes
        self._lock = lock
        python = workspace_python(own, reading.settings)
        return own, python, environment_changes(before, python.facts)

    def _options(self) -> RunOptions:
        return RunOptions(
            targets=tuple(self._old.steps) if self._old.targets else (),
            keep_going=True,
            settings={name: _value(given) for name, given in self._old.settings.items()},
            as_of=self._basis.as_of,
        )

    # The comparison.

    def _compare(self, fresh: Opened, made: RunReport, lacks: Lacks) -> Iterator[AssetAgain]:
        makers = {asset: step for step, record in self._old.steps.items() for asset in record.assets}
        before, after = self._old.artifacts, made.run.artifacts
        others = [name for name in before if name in after and before[name].content != after[name].content]
        summaries = self._differences(fresh, made.run, others)
        for name, artifact in sorted(before.items()):
            step = makers.get(name, name)
            if name not in after:
                missing = tuple(lacks.of(step))
                yield AssetAgain(name, artifact.kind, NOT_HAD if missing else FAILED, _why_not(made, step), missing)
            elif name not in summaries:
                yield AssetAgain(name, artifact.kind, EQUAL, "equal")
            else:
                change, summary = summaries[name]
                missing = tuple(lacks.of(step)) if change != EQUAL else ()
                outcome = EQUAL if change == EQUAL else NOT_HAD if missing else DIFFERS
                yield AssetAgain(name, artifact.kind, outcome, summary, missing)

    def _differences(self, fresh: Opened, new: Run, names: list[str]) -> dict[str, tuple[str, str]]:
        """By asset, whether it counts as equal for all that, and what differs in one sentence."""
        if not names:
            return {}
        self._bring_over(fresh, names)
        comparison = Comparison(fresh, self._old, new)
        found = {name: comparison.asset(name) for name in names}
        return {name: (asset.change, asset.summary) for name, asset in found.items()}

    def _bring_over(self, fresh: Opened, names: list[str]) -> None:
        """Gives the new store what comparing takes of the old one's."""
        store, source = fresh.store, self._opened.store
        store.records.put_basis(self._basis)
        for address in (self._old.catalogue, self._old.environment):
            content = source.objects.read(address)
            if content is not None:
                store.objects.put(content)
        for name, trace in self._traces.items():
            record = self._old.steps.get(name) or self._old.checks[name]
            envelope = source.traces.envelope(trace.key, record.trace) if record.trace else None
            if envelope is not None:
                store.traces.record(envelope.payload, envelope.builder)
        for name in names:
            self._bring_artifact(fresh, self._old.artifacts[name])

    def _bring_artifact(self, fresh: Opened, artifact: Artifact) -> None:
        for address in artifact.addresses():
            path = self._opened.store.objects.path(address)
            if path is not None and not fresh.store.objects.has(address):
                fresh.store.objects.adopt(fresh.store.disk.copy_of(path))


def _why_not(made: RunReport, step: str) -> str:
    """Why a step has no result now."""
    record = made.steps.get(step)
    if record is None:
        return "its step is not found in the files that are left"
    message = str((record.error or {}).get("message", "")).partition("\n")[0]
    return f"its step {'failed' if record.outcome == 'failed' else 'was skipped'}: {message}".rstrip(": ")


def _checks(old: Run, new: Run) -> Iterator[CheckAgain]:
    for name, check in sorted(old.checks.items()):
        now = new.checks.get(name)
        if now is None or now.outcome != check.outcome:
            yield CheckAgain(name, check.outcome, now.outcome if now is not None else None)


def _program_changes(old: Run) -> list[Lack]:
    before, now = old.origin.onward, onward.__version__
    return [Lack("environment", "onward", f"onward {before} → {now}")] if before and before != now else []


def _value(recorded: Any) -> Any:
    """A parameter's value from how a record holds it (`recordable` in `basis`)."""
    if isinstance(recorded, Mapping):
        if recorded.keys() == {"float"}:
            return float(recorded["float"])
        return {name: _value(item) for name, item in recorded.items()}
    return [_value(item) for item in recorded] if isinstance(recorded, list) else recorded
