"""`onward run`."""

from __future__ import annotations

import os
from typing import Any

import click

from onward.app.plan import PlanReport, plan
from onward.app.run import RunOptions, RunReport, run
from onward.base.errors import UsageError
from onward.base.text import duration, listed, plural
from onward.cli.render.errors import print_finding
from onward.cli.render.progress import PlainProgress, progress
from onward.cli.session import complete_target, is_terminal, session_of, session_options
from onward.model.records import CheckRecord, StepRecord

_MOST_REASONS = 3


@click.command("run", short_help="Bring targets up to date.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target)
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Run N steps at once (as many as there are cores).")
@click.option("-k", "--keep-going", is_flag=True, help="Go on with what does not depend on a failure.")
@click.option("--force", multiple=True, metavar="TARGET", help="Run these even where nothing has changed.")
@click.option("-n", "--dry-run", is_flag=True, help="Print the plan and run nothing.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Give a parameter another value.")
@click.option("--overwrite", multiple=True, metavar="PATH", help="Let a step replace a file that was edited by hand.")
@click.option("--time-limit", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="End steps that take longer.")
@session_options
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    jobs: int | None,
    keep_going: bool,
    force: tuple[str, ...],
    dry_run: bool,
    settings: tuple[str, ...],
    overwrite: tuple[str, ...],
    time_limit: float | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Bring targets up to date: what an edit cannot reach is kept, what was made before is restored.

    A TARGET is a project, an asset (project/asset), a glob ('*/report'), a file of steps, or TARGET+ with all that
    depends on it. Without one, the whole workspace is meant.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=not dry_run) as opened:
        options = RunOptions(
            targets, jobs, keep_going, force, parse_settings(settings), overwrite, time_limit, session.folder_in(opened)
        )
        if dry_run:
            planned = plan(opened, options)
            if session.as_json:
                session.print_json(plan_json(planned))
            else:
                _print_plan(planned)
            return 0
        watcher = progress(jobs or os.cpu_count() or 1, live=is_terminal() and not session.as_json)
        report = run(opened, options, PlainProgress() if session.as_json else watcher)
    if session.as_json:
        session.print_json(run_json(report))
    else:
        _print_report(report)
    return 0 if report.ok else 1


def parse_settings(words: tuple[str, ...]) -> dict[str, Any]:
    """`NAME=VALUE` words; a value is TOML where it reads as such (`3`, `true`, `[1, 2]`), else a text.

    Raises:
        UsageError: a word has no `=`.
    """
    import tomli

    settings: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"`--set {word}` sets nothing", hint="write `--set project.name=value`")
        try:
            settings[name.strip()] = tomli.loads(f"value = {text}")["value"]
        except tomli.TOMLDecodeError:
            settings[name.strip()] = text
    return settings


def run_json(report: RunReport) -> dict[str, Any]:
    """The run as command-line.md has it."""
    return {
        "run": report.run.id,
        "ok": report.ok,
        "basis": report.run.basis,
        "snapshot": report.run.snapshot,
        "complete": report.run.complete,
        "missing": list(report.run.missing),
        "seconds": round(report.seconds, 3),
        "counts": report.counts,
        "steps": [_step_json(name, record, report) for name, record in sorted(report.steps.items())],
        "checks": [_check_json(name, record) for name, record in sorted(report.checks.items())],
        "findings": [finding.describe() for finding in report.findings],
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
        "error": record.error,
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
                "error": None,
            }
            for name, step in sorted(planned.steps.items())
        ],
        "checks": [
            {"name": name, "asset": check.asset, "severity": check.severity, "outcome": step.outcome}
            for name, step in sorted(planned.checks.items())
            if (check := graph.steps[name].check) is not None
        ],
        "findings": [finding.describe() for finding in planned.findings],
    }


def _print_plan(planned: PlanReport) -> None:
    for name, step in planned.steps.items():
        if step.outcome != "kept":
            click.echo(f"{step.outcome:<14} {name}  {click.style(_because(step.reasons), dim=True)}")
    for finding in planned.findings:
        print_finding(finding, warning=True)
    counts = [f"{count} {outcome}" for outcome, count in planned.counts.items() if count]
    click.echo(", ".join(counts) or "there is nothing to run")


def _because(reasons: tuple[str, ...]) -> str:
    return listed(reasons, _MOST_REASONS)


def _print_report(report: RunReport) -> None:
    """A summary that can be read in five seconds: what failed and why, what broke, then one line of counts."""
    for finding in report.findings:
        print_finding(finding, warning=True)
    for name, record in report.steps.items():
        if record.outcome == "failed" and record.error is not None:
            _print_failure(name, record)
    for name, check in report.checks.items():
        if check.outcome == "broken":
            _print_broken(name, check)
    click.echo(_summary(report))


def _print_failure(name: str, record: StepRecord) -> None:
    error = record.error or {}
    click.echo(click.style(f"\n{name} failed", fg="red", bold=True))
    text = error.get("traceback") or error.get("message") or ""
    for line in str(text).rstrip().splitlines():
        click.echo(f"  {line}")
    if error.get("hint"):
        click.echo(f"{click.style('hint', bold=True)}: {error['hint']}")
    if record.log:
        click.echo(f"  what it printed: onward logs {name}")


def _print_broken(name: str, check: CheckRecord) -> None:
    colour = "red" if check.severity == "error" else "yellow"
    rows = f" on {plural(check.rows, 'row')}" if check.rows else ""
    said = f": {check.message}" if check.message else ""
    click.echo(click.style(f"\ncheck {name} ({check.severity}) is broken{rows}", fg=colour, bold=True) + said)


def _summary(report: RunReport) -> str:
    counts = [f"{count} {outcome}" for outcome, count in report.counts.items() if count]
    checks = [check.outcome for check in report.checks.values()]
    said = ", ".join(counts) or "there is nothing to run"
    if checks:
        passed = checks.count("passed")
        said += f" · {plural(len(checks), 'check')}"
        said += ", all passed" if passed == len(checks) else f", {passed} passed"
    if not report.run.complete and report.ok and not report.run.targets:
        said += " · incomplete"
    return f"{said} · {duration(report.seconds)}"
