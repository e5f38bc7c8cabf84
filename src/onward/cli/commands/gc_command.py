"""`onward gc`."""

from __future__ import annotations

import os
from typing import Any

import click

from onward.app.gc import KEEP_DAYS, Collected, gc
from onward.base.text import plural, size
from onward.ci.build import is_main_pipeline
from onward.cli.session import session_of, session_options
from onward.store.expired import Removed


@click.command("gc", short_help="Remove bytes that nobody needs any more.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option(
    "--keep-days",
    type=click.FloatRange(0),
    default=KEEP_DAYS,
    show_default=True,
    metavar="N",
    help="Keep everything that is younger.",
)
@session_options
@click.pass_context
def command(ctx: click.Context, dry_run: bool, keep_days: float, folder: str | None, as_json: bool) -> int:
    """Remove bytes that nobody needs: tables, models and files of old results that no release shows.

    What a release names stays, the last results of every worktree, and all documents, metrics and figures. In the
    pipeline of the main branch the shared store is cleaned too.
    """
    session = session_of(ctx, folder, as_json)
    scope = "main" if is_main_pipeline(session.start, os.environ) else None
    with session.open(writes=True, scope=scope) as opened:
        collected = gc(opened, keep_days, dry_run=dry_run)
        is_left = opened.store.is_shared and collected.shared is None
    if session.as_json:
        session.print_json(_answer(collected, dry_run=dry_run))
        return 0
    verb = "would remove" if dry_run else "removed"
    click.echo(f"{verb} {_said(collected.here)} here")
    if collected.shared is not None:
        click.echo(f"{verb} {_said(collected.shared)} in the shared store")
    elif is_left:
        click.echo("the shared store is cleaned by the pipeline of the main branch alone")
    return 0


def _said(removed: Removed) -> str:
    return f"{plural(removed.objects, 'object')}, {size(removed.bytes)}"


def _answer(collected: Collected, *, dry_run: bool) -> dict[str, Any]:
    shared = collected.shared
    return {
        "dry_run": dry_run,
        "here": {"objects": collected.here.objects, "bytes": collected.here.bytes},
        "shared": None if shared is None else {"objects": shared.objects, "bytes": shared.bytes},
    }
