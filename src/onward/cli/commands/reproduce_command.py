"""`onward reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onward.app.reproducing.lacks import Lack
from onward.app.reproducing.reproduce import ReproduceReport, reproduce
from onward.app.settings.options import RunOptions
from onward.cli.render.again import print_again
from onward.cli.render.progress import progress
from onward.cli.session import is_terminal, session_of, session_options


@click.command("reproduce", short_help="Make an old release again, and compare.")
@click.argument("release", metavar="RELEASE")
@click.option(
    "--keep", metavar="DIR", type=click.Path(path_type=Path), help="Do it in this new folder, and leave it there."
)
@click.option("--no-install", is_flag=True, help="Use the environment as it is, whatever the lock of then says.")
@session_options
@click.pass_context
def command(
    ctx: click.Context, release: str, keep: Path | None, no_install: bool, folder: str | None, as_json: bool
) -> int:
    """Make an old release again from all that it rests on, in a new folder and from nothing, and compare the results.

    RELEASE is a release (main@3), a snapshot or a revision. Nothing in the workspace changes.
    """
    session = session_of(ctx, folder, as_json)
    with session.open() as opened:
        watcher = progress(RunOptions().slots, live=is_terminal() and not session.as_json)
        report = reproduce(opened, release, watcher, keep=keep, installs=not no_install)
    if session.as_json:
        session.print_json(reproduce_json(report))
    else:
        print_again(report)
    return 0 if report.ok else 1


def reproduce_json(report: ReproduceReport) -> dict[str, Any]:
    """What came out, as the reference has it."""
    return {
        "word": report.word,
        "ok": report.ok,
        "run": report.old.id,
        "commit": report.old.origin.commit,
        "snapshot": report.old.snapshot,
        "basis": report.old.basis,
        "made": {"snapshot": report.new.snapshot, "basis": report.new.basis},
        "counts": report.counts,
        "files": {
            **report.laid_out.counts,
            "lost": [
                {"path": lost.path, "axis": lost.state.axis, "bytes": lost.state.size, "words": lost.words}
                for lost in report.laid_out.lost
            ],
        },
        "environment": {
            "lock": report.lock,
            "problem": report.no_lock,
            "changes": [_lack_json(change) for change in report.environment],
        },
        "assets": [
            {
                "name": asset.name,
                "kind": asset.kind,
                "outcome": asset.outcome,
                "summary": asset.summary,
                "lacks": [_lack_json(lack) for lack in asset.lacks],
            }
            for asset in report.assets
        ],
        "checks": [{"name": each.name, "before": each.before, "after": each.after} for each in report.checks],
        "added": list(report.added),
        "folder": str(report.folder) if report.folder is not None else None,
        "seconds": round(report.seconds, 3),
    }


def _lack_json(lack: Lack) -> dict[str, str]:
    return {"axis": lack.axis, "what": lack.what, "words": lack.words}
