"""`onward rollback`."""

from __future__ import annotations

import click

from onward.app import channels, history
from onward.cli.commands.release_command import moved_json
from onward.cli.session import session_of, session_options


@click.command("rollback", short_help="Move the readers back.")
@click.option("--channel", default=channels.MAIN, show_default=True, metavar="NAME", help="The channel that moves.")
@click.option("--to", type=click.IntRange(1), metavar="N", help="To release N instead of the one before.")
@session_options
@click.pass_context
def command(ctx: click.Context, channel: str, to: int | None, folder: str | None, as_json: bool) -> int:
    """Move a channel back to what it pointed at before, or to release N. No release is lost by it."""
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        moved = history.rollback(opened, channel, to)
    if session.as_json:
        session.print_json(moved_json(moved))
    else:
        click.echo(f"{channel} is at release {moved.move.number} again; write its site with `onward site`")
    return 0
