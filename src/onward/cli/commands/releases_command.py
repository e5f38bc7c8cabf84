"""`onward releases`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from onward.app.releases import channels
from onward.app.releases.channels import Entry
from onward.app.releases.receipts import kept
from onward.base import clock
from onward.base.text import duration, listed
from onward.cli.render import receipts
from onward.cli.render.moves import approved_json, by_rollback, contents_json, quarantined_json
from onward.cli.session import session_of, session_options
from onward.model.records import AssetContent, Move

_WIDEST = 32
"""Characters of a release's name that the others are made as wide as."""


@click.command("releases", short_help="List the moves of the channels.")
@session_options
@click.pass_context
def command(ctx: click.Context, folder: str | None, as_json: bool) -> int:
    """List where the channels were moved, newest first, and what is quarantined."""
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        entries = channels.entries(opened)
        names = sorted({entry.move.channel for entry in entries})
        held = [(name, one) for name in names for one in channels.quarantined(opened, name)]
        published = kept(opened)
    if session.as_json:
        session.print_json(
            {
                "releases": [_row(entry) for entry in entries],
                "quarantined": [quarantined_json(name, one) for name, one in held],
                "published": receipts.rows(published),
            }
        )
        return 0
    now = clock.now()
    width = min(_WIDEST, max((len(_name(entry.move)) for entry in entries), default=0))
    for entry in entries:
        click.echo(_line(entry, now, width))
    if not entries:
        click.echo("there is no release yet; make one with `onward release`")
    if held:
        click.echo("quarantined, until somebody releases it by hand:")
    for line in by_rollback(one for _, one in held):
        click.echo(f"  {line}")
    for receipt in published:
        when = clock.ago(clock.instant_of(receipt.at), now)
        click.echo("\n".join(receipts.lines([receipt], when)))
    return 0


def _row(entry: Entry) -> dict[str, Any]:
    move, run, left = entry.move, entry.run, entry.left
    return {
        "id": _name(move),
        "at": move.at,
        "commit": run.origin.commit if run is not None else None,
        "dirty": run.origin.dirty if run is not None else None,
        "channel": move.channel,
        "number": move.number,
        "move": move.kind,
        "automatic": move.automatic,
        "sequence": move.sequence,
        "snapshot": move.snapshot,
        "run": move.run,
        "by": move.by,
        "note": move.note,
        "current": entry.is_current,
        "until": entry.until,
        "left": None if left is None else {"number": left.number, "snapshot": left.snapshot, "since": left.at},
        "quarantined": contents_json(move.quarantined),
        "lifted": contents_json(move.lifted),
        "approved": [approved_json(yes) for yes in move.approved],
    }


def _line(entry: Entry, now: datetime, width: int) -> str:
    move, run = entry.move, entry.run
    commit = run.origin.commit[:10] if run is not None and run.origin.commit else "no commit"
    mark = click.style("→", fg="green", bold=True) if entry.is_current else " "
    said = [move.by, _moved(entry), move.note or ""]
    when = clock.ago(clock.instant_of(move.at), now)
    release = _name(move)
    return f"{mark} {release:<{width}} {move.snapshot[:12]}  {commit:<10}  {when:<16} {'  '.join(filter(None, said))}"


def _name(move: Move) -> str:
    return f"{move.channel}@{move.number}"


def _moved(entry: Entry) -> str:
    """How a channel was moved, where it was otherwise than by a release by hand, and what became of the quarantine."""
    move = entry.move
    if move.kind == "rollback":
        how = _rolled_back(entry)
    else:
        how = "closed" if move.kind == "close" else "automatically" if move.automatic else ""
    quarantined = f"quarantined {_named(move.quarantined)}" if move.quarantined else ""
    lifted = f"lifted {_named(move.lifted)}" if move.lifted else ""
    people = listed(dict.fromkeys(yes.by for yes in move.approved), 3)
    return ", ".join(filter(None, [how, f"approved by {people}" if people else "", quarantined, lifted]))


def _named(contents: Iterable[AssetContent]) -> str:
    return listed([one.asset for one in contents], 3)


def _rolled_back(entry: Entry) -> str:
    move, left = entry.move, entry.left
    if left is None:
        return "rolled back"
    if left.number == move.number:
        return "stays"
    had_s = (clock.instant_of(move.at) - clock.instant_of(left.at)).total_seconds()
    return f"rolled back from {left.number}, which readers had for {duration(had_s)}"
