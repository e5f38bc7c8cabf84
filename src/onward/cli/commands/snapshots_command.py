"""`onward snapshots`."""

from __future__ import annotations

import click

from onward.app.releases import channels, snapshots
from onward.base import clock
from onward.cli.session import session_of, session_options


@click.command("snapshots", short_help="List the states that were made.")
@session_options
@click.pass_context
def command(ctx: click.Context, folder: str | None, as_json: bool) -> int:
    """List the runs and their snapshots, newest first."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        runs = snapshots.runs(opened)
        numbers = channels.numbers(opened)
    if session.as_json:
        rows = [
            {
                "id": run.snapshot,
                "run": run.id,
                "at": run.at,
                "commit": run.origin.commit,
                "branch": run.origin.branch,
                "dirty": run.origin.dirty,
                "complete": run.complete,
                "basis": run.basis,
                "assets": len(run.artifacts),
                "releases": numbers.get(run.id, []),
            }
            for run in runs
        ]
        session.print_json({"snapshots": rows})
        return 0
    now = clock.now()
    for run in runs:
        commit = run.origin.commit[:10] if run.origin.commit else "no commit"
        dirty = "+" if run.origin.dirty and run.origin.commit else " "
        notes = "" if run.complete else "  incomplete"
        notes += f"  {', '.join(numbers[run.id])}" if run.id in numbers else ""
        when = clock.ago(clock.instant_of(run.at), now)
        click.echo(f"{run.snapshot[:12]}  {commit}{dirty} {when:<16} {click.style(run.id, dim=True)}{notes}")
    if not runs:
        click.echo("there is no snapshot yet; make one with `onward run`")
    return 0
