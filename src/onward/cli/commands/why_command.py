"""`onward why`."""

from __future__ import annotations

from typing import Any

import click

from onward.app.status import WhyReport, why
from onward.cli.session import complete_target, session_of, session_options
from onward.model.decision import Reason

_WORDS = {
    "keep": "is current: nothing that it rests on has changed",
    "restore": "would be restored: this very state was made before",
    "run": "would run",
    "await": "may run: something that it needs has to be made first",
    "blocked": "cannot run",
}
_RENDERED = "would be rendered again from kept outputs, and not executed"


@click.command("why", short_help="Tell why something would run, back to the edit.")
@click.argument("target", shell_complete=complete_target)
@session_options
@click.pass_context
def command(ctx: click.Context, target: str, folder: str | None, as_json: bool) -> int:
    """Tell why TARGET would run, or why it would not, back to what was edited."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        report = why(opened, target, session.folder_in(opened))
    if session.as_json:
        session.print_json(_json(report))
    else:
        _print(report)
    return 0


def _json(report: WhyReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "decision": report.decision.action,
        **({"executed": False} if report.decision.outputs_from else {}),
        "reasons": [_reason(reason) for reason in report.decision.reasons],
        "chain": [{"step": step, **_reason(reason)} for step, reason in report.chain],
        "failed": report.failed,
        "widened": [{"what": what, "why": why_so, "line": line} for what, why_so, line in report.widened],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind,
        "what": reason.what,
        "change": reason.change,
        "before": reason.before,
        "after": reason.after,
        "where": reason.where,
    }


def _print(report: WhyReport) -> None:
    words = _RENDERED if report.decision.outputs_from else _WORDS[report.decision.action]
    click.echo(f"{click.style(report.name, bold=True)} {words}")
    if report.failed and report.decision.action != "keep":
        click.echo(f"  it failed when it last ran: {report.failed}")
    current = report.name
    for step, reason in report.chain:
        if step != current:
            click.echo(f"  {step}")
            current = step
        where = f"  {click.style(f'({reason.where})', dim=True)}" if reason.where else ""
        click.echo(f"    {reason}{where}")
    for what, why_so, line in report.widened:
        click.echo(click.style(f"  counts as a whole: {what}, because {why_so} (line {line})", dim=True))
