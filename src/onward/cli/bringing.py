"""After a channel has moved: that is said at once, and then the site follows to its places."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from onward.app.releases.places import is_published
from onward.app.wiring import Opened
from onward.cli.render import receipts
from onward.cli.session import Session
from onward.model.delivery import Receipt


def see_site(opened: Opened) -> str:
    """How the site is seen, where there is no place that it is brought to."""
    return "" if is_published(opened) else "; write its site with `onward site`"


def say_and_bring(
    session: Session, opened: Opened, channel: str, answer: Mapping[str, object], said: Sequence[str]
) -> int:
    """Says where a channel stands, brings it to the places, and says what came of that; returns the exit status."""
    if not session.as_json:
        click.echo("\n".join(said))
        sys.stdout.flush()
    found = _bring(opened, channel)
    if session.as_json:
        session.print_json({**answer, "published": receipts.rows(found)})
    else:
        for line in receipts.lines(found):
            click.echo(line)
    return receipts.status(found)


def _bring(opened: Opened, channel: str) -> list[Receipt]:
    """What draws the pages is loaded where there is a place for them, and after it was said that the channel moved."""
    if not is_published(opened):
        return []
    from onward.cli.render.progress import PlainProgress
    from onward.portal import delivery

    return delivery.bring(opened, channel, PlainProgress())
