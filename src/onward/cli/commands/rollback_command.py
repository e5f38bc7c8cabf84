"""`onward rollback`."""

from __future__ import annotations

import click

from onward.app.releases import channels
from onward.app.releases.moving import Moved
from onward.app.releases.rollback import rollback
from onward.cli.bringing import say_and_bring, see_site
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
        return say_and_bring(session, opened, channel, moved_json(moved), _lines(moved, see_site(opened)))


def _lines(moved: Moved, see: str) -> list[str]:
    at = f"{moved.move.channel} is at release {moved.move.number}"
    if moved.was_there:
        return [f"{at} already; nothing was moved"]
    again = "still" if moved.previous == moved.move.number else "again"
    return [f"{at} {again}{see}", *quarantine_lines(moved.move)]
