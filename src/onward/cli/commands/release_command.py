"""`onward release`."""

from __future__ import annotations

import click

from onward.app.releases import channels, history
from onward.cli.bringing import say_and_bring, see_site
from onward.cli.render.moves import held_json, held_lines, moved_json, quarantine_lines
from onward.cli.session import Session, session_of, session_options


@click.command("release", short_help="Move the readers to the last snapshot.")
@click.option("--channel", default=channels.MAIN, show_default=True, metavar="NAME", help="The channel that moves.")
@click.option("--note", metavar="TEXT", help="A word to the readers.")
@click.option("--new", is_flag=True, help="The channel is a new one, though another is called almost the same.")
@click.option("--automatic", is_flag=True, help="Nobody looks at it: hold it where it holds what was rolled back.")
@session_options
@click.pass_context
def command(
    ctx: click.Context,
    channel: str,
    note: str | None,
    new: bool,
    automatic: bool,
    folder: str | None,
    as_json: bool,
) -> int:
    """Move a channel to the last run's snapshot, if that is complete, checked, and of the files as they are.

    Where the channel stands there already, it stays, and no number is used.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        answer = history.release(opened, channel, note, automatic=automatic, new=new)
        if isinstance(answer, history.Held):
            return _say_held(session, answer)
        return say_and_bring(session, opened, channel, moved_json(answer), _lines(answer, see_site(opened)))


def _say_held(session: Session, answer: history.Held) -> int:
    """Nothing has moved, and nothing is brought anywhere."""
    if session.as_json:
        session.print_json({**held_json(answer), "published": []})
    else:
        click.echo("\n".join(held_lines(answer)))
    return 0


def _lines(moved: history.Moved, see: str) -> list[str]:
    release = f"{moved.move.channel}@{moved.move.number}"
    if moved.was_there:
        return [f"{release} is this already; nothing was released"]
    return [f"released {release}{see}", *quarantine_lines(moved.move)]
