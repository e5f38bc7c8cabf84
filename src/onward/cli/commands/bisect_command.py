"""`onward bisect`."""

from __future__ import annotations

from typing import Any

import click

from onward.app.releases.course import Point
from onward.app.reproducing.bisect import BisectReport, Step, bisect
from onward.app.running.run import run_to_the_end
from onward.app.settings.options import RunOptions
from onward.cli.render.course import print_course, print_point
from onward.cli.render.progress import progress
from onward.cli.session import complete_target, is_terminal, session_of, session_options


@click.command("bisect", short_help="Find where a metric moved most.")
@click.argument("metric", metavar="METRIC", shell_complete=complete_target)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--all", "everything", is_flag=True, help="Measure every commit, not those alone that it takes.")
@session_options
@click.pass_context
def command(
    ctx: click.Context, metric: str, a: str, b: str, everything: bool, folder: str | None, as_json: bool
) -> int:
    """Find the commit, or the data, at which a metric moved most from A to B, and tell what changed there.

    A and B are snapshots, releases or revisions. What was run between them is used; commits that were not are laid
    out in a temporary worktree, as few as it takes, and of these only what the metric needs is run.
    """
    session = session_of(ctx, folder, as_json)
    is_live = is_terminal() and not session.as_json
    options = RunOptions(keep_going=True)
    with session.open(writes=True) as opened:
        report = bisect(
            opened,
            metric,
            a,
            b,
            work=lambda: run_to_the_end(opened, options, progress(options.slots, live=is_live)).run,
            watcher=lambda: progress(options.slots, live=is_live),
            told=print_point,
            everything=everything,
        )
    if session.as_json:
        session.print_json(bisect_json(report))
    else:
        print_course(report)
    return 0 if report.ok else 1


def bisect_json(report: BisectReport) -> dict[str, Any]:
    """The course of a metric, as the reference has it."""
    return {
        "name": report.name,
        "unit": report.unit,
        "a": report.a,
        "b": report.b,
        "before": report.points[0].value,
        "after": report.points[-1].value,
        "step": _step_json(report, report.step) if report.step is not None else None,
        "points": [_point_json(point) for point in report.points],
        "counts": report.counts,
        "seconds": round(report.seconds, 3),
    }


def _step_json(report: BisectReport, step: Step) -> dict[str, Any]:
    return {
        "from": step.before,
        "to": step.after,
        "before": report.points[step.before].value,
        "after": report.points[step.after].value,
        "delta": step.delta,
        "commits": [{"commit": each.name, "subject": each.subject} for each in report.commits],
        "summary": step.summary,
        "because": [
            {"axis": each.axis, "what": each.what, "words": each.words, "where": each.where or None}
            for each in step.causes
        ],
    }


def _point_json(point: Point) -> dict[str, Any]:
    return {
        "label": point.label,
        "commit": point.commit.name if point.commit is not None else None,
        "subject": point.commit.subject if point.commit is not None else None,
        "run": point.run.id if point.run is not None and point.was_known else None,
        "at": point.run.at if point.run is not None and point.was_known else None,
        "value": point.value,
        "outcome": point.outcome,
        "between": point.is_between,
        "problem": point.problem,
    }
