"""`onward init`."""

from __future__ import annotations

from pathlib import Path

import click

from onward.app.init import init
from onward.base.shell import shell_line
from onward.base.text import plural
from onward.cli.session import session_of, session_options


@click.command("init", short_help="Make a workspace, or the demonstration.")
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="Write the demonstration: four projects on real data.")
@session_options
@click.pass_context
def command(ctx: click.Context, directory: Path | None, demo: bool, folder: str | None, as_json: bool) -> int:
    """Make DIR (the current folder without it) a workspace with a first project that runs.

    Of a folder that has files already, none is changed.
    """
    session = session_of(ctx, folder, as_json)
    target = session.start / directory if directory is not None else session.start
    root, created = init(target, with_demo=demo)
    if session.as_json:
        session.print_json({"workspace": str(root), "created": created})
        return 0
    if not created:
        click.echo(f"{root} is a workspace already; nothing was changed")
        return 0
    click.echo(f"made {root}: {plural(len(created), 'file')}")
    place = ["-C", str(directory)] if directory is not None else []
    click.echo(f"next: {shell_line('onward', *place, 'run')}")
    return 0
