"""`onward publish`."""

from __future__ import annotations

import click

from onward.app.releases.places import places_of, unreadable
from onward.base.errors import UsageError
from onward.cli.render import receipts
from onward.cli.render.progress import PlainProgress
from onward.cli.session import session_of, session_options
from onward.portal import delivery


@click.command("publish", short_help="Bring the site to its places again.")
@click.option("--take-over", is_flag=True, help="Also to places that show another workspace's releases.")
@session_options
@click.pass_context
def command(ctx: click.Context, take_over: bool, folder: str | None, as_json: bool) -> int:
    """Bring to every place of `publish` what is not there yet: what failed, or what was interrupted.

    Releases and rollbacks do this by themselves.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        error = unreadable(opened)
        if error is not None:
            raise error
        if not places_of(opened):
            raise UsageError(
                "there is no place to bring the site to",
                hint='name some in the root\'s `onward.toml`: `publish = ["folder:/srv/site"]`',
            )
        found = delivery.publish(opened, PlainProgress(), takes_over=take_over)
    if session.as_json:
        session.print_json({"published": receipts.rows(found)})
    else:
        for line in receipts.lines(found):
            click.echo(line)
        if not found:
            click.echo("there is no release yet; make one with `onward release`")
    return receipts.status(found)
