"""`onward diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onward.app.changes.causes import Cause
from onward.app.comparing.diff import AssetDiff, CheckDiff, DiffReport, choose, diff
from onward.app.running.run import run_to_the_end
from onward.app.settings.options import RunOptions
from onward.app.wiring import Opened
from onward.cli.render.difference import print_difference
from onward.cli.render.progress import progress
from onward.cli.session import complete_target, is_terminal, session_of, session_options, written_to
from onward.model.records import Run
from onward.portal.publish import write_review
from onward.portal.review.markdown import counted, markdown


@click.command("diff", short_help="Show what differs between two snapshots, and why.")
@click.argument("words", nargs=-1, metavar="[A] [B] [TARGET]...", shell_complete=complete_target)
@click.option("--all", "show_all", is_flag=True, help="Show every change, not those alone that matter most.")
@click.option(
    "--markdown", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write it for a pull request."
)
@click.option(
    "--html", "review", metavar="FILE", type=click.Path(path_type=Path), help="Write it as a page to look at."
)
@click.option("--exit-code", is_flag=True, help="End with 1 where something differs.")
@session_options
@click.pass_context
def command(
    ctx: click.Context,
    words: tuple[str, ...],
    show_all: bool,
    page: Path | None,
    review: Path | None,
    exit_code: bool,
    folder: str | None,
    as_json: bool,
) -> int:
    """Show what differs between two snapshots: which results moved, by how much, and what made them move.

    A and B are snapshots, releases or revisions; without them, what readers have (`main`) and the working tree,
    which is brought up to date first.
    """
    session = session_of(ctx, folder, as_json)
    with session.open(writes=True, may_only_read=True) as opened:
        here = session.folder_in(opened)
        compared = choose(opened, words, lambda: _work(opened, is_live=is_terminal() and not session.as_json), here)
        report = diff(opened, compared, here)
        if review is not None:
            with written_to(review, "--html"):
                write_review(opened, report, review)
    if page is not None:
        with written_to(page, "--markdown"):
            page.write_text(markdown(report), "utf-8")
    if session.as_json:
        session.print_json(diff_json(report))
    else:
        print_difference(report, show_all=show_all)
    return 1 if exit_code and report.differs else 0


def _work(opened: Opened, *, is_live: bool) -> Run:
    """The working tree, brought up to date."""
    options = RunOptions(keep_going=True)
    return run_to_the_end(opened, options, progress(options.slots, live=is_live)).run


def diff_json(report: DiffReport) -> dict[str, Any]:
    """The difference as command-line.md has it."""
    return {
        "a": report.run_a.snapshot if report.run_a is not None else None,
        "b": report.run_b.snapshot,
        "sides": {"a": _side(report.a, report.run_a), "b": _side(report.b, report.run_b)},
        "counts": report.counts,
        "summary": counted(report),
        "equal_because": report.how_equal,
        "assets": [_asset_json(asset) for asset in report.assets],
        "checks": [_check_json(check) for check in report.checks],
        "still_broken": list(report.still_broken),
    }


def _side(word: str, run: Run | None) -> dict[str, Any]:
    if run is None:
        return {"word": word, "snapshot": None, "run": None, "commit": None, "dirty": False, "complete": True}
    return {
        "word": word,
        "snapshot": run.snapshot,
        "run": run.id,
        "commit": run.origin.commit,
        "dirty": run.origin.dirty,
        "complete": run.complete,
    }


def _asset_json(asset: AssetDiff) -> dict[str, Any]:
    return {
        "name": asset.name,
        "kind": asset.kind,
        "change": asset.change,
        "summary": asset.summary,
        "detail": asset.detail,
        "because": [_cause_json(each) for each in asset.causes],
        "equal": asset.how_equal,
        "title": asset.title,
        "published": asset.is_published,
        "checked": asset.is_checked,
        "unusual": asset.is_unusual,
        "before": asset.before.content if asset.before is not None else None,
        "after": asset.after.content if asset.after is not None else None,
    }


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {"axis": cause.axis, "what": cause.what, "words": cause.words, "where": cause.where or None}


def _check_json(check: CheckDiff) -> dict[str, Any]:
    return {
        "name": check.name,
        "asset": check.asset,
        "severity": check.severity,
        "before": check.before,
        "after": check.after,
        "rows": check.rows,
        "message": check.message,
        "summary": check.summary,
        "detail": check.detail,
    }
