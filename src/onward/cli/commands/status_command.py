"""`onward status`."""

from __future__ import annotations

from typing import Any

import click

from onward.app.explaining.status import StatusReport, status
from onward.app.running.findings import findings_error
from onward.cli import nothing_to_do
from onward.cli.render.errors import error_json, print_finding
from onward.cli.render.reach import reach_json, reach_line
from onward.cli.render.reasons import edits_json, reasons_line
from onward.cli.render.summary import marked
from onward.cli.session import complete_target, session_of, session_options
from onward.model.workspace import Finding

_COLOURS = {"stale": "yellow", "may be stale": "yellow", "never made": "cyan", "failed": "red"}


@click.command("status", short_help="Show what is current, what is stale, and why.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target)
@session_options
@click.pass_context
def command(ctx: click.Context, targets: tuple[str, ...], folder: str | None, as_json: bool) -> int:
    """Show what a run would find: current, stale, never made. Nothing is run or imported."""
    session = session_of(ctx, folder, as_json)
    if not targets and nothing_to_do.answer("status", str(session.start), as_json=session.as_json):
        return 0
    with session.open() as opened:
        report = status(opened, targets, session.folder_in(opened))
    if session.as_json:
        session.print_json(_json(report))
    else:
        _print(report)
    return 2 if report.held_by else 0


def _json(report: StatusReport) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "steps": [
            {
                "name": step.name,
                "state": step.state,
                "reasons": step.reasons,
                "decision": step.decision.action,
                "failed": step.failed,
                **({"executed": False} if step.decision.outputs_from else {}),
                "edits": edits_json(step.edits),
                "marks": list(step.marks),
                "marks_because": step.marks,
            }
            for step in report.steps
        ],
        "counts": report.counts,
        "reach": reach_json(report.reach),
        "findings": [finding.describe() for finding in _findings(report)],
    }
    if report.held_by:
        answer["error"] = error_json(findings_error(report.held_by))
    return answer


def _findings(report: StatusReport) -> tuple[Finding, ...]:
    return (*report.reading.graph.findings, *report.reading.warnings)


def _print(report: StatusReport) -> None:
    for step in report.steps:
        if step.state != "current":
            state = click.style(f"{step.state:<13}", fg=_COLOURS.get(step.state))
            rendered = "re-rendered only: " if step.decision.outputs_from else ""
            because = rendered + reasons_line(step.reasons, step.edits)
            if step.failed:
                because = step.failed.partition("\n")[0]
            click.echo(f"{state} {step.name}  {click.style(because, dim=True)}")
    for finding in _findings(report):
        print_finding(finding, warning=finding not in report.held_by)
    if report.reach.untimed < len(report.reach.steps):
        whose = "what is read in another way reaches" if report.is_read_otherwise else "what changed reaches"
        click.echo(reach_line(report.reach, whose))
    told = marked({step.name: step.marks for step in report.steps})
    if told is not None:
        click.echo(told)
    counts = [f"{count} {state}" for state, count in report.counts.items() if count]
    click.echo(", ".join(counts) or nothing_to_do.NO_STEPS)
