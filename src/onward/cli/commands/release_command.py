"""`onward release`."""

from __future__ import annotations

import click

from onward.app import channels, history
from onward.cli.session import session_of, session_options


@click.command("release", short_help="Move the readers to the last snapshot.")
@click.option("--channel", default=channels.MAIN, show_default=True, metavar="NAME", help="The channel that moves.")
@click.option("--note", metavar="TEXT", help="A word to the readers.")
@session_options
@click.pass_context
def command(ctx: click.Context, channel: str, note: str | None, folder: str | None, as_json: bool) -> int:
    """Move a channel to the last run's snapshot, if that is complete, checked, and of the files as they are.

    Where the channel stands there already, it stays, and no number is used.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        moved = history.release(opened, channel, note)
    if session.as_json:
        session.print_json(moved_json(moved))
    elif moved.was_there:
        click.echo(f"{channel}@{moved.move.number} is this already; nothing was released")
    else:
        click.echo(f"released {channel}@{moved.move.number}; write its site with `onward site`")
    return 0


def moved_json(moved: history.Moved) -> dict[str, object]:
    """A move as command-line.md has it."""
    move = moved.move
    return {
        "channel": move.channel,
        "number": move.number,
        "snapshot": move.snapshot,
        "previous": moved.previous,
        "run": move.run,
        "moved": not moved.was_there,
    }
