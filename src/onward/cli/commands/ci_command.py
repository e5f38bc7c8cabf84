"""`onward ci`, and `onward ci init`."""

from __future__ import annotations

import os
from typing import Any

import click

from onward.app.releases.channels import MAIN
from onward.ci.build import find_build, scope_of
from onward.ci.pipeline import Built, Pipeline
from onward.ci.schedule import Night
from onward.ci.setup import set_up
from onward.ci.surroundings import surroundings
from onward.cli.commands.review_command import review_json
from onward.cli.render import receipts
from onward.cli.render.pipeline import print_built
from onward.cli.render.progress import BuildProgress
from onward.cli.session import session_of, session_options


@click.group("ci", invoke_without_command=True, short_help="Run the whole pipeline of a change.")
@click.option("--base", metavar="REV", help="Hold the change against this snapshot or revision.")
@click.option("--channel", default=MAIN, show_default=True, metavar="NAME", help="The channel that main moves.")
@click.option("--schedule", is_flag=True, help="A nightly build: ask again what reaches servers.")
@session_options
@click.pass_context
def command(
    ctx: click.Context, base: str | None, channel: str, schedule: bool, folder: str | None, as_json: bool
) -> int:
    """Run the whole pipeline of a change, on any CI service: run what it affects, check, hold it against its base,
    write the review, judge the gates; on the main branch release what passed, and bring the site to its places.
    """
    session = session_of(ctx, folder, as_json)
    ctx.obj = session.handed_on
    if ctx.invoked_subcommand is not None:
        return 0
    build = find_build(session.start, os.environ)
    with surroundings(build.service, os.environ), session.open(writes=True, scope=scope_of(build)) as opened:
        pipeline = Pipeline(opened, build, BuildProgress())
        built = pipeline.go(revision=base, channel=channel, is_nightly=schedule)
        page = built.review.page.relative_to(opened.place.root).as_posix()
    if session.as_json:
        session.print_json(built_json(built, page))
    else:
        print_built(built)
    return 0 if built.ok else 1


@command.command("init", short_help="Write the one CI file.")
@click.argument("host", metavar="github|gitlab")
@session_options
@click.pass_context
def init(ctx: click.Context, host: str, folder: str | None, as_json: bool) -> int:
    """Write the one CI file, which serves every project for good, and who owns which files, for the host.

    A CI file that is there and says something else is not touched, and is as good if it calls `onward ci`.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True) as opened:
        done = set_up(opened, host)
    if session.as_json:
        session.print_json(
            {
                "host": done.host,
                "created": list(done.created),
                "changed": list(done.changed),
                "unchanged": list(done.unchanged),
                "kept": list(done.kept),
            }
        )
        return 0
    for verb, paths in (("wrote", done.created), ("changed", done.changed), ("unchanged:", done.unchanged)):
        for path in paths:
            click.echo(f"{verb} {path}")
    for path in done.kept:
        click.echo(f"kept {path}: it calls `onward ci`, and is not what onward would write")
    return 0


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
        "schedule": night_json(built.night) if built.night is not None else None,
        "review": page,
        "comment": built.comment,
        "seconds": built.seconds,
    }


def night_json(night: Night) -> dict[str, Any]:
    """What a nightly build looked at."""
    return {
        "asked": list(night.asked),
        "made": list(night.made),
        "moved": list(night.moved),
        "unchecked": list(night.unchecked),
    }
