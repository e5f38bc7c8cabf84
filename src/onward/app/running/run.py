"""`run`: brings targets up to date, and ties what came out to what it rests on.

The graph is read, the loop carries it out, and basis, snapshot and run are written at the end, on synced ground.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from onward.app import standing
from onward.app.reading.whole import Reading
from onward.app.running import basis as bases
from onward.app.running import shortcut
from onward.app.running.findings import relevant_findings
from onward.app.running.rounds import Rounds
from onward.app.settings import scope as scopes
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.base import clock
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
    as_of = options.as_of or f"{started:%Y-%m-%d}"
    rounds = Rounds(opened, options, watcher, as_of)
    rounds.go()
    evaluation, selection = rounds.evaluation, rounds.selection
    finish = bases.Finish(opened, evaluation, options.targets, options.settings, as_of, started)
    report_seconds = time.monotonic() - begun
    is_recorded = options.is_recorded and not rounds.once
    recorded = finish.record(rounds.steps, rounds.checks, report_seconds, selection, keep=is_recorded)
    if is_recorded:
        _remember(opened, rounds, recorded.id)
    is_stopped = not rounds.once and not _share(opened, rounds, recorded, watcher)
    report = RunReport(
        recorded,
        rounds.reading,
        rounds.steps,
        rounds.checks,
        rounds.reading.graph.findings,
        report_seconds,
        rounds.interrupted or is_stopped,
        bool(relevant_findings(rounds.reading, selection)),
        tuple(rounds.once),
    )
    # What answers without looking at anything knows of no scope: it is asked by people, and speaks of their runs.
    is_usual = opened.scope == scopes.default(is_shared=opened.store.is_shared)
    is_usual = is_usual and options.is_recorded and not options.as_of
    if is_usual and selection.is_whole and report.ok and recorded.complete and not rounds.reading.warnings:
        shortcut.keep(evaluation, opened, recorded, started)
    return report


def run_to_the_end(opened: Opened, options: RunOptions, watcher: Watcher) -> RunReport:
    """A run for whoever goes on with what it came to: one that is stopped stops them, too.

    Raises:
        KeyboardInterrupt: it was stopped; it is recorded, and what was finished is kept.
        OnwardError: as for `run`.
    """
    report = run(opened, options, watcher)
    if report.interrupted:
        raise KeyboardInterrupt
    return report


def _share(opened: Opened, rounds: Rounds, recorded: Run, watcher: Watcher) -> bool:
    """Waits until the shared store has what the run came to; False where somebody stops that."""

    def tell(sent: int, of: int) -> None:
        watcher.say(f"sent {sent:,} of {of:,} to the shared store")

    results = {result.name: result.trace for result in rounds.results.values()}
    try:
        opened.store.finish(recorded, results, tell)
    except KeyboardInterrupt:
        watcher.say("not everything has reached the shared store: the next run sends the rest")
        is_sent = False
    else:
        is_sent = True
    opened.tell_trouble(watcher.say)
    return is_sent


def _remember(opened: Opened, rounds: Rounds, run_id: str) -> None:
    """Writes the worktree's standing results; what the graph no longer has is forgotten."""
    kept = opened.standing
    kept.run = run_id
    kept.scope = opened.scope
    names = rounds.reading.graph.steps.keys()
    kept.results = {name: result for name, result in kept.results.items() if name in names}
    failed = {**kept.failed, **rounds.failures}
    kept.failed = {name: message for name, message in failed.items() if name in names and name not in rounds.results}
    kept.seconds.update(rounds.seconds)
    standing.save(opened.place.standing, kept, opened.store.disk)
