"""`onward ci`, and `onward ci init`."""

from __future__ import annotations

import os
from typing import Any

import click

from onward.app.channels import MAIN
from onward.ci.build import find_build, scope_of
from onward.ci.pipeline import Built, Pipeline
from onward.cli.commands.review_command import review_json
from onward.cli.render import receipts
from onward.cli.render.pipeline import print_built
from onward.cli.render.progress import progress
from onward.cli.session import Session, is_terminal, session_of, session_options


@click.group("ci", invoke_without_command=True, short_help="Run the whole pipeline of a change.")
@click.option("--base", metavar="REV", help="Hold the change against this snapshot or revision.")
@click.option("--channel", default=MAIN, show_default=True, metavar="NAME", help="The channel that main moves.")
@session_options
@click.pass_context
def command(ctx: click.Context, base: str | None, channel: str, folder: str | None, as_json: bool) -> int:
    """Run the whole pipeline of a change, on any CI service: run what it affects, check, hold it against its base,
    write the review, judge the gates; on the main branch release what passed, and bring the site to its places.
    """
    session = session_of(ctx, folder, as_json)
    ctx.obj = session.handed_on
    if ctx.invoked_subcommand is not None:
        return 0
    return _build(session, base, channel)


def _build(session: Session, base: str | None, channel: str) -> int:
    build = find_build(session.start, os.environ)
    watcher = progress(1, live=is_terminal() and not session.as_json)
    with session.open(writes=True, scope=scope_of(build)) as opened:
        built = Pipeline(opened, build, watcher).go(revision=base, channel=channel)
        page = built.review.page.relative_to(opened.place.root).as_posix()
    if session.as_json:
        session.print_json(built_json(built, page))
    else:
        print_built(built)
    return receipts.status(built.published) if built.ok else 1


def built_json(built: Built, page: str) -> dict[str, Any]:
    """A build as command-line.md has it."""
    build, moved = built.review.build, built.moved
    return {
        **review_json(built.review),
        "build": {
            "service": build.service,
            "branch": build.branch,
            "commit": build.commit,
            "main": build.is_main,
            "request": build.request,
            "fork": build.is_fork,
            "merged": build.is_merged,
        },
        "released": {"channel": moved.move.channel, "number": moved.move.number} if moved is not None else None,
        "held": [{"asset": hold.asset, "reason": hold.reason} for hold in built.held],
        "published": receipts.rows(built.published),
        "closed": built.closed,
        "review": page,
        "comment": built.comment,
        "seconds": built.seconds,
    }
