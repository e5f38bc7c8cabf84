"""`onward graph`."""

from __future__ import annotations

import click

from onward.app.explaining import graphs
from onward.cli.session import complete_target, session_of, session_options


@click.command("graph", short_help="Show what is built upon what.")
@click.argument("targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target)
@click.option("--format", "form", type=click.Choice(graphs.FORMATS), help="How to write it; mermaid without.")
@session_options
@click.pass_context
def command(ctx: click.Context, targets: tuple[str, ...], form: str | None, folder: str | None, as_json: bool) -> int:
    """Show the steps of the targets, what they need, and what they hand to each other."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        drawn = graphs.graph(opened, targets, session.folder_in(opened))
    if session.as_json or form == "json":
        session.print_json(drawn)
    elif form == "dot":
        click.echo(graphs.as_dot(drawn))
    else:
        click.echo(graphs.as_mermaid(drawn))
    if "error" not in drawn:
        return 0
    if not session.as_json:
        for finding in drawn["error"]["findings"]:
            where = f"  at {finding['where']}" if finding["where"] else ""
            click.echo(f"error[{finding['code']}]: {finding['message']}{where}", err=True)
    return 2
