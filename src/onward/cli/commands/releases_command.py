"""`onward releases`."""

from __future__ import annotations

import click

from onward.app import channels
from onward.base import clock
from onward.cli.session import session_of, session_options


@click.command("releases", short_help="List the moves of the channels.")
@session_options
@click.pass_context
def command(ctx: click.Context, folder: str | None, as_json: bool) -> int:
    """List where the channels were moved, newest first."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        entries = channels.entries(opened)
    if session.as_json:
        rows = [
            {
                "id": f"{entry.move.channel}@{entry.move.number}",
                "at": entry.move.at,
                "commit": entry.run.origin.commit if entry.run is not None else None,
                "dirty": entry.run.origin.dirty if entry.run is not None else None,
                "channel": entry.move.channel,
                "number": entry.move.number,
                "move": entry.move.kind,
                "sequence": entry.move.sequence,
                "snapshot": entry.move.snapshot,
                "run": entry.move.run,
                "by": entry.move.by,
                "note": entry.move.note,
                "current": entry.is_current,
            }
            for entry in entries
        ]
        session.print_json({"releases": rows})
        return 0
    now = clock.now()
    for entry in entries:
        move, run = entry.move, entry.run
        commit = run.origin.commit[:10] if run is not None and run.origin.commit else "no commit"
        words = f"{move.channel}@{move.number}"
        mark = click.style("→", fg="green", bold=True) if entry.is_current else " "
        note = f"  {move.note}" if move.note else ""
        back = {"rollback": "  rolled back", "close": "  closed"}.get(move.kind, "")
        when = clock.ago(clock.instant_of(move.at), now)
        click.echo(f"{mark} {words:<10} {move.snapshot[:12]}  {commit}  {when:<16} {move.by}{back}{note}")
    if not entries:
        click.echo("there is no release yet; make one with `onward release`")
    return 0
