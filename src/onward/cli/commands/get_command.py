"""`onward get`."""

from __future__ import annotations

from pathlib import Path

import click

from onward.app.explaining.show import get
from onward.cli.remake import made_first, remake_in
from onward.cli.session import complete_target, session_of, session_options, written_to


@click.command("get", short_help="Write an asset to a file.")
@click.argument("asset", shell_complete=complete_target)
@click.option("--at", metavar="SNAPSHOT", help="As it is in a snapshot, release or revision.")
@click.option("--out", metavar="PATH", type=click.Path(path_type=Path), help="The file, or a folder that exists.")
@click.option("--as", "form", metavar="FORMAT", help="parquet, csv, json, xlsx; html, ipynb, pdf; svg, png.")
@session_options
@click.pass_context
def command(
    ctx: click.Context,
    asset: str,
    at: str | None,
    out: Path | None,
    form: str | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Write an asset's newest content (or that of a snapshot) to a file."""
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True, may_only_read=True) as opened, written_to(out):
        shown, target = get(opened, asset, made_first(opened, at), out, form, remake_in(opened))
    if session.as_json:
        session.print_json(
            {
                "name": shown.name,
                "kind": shown.artifact.kind,
                "out": str(target),
                "digest": shown.artifact.content,
                "stale": bool(shown.stale),
                "stale_because": list(shown.stale),
            }
        )
    else:
        if shown.stale:
            click.echo(click.style(f"{shown.name} is stale: {shown.stale[0]}", fg="yellow"), err=True)
        click.echo(f"wrote {target}")
    return 0
