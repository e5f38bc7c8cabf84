"""`onward review`."""

from __future__ import annotations

import os
from typing import Any

import click

from onward.app.comparing.diff import EQUAL
from onward.ci.build import find_change
from onward.ci.gates import Verdict
from onward.ci.review import Review, approve, review
from onward.cli.render.pipeline import print_review
from onward.cli.render.progress import progress
from onward.cli.session import is_terminal, session_of, session_options
from onward.portal.review.markdown import counted


@click.command("review", short_help="Show what a change does to the results, before it is pushed.")
@click.option("--base", metavar="REV", help="Hold it against this snapshot or revision.")
@click.option("--approve", "assets", multiple=True, metavar="ASSET", help="Say yes to what an asset becomes.")
@session_options
@click.pass_context
def command(ctx: click.Context, base: str | None, assets: tuple[str, ...], folder: str | None, as_json: bool) -> int:
    """Show what the CI would say of this change: what it does to the results, held against where the branch left the
    main one, and which gates it stands at.

    `--approve` writes the yes of whoever types it below `approvals/`, to be committed with the change.
    """
    session = session_of(ctx, folder, as_json)
    build = find_change(session.start, os.environ)
    with session.open(writes=True) as opened:
        watcher = progress(1, live=is_terminal() and not session.as_json)
        found = review(opened, build, watcher, revision=base)
        files = [path.relative_to(opened.place.root).as_posix() for path in approve(opened, found, assets)]
        page = found.page.relative_to(opened.place.root).as_posix()
    if session.as_json:
        session.print_json({**review_json(found), "review": page, "approvals": files})
    else:
        print_review(found)
        for file in files:
            click.echo(f"wrote {file}: commit it")
        click.echo(f"review: {found.page}")
    still_waiting = {verdict.asset for verdict in found.waiting}.difference(assets)
    return 0 if found.report.ok and found.stale_owners is None and not still_waiting else 1


def review_json(found: Review) -> dict[str, Any]:
    """What a review says, for other programs."""
    run_a = found.base.run
    return {
        "run": found.report.run.id,
        "ok": found.ok,
        "base": {
            "word": found.base.word,
            "commit": found.base.commit,
            "snapshot": run_a.snapshot if run_a is not None else None,
        },
        "counts": found.report.counts,
        "changes": found.difference.counts,
        "summary": counted(found.difference),
        "assets": [
            {"name": asset.name, "kind": asset.kind, "change": asset.change, "summary": asset.summary}
            for asset in found.difference.assets
            if asset.change != EQUAL
        ],
        "gates": [gate_json(verdict) for verdict in found.gates],
        "not_run": {
            "projects": found.untouched.projects,
            "unchanged": list(found.untouched.same),
            "restored": list(found.untouched.restored),
            "steps": found.untouched.steps,
        },
        "failed": [{"step": one.step, "message": one.message, "where": one.where} for one in found.failures],
        "findings": [finding.describe() for finding in (*found.report.findings, *found.report.reading.warnings)],
        "notes": found.notes,
    }


def gate_json(verdict: Verdict) -> dict[str, Any]:
    """One change at a gate."""
    return {
        "asset": verdict.asset,
        "why": verdict.why,
        "outcome": verdict.outcome,
        "owner": verdict.owners.text,
        "before": verdict.change.before,
        "after": verdict.change.after,
        "approved": [{"by": yes.by, "how": yes.how} for yes in verdict.yes],
    }
