"""`onward run` the whole way: what there is to do is found out from what the files say."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from onward.app.running.plan import PlanReport, plan
from onward.app.running.run import RunReport, run
from onward.app.running.strict import REFUSED
from onward.app.settings.options import RunOptions
from onward.base.shell import shell_line
from onward.cli.render.errors import print_finding
from onward.cli.render.progress import progress
from onward.cli.render.reasons import edits_json, print_edits, print_read_otherwise, reasons_line
from onward.cli.render.summary import marked, print_broken, summary
from onward.cli.session import Session, is_terminal
from onward.model.records import CheckRecord, StepRecord


def carry_out(session: Session, words: RunOptions, *, dry_run: bool) -> int:
    """Plans, or runs, and renders the answer; returns the exit status."""
    with session.open(writes=not dry_run) as opened:
        options = dataclasses.replace(words, folder=session.folder_in(opened))
        if dry_run:
            planned = plan(opened, options)
            if session.as_json:
                session.print_json(plan_json(planned))
            else:
                _print_plan(planned)
            return 0
        live = is_terminal() and not session.as_json
        watcher = progress(options.slots, live=live)
        report = run(opened, options, watcher)
    if session.as_json:
        session.print_json(run_json(report))
    else:
        _print_report(report)
    return 0 if report.ok else 1


def run_json(report: RunReport) -> dict[str, Any]:
    """The run as command-line.md has it."""
    return {
        "run": None if report.once else report.run.id,
        "ok": report.ok,
        "basis": report.run.basis,
        "snapshot": report.run.snapshot,
        "complete": report.run.complete,
        "missing": list(report.run.missing),
        "seconds": round(report.seconds, 3),
        "counts": report.counts,
        "steps": [_step_json(name, record, report) for name, record in sorted(report.steps.items())],
        "checks": [_check_json(name, record) for name, record in sorted(report.checks.items())],
        "findings": [finding.describe() for finding in (*report.findings, *report.reading.warnings)],
    }


def _step_json(name: str, record: StepRecord, report: RunReport) -> dict[str, Any]:
    return {
        "name": name,
        "file": report.reading.graph.steps[name].file,
        "outcome": record.outcome,
        "seconds": record.seconds,
        "reasons": list(record.reasons),
        "assets": record.assets,
        "marks": list(record.marks),
        "marks_because": record.because,
        "error": record.error,
        "edits": edits_json(record.edits),
        **({} if record.executed else {"executed": False}),
    }


def _check_json(name: str, record: CheckRecord) -> dict[str, Any]:
    return {
        "name": name,
        "asset": record.asset,
        "severity": record.severity,
        "outcome": record.outcome,
        "message": record.message,
        "rows": record.rows,
    }


def plan_json(planned: PlanReport) -> dict[str, Any]:
    """The plan, in the form of a run."""
    graph = planned.reading.graph
    return {
        "run": None,
        "ok": True,
        "dry_run": True,
        "basis": None,
        "snapshot": None,
        "complete": False,
        "missing": [],
        "seconds": round(planned.seconds, 3),
        "counts": planned.counts,
        "steps": [
            {
                "name": name,
                "file": graph.steps[name].file,
                "outcome": step.outcome,
                "reasons": list(step.reasons),
                "seconds": None,
                "assets": {
                    asset: artifact.content
                    for asset, artifact in (step.decision.trace.artifacts if step.decision.trace else {}).items()
                },
                "marks": [],
                "marks_because": {},
                "error": None,
                "edits": edits_json(step.edits),
                **({"executed": False} if step.is_only_rendered else {}),
            }
            for name, step in sorted(planned.steps.items())
        ],
        "checks": [
            {
                "name": name,
                "asset": check.asset,
                "severity": check.severity,
                "outcome": step.outcome,
                "message": None,
                "rows": None,
            }
            for name, step in sorted(planned.checks.items())
            if (check := graph.steps[name].check) is not None
        ],
        "findings": [finding.describe() for finding in (*planned.findings, *planned.reading.warnings)],
    }


def _print_plan(planned: PlanReport) -> None:
    for name, step in planned.steps.items():
        if step.outcome != "kept":
            outcome = "would-render" if step.is_only_rendered else step.outcome
            click.echo(f"{outcome:<14} {name}  {click.style(reasons_line(step.reasons, step.edits), dim=True)}")
    for finding in (*planned.findings, *planned.reading.warnings):
        print_finding(finding, warning=True)
    counts = [f"{count} {outcome}" for outcome, count in planned.counts.items() if count]
    click.echo(", ".join(counts) or "there is nothing to run")


def _print_report(report: RunReport) -> None:
    """A summary that can be read in five seconds: what failed and why, what broke, then one line of counts."""
    for finding in (*report.findings, *report.reading.warnings):
        print_finding(finding, warning=True)
    for name, record in report.steps.items():
        if record.outcome == "failed" and record.error is not None:
            _print_failure(name, record)
    for name, check in report.checks.items():
        if check.outcome == "broken":
            print_broken(name, check.severity, check.rows, check.message)
    print_read_otherwise({name: record.reasons for name, record in report.steps.items() if record.outcome == "made"})
    print_edits({name: record.edits for name, record in report.steps.items() if record.outcome in ("made", "failed")})
    made = {name: record.marks for name, record in report.steps.items() if record.outcome in ("made", "restored")}
    told = marked(made)
    if told is not None:
        click.echo(told)
    click.echo(_summary(report))
    for candidate in report.once:
        click.echo(f"{candidate.file} ran once, outside of snapshots; to make it a step, write in onward.toml:")
        click.echo(f"  {candidate.line}")


def _print_failure(name: str, record: StepRecord) -> None:
    error = record.error or {}
    click.echo(click.style(f"\n{name} failed", fg="red", bold=True))
    text = error.get("traceback") or error.get("message") or ""
    if error.get("type") == REFUSED and error.get("traceback"):
        # Onward's own word first: what a library makes of a refusal misleads.
        text = f"{error['message']}\nand failed, when it was refused:\n{text}"
    for line in str(text).rstrip().splitlines():
        click.echo(f"  {line}")
    if "Traceback" not in str(text) and error.get("file"):
        click.echo(f"  at {error['file']}:{error.get('line') or 1}")
    if error.get("hint"):
        click.echo(f"{click.style('hint', bold=True)}: {error['hint']}")
    if record.log:
        click.echo(f"  what it printed: {shell_line('onward', 'logs', name)}")


def _summary(report: RunReport) -> str:
    incomplete = not report.run.complete and report.ok and not report.run.targets
    checks = [check.outcome for check in report.checks.values()]
    return summary(report.counts, checks, report.seconds, incomplete=incomplete)
