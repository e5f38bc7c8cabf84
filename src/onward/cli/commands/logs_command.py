"""`onward logs`."""

from __future__ import annotations

import click

from onward.app.explaining.show import logs
from onward.cli.session import complete_target, session_of, session_options


@click.command("logs", short_help="Show what a step printed.")
@click.argument("step", shell_complete=complete_target)
@click.option("--run", "run_id", metavar="ID", help="In this run instead of the last one.")
@session_options
@click.pass_context
def command(ctx: click.Context, step: str, run_id: str | None, folder: str | None, as_json: bool) -> int:
    """Show what a step printed when it ran, with the seconds since its start."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        log = logs(opened, step, run_id)
    if session.as_json:
        session.print_json(
            {
                "step": log.step,
                "run": log.run,
                "outcome": log.outcome,
                "made_at": log.made_at,
                "lines": [{"at": line.at_s, "stream": line.stream, "text": line.text} for line in log.lines],
                "error": log.error,
            }
        )
        return 0
    click.echo(click.style(f"{log.step}, {log.outcome} ({log.made_at})", dim=True), err=True)
    for line in log.lines:
        text = click.style(line.text, fg="red") if line.stream == "err" else line.text
        click.echo(f"{click.style(f'{line.at_s:8.3f}', dim=True)}  {text}")
    if log.error is not None:
        click.echo((log.error.get("traceback") or log.error.get("message") or "").rstrip(), err=True)
    if not log.lines and log.error is None:
        click.echo("it printed nothing", err=True)
    return 0
