"""`onward close`."""

from __future__ import annotations

import click

from onward.app.releases.rollback import close
from onward.cli.bringing import say_and_bring
from onward.cli.render.moves import moved_json
from onward.cli.session import session_of, session_options


@click.command("close", short_help="Close a channel that nobody reads any more.")
@click.argument("channel", metavar="CHANNEL")
@click.option("--note", metavar="TEXT", help="Why.")
@session_options
@click.pass_context
def command(ctx: click.Context, channel: str, note: str | None, folder: str | None, as_json: bool) -> int:
    """Close a channel, such as the preview of a branch that is merged. Its releases stay; a new one opens it again."""
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        moved = close(opened, channel, note)
        said = f"closed {channel}, which was at release {moved.move.number}"
        return say_and_bring(session, opened, channel, moved_json(moved), [said])
