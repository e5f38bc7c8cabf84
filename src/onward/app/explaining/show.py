"""`show`, `get` and `logs`: what an asset is, its content in a file, what its step printed."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from onward.app.environments.distributions import WHOLE
from onward.app.environments.environment import workspace_python
from onward.app.errands import carry_out
from onward.app.explaining.marks import Marks, marks_of_asset
from onward.app.reading.current import read_current
from onward.app.reading.whole import Reading
from onward.app.releases import snapshots
from onward.app.running import plan
from onward.app.running.plan import decisions
from onward.app.running.targets import resolve_asset, select_steps
from onward.app.wiring import Opened
from onward.base.codec import decode
from onward.base.digest import Digest, digest_text
from onward.base.errors import MachineError, MissingLibraryError, RefusedError, UnknownNameError, UsageError
from onward.base.shell import shell_line
from onward.base.text import listed
from onward.model.artifact import DOCUMENT, METRIC, PARQUET_MEDIA, TABLE, Artifact, Part
from onward.model.records import CheckRecord, Environment, Run, StepRecord
from onward.model.trace import Trace

Remake = Callable[[str], None]
"""Brings an asset up to date, and says so: for bytes that are damaged."""


@dataclass(frozen=True)
class Shown:
    """An asset with what it rests on. `stale` lists why it is not what a run would give now."""

    name: str
    step: str
    artifact: Artifact
    trace: Trace
    used_by: tuple[str, ...]
    builder: dict[str, Any]
    environment: Environment | None
    marks: Marks
    stale: tuple[str, ...]
    run: str | None
    code: tuple[str, ...]
    """Names of the code that it rests on."""

    def inputs(self) -> list[str]:
        """What its step took: assets, sources, and files by their path."""
        named = [name.partition(" as ")[0] for kind, name, _ in self.trace.inputs if kind in ("input", "source")]
        seen = [observation.name for observation in self.trace.observations if observation.kind in ("file", "asset")]
        return list(dict.fromkeys([*named, *seen]))

    @property
    def is_narrow(self) -> bool:
        """Whether it rests on some of the installed distributions, and not on all of them."""
        return not any(seen == (WHOLE.kind, WHOLE.name) for seen in self._seen())

    @property
    def distributions(self) -> dict[str, str]:
        """The distributions that it rests on, with the versions that were installed when it was made."""
        installed = self.environment.distributions if self.environment is not None else {}
        if not self.is_narrow:
            return installed
        return {name: installed[name] for kind, name in self._seen() if kind == "distribution" and name in installed}

    @property
    def absent(self) -> list[str]:
        """Distributions and modules that it rests on not being installed."""
        seen = self.trace.observations
        return [each.name for each in seen if each.kind in ("distribution", "module") and not each.digest]

    def _seen(self) -> list[tuple[str, str]]:
        return [(seen.kind, seen.name) for seen in self.trace.observations]

    parameters: dict[str, Any]
    """By `project.name`, those that are set away from the code."""


def show(opened: Opened, word: str, at: str | None = None, remake: Remake | None = None) -> Shown:
    """An asset's newest artifact in this worktree, or that of a snapshot; by a check's name, the offending rows.

    A damaged artifact is made again first, where `remake` is given.

    Raises:
        UnknownNameError: the asset, or the snapshot, does not exist; or it was never made.
    """
    reading = read_current(opened)
    if at is not None:
        return _show_at(opened, reading, word, snapshots.resolve(opened, at))
    shown = _show_newest(opened, reading, word)
    if not _is_whole(opened, shown.artifact) and remake is not None:
        remake(shown.name)
        shown = _show_newest(opened, reading, word)
    return shown


def _show_newest(opened: Opened, reading: Reading, word: str) -> Shown:
    results = opened.standing.results
    made = {asset: step for step, result in results.items() for asset in result.trace.artifacts}
    checks = {step.name: step.name for step in reading.graph.steps.values() if step.check is not None}
    known = {**reading.graph.maker, **made, **checks}
    name = resolve_asset(known, word)
    if name not in made and name in reading.graph.steps and reading.graph.steps[name].check is not None:
        raise UnknownNameError(f"the check `{name}` has no offending rows", hint="`onward run` says how it ended")
    if name not in made:
        hint = f"make it with `{shell_line('onward', 'run', name)}`"
        failed = opened.standing.failed.get(known[name])
        message = f"`{name}` was never made" + (f"; its step failed: {failed}" if failed else "")
        raise UnknownNameError(message, hint=hint)
    result = results[made[name]]
    return _shown(opened, reading, name, made[name], result.name, result.trace, _staleness(opened, reading, name, made))


def _staleness(opened: Opened, reading: Reading, asset: str, made: dict[str, str]) -> tuple[str, ...]:
    """Why a run would make the asset again; empty where it is current."""
    step = made[asset]
    if step not in reading.graph.steps:
        return ("no step makes it any more",)
    selection = select_steps(reading, [step])
    evaluation = plan.evaluate(opened, reading)
    decided = dict(decisions(evaluation, selection, reading.graph.blocked()))[step]
    if decided.action == "keep":
        return ()
    return tuple(str(reason) for reason in decided.reasons) or ("its inputs have changed",)


def _show_at(opened: Opened, reading: Reading, word: str, run: Run) -> Shown:
    name = resolve_asset(run.artifacts, word)
    steps = {asset: step for step, record in run.steps.items() for asset in record.assets}
    record = run.steps[steps[name]]
    assert record.key is not None
    assert record.trace is not None
    trace = opened.store.traces.get(record.key, record.trace)
    if trace is None:
        raise MachineError(f"the record of `{name}` in this snapshot is gone or damaged", hint="run again")
    trace = msgspec.structs.replace(trace, artifacts={**trace.artifacts, name: run.artifacts[name]})
    return _shown(opened, reading, name, steps[name], record.trace, trace, (), run.id)


def _shown(
    opened: Opened,
    reading: Reading,
    name: str,
    step: str,
    trace_name: Digest,
    trace: Trace,
    stale: tuple[str, ...],
    run: str | None = None,
) -> Shown:
    graph = reading.graph
    envelope = opened.store.traces.envelope(trace.key, trace_name)
    kept = opened.store.objects.read(trace.environment) if trace.environment else None
    checked = any(other.check is not None and other.check.asset == name for other in graph.steps.values())
    return Shown(
        name=name,
        step=step,
        artifact=trace.artifacts[name],
        trace=trace,
        used_by=tuple(graph.users_of(name)),
        builder=dict(envelope.builder) if envelope else {},
        environment=decode(kept, Environment) if kept is not None else None,
        marks=marks_of_asset(trace, is_checked=checked),
        stale=stale,
        run=run,
        code=tuple(row[1] for row in trace.inputs if row[0] == "code"),
        parameters=_parameters(opened, reading, trace),
    )


def _parameters(opened: Opened, reading: Reading, trace: Trace) -> dict[str, Any]:
    """The values of a trace's parameters, which it knows by their digests; the digest where no basis has the value."""
    values: dict[str, Any] = {name: digest for kind, name, digest in trace.inputs if kind == "parameter"}
    missing = dict(values)
    for settings in _settings(opened, reading) if missing else ():
        for name in missing.keys() & settings.keys():
            if digest_text(repr(settings[name])) == missing[name]:  # as `engine.inputs` counts them
                values[name] = settings[name]
                del missing[name]
        if not missing:
            break
    return values


