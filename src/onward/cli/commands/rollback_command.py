"""`onward rollback`."""

from __future__ import annotations

import click

from onward.app import channels
from onward.app.rollback import rollback
from onward.cli.render.moves import moved_json, quarantine_lines
from onward.cli.session import session_of, session_options


@click.command("rollback", short_help="Move the readers back.")
@click.option("--channel", default=channels.MAIN, show_default=True, metavar="NAME", help="The channel that moves.")
@click.option("--to", type=click.IntRange(1), metavar="N", help="To release N instead of the one before.")
@click.option("--for", "assets", multiple=True, metavar="ASSET", help="Quarantine ASSET, and not all that differs.")
@click.option("--note", metavar="TEXT", help="Why.")
@session_options
@click.pass_context
def command(
    ctx: click.Context,
    channel: str,
    to: int | None,
    assets: tuple[str, ...],
    note: str | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Move a channel back to what it pointed at before, or to release N. No release is lost by it.

    What it takes back is quarantined: no automatic release brings it to readers again.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        moved = rollback(opened, channel, to, note, assets=assets)
    if session.as_json:
        session.print_json(moved_json(moved))
    elif moved.was_there:
        click.echo(f"{channel} is at release {moved.move.number} already; nothing was moved")
    else:
        again = "still" if moved.previous == moved.move.number else "again"
        click.echo(f"{channel} is at release {moved.move.number} {again}; write its site with `onward site`")
        for line in quarantine_lines(moved.move):
            click.echo(line)
    return 0
