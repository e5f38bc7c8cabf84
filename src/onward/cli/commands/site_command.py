"""`onward site`."""

from __future__ import annotations

from pathlib import Path

import click

from onward.app.releases import channels
from onward.base.errors import UsageError
from onward.cli.remake import made_first, remake_in
from onward.cli.session import session_of, session_options, written_to
from onward.portal.publish import SITE_FOLDER, write_site


@click.command("site", short_help="Write a release as a static site.")
@click.option("--channel", metavar="NAME", help="The channel whose release is written (main).")
@click.option("--at", metavar="SNAPSHOT", help="A snapshot, release or revision instead.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="The folder (.onward/site).")
@session_options
@click.pass_context
def command(
    ctx: click.Context, channel: str | None, at: str | None, out: Path | None, folder: str | None, as_json: bool
) -> int:
    """Write a release as a site that opens from a file and from any web host, with no network."""
    if channel is not None and at is not None:
        raise UsageError("`--channel` and `--at` each say what to write", hint="give one of them")
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True, may_only_read=True) as opened, written_to(out or opened.place.local / SITE_FOLDER):
        page = write_site(opened, out, channel or channels.MAIN, made_first(opened, at), remake_in(opened))
    if session.as_json:
        session.print_json({"out": str(page.parent), "index": str(page)})
    else:
        click.echo(f"wrote {page}")
    return 0
