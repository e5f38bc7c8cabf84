"""`onward releases`."""

from __future__ import annotations

import click

from onward.app import history
from onward.base import clock
from onward.cli.session import session_of, session_options


@click.command("releases", short_help="List the moves of the channels.")
@session_options
@click.pass_context
def command(ctx: click.Context, folder: str | None, as_json: bool) -> int:
    """List where the channels were moved, newest first."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        moves = history.moves(opened)
    if session.as_json:
        rows = [
            {
                "id": f"{move.channel}@{move.number}",
                "at": move.at,
                "commit": run.origin.commit if run is not None else None,
                "dirty": run.origin.dirty if run is not None else None,
                "channel": move.channel,
                "number": move.number,
                "move": move.kind,
                "sequence": move.sequence,
                "snapshot": move.snapshot,
                "run": move.run,
                "by": move.by,
                "note": move.note,
                "current": current,
            }
            for move, run, current in moves
        ]
        session.print_json({"releases": rows})
        return 0
    now = clock.now()
    for move, run, current in moves:
        commit = run.origin.commit[:10] if run is not None and run.origin.commit else "no commit"
        words = f"{move.channel}@{move.number}"
        mark = click.style("→", fg="green", bold=True) if current else " "
        note = f"  {move.note}" if move.note else ""
        back = "  rolled back" if move.kind == "rollback" else ""
        when = clock.ago(clock.instant_of(move.at), now)
        click.echo(f"{mark} {words:<10} {move.snapshot[:12]}  {commit}  {when:<16} {move.by}{back}{note}")
    if not moves:
        click.echo("there is no release yet; make one with `onward release`")
    return 0
