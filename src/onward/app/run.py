"""`run`: brings targets up to date, and ties what came out to what it rests on.

The graph is read, the loop carries it out, and basis, snapshot and run are written at the end, on synced ground.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from onward.app import basis as bases
from onward.app import environment, shortcut, standing
from onward.app.edits import trace_edits
from onward.app.evaluate import Evaluation
from onward.app.loop import Loop
from onward.app.observe import Observer
from onward.app.options import RunOptions
from onward.app.pickled import Pickled
from onward.app.reading import Reading, read
from onward.app.targets import Selection, candidates_named, paths_to_overwrite, select_steps
from onward.app.wiring import Opened
from onward.base import clock
from onward.base.errors import GraphError, OnwardError
from onward.model.ports import Watcher
from onward.model.records import CheckRecord, Run, StepRecord
from onward.model.workspace import Candidate, Finding


@dataclass
class RunReport:
    """How a run went, as the faces show it."""

    run: Run
    reading: Reading
    steps: dict[str, StepRecord]
    checks: dict[str, CheckRecord]
    findings: tuple[Finding, ...]
    seconds: float
    interrupted: bool = False
    is_held: bool = False
    """A finding touches what was meant, whether or not it left a step to be skipped."""
    once: tuple[Candidate, ...] = ()
    """Candidates that were taken for steps this once: the run stands outside of snapshots and is not remembered."""

    @property
    def counts(self) -> dict[str, int]:
        counted = dict.fromkeys(("made", "kept", "restored", "failed", "skipped"), 0)
        for record in self.steps.values():
            counted[record.outcome] += 1
        return counted

    @property
    def ok(self) -> bool:
        """Nothing failed, was skipped or could not be read, and no check of severity `error` broke or did not run."""
        bad = any(record.outcome in ("failed", "skipped") for record in self.steps.values())
        held = any(check.severity == "error" and check.outcome != "passed" for check in self.checks.values())
        return not (bad or held or self.interrupted or self.is_held)


def run(opened: Opened, options: RunOptions, watcher: Watcher) -> RunReport:
    """Brings the targets up to date and records the run.

    Raises:
        GraphError: findings that the targets need mended (without `keep_going`).
        UnknownNameError: a target, or a parameter that is set, does not exist.
        OnwardError: the machine or the store lets the run down; what was finished is kept.
    """
    started = clock.now()
    begun = time.monotonic()
    reading, once = read_for(opened, options)
    selection = select_steps(reading, options.targets, options.folder)
    blocked = check_findings(reading, selection, keep_going=options.keep_going)
    overwrite = paths_to_overwrite(reading, opened.standing, options.overwrite, options.folder)
    python = reading.python or environment.workspace_python(opened.place, reading.settings)
    as_of = f"{started:%Y-%m-%d}"
    observer = Observer(opened.place.root, opened.index, as_of, python.distributions)
    pickled = Pickled(opened.place.root, reading, observer, opened.index)
    forced = _forced(reading, options)
    evaluation = Evaluation(reading, python, opened.store, opened.standing, observer, pickled, forced)
    loop = Loop(opened, evaluation, options, watcher, as_of, overwrite)
    try:
        loop.go(selection, blocked)
    finally:
        loop.close()
    reasons = {name: loop.decisions[name].reasons for name in loop.steps if name in loop.decisions}
    for name, edits in trace_edits(opened, reading, reasons).items():
        loop.steps[name] = msgspec.structs.replace(loop.steps[name], edits=edits)
    finish = bases.Finish(opened, evaluation, options.targets, options.settings, as_of, started)
    report_seconds = time.monotonic() - begun
    recorded = finish.record(loop.steps, loop.checks, report_seconds, selection, keep=not once)
    if not once:
        _remember(opened, evaluation, loop, recorded.id)
    report = RunReport(
        recorded,
        reading,
        loop.steps,
        loop.checks,
        reading.graph.findings,
        report_seconds,
        loop.interrupted,
        bool(relevant_findings(reading, selection)),
        tuple(once),
    )
    if selection.is_whole and report.ok and recorded.complete and not reading.warnings:
        shortcut.keep(evaluation, opened, recorded, started)
    return report


def read_for(opened: Opened, options: RunOptions) -> tuple[Reading, list[Candidate]]:
    """The workspace as a run with these options takes it, and the candidates that it takes for steps this once."""
    discovered = opened.standing.discovered()
    reading = read(opened.place, opened.index, options.settings, discovered)
    once = candidates_named(reading, options.targets, options.folder)
    if once:
        files = frozenset(candidate.file for candidate in once)
        reading = read(opened.place, opened.index, options.settings, discovered, files)
    return reading, once


def check_findings(reading: Reading, selection: Selection, *, keep_going: bool) -> dict[str, Finding]:
    """The steps that findings keep from running.

    Raises:
        GraphError: a finding touches what is needed, or nothing was targeted and there is one.
    """
    relevant = relevant_findings(reading, selection)
    if relevant and not keep_going:
        raise findings_error(relevant)
    return {name: finding for name, finding in reading.graph.blocked().items() if name in selection.needed}


def relevant_findings(reading: Reading, selection: Selection) -> list[Finding]:
    """The findings that touch what is meant; all of them where the whole workspace is."""
    blocked = [finding for name, finding in reading.graph.blocked().items() if name in selection.needed]
    others = [finding for finding in reading.graph.findings if selection.is_whole or _reaches(finding, selection)]
    return list(dict.fromkeys([*blocked, *others]))


def _reaches(finding: Finding, selection: Selection) -> bool:
    """Whether a finding touches all of what is meant, steps that cannot be read included."""
    return finding.hides_steps and (finding.project is None or finding.project in selection.projects)


def findings_error(findings: Sequence[Finding]) -> OnwardError:
    """One error for all findings: the first one speaks, the rest follow."""
    first = findings[0]
    error = GraphError(first.message, first.location(), first.hint, findings=tuple(findings))
    error.code = first.code  # type: ignore[misc] - the finding's own page
    return error


def _forced(reading: Reading, options: RunOptions) -> frozenset[str]:
    if not options.force:
        return frozenset()
    return select_steps(reading, options.force, options.folder).named


def _remember(opened: Opened, evaluation: Evaluation, loop: Loop, run_id: str) -> None:
    """Writes the worktree's standing results; what the graph no longer has is forgotten."""
    kept = opened.standing
    kept.run = run_id
    names = evaluation.reading.graph.steps.keys()
    kept.results = {name: result for name, result in kept.results.items() if name in names}
    kept.failed = {name: message for name, message in {**kept.failed, **loop.failures}.items() if name in names}
    for name in loop.results:
        kept.failed.pop(name, None)
    kept.results.update(loop.results)
    kept.seconds.update(loop.seconds)
    standing.save(opened.place.standing, kept, opened.store.disk)