def _settings(opened: Opened, reading: Reading) -> Iterator[dict[str, Any]]:
    """The parameters as they are set now, then as the runs had them, newest first."""
    yield reading.parameters
    for run in snapshots.runs(opened):
        basis = opened.store.records.basis(run.basis)
        if basis is not None:
            yield basis.parameters


def _is_whole(opened: Opened, artifact: Artifact) -> bool:
    return all(opened.store.objects.is_whole(address) for address in artifact.addresses())


# get

_DEFAULT_FORMAT = {TABLE: "parquet", METRIC: "json", DOCUMENT: "html"}
_TABLE_FORMATS = ("parquet", "csv", "json", "xlsx")
_EXTENSIONS = {
    "text/html": "html", "text/markdown": "md", "application/json": "json", "image/svg+xml": "svg",
    "image/png": "png", "application/x-ipynb+json": "ipynb", PARQUET_MEDIA: "parquet",
    "application/x-joblib": "joblib", "text/csv": "csv", "text/plain": "txt",
}  # fmt: skip


def get(
    opened: Opened,
    word: str,
    at: str | None = None,
    out: Path | None = None,
    form: str | None = None,
    remake: Remake | None = None,
) -> tuple[Shown, Path]:
    """Writes an asset's content to a file (a folder, for a tree without a `form`) and says where.

    Args:
        opened: the workspace.
        word: the asset.
        at: a SNAPSHOT; None: the newest artifact here.
        out: the file, or a folder that exists; None: the asset's name in the current folder.
        form: the format; None: what `out` ends in, else what the kind has by default.
        remake: makes an asset again whose bytes are damaged.

    Raises:
        UsageError: the asset has no such format.
        RefusedError: `out` is in the way and is no file that can be replaced, or the workspace would be another.
        MachineError: the bytes are gone and the workspace does not make them any more.
    """
    shown = show(opened, word, at, remake)
    if not _is_whole(opened, shown.artifact):
        raise _gone(shown, at)
    form = form or _form_of_path(shown.artifact, out)
    target = _target(shown, out, form)
    if target.is_dir() and form is not None:
        raise RefusedError(f"`{target}` is a folder", hint="choose a file with `--out PATH`")
    _refuse_to_disturb(opened, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(opened, shown, form, target)
    return shown, target


def _refuse_to_disturb(opened: Opened, target: Path) -> None:
    """A copy takes the place of nothing that the workspace is made of, and is no step of it.

    Raises:
        RefusedError: it would be.
    """
    absolute = Path(os.path.abspath(target))
    root = opened.place.root
    inside = next((path for path in (absolute, absolute.resolve()) if path.is_relative_to(root)), None)
    if inside is None:
        return
    path = inside.relative_to(root).as_posix()
    reading = read_current(opened)
    name = absolute.name
    hint = f"choose a place outside of the workspace, say `--out {Path(tempfile.gettempdir()) / name}`"
    sources = {each for source in reading.graph.sources.values() for each in source.paths}
    if absolute.exists() and (path in reading.digests or path in sources):
        raise RefusedError(f"`{path}` is a file that the workspace is made of, and stays as it is", hint=hint)
    if path.endswith(".ipynb") and reading.would_be_step(path):
        raise RefusedError(
            f"a copy at `{path}` would be one more step: every notebook in a workspace is one", hint=hint
        )


def _gone(shown: Shown, at: str | None) -> MachineError:
    where = f" of `{at}`" if at else ""
    hint = f"make it again with `{shell_line('onward', 'run', '--force', shown.name)}`"
    commit = shown.builder.get("commit")
    if at and commit:
        hint = f"check out {commit[:12]}, and `{shell_line('onward', 'run', shown.name)}` makes it again"
    return MachineError(f"the bytes of `{shown.name}`{where} are damaged or gone", hint=hint)


def _form_of_path(artifact: Artifact, out: Path | None) -> str | None:
    if out is not None and out.suffix and not out.is_dir():
        return out.suffix[1:].lower()
    is_as_kept = artifact.media == "text/markdown" or (artifact.kind == TABLE and artifact.media != PARQUET_MEDIA)
    return None if is_as_kept else _DEFAULT_FORMAT.get(artifact.kind)


def _target(shown: Shown, out: Path | None, form: str | None) -> Path:
    stem = shown.name.rpartition("/")[2]
    extension = form or ("" if shown.artifact.is_tree else _extension(shown.artifact))
    name = stem if not extension or stem.endswith("." + extension) else f"{stem}.{extension}"
    if out is None:
        return Path(name)
    return out / name if out.is_dir() else out


def _write(opened: Opened, shown: Shown, form: str | None, target: Path) -> None:
    artifact = shown.artifact
    if artifact.kind == TABLE and artifact.media == PARQUET_MEDIA:
        _write_table(opened, shown, form or "parquet", target)
        return
    if not artifact.is_tree:
        own = _extension(artifact)
        if form is not None and own and form != own:
            raise _no_form(shown, form, [own])
        _copy(opened, artifact.bytes, target)
        return
    if form is None:
        for part in artifact.parts:
            _copy(opened, part.bytes, target / part.name)
        return
    if form == "pdf":
        _write_pdf(opened, shown, target)
        return
    part = _part(artifact, form)
    if part is None:
        raise _no_form(shown, form, sorted({part.name.rpartition(".")[2] for part in artifact.parts}))
    _copy(opened, part.bytes, target)


def _extension(artifact: Artifact) -> str:
    """What a copy of one file ends in: as its step wrote it, else by its media type."""
    as_written = Path(artifact.facts.get("path", "")).suffix[1:].lower()
    return as_written or _EXTENSIONS.get(artifact.media, "")


def _part(artifact: Artifact, form: str) -> Part | None:
    return next((part for part in artifact.parts if part.name.endswith("." + form)), None)


def _no_form(shown: Shown, form: str, known: list[str]) -> UsageError:
    return UsageError(
        f"`{shown.name}` is a {shown.artifact.kind} and cannot be written as {form}",
        hint=f"its formats are {listed(known)}",
    )


def _write_table(opened: Opened, shown: Shown, form: str, target: Path) -> None:
    if form not in _TABLE_FORMATS:
        raise _no_form(shown, form, list(_TABLE_FORMATS))
    source = opened.store.objects.path(shown.artifact.bytes)
    assert source is not None
    if form == "parquet":
        _copy(opened, shown.artifact.bytes, target)
        return
    beside = target.resolve().with_name(f".{target.name}.part")
    reading = read_current(opened, discovered={})
    python = workspace_python(opened.place, reading.settings)
    columns = [column["name"] for column in shown.artifact.facts.get("columns", ())]
    try:
        carry_out(opened.place, python, [{"do": form, "path": str(source), "out": str(beside), "columns": columns}])
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _write_pdf(opened: Opened, shown: Shown, target: Path) -> None:
    page = _part(shown.artifact, "html")
    if page is None:
        raise _no_form(shown, "pdf", sorted({part.name.rpartition(".")[2] for part in shown.artifact.parts}))
    try:
        weasyprint = importlib.import_module("weasyprint")
    except ImportError as error:
        raise MissingLibraryError("writing PDF needs the library weasyprint", hint="pip install weasyprint") from error
    source = opened.store.objects.path(page.bytes)
    assert source is not None
    weasyprint.HTML(string=source.read_text("utf-8")).write_pdf(str(target))


def _copy(opened: Opened, address: Digest, target: Path) -> None:
    source = opened.store.objects.path(address)
    assert source is not None
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


# logs


@dataclass(frozen=True)
class LogLine:
    """One line that a step printed: seconds since its start, `out` or `err`, the text."""

    at_s: float
    stream: str
    text: str


@dataclass(frozen=True)
class Log:
    """What a step printed in a run, and how it ended."""

    step: str
    run: str
    outcome: str
    made_at: str
    lines: tuple[LogLine, ...]
    error: dict[str, Any] | None


def logs(opened: Opened, word: str, run_id: str | None = None) -> Log:
    """What a step printed when it last ran; with a run, as that run knew it.

    Raises:
        UnknownNameError: the step, or the run, does not exist.
    """
    run = snapshots.latest(opened) if run_id is None else _run(opened, run_id)
    for candidate in [run] if run_id is not None else [run, *snapshots.runs(opened)]:
        found = _log_in(opened, candidate, word)
        if found is not None:
            return found
    assets = {asset: step for step, record in run.steps.items() for asset in record.assets}
    name = resolve_asset([*run.steps, *run.checks, *assets], word, noun="step")
    message = run.checks[name].message if name in run.checks else None
    error = {"message": message} if message else None
    return Log(name, run.id, "not run" if name in run.checks else "skipped", run.at, (), error)


def _run(opened: Opened, run_id: str) -> Run:
    run = opened.store.records.run(run_id)
    if run is None:
        found = [known for known in opened.store.records.run_ids() if known.startswith(run_id)]
        run = opened.store.records.run(found[0]) if len(found) == 1 else None
    if run is None:
        raise UnknownNameError(f"there is no run `{run_id}`", hint="list them with `onward snapshots`")
    return run


def _log_in(opened: Opened, run: Run, word: str) -> Log | None:
    """The log of a step or check in one run; None where the run did not have it or did nothing with it."""
    assets = {asset: step for step, record in run.steps.items() for asset in record.assets}
    try:
        name = resolve_asset([*run.steps, *run.checks, *assets], word, noun="step")
    except UnknownNameError:
        return None
    name = assets.get(name, name)
    record = run.steps[name] if name in run.steps else run.checks[name]
    trace = opened.store.traces.get(record.key, record.trace) if record.key and record.trace else None
    if record.outcome == "skipped" or (isinstance(record, CheckRecord) and trace is None):
        return None
    if isinstance(record, StepRecord):
        address, error = record.log, record.error
    else:
        address, error = trace.log if trace is not None else None, None
    content = opened.store.objects.read(address) if address else b""
    lines = tuple(LogLine(*json.loads(line)) for line in (content or b"").splitlines())
    return Log(name, run.id, record.outcome, trace.made_at if trace is not None else run.at, lines, error)
