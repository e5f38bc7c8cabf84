"""`onward release`."""

from __future__ import annotations

import click

from onward.app import channels, history
from onward.cli.render.moves import held_json, held_lines, moved_json, quarantine_lines
from onward.cli.session import session_of, session_options


@click.command("release", short_help="Move the readers to the last snapshot.")
@click.option("--channel", default=channels.MAIN, show_default=True, metavar="NAME", help="The channel that moves.")
@click.option("--note", metavar="TEXT", help="A word to the readers.")
@click.option("--automatic", is_flag=True, help="Nobody looks at it: hold it where it holds what was rolled back.")
@session_options
@click.pass_context
def command(
    ctx: click.Context, channel: str, note: str | None, automatic: bool, folder: str | None, as_json: bool
) -> int:
    """Move a channel to the last run's snapshot, if that is complete, checked, and of the files as they are.

    Where the channel stands there already, it stays, and no number is used.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        answer = history.release(opened, channel, note, automatic=automatic)
    if session.as_json:
        session.print_json(held_json(answer) if isinstance(answer, history.Held) else moved_json(answer))
        return 0
    for line in _lines(answer):
        click.echo(line)
    return 0


def _lines(answer: history.Moved | history.Held) -> list[str]:
    if isinstance(answer, history.Held):
        return held_lines(answer)
    release = f"{answer.move.channel}@{answer.move.number}"
    if answer.was_there:
        return [f"{release} is this already; nothing was released"]
    return [f"released {release}; write its site with `onward site`", *quarantine_lines(answer.move)]
